// SPDX-License-Identifier: Apache-2.0
#include "task.hpp"

#include "catch.hpp"
#include "temporary_directory.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using gppo::Index;

constexpr std::uint64_t sft_stream = 1, rl_stream = 2;

/// A sum with its smaller number first, where the order does not matter: 34+12= is 12+34=.
std::string sorted_sum(const std::string& prompt) {
    const auto mark = prompt.find_first_of("+*-");
    REQUIRE(mark != std::string::npos);
    std::string a = prompt.substr(0, mark),
                b = prompt.substr(mark + 1, prompt.find('=') - mark - 1);
    if (prompt[mark] != '-' && b < a) std::swap(a, b);
    return a + prompt[mark] + b;
}

struct Directory : TemporaryDirectory {
    std::string file(const std::string& name, const std::string& text) const {
        write_file(path / name, text);
        return (path / name).string();
    }
};

std::string task_problem(const Config& config, const gppo::Tokenizer& tokenizer) {
    try {
        Task task(config, tokenizer);
        return "";
    } catch (const gppo::Error& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("no held-out sum is among 200000 training prompts of either stage", "[task]") {
    for (const double share : {0.1, 0.5}) {
        Config config;
        config.task.digits_min = 1;
        config.task.digits_max = 2;
        config.task.operations = {"+", "-", "*"};
        config.task.held_out = share;
        const auto tokenizer = gppo::Tokenizer::characters(task_alphabet(config.task));
        const Task task(config, tokenizer);
        std::set<std::string> held;
        std::set<std::vector<std::int32_t>> held_ids;
        for (const Example& e : task.held_out(400)) {
            held.insert(sorted_sum(e.prompt_text));
            held_ids.insert(e.prompt);
            CHECK(tokenizer.decode(e.prompt) == e.prompt_text);
        }
        CHECK(held.size() == 400);
        // Another run's held-out prompts are held out here as well: the share decides, not the
        // seed.
        Config other = config;
        other.run.seed = 7;
        for (const Example& e : Task(other, tokenizer).held_out(400))
            held.insert(sorted_sum(e.prompt_text));
        Index shared = 0;
        std::set<std::string> seen;
        for (const std::uint64_t stream : {sft_stream, rl_stream})
            for (Index i = 0; i < 200000; ++i) {
                const Example e = task.training(stream, i);
                shared += held.contains(sorted_sum(e.prompt_text)) + held_ids.contains(e.prompt);
                seen.insert(sorted_sum(e.prompt_text));
            }
        CHECK(shared == 0);
        CHECK(seen.size() > 5000);  // the test would be empty if training drew few problems
    }
}

TEST_CASE("the two stages draw different training examples, each a function of its number",
          "[task]") {
    Config config;
    const auto tokenizer = gppo::Tokenizer::characters(task_alphabet(config.task));
    const Task task(config, tokenizer), again(config, tokenizer);
    Index same = 0;
    for (Index i = 0; i < 200; ++i) {
        const std::string text = task.training(sft_stream, i).prompt_text;
        same += text == task.training(rl_stream, i).prompt_text;
        CHECK(again.training(sft_stream, i).prompt_text == text);
    }
    CHECK(same < 20);
    CHECK(task.fingerprint().empty());
}

TEST_CASE("rows of the evaluation files are left out of training, however they are written",
          "[task]") {
    const Directory directory;
    std::string train, eval;
    for (int i = 0; i < 40; ++i) {
        const std::string n = std::to_string(i);
        train += R"({"question": "How much is )" + n + R"( and 1?", "answer": "#### )" +
                 std::to_string(i + 1) + "\"}\n";
    }
    // The same questions: as they are, with other blanks, as verl rows, and after a system prompt.
    for (int i = 0; i < 40; i += 4) {
        const std::string n = std::to_string(i), m = std::to_string(i + 1),
                          k = std::to_string(i + 2);
        eval += R"({"question": "How much is )" + n + R"( and 1?", "answer": "#### )" + n + "\"}\n";
        eval += R"({"question": "How  much is )" + m + R"(\r\nand 1? ", "answer": "#### )" + m +
                "\"}\n";
        eval +=
            R"({"data_source": "openai/gsm8k", "prompt": [{"role": "system", "content": "Be brief."}, )"
            R"({"role": "user", "content": "How much is )" +
            k +
            R"( and 1?"}], )"
            R"("reward_model": {"style": "rule", "ground_truth": "1"}})"
            "\n";
    }
    for (const bool chat : {false, true}) {
        Config config;
        config.tokenizer.kind = "bytes";
        config.task.kind = "jsonl";
        config.task.chat_template = chat;
        config.task.max_prompt_tokens = 400;
        config.task.train = {directory.file("train.jsonl", train)};
        config.task.eval = {directory.file("eval.jsonl", eval)};
        const auto tokenizer = gppo::Tokenizer::byte_level();
        const Task task(config, tokenizer);
        CHECK(task.held_out(1000).size() == 30);
        std::set<std::string> seen;
        for (const std::uint64_t stream : {sft_stream, rl_stream})
            for (Index i = 0; i < 35; ++i)
                seen.insert(task.training(stream, i).record.prompt.back().content);
        std::set<std::string> wanted;
        for (int i = 3; i < 40; i += 4)
            wanted.insert("How much is " + std::to_string(i) + " and 1?");
        CHECK(seen == wanted);
        REQUIRE(task.warnings().size() == 1);
        CHECK(task.warnings().front() ==
              "30 training rows have a prompt of task.eval and are left out");

        config.task.train = config.task.eval;
        CHECK(task_problem(config, tokenizer).find("nothing is left to train on") !=
              std::string::npos);
    }
}

