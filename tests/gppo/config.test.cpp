// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <config.hpp>
#include <config_read.hpp>
#include <config_write.hpp>
#include <set>

namespace {

/// The Error of reading this text as run.toml, or "".
std::string problem(const std::string& text) {
    Config config;
    FieldList list = config_fields(config);
    try {
        ConfigReader(list, "run.toml").read(text);
    } catch (const gppo::Error& error) {
        return error.what();
    }
    return "";
}

std::string problem_of_set(const std::string& assignment) {
    Config config;
    FieldList list = config_fields(config);
    try {
        ConfigReader(list).set(assignment);
    } catch (const gppo::Error& error) {
        return error.what();
    }
    return "";
}

Config with(std::initializer_list<const char*> assignments) {
    Config config;
    FieldList list = config_fields(config);
    for (const char* assignment : assignments) ConfigReader(list).set(assignment);
    return config;
}

}  // namespace

TEST_CASE("every key is unique, has help, and its default is allowed", "[config]") {
    Config config;
    const FieldList list = config_fields(config);
    std::set<std::string> names;
    for (const Field& field : list.fields) {
        INFO(field.name());
        CHECK(names.insert(field.name()).second);
        CHECK_FALSE(field.help.empty());
    }
    CHECK(names.size() > 60);
    CHECK(problem(config_to_toml(list)).empty());
}

TEST_CASE("the dump reads back to the same values, odd ones included", "[config]") {
    Config config =
        with({"rl.lr=1e-4", "rl.top_p=0.1", "run.dir=a \"b\" \\ c", "task.train=[\"x\", \"y z\"]",
              "rl.policy_params={ low = 0.25, names = [\"a\", 1, true], deep = { x = -1e300 } }",
              "sft.eps=1e-30", "rl.clip_norm=3", "run.seed=9007199254740993"});
    const FieldList list = config_fields(config);
    const std::string text = config_to_toml(list);
    Config again;
    FieldList copy = config_fields(again);
    ConfigReader(copy, "dump").read(text);
    CHECK(config_to_toml(copy) == text);
    CHECK(config_to_json(copy) == config_to_json(list));
    CHECK(again.run.seed == 9007199254740993);
    CHECK(again.run.dir == "a \"b\" \\ c");
    CHECK(again.rl.policy_params["deep"]["x"] == -1e300);
}

TEST_CASE("values come from the file and later --set wins", "[config]") {
    Config config;
    FieldList list = config_fields(config);
    ConfigReader(list, "run.toml")
        .read("[rl]\nlr = 3e-4\nsteps = 7\n[rl.policy_params]\nhigh = 0.3\n");
    ConfigReader(list).set("rl.steps=9");
    ConfigReader(list).set("rl.policy_params.low=0.1");
    CHECK(config.rl.lr == 3e-4);
    CHECK(config.rl.steps == 9);
    CHECK(config.rl.policy_params.dump() == R"({"high":0.3,"low":0.1})");
}

TEST_CASE("--set takes bare words, lists, whole numbers for real ones, and empty strings",
          "[config]") {
    const Config config = with({"rl.policy=dual_clip", "task.train=data/a b.jsonl", "rl.lr=1",
                                "model.path=", "task.operations=[\"+\", \"*\"]",
                                "rl.filter_zero_advantage=false", "tokenizer.path=/tmp/1=2.json"});
    CHECK(config.rl.policy == "dual_clip");
    CHECK(config.task.train == Strings{"data/a b.jsonl"});
    CHECK(config.rl.lr == 1.0);
    CHECK(config.model.path.empty());
    CHECK(config.task.operations == Strings{"+", "*"});
    CHECK_FALSE(config.rl.filter_zero_advantage);
    CHECK(config.tokenizer.path == "/tmp/1=2.json");
}

