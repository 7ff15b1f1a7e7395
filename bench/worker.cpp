// SPDX-License-Identifier: Apache-2.0
//
// Our side of the side-by-side benchmarks: reads case names on standard input, one a line, runs
// the case once and answers with one JSON line, {"seconds": s}, or for profile cases {"parts":
// {name: ms}}. The pieces are the trainer's: packed batches, generate, objective, AdamW.
//   bench_worker [bf16]
#include "bench_clock.hpp"
#include "timed_cpu.hpp"

#include <gppo/backend/cpu/make_cpu.hpp>
#include <gppo/core/token_slice.hpp>
#include <gppo/gppo.hpp>
#include <gppo/model/qwen3.hpp>
#include <gppo/rollout/generate.hpp>
#include <gppo/train/adamw.hpp>
#include <gppo/train/packed_batch.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using gppo::Cpu;
using gppo::Index;
using gppo::View;

/// The models of bench/train.py.
gppo::Qwen3Config model_config(char name) {
    const bool a = name == 'A';
    gppo::Qwen3Config c;
    c.hidden_size = a ? 256 : 512;
    c.num_hidden_layers = a ? 4 : 8;
    c.vocab_size = a ? 512 : 4096;
    c.head_dim = a ? 32 : 64;
    c.num_attention_heads = 8;
    c.num_key_value_heads = 2;
    c.intermediate_size = 3 * c.hidden_size;
    c.tie_word_embeddings = true;
    c.max_position_embeddings = 65536;
    return c;
}

const gppo::Objective objective{gppo::GroupNorm{}, gppo::Gppo{.high = 0.28f}, gppo::TokenMean{}};

/// Model, optimizer and one optimizer step on backend K.
template <class K>
class Trainer {
  public:
    Trainer(const K& backend, char name)
        : model(backend, model_config(name)),
          first_moment_(backend.template allocate<float>(model.weights().size)),
          second_moment_(backend.template allocate<float>(model.weights().size)) {
        model.initialize(1);
    }

    /// Completions to learn from. Log-probs of the rollout may be missing (train cases): then the
    /// pass's own are taken, as in the first step on a rollout.
    struct Sequences {
        gppo::PackedBatch packed;
        std::vector<float> logp_old;                // (N) or empty
        std::vector<Index> group;                   // (B)
        std::vector<float> rewards;                 // (B)
        std::vector<float> advantage, coefficient;  // (B)
    };

    /// Credit, forward, loss, backward, clipping, AdamW.
    void update(Sequences& s) {
        const std::size_t tokens = s.packed.targets.size();
        for (auto* buffer : {&logp_, &entropy_, &dlogp_}) buffer->resize(tokens);
        s.advantage.resize(s.rewards.size()), s.coefficient.resize(s.rewards.size());
        gppo::Batch<> batch{.logp = logp_,
                            .logp_old = s.logp_old.empty() ? logp_ : s.logp_old,
                            .offsets = s.packed.target_offsets,
                            .group = s.group,
                            .advantage = s.advantage,
                            .coefficient = s.coefficient};
        objective.prepare(s.rewards, batch);
        model.zero_gradients();
        gppo::Diagnostics seen;
        const auto weigh = [&](Index first, Index count) {
            const gppo::TokenSlice slice(batch, first, count);
            gppo::evaluate(model.backend(), objective, slice.batch(),
                           View<float>(dlogp_).slice(first, count), {}, seen);
        };
        model.learn({s.packed.tokens, s.packed.offsets}, {s.packed.rows, s.packed.targets}, 1.0f,
                    {logp_, entropy_, dlogp_, {}}, weigh);
        seen = {};
        gppo::evaluate(model.backend(), objective, batch, dlogp_, {}, seen);
        const double norm = std::sqrt(gppo::squared_norm(model.backend(), model.gradients()));
        gppo::adamw_step(model.backend(), model.tensors(), model.weights(), model.gradients(),
                         first_moment_.view(), second_moment_.view(), {.lr = 1e-4f}, ++updates_,
                         static_cast<float>(std::min(1.0, 1.0 / (norm + 1e-6))));
    }

    gppo::Qwen3<K> model;

  private:
    gppo::FloatBuffer<K> first_moment_, second_moment_;
    Index updates_ = 0;
    std::vector<float> logp_, entropy_, dlogp_;
};

/// One run of a case on a trainer that lives on between runs.
template <class K>
class Cases {
  public:
    explicit Cases(const K& backend) : backend_(&backend) {}

    /// 32 x 128 (A) or 8 x 512 (B) tokens, every one but the first of a sequence is learned.
    void train(char name) {
        Trainer<K>& trainer = this->trainer(name);
        auto& batch = train_batches_[name];
        if (batch.rewards.empty())
            batch = name == 'A' ? sequences('A', 32, 129) : sequences('B', 8, 513);
        trainer.update(batch);
    }

    /// `batch` prompts of 16 tokens, 64 new tokens each.
    void generate(char name, Index batch) {
        const auto requests = this->requests(name, batch, 16, 64);
        gppo::generate(trainer(name).model, requests, 1, {}, 7);
    }

    /// The same where the weights were packed before.
    void generate_again(char name, Index batch) {
        auto& decoder = decoders_[name];
        if (!decoder) decoder = std::make_unique<gppo::Qwen3Decoder<K>>(trainer(name).model);
        gppo::generate(*decoder, requests(name, batch, 16, 64), 1, {}, 7);
    }

    /// An update of a batch of `count` x `length` tokens.
    void length(Index count, Index length) {
        auto batch = sequences('A', count, length);
        trainer('A').update(batch);
    }

