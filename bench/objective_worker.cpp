// SPDX-License-Identifier: Apache-2.0
//
// Our side of bench/objective.py: the policy objective, forward and backward to logp. Reads one
// request a line on standard input and answers with one JSON line.
//
//   time POLICY TOKENS [mask]   {"seconds": s} of one pass on data that no cache holds
//   time bound3 TOKENS          the same for d = a + 1.5 b c: 3 reads and 1 write a token
//   time bound2 TOKENS          d = a + 1.5 b: the traffic of a pass without a mask
//   memory POLICY TOKENS        {"mib": what a pass adds to the peak, "array_mib": 4 T}
//   dump POLICY TOKENS PATH     floats: logp, logp_old (T), advantage (B), dlogp (T)
//   policies                    {"policies": [every token-wise policy]}
#include "../examples/gppo/policies.hpp"
#include "timed_cpu.hpp"

#include <gppo/gppo.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace {

using gppo::Cpu;
using gppo::Index;

/// B sequences of 4096 tokens whose log-ratios look like a few optimizer steps after the rollout.
struct Tokens {
    gppo::Buffer<float> logp, logp_old, third, dlogp;  // (T)
    std::vector<float> advantage, coefficient;         // (B)
    std::vector<Index> offsets, group;                 // (B + 1), (B)
    std::vector<std::uint8_t> mask;                    // (T) or empty

    Tokens(const Cpu& backend, Index tokens)
        : logp(tokens), logp_old(tokens), third(tokens), dlogp(tokens) {
        const Index length = std::min<Index>(tokens, 4096);
        backend.for_rows(tokens / length, [&](auto, Index b) {
            for (Index i = b * length; i < (b + 1) * length; ++i) {
                const auto uniform = [i](std::uint64_t stream) {
                    return static_cast<double>(
                        gppo::Philox{5}.uniform(stream, static_cast<std::uint64_t>(i)));
                };
                const double normal = std::sqrt(-2 * std::log(1 - uniform(1))) *
                                      std::cos(6.283185307179586 * uniform(2));
                logp_old.data()[i] = static_cast<float>(-3 * uniform(0));
                logp.data()[i] = logp_old.data()[i] + static_cast<float>(0.15 * normal);
                third.data()[i] = 1.0f;
                dlogp.data()[i] = 0.0f;
            }
        });
        for (Index b = 0; b < tokens / length; ++b) {
            offsets.push_back(b * length);
            group.push_back(b / 8);
            advantage.push_back(static_cast<float>((b * 7 + 3) % 11) / 5.0f - 1.0f);
        }
        offsets.push_back(tokens);
        coefficient.resize(advantage.size());
        gppo::coefficients(gppo::TokenMean{}, batch(false));
    }

    gppo::Batch<> batch(bool masked) {
        if (masked && mask.empty()) mask.assign(static_cast<std::size_t>(logp.size()), 1);
        gppo::Batch<> batch;
        batch.logp = {logp.data(), logp.size()};
        batch.logp_old = {logp_old.data(), logp_old.size()};
        batch.offsets = offsets;
        batch.group = group;
        batch.advantage = advantage;
        batch.coefficient = coefficient;
        if (masked) batch.mask = mask;
        return batch;
    }
};

/// One pass, forward and backward.
gppo::Loss pass(const Cpu& backend, const AnyPolicy& policy, Tokens& tokens, bool masked) {
    return std::visit(
        [&](const auto& clip) {
            // The coefficients, those of a token mean, are in the batch; this aggregation is the
            // one that goes with every policy.
            const gppo::Objective objective{gppo::GroupNorm{}, clip, gppo::SequenceMeanTokenMean{}};
            return gppo::evaluate(backend, objective, tokens.batch(masked),
                                  gppo::View<float>{tokens.dlogp.data(), tokens.dlogp.size()});
        },
        policy);
}

bool is_token_wise(const AnyPolicy& policy) {
    return std::visit(
        [](const auto& clip) { return gppo::ClipPolicy<std::decay_t<decltype(clip)>>; }, policy);
}

/// The simplest loops that read and write as much: what the memory allows.
void bound(const Cpu& backend, Tokens& tokens, bool three_reads) {
    const float *const a = tokens.logp.data(), *const b = tokens.logp_old.data();
    const float* const c = tokens.third.data();
    float* const d = tokens.dlogp.data();
    constexpr Index block = 2048;
    backend.for_rows(tokens.logp.size() / block, [=](auto, Index row) {
        if (three_reads) {
#pragma omp simd
            for (Index i = row * block; i < (row + 1) * block; ++i)
                d[i] = a[i] + 1.5f * b[i] * c[i];
        } else {
#pragma omp simd
            for (Index i = row * block; i < (row + 1) * block; ++i) d[i] = a[i] + 1.5f * b[i];
        }
    });
}

