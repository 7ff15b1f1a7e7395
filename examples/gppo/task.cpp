// SPDX-License-Identifier: Apache-2.0
#include "task.hpp"

#include "tools.hpp"

#include <gppo/core/sha256.hpp>
#include <gppo/data/arithmetic.hpp>
#include <gppo/data/loader.hpp>
#include <gppo/data/programs.hpp>
#include <gppo/data/rows.hpp>
#include <gppo/text/chat_template.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

using gppo::Index;

namespace {

gppo::ArithmeticOptions arithmetic_options(const TaskConfig& c) {
    const auto has = [&](const char* operation) {
        return std::find(c.operations.begin(), c.operations.end(), operation) != c.operations.end();
    };
    return {.min_digits = static_cast<int>(c.digits_min),
            .max_digits = static_cast<int>(c.digits_max),
            .add = has("+"),
            .subtract = has("-"),
            .multiply = has("*"),
            .held_out = c.held_out};
}

gppo::Record record_of(const gppo::Arithmetic& problem, bool worked) {
    gppo::Record record;
    record.prompt = {{"user", problem.prompt()}};
    record.response =
        worked ? problem.response() : "<think></think>\\boxed{" + problem.answer() + "}";
    record.gold = problem.answer();
    record.data_source = "arithmetic";
    record.ability = "math";
    return record;
}

/// The problem by way of the Python tool: a turn that calls it, its answer, a turn that takes it.
gppo::Record record_of_call(const gppo::Arithmetic& problem) {
    gppo::Record record = record_of(problem, false);
    std::string sum = problem.prompt();
    sum.pop_back();  // the '='
    record.prompt.push_back({"assistant", "```python\nprint(" + sum + ")\n```"});
    record.prompt.push_back({"tool", problem.answer()});
    record.response = "\\boxed{" + problem.answer() + "}";
    return record;
}

/// Takes the turns off a prompt from the first on that a tool answers.
std::vector<gppo::Message> take_tool_turns(std::vector<gppo::Message>& prompt) {
    std::vector<gppo::Message> turns;
    const auto tool = std::find_if(prompt.begin(), prompt.end(),
                                   [](const gppo::Message& m) { return m.role == "tool"; });
    if (tool == prompt.end() || tool - prompt.begin() < 2) return turns;
    turns.assign(tool - 1, prompt.end());
    prompt.erase(tool - 1, prompt.end());
    return turns;
}

gppo::ProgramOptions program_options(const TaskConfig& c) {
    return {.held_out = c.held_out, .tests = c.tests};
}

gppo::Record record_of(const gppo::Program& problem, bool slip, Index tests) {
    gppo::Record record;
    record.prompt = {{"user", problem.prompt() + "\n"}};
    record.response = problem.response(slip);
    record.gold = problem.tests(tests).dump();
    record.data_source = "programs";
    record.ability = "code";
    return record;
}

/// Problem `place` of a stream.
gppo::Record generated(const TaskConfig& c, std::uint64_t seed, std::uint64_t place) {
    constexpr auto train = gppo::Split::train;
    const auto share = [&](double of, std::uint64_t draw = 0x776F726Bu) {
        return gppo::Philox{seed}.uniform(draw, place) < static_cast<float>(of);
    };
    const bool sum = c.kind == "arithmetic" ||
                     (c.kind == "mixed" && gppo::Philox{seed}.below(2, 0x6D6978u, place) == 0);
    if (sum) {
        const auto problem = gppo::arithmetic_problem(arithmetic_options(c), train, seed, place);
        if (c.tool_calls > 0 && share(c.tool_calls, 0x746F6F6Cu)) return record_of_call(problem);
        return record_of(problem, share(c.worked));
    }
    return record_of(gppo::program_problem(program_options(c), train, seed, place),
                     !share(c.correct), c.tests);
}

/// Working without tags and the gold answer, as one response of the form that is rewarded.
std::string wrapped(const gppo::Record& record) {
    if (record.response.empty() || record.gold.empty() || record.ability == "code" ||
        record.response.find("<think>") != std::string::npos)
        return record.response;
    const auto mark = record.response.rfind("####");  // GSM8K repeats the answer there
    const std::string working(gppo::trimmed(std::string_view(record.response).substr(0, mark)));
    return "<think>\n" + working + "\n</think>\n\n\\boxed{" + record.gold + "}";
}

/// `text` with every run of blanks as one space: files that differ in line ends hold the same
/// questions.
std::string one_spaced(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

/// What the user says, whatever system prompt is before it.
std::string question(const gppo::Record& record) {
    std::string text;
    for (const gppo::Message& message : record.prompt)
        if (message.role == "user") text += message.content + '\n';
    return one_spaced(text);
}

std::string hash_of(const std::vector<gppo::Record>& records) {
    gppo::Sha256 hash;
    const auto add = [&](std::string_view text) {
        hash.update(std::to_string(text.size()) + ":");
        hash.update(text);
    };
    for (const gppo::Record& record : records) {
        for (const gppo::Message& message : record.prompt) add(message.role), add(message.content);
        add(record.response), add(record.gold), add(record.data_source);
    }
    return hash.hex();
}

}  // namespace

std::string task_alphabet(const TaskConfig& config, const ToolsConfig& tools) {
    gppo::expects(config.kind != "jsonl",
                  "tokenizer.kind = \"characters\" is for generated tasks: use \"bytes\" or "
                  "\"file\" with jsonl");
    gppo::expects(config.kind != "mixed",
                  "tokenizer.kind = \"characters\" is for one kind of task: use \"bytes\" with "
                  "task.kind = \"mixed\"");
    if (tools.kind != "none") {  // programs and what they print
        std::string all = "\n";
        for (char c = ' '; c <= '~'; ++c) all += c;
        return all;
    }
    std::string alphabet(config.kind == "programs" ? gppo::program_alphabet
                                                   : gppo::arithmetic_alphabet);
    if (config.chat_template && config.kind == "programs") return alphabet + "<>/";
    if (config.chat_template) alphabet += "abcdefghijklmnopqrstuvwxyz\n";
    return alphabet;
}

std::int32_t end_token(const gppo::Tokenizer& tokenizer) {
    for (const char* name : {"<|im_end|>", "<|endoftext|>"})
        if (const auto id = tokenizer.token_id(name)) return *id;
    throw gppo::Error(
        "the tokenizer has neither <|im_end|> nor <|endoftext|> to end a completion with");
}

Task::Task(const Config& config, const gppo::Tokenizer& tokenizer, Use use)
    : config_(config.task),
      tools_(config.tools),
      frame_(tool_frame(config)),
      seed_(static_cast<std::uint64_t>(config.run.seed)),
      tokenizer_(&tokenizer) {
    gppo::expects(config_.tool_calls == 0 || tools_.kind != "none",
                  "task.tool_calls shows calls of a tool: set tools.kind = \"python\"");
    if (config_.kind != "jsonl") {
        gppo::check(arithmetic_options(config_));
        gppo::check(program_options(config_));
        name_ = config_.kind;
        if (use == Use::training && config_.rows > 0) generate_rows();
        return;
    }
    if (!config_.eval.empty()) held_out_ = read(config_.eval, "task.eval");
    const auto name_of = [](const gppo::Record& r) {
        return r.data_source.empty() ? "jsonl" : r.data_source;
    };
    if (!held_out_.empty()) name_ = name_of(held_out_.front());
    if (use == Use::evaluation) return;
    gppo::expects(!config_.train.empty(),
                  "task.train is empty: name at least one file of training rows");
    train_ = read(config_.train, "task.train");
    if (held_out_.empty()) name_ = name_of(train_.front());
    // A question that is in both files is evaluated, not trained on; nor is a prompt that reads the
    // same.
    std::set<std::string> held;
    for (const gppo::Record& record : held_out_)
        held.insert(
            {"question " + question(record), "prompt " + one_spaced(example(record).prompt_text)});
    const auto shared = std::erase_if(train_, [&](const auto& r) {
        return held.contains("question " + question(r)) ||
               held.contains("prompt " + one_spaced(example(r).prompt_text));
    });
    if (shared > 0)
        warnings_.push_back(std::to_string(shared) +
                            " training rows have a prompt of task.eval and are left out");
    gppo::expects(!train_.empty(),
                  "every row of task.train is also in task.eval: nothing is left to train on");
    fingerprint_ = hash_of(train_);
}

/// The same for every stage with this seed, so that what is known of a row stays true.
void Task::generate_rows() {
    const std::uint64_t seed = gppo::Philox{seed_}.bits(0x706F6F6Cu, 0);
    std::set<std::string> seen;
    const auto wanted = static_cast<std::size_t>(config_.rows);
    for (std::uint64_t place = 0; train_.size() < wanted && place < 64 * wanted; ++place) {
        gppo::Record record = generated(config_, seed, place);
        record.row = static_cast<Index>(train_.size()) + 1;
        if (seen.insert(question(record)).second) train_.push_back(std::move(record));
    }
    gppo::expects(train_.size() == wanted, [&] {
        return "task.rows is " + std::to_string(wanted) + ", but only " +
               std::to_string(train_.size()) +
               " different problems were found: lower it, or widen the task";
    });
}

std::vector<gppo::Record> Task::read(const Strings& paths, const char* key) {
    std::vector<gppo::Record> records;
    Index overlong = 0;
    for (const std::string& path : paths) {
        gppo::Records file = gppo::read_records(path);
        if (!file.quarantine.empty())
            warnings_.push_back(path + ": " + std::to_string(file.quarantine.size()) +
                                " bad rows left out, the first is row " +
                                std::to_string(file.quarantine.front().row) + ": " +
                                file.quarantine.front().reason);
        for (gppo::Record& record : file.records) {
            const auto length = static_cast<Index>(example(record).prompt.size());
            if (length > config_.max_prompt_tokens) {
                gppo::expects(config_.overlong_prompts == "drop", [&] {
                    return path + ":" + std::to_string(record.row) + ": the prompt has " +
                           std::to_string(length) + " tokens, task.max_prompt_tokens is " +
                           std::to_string(config_.max_prompt_tokens) +
                           ": raise it, or set task.overlong_prompts = \"drop\"";
                });
                ++overlong;
                continue;
            }
            records.push_back(std::move(record));
        }
    }
    if (overlong > 0)
        warnings_.push_back(std::to_string(overlong) + " rows of " + key + " have prompts over " +
                            std::to_string(config_.max_prompt_tokens) + " tokens and are left out");
    gppo::expects(!records.empty(), std::string(key) + ": no row is left to use");
    return records;
}

void Task::add_response(Example& e, std::string_view text) const {
    const auto ids = tokenizer_->encode(text);
    e.response.insert(e.response.end(), ids.begin(), ids.end());
    e.response.push_back(end_token(*tokenizer_));
    if (!e.mask.empty()) e.mask.resize(e.response.size(), 1);
}

/// The turns before the response, as a rollout would have them.
void Task::add_turns(Example& e, const std::vector<gppo::Message>& turns) const {
    for (const gppo::Message& turn : turns) {
        if (turn.role != "tool") {
            add_response(e, turn.content);
        } else {
            const auto ids =
                gppo::tool_reply(*tokenizer_, frame_, turn.content, tools_.max_output_tokens);
            e.mask.resize(e.response.size(), 1);
            e.response.insert(e.response.end(), ids.begin(), ids.end());
            e.mask.resize(e.response.size(), 0);
        }
    }
}

Example Task::example(gppo::Record record) const {
    Example e;
    std::vector<gppo::Message> turns;
    if (tools_.kind != "none") turns = take_tool_turns(record.prompt);
    if (config_.chat_template)
        e.prompt_text = gppo::render(record.prompt, {.add_generation_prompt = true});
    else
        e.prompt_text = record.prompt.back().content;
    e.prompt = tokenizer_->encode(e.prompt_text);
    const bool wraps = config_.wrap_responses && turns.empty();
    const std::string response = wraps ? wrapped(record) : record.response;
    if (!response.empty()) {
        add_turns(e, turns);
        add_response(e, response);
        const auto most = static_cast<std::size_t>(config_.max_response_tokens);
        if (e.response.size() - 1 > most) e.response.resize(most);  // cut, without an end
        if (!e.mask.empty()) e.mask.resize(e.response.size());
    }
    e.record = std::move(record);
    return e;
}

std::uint64_t Task::order_seed(std::uint64_t stream) const {
    return gppo::Philox{seed_}.bits(0x7461736Bu, stream);
}

Example Task::row(Index index) const {
    Example e = example(train_[static_cast<std::size_t>(index)]);
    e.row = index;
    return e;
}

std::string Task::pool() const {
    gppo::Sha256 hash;
    for (const gppo::Record& record : train_) {
        hash.update(std::to_string(record.gold.size()) + ":" + record.gold);
        hash.update(question(record) + "\n");
    }
    return hash.hex();
}

Example Task::training(std::uint64_t stream, Index position) const {
    const auto place = static_cast<std::uint64_t>(position);
    const std::uint64_t seed = order_seed(stream);
    if (train_.empty()) return example(generated(config_, seed, place));
    const std::uint64_t epoch = place / train_.size();
    if (order_.empty() || order_stream_ != stream || order_epoch_ != epoch) {
        order_ = gppo::epoch_order(rows(), seed, epoch);
        order_stream_ = stream, order_epoch_ = epoch;
    }
    return row(order_[place % train_.size()]);
}

std::vector<Example> Task::held_out(Index count) const {
    std::vector<Example> examples;
    if (config_.kind != "jsonl" && config_.held_out <= 0) return examples;
    constexpr auto split = gppo::Split::held_out;
    const bool mixed = config_.kind == "mixed";
    const Index programs = config_.kind == "arithmetic" ? 0 : mixed ? count / 2 : count;
    if (config_.kind != "jsonl") {
        for (const auto& p :
             gppo::arithmetic_set(arithmetic_options(config_), split, seed_, count - programs))
            examples.push_back(example(record_of(p, config_.worked > 0)));
        for (const auto& p : gppo::program_set(program_options(config_), split, seed_, programs))
            examples.push_back(example(record_of(p, false, config_.tests)));
        return examples;
    }
    // Not the first rows: files are often sorted.
    const auto order = gppo::epoch_order(static_cast<Index>(held_out_.size()), 0, 0);
    for (Index i = 0; i < std::min<Index>(count, static_cast<Index>(order.size())); ++i)
        examples.push_back(
            example(held_out_[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]));
    return examples;
}
