// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/rollout/generate.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace gppo;

namespace {

/// Small, odd sizes: nothing is a multiple of a vector.
Qwen3Config tiny(bool tied = true) {
    return {.vocab_size = 77,
            .hidden_size = 20,
            .intermediate_size = 42,
            .num_hidden_layers = 3,
            .num_attention_heads = 6,
            .num_key_value_heads = 2,
            .head_dim = 10,
            .max_position_embeddings = 128,
            .initializer_range = 0.3f,
            .tie_word_embeddings = tied,
            .bos_token_id = {},
            .eos_token_id = {},
            .pad_token_id = {}};
}

Request request(std::uint64_t id, Index length, int tokens) {
    Request r{{}, id, tokens};
    for (Index i = 0; i < length; ++i)
        r.prompt.push_back(
            static_cast<std::int32_t>(Philox{99}.below(77, id, static_cast<std::uint64_t>(i))));
    return r;
}

std::vector<Request> some_requests() {
    std::vector<Request> requests;
    for (std::uint64_t id = 0; id < 7; ++id)
        requests.push_back(
            request(id, 1 + static_cast<Index>(id * id) % 23, 5 + 3 * static_cast<int>(id)));
    return requests;
}

bool same(const Completion& a, const Completion& b) {
    return a.tokens == b.tokens && a.logp == b.logp && a.finish == b.finish;
}

bool same(const std::vector<std::vector<Completion>>& a,
          const std::vector<std::vector<Completion>>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                          [](const Completion& p, const Completion& q) { return same(p, q); });
    });
}

/// What the trainer's forward says about one completion.
std::vector<float> trainer_logp(Qwen3<Cpu>& model, const Request& r, const Completion& c,
                                float temperature) {
    std::vector<std::int32_t> tokens = r.prompt;
    tokens.insert(tokens.end(), c.tokens.begin(), c.tokens.end());
    std::vector<Index> rows;
    for (Index i = 0; i < std::ssize(c.tokens); ++i) rows.push_back(std::ssize(r.prompt) - 1 + i);
    const std::vector<Index> offsets{0, std::ssize(tokens)};
    std::vector<float> logp(c.tokens.size());
    model.forward({tokens, offsets}, {rows, c.tokens}, temperature, logp, {});
    return logp;
}

}  // namespace

TEST_CASE(
    "a completion does not depend on slots, neighbours, prompt chunks or threads, bit for bit",
    "[rollout][generate]") {
    const Cpu one(1), two(2), three(3);
    Qwen3<Cpu> a(one, tiny()), b(two, tiny()), c(three, tiny());
    for (auto* model : {&a, &b, &c}) model->initialize(3);
    const auto requests = some_requests();
    const Sampling sampling{.temperature = 0.9f, .stop = {11, 30}};
    const auto expected = generate(a, requests, 5, sampling, 42, {.slots = 1});
    for (const Index slots : {2, 3, 8, 13, 64})
        CHECK(same(expected, generate(b, requests, 5, sampling, 42, {.slots = slots})));
    for (const Index rows : {1, 2, 7})
        CHECK(same(expected,
                   generate(c, requests, 5, sampling, 42, {.slots = 9, .prompt_rows = rows})));
    for (std::size_t i = 0; i < requests.size(); ++i) {  // alone, and without the group
        const std::vector<Request> only{requests[i]};
        const auto alone = generate(b, only, 1, sampling, 42);
        CHECK(same(expected[i][0], alone[0][0]));
    }
    CHECK_FALSE(same(expected, generate(a, requests, 5, sampling, 43)));
}

TEST_CASE("log-probs are the trainer's, bit for bit at temperature 1", "[rollout][generate]") {
    const Cpu cpu(2);
    for (const bool tied : {true, false}) {
        Qwen3<Cpu> model(cpu, tiny(tied));
        model.initialize(5);
        const auto requests = some_requests();
        for (const float temperature : {1.0f, 0.6f}) {
            const auto done = generate(model, requests, 3,
                                       {.temperature = temperature, .top_k = 20, .top_p = 0.9f}, 7);
            float worst = 0.0f;
            for (std::size_t i = 0; i < requests.size(); ++i)
                for (const Completion& c : done[i]) {
                    REQUIRE(std::ssize(c.tokens) == requests[i].max_new_tokens);
                    const auto logp = trainer_logp(model, requests[i], c, temperature);
                    for (std::size_t t = 0; t < logp.size(); ++t)
                        worst = std::max(worst, std::abs(logp[t] - c.logp[t]));
                }
            INFO("tied " << tied << " temperature " << temperature << " worst " << worst);
            // Another temperature is multiplied in, in one place fused and in the other not.
            CHECK(worst <= (temperature == 1.0f ? 0.0f : 2e-6f));
        }
    }
}

