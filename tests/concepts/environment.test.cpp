// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/environment.hpp>
#include <gppo/rollout/multi_turn.hpp>

#include <vector>

namespace elsewhere {

/// A user's environment: it says the last token back, once.
struct Echo {
    std::vector<gppo::Observation> operator()(std::span<const gppo::Turn> turns) const {
        std::vector<gppo::Observation> said(turns.size());
        for (std::size_t i = 0; i < turns.size(); ++i)
            if (turns[i].number == 0)
                said[i] = {.tokens = {turns[i].tokens[turns[i].tokens.size - 1]}, .called = true};
        return said;
    }
};
struct Forgets {  // it has a state: what it says depends on what it was asked before
    std::vector<gppo::Observation> operator()(std::span<const gppo::Turn>) { return {}; }
};
struct SaysText {
    std::vector<std::string> operator()(std::span<const gppo::Turn>) const { return {}; }
};

}  // namespace elsewhere

static_assert(gppo::Environment<elsewhere::Echo>);
static_assert(!gppo::Environment<elsewhere::Forgets> && !gppo::Environment<elsewhere::SaysText>);
static_assert(!gppo::Environment<double>);

TEST_CASE("a user's environment takes part in a rollout", "[concepts][environment]") {
    const auto complete = [](std::span<const gppo::Request> requests, gppo::Index) {
        std::vector<std::vector<gppo::Completion>> turns;
        for (const gppo::Request& r : requests)
            turns.push_back(
                {{{static_cast<std::int32_t>(r.prompt.size())}, {-1.0f}, gppo::Finish::stop}});
        return turns;
    };
    const std::vector<gppo::Request> requests{{{7, 7}, 1, 9}};
    const auto done = gppo::multi_turn(complete, elsewhere::Echo{}, requests, 1);
    CHECK(done[0][0].tokens == std::vector<std::int32_t>{2, 2, 4});
    CHECK(done[0][0].mask == std::vector<std::uint8_t>{1, 0, 1});
}
