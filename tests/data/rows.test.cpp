// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/rows.hpp>
#include <gppo/data/source.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using gppo::record_of;
using nlohmann::json;

TEST_CASE("a verl row gives prompt, gold and source, and keeps unknown fields", "[data][rows]") {
    const json row = json::parse(R"({"data_source": "openai/gsm8k", "ability": "math",
        "prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "1+1?"}],
        "reward_model": {"style": "rule", "ground_truth": "2"}, "extra_info": null, "mine": {"x": 1}})");
    const gppo::Record record = record_of(row);
    CHECK(record.prompt.size() == 2);
    CHECK(record.prompt[1] == gppo::Message{"user", "1+1?"});
    CHECK(record.gold == "2");
    CHECK(record.ability == "math");
    CHECK(record.raw["mine"]["x"] == 1);
    CHECK(gppo::verifier_of(record) == gppo::Verifier::maths);
    const json again = gppo::verl_row(record, 7, "train");
    CHECK(again["mine"]["x"] == 1);
    CHECK(again["extra_info"]["index"] == 7);
    CHECK(again["reward_model"] == row["reward_model"]);
    CHECK(record_of(again).prompt == record.prompt);
}

TEST_CASE("ground truths that are no strings stay JSON", "[data][rows]") {
    const auto gold = [](const std::string& value) {
        return record_of(json::parse(R"({"prompt": "p", "reward_model": {"ground_truth": )" +
                                     value + "}}"))
            .gold;
    };
    CHECK(gold("4") == "4");
    CHECK(gold("[1, 2]") == "[1,2]");
    CHECK(gold("\"1/2\"") == "1/2");
    CHECK(gold("\"{\\\"inputs\\\": []}\"") == "{\"inputs\": []}");
}

TEST_CASE("a GSM8K row gives the number after ####", "[data][rows]") {
    const auto record =
        record_of({{"question", "q"}, {"answer", "48/2 = <<48/2=24>>24 < 30\n#### 1,072"}});
    CHECK(record.gold == "1,072");
    CHECK(record.response == "<think>\n48/2 = 24 < 30\n</think>\n\n\\boxed{1,072}");
    CHECK(record.raw["answer"] == "48/2 = <<48/2=24>>24 < 30\n#### 1,072");
    CHECK(record.data_source == "openai/gsm8k");
    CHECK(record.prompt == std::vector<gppo::Message>{{"user", "q"}});
    CHECK(record_of({{"question", "q"}, {"answer", "72"}}).gold == "72");
}

TEST_CASE("messages, conversations, problems and prompt-response rows are known", "[data][rows]") {
    const auto chat = record_of(json::parse(
        R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})"));
    CHECK(chat.prompt.size() == 1);
    CHECK(chat.response == "b");
    const auto shared = record_of(json::parse(
        R"({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]})"));
    CHECK(shared.prompt[0].role == "user");
    CHECK(shared.response == "b");
    const auto problem = record_of({{"problem", "p"}, {"answer", json::array({"9.6\n"})}});
    CHECK(problem.gold == "9.6");
    const auto pair = record_of({{"prompt", "p"}, {"response", "r"}});
    CHECK(pair.prompt[0] == gppo::Message{"user", "p"});
    CHECK(pair.response == "r");
    const auto aime = record_of(
        json::parse(R"({"messages": [{"role": "user", "content": "a"}], "answer": "103"})"));
    CHECK(aime.gold == "103");
    const auto meta = record_of(json::parse(
        R"({"messages": [{"role": "user", "content": "a"}], "meta": {"answer": "73"}})"));
    CHECK(meta.gold == "73");
}

TEST_CASE("an unusable row says what is wrong with it", "[data][rows]") {
    const auto says = [](const char* text, const char* part) {
        try {
            (void)record_of(json::parse(text));
        } catch (const gppo::Error& error) {
            INFO(error.what());
            CHECK(std::string(error.what()).find(part) != std::string::npos);
            return;
        }
        FAIL("no error for " << text);
    };
    says(R"({"query": 1, "reply": 2})", "[query, reply]");
    says("{}", "[]");
    says(R"({"prompt": "p"})", "neither response nor gold");
    says(R"({"messages": []})", "empty");
    says(R"({"messages": [{"role": "user"}]})", "message 1");
    says(R"({"messages": [{"role": "assistant", "content": "b"}]})", "no turn before");
    says(R"({"prompt": [], "reward_model": {"ground_truth": "1"}})", "empty");
    says(R"({"prompt": "p", "reward_model": {}})", "ground_truth");
    says(R"({"prompt": "p", "reward_model": {"ground_truth": null}})", "ground_truth");
}

TEST_CASE("a file's bad rows of both kinds are quarantined together, in order", "[data][rows]") {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("gppo_rows_" + std::to_string(::getpid())))
            .string();
    std::ofstream(path) << "{\"odd\": 1}\n{\"question\": \"q\", \"answer\": \"#### 1\"}\nbroken\n";
    const auto read = gppo::read_records(path, {.max_bad_ratio = 0.7});
    REQUIRE(read.records.size() == 1);
    CHECK(read.records[0].row == 2);
    REQUIRE(read.quarantine.size() == 2);
    CHECK(read.quarantine[0].row == 1);
    CHECK(read.quarantine[1].row == 3);
    CHECK_THROWS_AS(gppo::read_records(path), gppo::Error);
    std::remove(path.c_str());
}

TEST_CASE("real files are read whole", "[data][rows]") {
    const std::string here = __FILE__;
    const std::string data = here.substr(0, here.rfind("tests/data/")) + "../shared/data/";
    if (!std::filesystem::exists(data)) {
        std::printf("skipped: no ../shared/data beside the source tree\n");
        return;
    }
    const std::vector<std::pair<std::string, std::size_t>> files{
        {"gsm8k/train.jsonl", 7473},
        {"gsm8k/test.jsonl", 1319},
        {"math/test_math_math.json", 500},
        {"math/test_math_minerva.json", 272},
        {"math/train_math_aime.json", 975}};
    for (const auto& [name, count] : files) {
        const auto read = gppo::read_records(data + name);
        INFO(name);
        CHECK(read.records.size() == count);
        CHECK(read.quarantine.empty());
    }
    CHECK(gppo::read_records(data + "benchmarks/hmmt25.jsonl").records[0].gold == "103");
}