    /// 8 prompts x 8 completions x 16 tokens: rollout, reward, update.
    void step() {
        Trainer<K>& trainer = this->trainer('A');
        const auto requests = this->requests('A', 8, 4, 16);
        const auto completions = gppo::generate(trainer.model, requests, 8, {}, ++steps_);
        typename Trainer<K>::Sequences batch;
        for (std::size_t p = 0; p < completions.size(); ++p)
            for (const gppo::Completion& c : completions[p]) {
                batch.packed.add(requests[p].prompt, c.tokens);
                batch.logp_old.insert(batch.logp_old.end(), c.logp.begin(), c.logp.end());
                batch.group.push_back(static_cast<Index>(p));
                batch.rewards.push_back(
                    static_cast<float>(std::count_if(c.tokens.begin(), c.tokens.end(),
                                                     [](std::int32_t id) { return id % 2 == 0; })));
            }
        trainer.update(batch);
    }

  private:
    Trainer<K>& trainer(char name) {
        auto& place = trainers_[name];
        if (!place) place = std::make_unique<Trainer<K>>(*backend_, name);
        return *place;
    }

    static std::vector<std::int32_t> tokens(char name, Index count, Index stream) {
        const auto vocabulary = static_cast<std::uint64_t>(model_config(name).vocab_size);
        std::vector<std::int32_t> ids;
        for (Index t = 0; t < count; ++t)
            ids.push_back(static_cast<std::int32_t>(gppo::Philox{3}.below(
                vocabulary, static_cast<std::uint64_t>(stream), static_cast<std::uint64_t>(t))));
        return ids;
    }

    /// `count` completions of one token each, of `length` tokens with it.
    static typename Trainer<K>::Sequences sequences(char name, Index count, Index length) {
        typename Trainer<K>::Sequences batch;
        for (Index b = 0; b < count; ++b) {
            const std::vector<std::int32_t> ids = tokens(name, length, b);
            const std::span all(ids);
            batch.packed.add(all.first(1), all.subspan(1));
            batch.group.push_back(b / 4);
            batch.rewards.push_back(static_cast<float>((b * 7 % 5) % 2));
        }
        return batch;
    }

    static std::vector<gppo::Request> requests(char name, Index count, Index length,
                                               int new_tokens) {
        std::vector<gppo::Request> all;
        for (Index p = 0; p < count; ++p)
            all.push_back({tokens(name, length, p), static_cast<std::uint64_t>(p), new_tokens});
        return all;
    }

    const K* backend_;
    std::map<char, std::unique_ptr<Trainer<K>>> trainers_;
    std::map<char, std::unique_ptr<gppo::Qwen3Decoder<K>>> decoders_;
    std::map<char, typename Trainer<K>::Sequences> train_batches_;
    std::uint64_t steps_ = 0;
};

template <class K>
bool run(Cases<K>& cases, const std::string& name) {
    if (name == "train_A")
        cases.train('A');
    else if (name == "train_B")
        cases.train('B');
    else if (name.rfind("generate_", 0) == 0 && name.size() > 11)  // generate_MODEL_BATCH
        cases.generate(name[9], std::stoll(name.substr(11)));
    else if (name.rfind("again_", 0) == 0 && name.size() > 8)  // again_MODEL_BATCH
        cases.generate_again(name[6], std::stoll(name.substr(8)));
    else if (name.rfind("length_", 0) == 0)  // length_SEQUENCES_LENGTH
        cases.length(std::stoll(name.substr(7)), std::stoll(name.substr(name.rfind('_') + 1)));
    else if (name == "rl_A")
        cases.step();
    else
        return false;
    return true;
}

/// {"parts": ...} of the second run of the case that `name` profiles.
bool profile(const TimedCpu& backend, Cases<TimedCpu>& cases, const std::string& name) {
    const std::string rest = name.substr(std::string("profile_").size());
    const std::string target = rest == "A" || rest == "B" ? "train_" + rest : rest;
    if (!run(cases, target)) return false;
    backend.reset();
    const double start = bench_clock();
    run(cases, target);
    const double total = 1e3 * (bench_clock() - start);
    double known = 0;
    std::cout << "{\"parts\": {";
    for (const auto& [part, ms] : backend.milliseconds()) {
        std::cout << '"' << part << "\": " << std::round(ms * 10) / 10 << ", ";
        known += ms;
    }
    std::cout << "\"outside parallel work\": " << std::round((total - known) * 10) / 10
              << ", \"total\": " << std::round(total * 10) / 10 << "}}" << std::endl;
    return true;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string precision = argc > 1 ? argv[1] : "fp32";
    const auto backend = gppo::make_cpu(0, precision);
    const auto timed_backend = gppo::make_cpu<TimedCpu>(0, precision);
    Cases<Cpu> cases(backend);
    Cases<TimedCpu> timed_cases(timed_backend);
    for (std::string name; std::getline(std::cin, name);) {
        if (name.rfind("profile_", 0) == 0) {
            if (profile(timed_backend, timed_cases, name)) continue;
        } else {
            const double start = bench_clock();
            if (run(cases, name)) {
                std::cout << "{\"seconds\": " << bench_clock() - start << '}' << std::endl;
                continue;
            }
        }
        std::cerr << "worker: case '" << name
                  << "' is unknown: use train_A, train_B, generate_A_64, again_A_64, rl_A, "
                     "length_8_512 and the "
                     "like, or profile_ before any, or before A or B\n";
        return 2;
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << "worker: " << error.what() << '\n';
    return 1;
}