TEST_CASE("greedy generation takes the argmax of the trainer's logits", "[rollout][generate]") {
    const Cpu cpu(2);
    Qwen3<Cpu> model(cpu, tiny());
    model.initialize(8);
    const std::vector<Request> requests{request(1, 9, 40)};
    const auto done = generate(model, requests, 2, {.greedy = true}, 1);
    CHECK(same(done[0][0], done[0][1]));
    std::vector<std::int32_t> tokens = requests[0].prompt;
    for (const std::int32_t token : done[0][0].tokens) {
        const std::vector<Index> offsets{0, std::ssize(tokens)};
        std::vector<float> logits(tokens.size() * 77);
        model.logits({tokens, offsets}, logits);
        REQUIRE(std::max_element(logits.end() - 77, logits.end()) - (logits.end() - 77) == token);
        tokens.push_back(token);
    }
}

TEST_CASE("stop tokens end a completion and belong to it; length ends the others",
          "[rollout][generate]") {
    const Cpu cpu(1);
    Qwen3<Cpu> model(cpu, tiny());
    model.initialize(2);
    const auto requests = some_requests();
    const Sampling sampling{.stop = {1, 2, 3, 4, 5, 6, 7, 8, 9}};
    const auto free_run = generate(model, requests, 8, {}, 5),
               done = generate(model, requests, 8, sampling, 5);
    int stopped = 0, at_once = 0;
    for (std::size_t i = 0; i < requests.size(); ++i)
        for (std::size_t g = 0; g < 8; ++g) {
            const Completion &c = done[i][g], &whole = free_run[i][g];
            REQUIRE(c.tokens.size() == c.logp.size());
            for (std::size_t t = 0; t < c.tokens.size(); ++t) {
                CHECK(c.tokens[t] == whole.tokens[t]);
                CHECK(sampling.stops(c.tokens[t]) ==
                      (t + 1 == c.tokens.size() && c.finish == Finish::stop));
            }
            stopped += c.finish == Finish::stop;
            at_once += c.tokens.size() == 1 && c.finish == Finish::stop;
            if (c.finish == Finish::length)
                CHECK(std::ssize(c.tokens) == requests[i].max_new_tokens);
        }
    CHECK(stopped > 10);
    CHECK(at_once > 0);
}

TEST_CASE("the context bounds prompt and completion", "[rollout][generate]") {
    const Cpu cpu(1);
    Qwen3<Cpu> model(cpu, tiny());
    model.initialize(2);
    std::vector<Request> requests{request(4, 120, 50)};
    const auto done = generate(model, requests, 2, {}, 5);
    CHECK(done[0][0].tokens.size() == 8);
    CHECK(done[0][1].finish == Finish::length);
    requests.push_back(request(17, 128, 5));
    CHECK_THROWS_WITH(generate(model, requests, 2, {}, 5),
                      Catch::Contains("request 1 (id 17)") && Catch::Contains("128 tokens"));
    requests[1] = request(18, 0, 5);
    CHECK_THROWS_WITH(generate(model, requests, 2, {}, 5), Catch::Contains("empty prompt"));
    requests[1] = request(19, 3, 0);
    CHECK_THROWS_WITH(generate(model, requests, 2, {}, 5), Catch::Contains("at least 1"));
    requests[1] = request(20, 3, 4);
    requests[1].prompt[2] = 77;
    CHECK_THROWS_WITH(generate(model, requests, 2, {}, 5), Catch::Contains("token 77"));
}

TEST_CASE("weights that are not numbers are an error with the place, and the decoder recovers",
          "[rollout][generate]") {
    const Cpu cpu(2);
    Qwen3<Cpu> model(cpu, tiny());
    model.initialize(2);
    const auto requests = some_requests();
    Qwen3Decoder<Cpu> decoder(model);
    const auto before = generate(decoder, requests, 2, {}, 5);
    float& weight = model.weights()[model.layout().layers[0].down + 3];
    const float kept = std::exchange(weight, std::numeric_limits<float>::quiet_NaN());
    decoder.load();
    CHECK_THROWS_WITH(generate(decoder, requests, 2, {}, 5),
                      Catch::Contains("request 0 (id 0)") && Catch::Contains("position 0"));
    weight = kept;
    decoder.load();
    CHECK(same(before, generate(decoder, requests, 2, {}, 5)));
}

TEST_CASE("a second rollout of the same size takes no more cache, and progress ends complete",
          "[rollout][generate]") {
    const Cpu cpu(2);
    Qwen3<Cpu> model(cpu, tiny());
    model.initialize(2);
    const auto requests = some_requests();
    Qwen3Decoder<Cpu> decoder(model);
    GenerationProgress last;
    const Generation options{.slots = 4, .progress = [&](const GenerationProgress& p) {
                                 CHECK(p.tokens > last.tokens);
                                 last = p;
                             }};
    const auto first = generate(decoder, requests, 3, {}, 5, options);
    const Index size = decoder.cache().size();
    CHECK(last.finished == 21);
    CHECK(last.completions == 21);
    last = {};
    CHECK(same(first, generate(decoder, requests, 3, {}, 5, options)));
    CHECK(decoder.cache().size() == size);
    CHECK(generate(decoder, std::vector<Request>{}, 3, {}, 5).empty());
}
