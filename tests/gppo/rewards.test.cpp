// SPDX-License-Identifier: Apache-2.0
#include "rewards.hpp"

#include "catch.hpp"
#include "config_read.hpp"
#include "config_write.hpp"

#include <set>
#include <string>
#include <vector>

namespace {

RewardConfig read(const std::string& text) {
    Config config;
    FieldList list = config_fields(config);
    ConfigReader(list, "run.toml").read("[reward]\n" + text);
    return config.reward;
}
float reward(const std::string& text, const gppo::Response& response) {
    return make_reward(read(text)).contributions(response).back();
}
std::string reward_problem(const std::string& text) {
    try {
        make_reward(read(text));
        return "";
    } catch (const gppo::Error& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("a list of named parts is the same reward as in C++", "[rewards]") {
    const std::string text = R"(parts = [{ name = "plus_minus_one" },
        { name = "overlong", buffer = 50, weight = 0.5 }, { name = "think_penalty" },
        { name = "clamp", low = -1, high = 0.9 }])";
    const gppo::Shaped same{gppo::plus_minus_one,
                            gppo::Weighted{gppo::Overlong{.longest = 0, .buffer = 50}, 0.5f},
                            gppo::ThinkPenalty{}, gppo::Clamp{-1.0f, 0.9f}};
    for (const bool right : {false, true})
        for (const bool closed : {false, true})
            for (const Index length : {10, 60, 100})
                for (const bool infra : {false, true}) {
                    const gppo::Response response{.length = length,
                                                  .limit = 100,
                                                  .right = right,
                                                  .infra = infra,
                                                  .tags = {true, closed}};
                    CHECK(reward(text, response) == same(response));
                }
}

TEST_CASE("contributions say what each part did, and add up", "[rewards]") {
    const auto parts =
        make_reward(read(R"(parts = [{ name = "code_soft_released" },
        { name = "format_penalty", penalty = -0.25 }, { name = "truncation", reward = -2 }])"))
            .contributions({.passed = 0.25f, .well_formed = false, .truncated = true});
    CHECK(parts == std::vector<float>{-0.5f, -0.25f, -1.25f, -2.0f});
}

TEST_CASE("an array of tables reads as a list, and the dump reads back", "[rewards]") {
    const RewardConfig config =
        read("[[reward.parts]]\nname = \"zero_one\"\n[[reward.parts]]\nname = \"cosine\"\n");
    CHECK(config.parts.size() == 2);
    Config whole, again;
    whole.reward = config;
    const std::string text = config_to_toml(config_fields(whole));
    FieldList list = config_fields(again);
    ConfigReader(list, "dump").read(text);
    CHECK(again.reward.parts == config.parts);
    CHECK(config_to_toml(config_fields(again)) == text);
}

TEST_CASE("every part has a name, a default and parameters of its own", "[rewards]") {
    std::set<std::string> names;
    for (const auto& method : reward_methods()) {
        CHECK(names.insert(method.name).second);
        CHECK_FALSE(method.help.empty());
        const WeightedPart part = make_part({{"name", method.name}});
        CHECK(std::isfinite(part(0.0f, {.length = 3, .limit = 10, .right = true})));
        CHECK(reward_problem("parts = { name = \"" + method.name + "\", hugh = 1 }")
                  .find("unknown parameter") != std::string::npos);
    }
    CHECK(names.size() >= 20);
}

TEST_CASE("mistakes in the parts are named with what would be right", "[rewards]") {
    CHECK(reward_problem("parts = [{ name = \"zero_on\" }]") ==
          "unknown reward part 'zero_on'; did you mean 'zero_one'?");
    CHECK(reward_problem("parts = [{ name = \"overlong\", bufer = 3 }]") ==
          "reward part overlong: unknown parameter 'bufer'; did you mean 'buffer'?");
    CHECK(reward_problem("parts = [{ buffer = 3 }]").find("every part needs a name") !=
          std::string::npos);
    CHECK(reward_problem("parts = [\"zero_one\"]").find("must be a table") != std::string::npos);
    CHECK(reward_problem("parts = [{ name = \"clamp\", weight = 0.5 }]").find("has no weight") !=
          std::string::npos);
    CHECK(reward_problem("parts = [{ name = \"zero_one\", weight = \"much\" }]")
              .find("finite number") != std::string::npos);
    CHECK(reward_problem("parts = [{ name = \"repetition\", n = 2.5 }]").find("whole number") !=
          std::string::npos);
    CHECK(reward_problem("parts = [{ name = \"clamp\", low = 2 }]").find("low <= high") !=
          std::string::npos);
    CHECK(reward_problem("right = 2\nparts = [{ name = \"zero_one\" }]") ==
          "reward.right is set beside reward.parts, which replaces it: make it a part");
    CHECK(reward_problem("truncated = \"penalise\"\nparts = [{ name = \"zero_one\" }]")
              .find("truncation") != std::string::npos);
    CHECK(reward_problem(
              "truncated = \"mask\"\nneeds_thinking = false\nparts = [{ name = \"zero_one\" }]")
              .empty());
}

TEST_CASE("without parts the keys beside them are the reward", "[rewards]") {
    CHECK(reward("", {.right = true}) == 1.0f);
    CHECK(reward("wrong = -1", {}) == -1.0f);
    const std::string all =
        "right = 2\nformat_penalty = -0.5\noverlong_buffer = 10\ntruncated = \"penalise\"\n";
    CHECK(reward(all, {.length = 95, .limit = 100, .right = true, .well_formed = false}) == 1.0f);
    CHECK(reward(all, {.right = true, .truncated = true}) == -1.0f);
}
