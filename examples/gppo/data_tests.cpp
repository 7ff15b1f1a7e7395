// SPDX-License-Identifier: Apache-2.0
//
// gppo data tests: tests for programming questions, written by one model and filtered by the
// programs of another one, as AceCoder does.
//   gppo data tests questions.jsonl -o rows.jsonl --endpoint http://127.0.0.1:8000/v1 --model
//   writer
#include "answer_journal.hpp"
#include "data_endpoint.hpp"
#include "data_filter.hpp"

#include <gppo/core/file.hpp>
#include <gppo/core/in_threads.hpp>
#include <gppo/data/asked_text.hpp>
#include <gppo/data/test_synthesis.hpp>
#include <gppo/verify/code_judge.hpp>

#include <iostream>
#include <memory>
#include <utility>

namespace {

struct SynthesisOptions {
    FilterFiles files;
    std::string endpoint, solver_endpoint, solver_model, question_file, solver_file, journal;
    std::string author_question{gppo::test_author_question};
    std::string solver_question{gppo::test_solver_question};
    gppo::ChatSampling author{.max_tokens = 4096};
    gppo::ChatSampling solver{.temperature = 0, .max_tokens = 4096};
    gppo::Index count = 20, minimum = 5;
    double deadline = 600;
    int connections = 8, threads = 2;
    std::string level = "bubblewrap";
    bool force = false;
};

/// A question on its way.
struct Synthesis {
    std::string text{};
    std::optional<gppo::AuthoredTests> authored{};
    std::vector<std::string> programs{};  // of the solver
    std::vector<std::string> kept{};      // asserts that the best of them passes
    std::string solution{};               // that one
    bool judged = true;                   // false where the sandbox failed
};

std::string author_text(const SynthesisOptions& options, const std::string& text) {
    // The row's text last: what stands in it is not filled in.
    return gppo::filled_in(
        gppo::filled_in(options.author_question, "count", std::to_string(options.count)), "text",
        text);
}

std::string solver_text(const SynthesisOptions& options, const gppo::AuthoredTests& authored) {
    return gppo::filled_in(gppo::filled_in(options.solver_question, "function", authored.function),
                           "text", authored.question);
}

/// The answers to one question: those of the journal, or the endpoint's, which go there.
std::vector<std::string> ask_once(AnswerJournal& journal, const Endpoint& endpoint,
                                  const gppo::ChatSampling& sampling, const std::string& text,
                                  const char* who) {
    const nlohmann::json request = gppo::chat_request(sampling, text);
    if (auto known = journal.find(request)) return *known;
    auto answers =
        gppo::read_chat_answers(endpoint("/chat/completions", request), sampling.answers, who);
    journal.add(request, answers);
    return answers;
}

/// Author, then solver, for every question; several at a time.
void ask_models(const SynthesisOptions& options, AnswerJournal& journal,
                std::vector<Synthesis>& questions) {
    gppo::in_threads(questions.size(), options.connections, [&] {
        return [&, author = make_endpoint(options.endpoint, options.deadline),
                solver = make_endpoint(options.solver_endpoint, options.deadline)](std::size_t i) {
            Synthesis& q = questions[i];
            q.authored = gppo::read_authored_tests(
                ask_once(journal, author, options.author, author_text(options, q.text), "author")
                    .front());
            if (!q.authored || static_cast<gppo::Index>(q.authored->calls.size()) < options.minimum)
                return;  // nothing a solver could change
            for (const std::string& answer : ask_once(journal, solver, options.solver,
                                                      solver_text(options, *q.authored), "solver"))
                if (auto program = gppo::code_block(answer))
                    q.programs.push_back(std::move(*program));
        };
    });
}

/// Keeps the tests that the program passes which passes most of them, the first of equals.
void judge_synthesis(const gppo::CodeJudge& judge, Synthesis& q) {
    for (const std::string& program : q.programs) {
        std::vector<std::string> passed;
        for (std::size_t t = 0; t < q.authored->calls.size(); ++t) {
            const auto found =
                judge.judge(gppo::single_test(q.authored->calls[t]), program).verdict;
            if (found == gppo::CodeVerdict::infra_error) q.judged = false;
            if (found == gppo::CodeVerdict::pass) passed.push_back(q.authored->asserts[t]);
        }
        if (passed.size() <= q.kept.size()) continue;
        q.kept = std::move(passed);
        q.solution = program;
    }
}

std::optional<Dropped> without_tests(const Synthesis& q, gppo::Index minimum) {
    if (!q.authored) return Dropped{"no question with tests in the author's answer"};
    const OrderedJson seen{{"listed", q.authored->asked},
                           {"malformed", q.authored->malformed},
                           {"copies", q.authored->copies},
                           {"passed", q.kept.size()}};
    if (static_cast<gppo::Index>(q.authored->calls.size()) < minimum)
        return Dropped{"too few well-formed tests", seen};
    if (q.programs.empty()) return Dropped{"no program in the solver's answer", seen};
    if (!q.judged) return Dropped{"could not be judged", seen};
    if (static_cast<gppo::Index>(q.kept.size()) < minimum)
        return Dropped{"too few tests that the solver passes", seen};
    return std::nullopt;
}

/// The row as training reads it: the rewritten question and the tests that are left.
std::string synthesised_row(const Synthesis& q, const std::string& line) {
    const OrderedJson added{
        {"data_source", "acecoder"},
        {"prompt", {{{"role", "user"}, {"content", q.authored->question}}}},
        {"ability", "code"},
        {"reward_model", {{"style", "rule"}, {"ground_truth", gppo::functional_tests(q.kept)}}},
        {"original_question", q.text},
        {"solution", q.solution}};
    const OrderedJson row = OrderedJson::parse(line);
    return with_fields(line, added, [&](const std::string& name) { return row.contains(name); });
}

/// How many tests there were after each step.
OrderedJson test_counts(const std::vector<Synthesis>& questions, gppo::Index minimum) {
    gppo::Index listed = 0, malformed = 0, copies = 0, judged = 0, passed = 0, kept = 0;
    for (const Synthesis& q : questions) {
        if (!q.authored) continue;
        listed += q.authored->asked;
        malformed += q.authored->malformed;
        copies += q.authored->copies;
        if (!q.programs.empty()) judged += static_cast<gppo::Index>(q.authored->calls.size());
        passed += static_cast<gppo::Index>(q.kept.size());
        if (!without_tests(q, minimum)) kept += static_cast<gppo::Index>(q.kept.size());
    }
    return {{"listed", listed}, {"malformed", malformed}, {"copies", copies},
            {"judged", judged}, {"passed", passed},       {"kept", kept}};
}

gppo::CodeJudge synthesis_judge(const SynthesisOptions& options) {
    gppo::CodeJudgeOptions judge;
    judge.minimum = *gppo::isolation_level(options.level);
    judge.forced = options.force;
    judge.whole_response = true;
    return gppo::CodeJudge(judge);
}

void complete_options(SynthesisOptions& o) {
    if (!o.question_file.empty()) o.author_question = gppo::read_file(o.question_file);
    if (!o.solver_file.empty()) o.solver_question = gppo::read_file(o.solver_file);
    if (o.solver_endpoint.empty()) o.solver_endpoint = o.endpoint;
    if (o.solver_model.empty()) o.solver_model = o.author.model;
    if (o.journal.empty()) o.journal = o.files.output + ".answers";
    o.solver.model = o.solver_model;
    // What is wrong is refused before anything is read or asked.
    author_text(o, "");
    solver_text(o, {});
    make_endpoint(o.endpoint, o.deadline);
    make_endpoint(o.solver_endpoint, o.deadline);
}

void synthesise_tests(SynthesisOptions options) {
    complete_options(options);
    const gppo::CodeJudge judge = synthesis_judge(options);
    std::cerr << "isolation: " << judge.isolation() << "\n";
    gppo::FilterReport report{.filter = "tests"};
    report.settings = {{"model", options.author.model},
                       {"solver", options.solver.model},
                       {"count", options.count},
                       {"solutions", options.solver.answers},
                       {"min", options.minimum},
                       {"temperature", options.author.temperature},
                       {"solver_temperature", options.solver.temperature}};
    std::vector<Synthesis> questions;
    bool finished = false;
    const auto finish = [&] {
        AnswerJournal journal(options.journal);
        ask_models(options, journal, questions);
        gppo::in_threads(questions.size(), options.threads, [&] {
            return [&](std::size_t i) { judge_synthesis(judge, questions[i]); };
        });
        report.more["tests"] = test_counts(questions, options.minimum);
        finished = true;
    };
    filter_rows_twice(
        options.files, report,
        [&](const std::string&, gppo::StreamRow& row) {
            questions.push_back({gppo::asked_text(row.value, options.files.field)});
        },
        [&](std::size_t i) {
            if (!finished) finish();
            return without_tests(questions[i], options.minimum);
        },
        [&](std::size_t i, const std::string& line) {
            return synthesised_row(questions[i], line);
        });
}

void add_synthesis_models(CLI::App& command, SynthesisOptions& o) {
    command
        .add_option("--endpoint", o.endpoint,
                    "Address of an OpenAI-compatible server as far as /v1; its key is in "
                    "GPPO_JUDGE_KEY")
        ->required();
    command.add_option("--model", o.author.model, "The model that writes the tests");
    command.add_option("--temperature", o.author.temperature, "Of the tests")
        ->capture_default_str();
    command.add_option("--solver-endpoint", o.solver_endpoint, "Of the solver [--endpoint]");
    command.add_option("--solver-model", o.solver_model, "The model that solves [--model]");
    command.add_option("--solver-temperature", o.solver.temperature, "Of the programs")
        ->capture_default_str();
    command.add_option("--max-tokens", o.author.max_tokens, "Of an answer with tests")
        ->capture_default_str();
    command.add_option("--solver-max-tokens", o.solver.max_tokens, "Of a program")
        ->capture_default_str();
    command.add_option("--question", o.question_file,
                       "File with the author's question, {count} and {text} in it");
    command.add_option("--solver-question", o.solver_file,
                       "File with the solver's question, {function} and {text} in it");
    command.add_option("--connections", o.connections, "Calls under way at a time")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command.add_option("--deadline", o.deadline, "Seconds for each call")->capture_default_str();
}

}  // namespace

void add_tests_command(CLI::App& data) {
    const auto o = std::make_shared<SynthesisOptions>();
    CLI::App* command = data.add_subcommand(
        "tests",
        "Have a model write tests for programming questions and keep those that the "
        "programs of a solver pass");
    add_filter_files(*command, o->files);
    add_synthesis_models(*command, *o);
    command->add_option("--count", o->count, "Tests to ask for")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command
        ->add_option("--solutions", o->solver.answers,
                     "Programs of the solver; the one that passes most tests decides")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--min", o->minimum, "Tests that a question must keep")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--answers", o->journal,
                        "File of all answers, so that nothing is asked twice [OUTPUT.answers]");
    command->add_option("--threads", o->threads, "Programs run at a time")->capture_default_str();
    command->add_option("--minimum-level", o->level, "Refuse to run programs with less isolation")
        ->check(CLI::IsMember({"none", "rlimits", "landlock", "bubblewrap"}))
        ->capture_default_str();
    command->add_flag("--force", o->force, "Run programs at whatever level works");
    command->callback([o] { synthesise_tests(*o); });
}
