// SPDX-License-Identifier: Apache-2.0
//
// Generation in memory that is not the host's, where a touch from here is a fault: the tokens and
// log-probs of the CPU. (To rounding: attention is of another shape there.)
#include "backend/far_memory.hpp"
#include "catch.hpp"
#include "model/tiny_qwen3.hpp"
#include "random_values.hpp"

#include <gppo/rollout/generate.hpp>

#include <vector>

using namespace gppo;

namespace {

using Completions = std::vector<std::vector<Completion>>;

Qwen3Config small() {
    Qwen3Config c = test::tiny_config(false);
    c.max_position_embeddings = 96;
    return c;
}

std::vector<Request> some_requests() {
    std::vector<Request> requests;
    for (std::uint64_t id = 0; id < 5; ++id) {
        requests.push_back({{}, id, 4 + 12 * static_cast<int>(id)});
        for (std::uint64_t i = 0; i < 1 + id * id * 2; ++i)
            requests.back().prompt.push_back(static_cast<std::int32_t>(Philox{9}.below(13, id, i)));
    }
    return requests;
}

template <class K>
Completions sampled(const K& backend, const Sampling& sampling, const Generation& options = {}) {
    Qwen3<K> model(backend, small());
    model.initialize(3);
    return generate(model, some_requests(), 3, sampling, 42, options);
}

void check_same(const Completions& got, const Completions& want) {
    REQUIRE(got.size() == want.size());
    for (std::size_t r = 0; r < got.size(); ++r)
        for (std::size_t g = 0; g < got[r].size(); ++g) {
            CAPTURE(r, g);
            CHECK(got[r][g].tokens == want[r][g].tokens);
            CHECK(got[r][g].finish == want[r][g].finish);
            CHECK(distance(got[r][g].logp, want[r][g].logp) < 1e-5f);
        }
}

}  // namespace

TEST_CASE("generation in far memory gives the CPU's completions", "[rollout][generate]") {
    for (const Sampling& sampling :
         {Sampling{.temperature = 0.9f, .stop = {11}}, Sampling{.top_k = 5, .top_p = 0.8f},
          Sampling{.min_p = 0.05f}, Sampling{.greedy = true}})
        check_same(sampled(FarMemory(2), sampling), sampled(Cpu(2), sampling));
}

TEST_CASE("in far memory, too, a completion does not depend on slots or prompt chunks",
          "[rollout][generate]") {
    const FarMemory far(2);
    const Completions want = sampled(far, {}, {.slots = 1});
    for (const Generation& options :
         {Generation{.slots = 3}, Generation{.slots = 64, .prompt_rows = 5}}) {
        const Completions got = sampled(far, {}, options);
        for (std::size_t r = 0; r < want.size(); ++r)
            for (std::size_t g = 0; g < 3; ++g) {
                CHECK(got[r][g].tokens == want[r][g].tokens);
                CHECK(got[r][g].logp == want[r][g].logp);
            }
    }
}
