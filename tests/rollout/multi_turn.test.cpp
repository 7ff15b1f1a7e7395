// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/rollout/generate.hpp>
#include <gppo/rollout/multi_turn.hpp>

#include <algorithm>
#include <vector>

using namespace gppo;

namespace {

Qwen3Config conversing() {
    Qwen3Config c;
    c.vocab_size = 19, c.hidden_size = 20, c.intermediate_size = 42, c.num_hidden_layers = 2;
    c.num_attention_heads = 6, c.num_key_value_heads = 2, c.head_dim = 10;
    c.max_position_embeddings = 96, c.initializer_range = 0.3f;
    return c;
}

/// Says three tokens made from the turn; a turn whose first token is 0 is the last.
struct Answers {
    std::vector<Observation> operator()(std::span<const Turn> turns) const {
        std::vector<Observation> said(turns.size());
        for (std::size_t i = 0; i < turns.size(); ++i) {
            const std::int32_t first = turns[i].tokens[0];
            if (first == 0) continue;
            const auto all = static_cast<std::int32_t>(turns[i].before.size + turns[i].prompt.size);
            said[i] = {.tokens = {first, (all + first) % 19, 18},
                       .called = true,
                       .well_formed = first % 2 == 0};
        }
        return said;
    }
};

std::vector<Request> conversing_requests(Index count) {
    std::vector<Request> requests;
    for (Index i = 0; i < count; ++i) {
        Request r{{}, 100 + static_cast<std::uint64_t>(i), 60};
        for (Index t = 0; t <= 1 + 3 * i; ++t)
            r.prompt.push_back(static_cast<std::int32_t>((5 * t + i) % 19));
        requests.push_back(std::move(r));
    }
    return requests;
}

struct Samples {
    Qwen3Decoder<Cpu>* decoder;
    Generation options{};
    std::vector<std::vector<Completion>> operator()(std::span<const Request> requests,
                                                    Index group) const {
        return generate(*decoder, requests, group, {.stop = {17, 18}}, 5, options);
    }
};

bool equal(const Completion& a, const Completion& b) {
    return a.tokens == b.tokens && a.logp == b.logp && a.mask == b.mask && a.finish == b.finish &&
           a.tools == b.tools;
}

Completion turn_of(std::vector<std::int32_t> tokens, Finish finish = Finish::stop) {
    std::vector<float> logp(tokens.size(), -0.5f);
    return {std::move(tokens), std::move(logp), finish};
}

}  // namespace

TEST_CASE("a conversation does not depend on its batch, bit for bit", "[rollout][multi_turn]") {
    const Cpu one(1), two(2);
    Qwen3<Cpu> a(one, conversing()), b(two, conversing());
    a.initialize(3), b.initialize(3);
    Qwen3Decoder<Cpu> first(a), second(b);
    const auto requests = conversing_requests(6);
    const auto all = multi_turn(Samples{&first}, Answers{}, requests, 3);
    const auto narrow =
        multi_turn(Samples{&second, {.slots = 2, .prompt_rows = 3}}, Answers{}, requests, 3);
    Index turns = 0;
    for (std::size_t r = 0; r < requests.size(); ++r) {
        const auto alone =
            multi_turn(Samples{&first}, Answers{}, std::span(requests).subspan(r, 1), 3);
        for (std::size_t g = 0; g < 3; ++g) {
            CHECK(equal(all[r][g], alone[0][g]));
            CHECK(equal(all[r][g], narrow[r][g]));
            turns = std::max(turns, all[r][g].tools.turns);
        }
    }
    CHECK(turns > 2);
}

