// SPDX-License-Identifier: Apache-2.0
//
// gppo score code: JSON lines with tests and a response in, the same lines with a verdict out.
// Order and unknown fields are kept. The tests are in any format of verify/code_rows.hpp.
//   {"id": 7, "inputs": ["1 2\n"], "outputs": ["3\n"], "response": "```python\nprint(3)\n```"}
//   {"id": 7, ..., "verdict": "pass", "passed": 1, "total": 1, "reason": ""}
#include "json_lines.hpp"

#include <gppo/verify/code_pool.hpp>
#include <gppo/verify/code_rows.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <deque>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

void add_score_code_command(CLI::App& score);

namespace {

struct ScoreCodeOptions {
    std::string input = "-", response = "response", id = "id", extract = "block";
    std::string minimum = "bubblewrap", level = "bubblewrap", python = "/usr/bin/python3";
    bool force = false, site_packages = false, stop = false;
    int threads = 2;
    std::size_t max_tests = 0, memory_mb = 0, step = 0;
    double timeout = 0;
};

gppo::CodeJudgeOptions judge_options(const ScoreCodeOptions& options) {
    gppo::CodeJudgeOptions judge;
    judge.minimum = *gppo::isolation_level(options.minimum);
    judge.sandbox.level = *gppo::isolation_level(options.level);
    judge.sandbox.python = options.python;
    judge.sandbox.site_packages = options.site_packages;
    judge.forced = options.force;
    judge.threads = options.threads;
    judge.max_tests = options.max_tests;
    judge.stop_at_first = options.stop;
    judge.whole_response = options.extract == "whole";
    return judge;
}

/// The tests of a row, or the reason why they cannot be read.
std::shared_ptr<gppo::CodeTests> tests_of(const std::string& row, const ScoreCodeOptions& options,
                                          std::string& reason) {
    try {
        auto tests =
            std::make_shared<gppo::CodeTests>(gppo::read_code_tests(gppo::parse_tests(row)));
        if (options.timeout > 0) tests->limits.set_timeout(options.timeout);
        if (options.memory_mb > 0) tests->limits.memory_bytes = options.memory_mb << 20;
        return tests;
    } catch (const std::exception& error) {
        reason = error.what();
        return nullptr;
    }
}

struct Scored {
    std::string line;  ///< as it was read
    OrderedJson row;
    std::future<gppo::CodeJudgement> judgement;
};

std::future<gppo::CodeJudgement> at_once(gppo::CodeVerdict verdict, const std::string& reason) {
    std::promise<gppo::CodeJudgement> promise;
    promise.set_value({verdict, 0, 0, reason});
    return promise.get_future();
}

Scored submit(gppo::CodePool& pool, const std::string& text, const ScoreCodeOptions& options,
              gppo::Index line) {
    OrderedJson row = OrderedJson::parse(text);
    gppo::expects(row.is_object(), "not a JSON object");
    gppo::expects(row.contains(options.response) && row[options.response].is_string(),
                  "no text in field \"" + options.response + "\"");
    std::string reason;
    const auto tests = tests_of(text, options, reason);
    if (!tests) {
        auto judged = at_once(gppo::CodeVerdict::infra_error, reason);
        return {text, std::move(row), std::move(judged)};
    }
    const std::string name =
        row.contains(options.id) ? row[options.id].dump() : std::to_string(line);
    auto judged = pool.submit(
        {tests, row[options.response].get<std::string>(), gppo::prompt_number(name), options.step});
    return {text, std::move(row), std::move(judged)};
}

void write(Scored& scored, gppo::CodeVerdictCounts& counts) {
    const gppo::CodeJudgement judged = scored.judgement.get();
    counts.add(judged.verdict);
    const OrderedJson added{{"verdict", gppo::verdict_name(judged.verdict)},
                            {"passed", judged.passed},
                            {"total", judged.total},
                            {"reason", judged.reason}};
    std::cout << with_fields(scored.line, added, [&](const auto& name) {
        return scored.row.contains(name);
    }) << std::endl;
}

void score_programs(const ScoreCodeOptions& options) {
    const gppo::CodeJudge judge(judge_options(options));
    std::cerr << "isolation: " << judge.isolation() << "\n";
    gppo::CodeVerdictCounts counts;
    std::deque<Scored> waiting;
    const auto window = static_cast<std::size_t>(4 * std::max(options.threads, 1));
    gppo::CodePool pool(judge, options.threads, window);
    const auto write_until = [&](std::size_t left) {
        while (waiting.size() > left) {
            Scored first = std::move(waiting.front());
            waiting.pop_front();
            write(first, counts);
        }
    };
    try {
        for_each_json_line(options.input, [&](const std::string& line, gppo::Index row) {
            waiting.push_back(submit(pool, line, options, row));
            write_until(window);
        });
    } catch (...) {
        write_until(0);  // what was read before the broken line
        throw;
    }
    write_until(0);
    for (std::size_t i = 0; i < gppo::code_verdict_names.size(); ++i)
        std::cerr << (i ? ", " : "") << gppo::code_verdict_names[i] << " " << counts.counts[i];
    std::cerr << "\n";
}

}  // namespace

void add_score_code_command(CLI::App& score) {
    CLI::App* code = score.add_subcommand(
        "code",
        "JSON lines with tests and a response in, the same with verdict, passed, total out");
    const auto o = std::make_shared<ScoreCodeOptions>();
    const CLI::IsMember level({"none", "rlimits", "landlock", "bubblewrap"});
    code->add_option("input", o->input, "JSONL file, or - for standard input")
        ->capture_default_str();
    code->add_option("--response-key", o->response, "Field of the response")->capture_default_str();
    code->add_option("--id-key", o->id, "Field that names the prompt, to choose tests by")
        ->capture_default_str();
    code->add_option("--extract", o->extract,
                     "Where the program is: block (the last fenced one, as in training) or whole")
        ->check(CLI::IsMember({"block", "whole"}))
        ->capture_default_str();
    code->add_option("--threads", o->threads, "Programs judged at a time")->capture_default_str();
    code->add_option("--max-tests", o->max_tests, "Tests of each program, 0 for all")
        ->capture_default_str();
    code->add_option("--step", o->step, "Chooses other tests")->capture_default_str();
    code->add_flag("--stop-at-first", o->stop, "No further tests once one failed");
    code->add_option("--timeout", o->timeout, "Seconds for each test, instead of the row's");
    code->add_option("--memory-mb", o->memory_mb, "MiB for each test, instead of the row's");
    code->add_option("--minimum-level", o->minimum, "Refuse to run programs with less isolation")
        ->check(level)
        ->capture_default_str();
    code->add_option("--level", o->level, "The best isolation to try")
        ->check(level)
        ->capture_default_str();
    code->add_flag("--force", o->force, "Run programs at whatever level works");
    code->add_option("--python", o->python, "Interpreter, installed under /usr")
        ->capture_default_str();
    code->add_flag("--site-packages", o->site_packages, "Let programs import installed packages");
    code->callback([o] { score_programs(*o); });
}
