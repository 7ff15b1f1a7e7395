// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/core/error.hpp>

#include <recipe.hpp>

using Catch::Matchers::Contains;

namespace {

const char* const two_sizes = R"(
[rl]
lr = 1.0
steps = 10
prompts = 1
group = 2
[[stage]]
name = "first"
kind = "rl"
[[stage]]
name = "second"
kind = "rl"
until = { steps = 7, pass_rate = 0.5 }
[stage.rl]
lr = 2.0
group = 3
[scale.tiny.rl]
lr = 3.0
prompts = 4
[scale.tiny.stage.second.rl]
group = 5
[scale.tiny.stage.second.until]
window = 6
)";

Recipe recipe_of(const std::string& text, const std::string& scale, const Strings& set = {}) {
    const TemporaryDirectory work;
    const auto path = work.path / "recipe.toml";
    write_file(path, text);
    return Recipe::read(path.string(), scale, set);
}

}  // namespace

TEST_CASE("a stage wins over a scale, a scale's stage over both, --set over all", "[recipe]") {
    const Recipe tiny = recipe_of(two_sizes, "tiny");
    REQUIRE(tiny.stages.size() == 2);
    CHECK(tiny.stages[0].config.rl.lr == 3);
    CHECK(tiny.stages[0].config.rl.prompts == 4);
    CHECK(tiny.stages[0].config.rl.group == 2);
    CHECK(tiny.stages[0].config.rl.steps == 10);
    CHECK(tiny.stages[1].config.rl.lr == 2);
    CHECK(tiny.stages[1].config.rl.group == 5);
    CHECK(tiny.stages[1].config.rl.steps == 7);
    CHECK(tiny.stages[1].until.pass_rate == 0.5);
    CHECK(tiny.stages[1].until.window == 6);
    // One stage's --set wins over everyone's, whatever their order.
    const Recipe set = recipe_of(two_sizes, "tiny", {"stage.second.rl.lr=9", "rl.lr=8"});
    CHECK(set.stages[0].config.rl.lr == 8);
    CHECK(set.stages[1].config.rl.lr == 9);
}

TEST_CASE("a recipe's mistakes name stage and key", "[recipe]") {
    const auto stage = [](const std::string& text) {
        return "[[stage]]\nname = \"one\"\nkind = \"rl\"\n" + text;
    };
    CHECK_THROWS_WITH(recipe_of("[rl]\nlr = 1\n", ""), Contains("no [[stage]]"));
    CHECK_THROWS_WITH(recipe_of(two_sizes, ""), Contains("pass --scale, one of tiny"));
    CHECK_THROWS_WITH(recipe_of(stage("[stage.rl]\nlr = \"x\""), ""),
                      Contains(":5: stage one: rl.lr must be a number"));
    CHECK_THROWS_WITH(
        recipe_of(stage("until = { passrate = 1 }"), ""),
        Contains("stage one: unknown key 'until.passrate'") && Contains("'until.pass_rate'"));
    CHECK_THROWS_WITH(recipe_of(stage("[stages]"), ""),
                      Contains("unknown section 'stages'; did you mean 'stage'"));
    CHECK_THROWS_WITH(recipe_of("[[stage]]\nname = \"one\"\nkind = \"ppo\"", ""),
                      Contains("stage one: kind is 'ppo', it must be sft, reward or rl"));
    CHECK_THROWS_WITH(recipe_of(stage("[[stage]]\nname = \"two\"\nkind = \"sft\"\n[stage.task]\n"
                                      "held_out = 0.2"),
                                ""),
                      Contains("stage two: task.held_out"));
    CHECK_THROWS_WITH(recipe_of(stage(""), "", {"stage.on.rl.lr=1"}),
                      Contains("did you mean 'one'"));
}

TEST_CASE("a stage that is skipped is not there, and one must be left", "[recipe]") {
    const std::string text = std::string(two_sizes) +
                             "[scale.full.stage.first]\nenter = { skip = true }\n"
                             "[scale.none.stage.first.enter]\nskip = true\n"
                             "[scale.none.stage.second.enter]\nskip = true\n";
    const Recipe full = recipe_of(text, "full");
    REQUIRE(full.stages.size() == 1);
    CHECK(full.stages[0].name == "second");
    CHECK_THROWS_WITH(recipe_of(text, "none"), Contains("every stage is skipped"));
}