/// A field of /proc/self/status in MiB.
double status_mib(const std::string& field) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind(field + ":", 0) == 0) return std::stod(line.substr(field.size() + 1)) / 1024;
    return 0;
}

/// MiB that `work` adds to the memory of this process at its peak.
template <class F>
double peak_of(F work) {
    std::ofstream("/proc/self/clear_refs") << '5';  // the peak starts again at what is held now
    const double before = status_mib("VmHWM");
    work();
    return status_mib("VmHWM") - before;
}

class Worker {
  public:
    std::string answer(const std::string& line) {
        std::istringstream words(line);
        std::string verb, name, last;
        Index count = 0;
        words >> verb >> name >> count;
        std::ostringstream out;
        if (verb == "policies") {
            out << "{\"policies\": [";
            const char* comma = "";
            for (const auto& method : policy_methods())
                if (is_token_wise(make_policy(method.name)))
                    out << std::exchange(comma, ", ") << '"' << method.name << '"';
            out << "]}";
            return out.str();
        }
        gppo::expects(count >= 4096 && count % 4096 == 0,
                      "TOKENS must be a positive multiple of 4096");
        Tokens& tokens = this->tokens(count);
        if (verb == "time") {
            words >> last;
            out << "{\"seconds\": " << time(name, tokens, last == "mask") << '}';
        } else if (verb == "memory") {
            const AnyPolicy policy = make_policy(name);
            pass(backend_, policy, tokens, false);  // what is kept between passes is there now
            const double mib = peak_of([&] { pass(backend_, policy, tokens, false); });
            out << "{\"mib\": " << mib
                << ", \"array_mib\": " << 4 * static_cast<double>(count) / 1048576 << '}';
        } else if (verb == "dump") {
            words >> last;
            dump(name, tokens, last);
            out << "{\"written\": \"" << last << "\"}";
        } else {
            throw gppo::Error("unknown request '" + verb + "': time, memory, dump, policies");
        }
        return out.str();
    }

  private:
    /// One size at a time: the largest takes 256 MiB.
    Tokens& tokens(Index count) {
        if (!tokens_ || tokens_->logp.size() != count) {
            tokens_.reset();
            tokens_ = std::make_unique<Tokens>(backend_, count);
        }
        return *tokens_;
    }

    double time(const std::string& name, Tokens& tokens, bool masked) {
        const auto measure = [&](auto work) {
            evict();
            const double start = bench_clock();
            work();
            return bench_clock() - start;
        };
        if (name == "bound3" || name == "bound2")
            return measure([&] { bound(backend_, tokens, name == "bound3"); });
        const AnyPolicy policy = make_policy(name);
        if (masked) tokens.batch(true);  // makes the mask
        return measure([&] { pass(backend_, policy, tokens, masked); });
    }

    /// Writes over what the caches hold: in training a model ran since the last pass.
    void evict() {
        if (other_.size() == 0) other_.resize(Index{64} << 20);
        backend_.for_rows(other_.size() / 4096, [this](auto, Index row) {
            for (Index i = row * 4096; i < (row + 1) * 4096; ++i) other_[i] += 1.0f;
        });
    }

    void dump(const std::string& name, Tokens& tokens, const std::string& path) const {
        pass(backend_, make_policy(name), tokens, false);
        std::ofstream file(path, std::ios::binary);
        const auto write = [&](const float* data, Index size) {
            file.write(reinterpret_cast<const char*>(data), size * Index{sizeof(float)});
        };
        for (const auto* buffer : {&tokens.logp, &tokens.logp_old})
            write(buffer->data(), buffer->size());
        write(tokens.advantage.data(), static_cast<Index>(tokens.advantage.size()));
        write(tokens.dlogp.data(), tokens.dlogp.size());
        gppo::expects(file.flush().good(), path + " cannot be written");
    }

    Cpu backend_;
    std::unique_ptr<Tokens> tokens_;
    gppo::Buffer<float> other_;
};

}  // namespace

int main() try {
    Worker worker;
    for (std::string line; std::getline(std::cin, line);)
        std::cout << worker.answer(line) << std::endl;
    return 0;
} catch (const std::exception& error) {
    std::cerr << "objective_worker: " << error.what() << '\n';
    return 1;
}