TEST_CASE("prompts that read the same are one prompt, whatever the template leaves out", "[task]") {
    // Without a chat template only the last turn is seen, so an earlier turn makes no difference to
    // the model.
    const Directory directory;
    const auto row = [](const std::string& earlier, const std::string& last) {
        return R"({"prompt": [{"role": "user", "content": ")" + earlier +
               R"("}, {"role": "assistant", "content": "Yes."}, )"
               R"({"role": "user", "content": ")" +
               last +
               R"("}], "response": "1"})"
               "\n";
    };
    Config config;
    config.tokenizer.kind = "bytes";
    config.task.kind = "jsonl";
    config.task.train = {
        directory.file("train.jsonl", row("A?", "How much?") + row("A?", "How many?"))};
    config.task.eval = {directory.file("eval.jsonl", row("B?", "How much?"))};
    const auto tokenizer = gppo::Tokenizer::byte_level();
    CHECK(Task(config, tokenizer).training(sft_stream, 1).prompt_text == "How many?");
    config.task.chat_template = true;
    config.task.max_prompt_tokens = 400;
    CHECK(Task(config, tokenizer).warnings().empty());
}

TEST_CASE("the hash of the training rows follows the rows, not the file", "[task]") {
    const Directory directory;
    const std::string a = R"({"question": "1+1?", "answer": "#### 2"})",
                      b = R"({"question": "1+2?", "answer": "#### 3"})";
    Config config;
    config.tokenizer.kind = "bytes";
    config.task.kind = "jsonl";
    const auto tokenizer = gppo::Tokenizer::byte_level();
    const auto hash = [&](const std::string& name, const std::string& text) {
        config.task.train = {directory.file(name, text)};
        return Task(config, tokenizer).fingerprint();
    };
    const std::string first = hash("a.jsonl", a + "\n" + b + "\n");
    CHECK(first.size() == 64);
    CHECK(hash("b.jsonl", a + "\r\n\n" + b) == first);
    CHECK(hash("b.jsonl", b + "\n" + a + "\n") != first);
    CHECK(hash("b.jsonl", a + "\n") != first);
}