TEST_CASE("a mistake in the file is named with its line and the nearest key", "[config]") {
    CHECK(problem("[rl]\nlr = 1e-4\ntempreature = 2\n") ==
          "run.toml:3: unknown key 'rl.tempreature'; did you mean 'rl.temperature'?");
    CHECK(problem("[slf]\nlr = 1\n") == "run.toml:1: unknown section 'slf'; did you mean 'sft'?");
    CHECK(problem("\n[sft]\nhidden_size = 3\n") ==
          "run.toml:3: unknown key 'sft.hidden_size'; did you mean 'model.hidden_size'?");
    CHECK(problem("group = 3\n") == "run.toml:1: unknown key 'group'; did you mean 'rl.group'?");
    CHECK(problem("rl = 3\n") == "run.toml:1: 'rl' is a section: write [rl] and keys below it");
    CHECK(problem("[rl]\nlr = \"fast\"\n") == "run.toml:2: rl.lr must be a number, not 'fast'");
    CHECK(problem("[rl]\nsteps = 1.5\n") == "run.toml:2: rl.steps must be a whole number, not 1.5");
    CHECK(problem("[rl]\nfilter_zero_advantage = 1\n") ==
          "run.toml:2: rl.filter_zero_advantage must be true or false, not 1");
    CHECK(problem("[task]\ntrain = [1]\n") ==
          "run.toml:2: task.train must be a string in quotes, not 1");
    CHECK(problem("[rl]\ntemperature = 0\n") ==
          "run.toml:2: rl.temperature = 0 is out of range: it must be above 0");
    CHECK(problem("[rl]\ntop_p = 1.5\n") ==
          "run.toml:2: rl.top_p = 1.5 is out of range: it must be at least 1e-06 and at most 1");
    CHECK(problem("[rl]\nlr = nan\n").find("rl.lr = nan is out of range") != std::string::npos);
    CHECK(problem("[rl]\nlr = inf\n").find("rl.lr = inf is out of range") != std::string::npos);
    CHECK(problem("[tokenizer]\nkind = \"chars\"\n") ==
          "run.toml:2: tokenizer.kind = \"chars\" is not one of characters, bytes, file");
    CHECK(problem("[rl\n").rfind("run.toml:1: ", 0) == 0);
    CHECK(problem("[rl]\nlr = 1\nlr = 2\n").rfind("run.toml:3: ", 0) == 0);
}

TEST_CASE("a mistake in --set shows what was typed", "[config]") {
    CHECK(problem_of_set("rl.lrr=3") ==
          "--set rl.lrr=3: unknown key 'rl.lrr'; did you mean 'rl.lr'?");
    CHECK(problem_of_set("rl.lr") == "--set rl.lr: expected section.key=value");
    CHECK(problem_of_set("rl.lr=x") == "--set rl.lr=x: rl.lr must be a number, not 'x'");
    CHECK(problem_of_set("=3").rfind("--set =3: ", 0) == 0);
    CHECK(problem_of_set("rl..lr=3").rfind("--set rl..lr=3: ", 0) == 0);
    CHECK(problem_of_set("rl=3") == "--set rl=3: 'rl' is a section: write [rl] and keys below it");
    for (const char* odd :
         {"a.b=\x01", "a.b=\"", "a.b=[", "a.b={", "\".=\"", "a.b=\xFF", "a.b=1\nc.d=2"}) {
        const std::string text = problem_of_set(odd);
        INFO(text);
        CHECK(text.rfind("--set ", 0) == 0);
    }
}

TEST_CASE("edit distance counts insertions, deletions, replacements and swaps", "[config]") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("tempreature", "temperature") == 1);
    CHECK(edit_distance("ab", "ba") == 1);
    CHECK(nearest("tpo_p", {"top_k", "top_p"}) == "top_p");
    CHECK(nearest("x", {}).empty());
}

TEST_CASE("the help lists every key with its default", "[config]") {
    Config config;
    const FieldList list = config_fields(config);
    const std::string help = config_help(list);
    for (const Field& field : list.fields)
        CHECK(help.find("  " + field.key + " = ") != std::string::npos);
    CHECK(help.find("characters | bytes | file") != std::string::npos);
}