TEST_CASE("log-probs of the model's tokens are those of one forward pass over everything",
          "[rollout][multi_turn]") {
    const Cpu cpu(1);
    Qwen3<Cpu> model(cpu, conversing());
    model.initialize(4);
    Qwen3Decoder<Cpu> decoder(model);
    const auto requests = conversing_requests(5);
    const auto done = multi_turn(Samples{&decoder}, Answers{}, requests, 2);
    Index masked = 0;
    for (std::size_t r = 0; r < requests.size(); ++r)
        for (const Completion& c : done[r]) {
            REQUIRE(c.mask.size() == c.tokens.size());
            std::vector<std::int32_t> tokens = requests[r].prompt;
            tokens.insert(tokens.end(), c.tokens.begin(), c.tokens.end());
            std::vector<Index> rows;
            for (Index i = 0; i < std::ssize(c.tokens); ++i)
                rows.push_back(std::ssize(requests[r].prompt) - 1 + i);
            const std::vector<Index> offsets{0, std::ssize(tokens)};
            std::vector<float> logp(c.tokens.size());
            model.forward({tokens, offsets}, {rows, c.tokens}, 1.0f, logp, {});
            for (std::size_t t = 0; t < logp.size(); ++t) {
                const bool own = c.sampled(static_cast<Index>(t));
                CHECK(c.logp[t] == (own ? Approx(logp[t]).margin(2e-6) : Approx(0.0f)));
                masked += !own;
            }
            CHECK(c.mask.back() == 1);
        }
    CHECK(masked > 10);
}

TEST_CASE("calls are limited, and the turn after the last one ends it", "[rollout][multi_turn]") {
    const auto calls = [](std::span<const Request> requests, Index group) {
        return std::vector(requests.size(),
                           std::vector(static_cast<std::size_t>(group), turn_of({1, 17})));
    };
    const std::vector<Request> requests{{{5}, 1, 1000}};
    for (const Index limit : {0, 1, 4}) {
        const Completion c = multi_turn(calls, Answers{}, requests, 1, {.calls = limit})[0][0];
        CHECK(c.tools.calls == limit);
        CHECK(c.tools.turns == limit + 1);
        CHECK(c.tools.malformed_turns == limit);  // the first token, 1, is odd
        CHECK(std::ssize(c.tokens) == 5 * limit + 2);
        CHECK(c.tools.final_turn == 5 * limit);
        CHECK(c.finish == Finish::stop);
    }
}

TEST_CASE("a turn that was cut off is not answered, and neither is one that leaves no room",
          "[rollout][multi_turn]") {
    std::vector<int> asked;
    const auto calls = [&](std::span<const Request> requests, Index) {
        asked.push_back(requests[0].max_new_tokens);
        return std::vector(1, std::vector(1, turn_of({2, 17})));
    };
    std::vector<Request> requests{{{5, 5, 5}, 1, 12}};
    Completion c = multi_turn(calls, Answers{}, requests, 1)[0][0];
    CHECK(asked == std::vector<int>{12, 7, 2});  // 2 + 3 tokens are taken each time
    CHECK(c.tokens.size() == 12);
    CHECK(c.finish == Finish::length);
    CHECK(c.mask.back() == 1);
    asked.clear();
    c = multi_turn(calls, Answers{}, requests, 1, {.context = 10})[0][0];
    CHECK(asked == std::vector<int>{12, 2});  // the engine itself knows the context
    CHECK(c.tokens.size() == 7);

    const auto cut = [](std::span<const Request>, Index) {
        return std::vector(1, std::vector(1, turn_of({2, 17}, Finish::length)));
    };
    c = multi_turn(cut, Answers{}, requests, 1)[0][0];
    CHECK(c.tools == ToolUse{});
    CHECK(c.tokens.size() == 2);
}

TEST_CASE("an environment that breaks ends the completion and says so", "[rollout][multi_turn]") {
    const auto calls = [](std::span<const Request>, Index) {
        return std::vector(1, std::vector(1, turn_of({2, 17})));
    };
    struct Breaks {
        std::vector<Observation> operator()(std::span<const Turn> turns) const {
            return std::vector<Observation>(turns.size(), {.called = true, .broken = true});
        }
    };
    const std::vector<Request> requests{{{5}, 1, 100}};
    const Completion c = multi_turn(calls, Breaks{}, requests, 1)[0][0];
    CHECK(c.tools.broken);
    CHECK(c.tools.calls == 0);
    CHECK(c.tokens.size() == 2);
}