TEST_CASE("turns of a tool are part of the response, and masked", "[task]") {
    Config config;
    config.task.operations = {"*"};
    config.task.tool_calls = 1;
    config.tools.kind = "python";
    const auto tokenizer = gppo::Tokenizer::characters(task_alphabet(config.task, config.tools));
    const Task task(config, tokenizer);
    for (Index i = 0; i < 20; ++i) {
        const Example e = task.training(sft_stream, i);
        REQUIRE(e.mask.size() == e.response.size());
        std::vector<std::int32_t> own, said;
        for (std::size_t t = 0; t < e.mask.size(); ++t)
            (e.mask[t] != 0 ? own : said).push_back(e.response[t]);
        const std::string sum = e.prompt_text.substr(0, e.prompt_text.size() - 1);
        CHECK(tokenizer.decode(said) == "\n```output\n" + e.record.gold + "\n```\n");
        CHECK(tokenizer.decode(own) == "```python\nprint(" + sum + ")\n```<|im_end|>\\boxed{" +
                                           e.record.gold + "}<|im_end|>");
        CHECK(task.held_out(5)[0].mask.empty());
    }
    config.tools.kind = "none";
    CHECK(task_problem(config, tokenizer).find("tools.kind") != std::string::npos);
}

TEST_CASE("an overlong conversation is cut together with its mask", "[task]") {
    Config config;
    config.task.tool_calls = 1;
    config.task.max_response_tokens = 35;
    config.tools.kind = "python";
    const auto tokenizer = gppo::Tokenizer::characters(task_alphabet(config.task, config.tools));
    const Example e = Task(config, tokenizer).training(sft_stream, 3);
    CHECK(e.response.size() == 35);
    CHECK(e.mask.size() == 35);
}

TEST_CASE("task.rows makes one finite pool for all stages, each row once an epoch", "[task]") {
    Config config;
    config.task.digits_min = config.task.digits_max = 1;
    config.task.rows = 20;
    const auto tokenizer = gppo::Tokenizer::characters(task_alphabet(config.task));
    const Task task(config, tokenizer);
    REQUIRE(task.rows() == 20);
    for (const std::uint64_t stream : {sft_stream, rl_stream})
        for (const Index epoch : {0, 1}) {
            std::set<std::string> prompts;
            for (Index i = 0; i < 20; ++i) {
                const Example e = task.training(stream, 20 * epoch + i);
                CHECK(task.row(e.row).prompt_text == e.prompt_text);
                prompts.insert(e.prompt_text);
            }
            CHECK(prompts.size() == 20);
        }
    // How the answer is shown to SFT is no part of what a pass rate is about.
    Config other = config;
    other.task.worked = 0;
    CHECK(Task(other, tokenizer).pool() == task.pool());
    other.task.rows = 19;
    CHECK(Task(other, tokenizer).pool() != task.pool());
    other.task.rows = 1000;
    CHECK(task_problem(other, tokenizer).starts_with("task.rows is 1000, but only"));
    CHECK(Task(config, tokenizer, Task::Use::evaluation).rows() == 0);
}

TEST_CASE("a mixed task is sums and programs, held out half and half", "[task]") {
    Config config;
    config.task.kind = "mixed";
    config.task.max_prompt_tokens = 96;
    const auto tokenizer = gppo::Tokenizer::byte_level();
    const Task task(config, tokenizer);
    const auto held = task.held_out(10);
    REQUIRE(held.size() == 10);
    CHECK(std::count_if(held.begin(), held.end(),
                        [](const Example& e) { return e.record.ability == "code"; }) == 5);
    Index programs = 0;
    for (Index i = 0; i < 400; ++i)
        programs += task.training(rl_stream, i).record.data_source == "programs";
    CHECK(programs > 150);
    CHECK(programs < 250);
    config.tokenizer.kind = "characters";
    CHECK_THROWS_WITH(task_alphabet(config.task), Catch::Matchers::Contains("use \"bytes\""));
}
