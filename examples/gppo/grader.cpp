// SPDX-License-Identifier: Apache-2.0
#include "grader.hpp"

#include <gppo/data/source.hpp>
#include <gppo/data/split.hpp>
#include <gppo/verify/code_judge.hpp>
#include <gppo/verify/code_rows.hpp>
#include <gppo/verify/maths.hpp>
#include <gppo/verify/think_format.hpp>
#include <gppo/verify/tool_calls.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <map>
#include <thread>
#include <utility>

namespace {

Finding verify_maths(const Judged& judged) {
    const gppo::Record& record = judged.example->record;
    gppo::expects(!record.gold.empty(), [&] {
        return "row " + std::to_string(record.row) + " has no gold answer to reward against";
    });
    const gppo::Judgement judgement = gppo::judge_maths(record.gold, judged.answer());
    const bool right = judgement.verdict == gppo::Verdict::equal;
    return {.verdict = gppo::verdict_name(judgement.verdict),
            .reason = std::string(judgement.reason),
            .passed = right ? 1.0f : 0.0f,
            .right = right,
            .unparsable = judgement.verdict == gppo::Verdict::unparsable ||
                          judgement.verdict == gppo::Verdict::budget};
}

/// The tests of a row: those of the gold answer, or else what the row holds beside it.
gppo::CodeTests tests_of(const gppo::Record& record) {
    try {
        const auto gold = gppo::parse_tests(record.gold);
        return gppo::read_code_tests(gold.is_discarded() ? record.raw : gold);
    } catch (const std::exception& error) {
        throw gppo::Error("row " + std::to_string(record.row) +
                          " has no tests to reward against: " + error.what());
    }
}

Finding finding_of(const gppo::CodeJudgement& judgement) {
    using V = gppo::CodeVerdict;
    const bool infra = judgement.verdict == V::infra_error;
    const bool none = judgement.verdict == V::format_error;
    const bool right = judgement.verdict == V::pass;
    const double share = judgement.total == 0 ? 0.0
                                              : static_cast<double>(judgement.passed) /
                                                    static_cast<double>(judgement.total);
    return {.verdict = gppo::verdict_name(judgement.verdict),
            .reason = judgement.reason,
            .passed = right ? 1.0f : static_cast<float>(share),
            .right = right,
            .has_answer = !none,
            .unparsable = none || judgement.verdict == V::compile_error,
            .infra = infra};
}

/// What is known without a verifier. Calls are those that a tool answered or, without a tool, those
/// that are written in the text.
gppo::Response response_of(const Judged& judged, Index limit) {
    gppo::Response response{.tokens = judged.completion.tokens,
                            .length = static_cast<Index>(judged.completion.tokens.size()),
                            .limit = limit,
                            .truncated = judged.completion.finish == gppo::Finish::length};
    const gppo::ToolUse& used = judged.completion.tools;
    if (!judged.completion.mask.empty()) {
        response.turns = used.turns, response.malformed_turns = used.malformed_turns;
        response.calls = used.calls, response.malformed_calls = used.malformed_calls;
        return response;
    }
    const gppo::ToolCalls written = gppo::tool_calls(judged.text);
    response.calls = written.calls, response.malformed_calls = written.malformed;
    return response;
}

constexpr std::array maths_verdicts{gppo::Verdict::equal, gppo::Verdict::different,
                                    gppo::Verdict::unparsable, gppo::Verdict::budget};

}  // namespace

/// Made when a program is first to be judged: without one, no sandbox needs to work here.
struct Grader::Code {
    explicit Code(const SandboxConfig& c) : judge(options(c)) {
        if (!judge.reason().empty())
            std::fprintf(stderr, "gppo: warning: programs run at isolation level %s\n",
                         judge.isolation().c_str());
    }
    static gppo::CodeJudgeOptions options(const SandboxConfig& c) {
        gppo::CodeJudgeOptions o;
        o.minimum = *gppo::isolation_level(c.level);
        o.forced = c.forced;
        o.threads = c.threads > 0 ? static_cast<int>(c.threads)
                                  : static_cast<int>(std::thread::hardware_concurrency());
        o.max_tests = static_cast<std::size_t>(c.tests);
        return o;
    }
    gppo::CodeJudge judge;
};

Grader::Grader(const RewardConfig& config, const SandboxConfig& sandbox)
    : needs_thinking_(config.needs_thinking), reward_(make_reward(config)), sandbox_(sandbox) {
    for (const WeightedPart& part : reward_.parts)
        part_names_.push_back(std::to_string(part_names_.size()) + "_" + part.name);
}

bool Grader::needs_model() const {
    return std::any_of(reward_.parts.begin(), reward_.parts.end(), [](const WeightedPart& part) {
        return std::holds_alternative<gppo::ModelScore>(part.part);
    });
}

std::vector<Finding> Grader::verify(std::span<const Judged> judged, std::uint64_t step) const {
    std::vector<Finding> findings(judged.size());
    bool code = false;
    for (std::size_t i = 0; i < judged.size(); ++i) {
        if (gppo::verifier_of(judged[i].example->record) == gppo::Verifier::maths)
            findings[i] = verify_maths(judged[i]);
        else
            code = true;
    }
    if (code) verify_code(judged, step, findings);
    return findings;
}

/// Equal programs for equal tests run once: completions of one prompt are often the same.
void Grader::verify_code(std::span<const Judged> judged, std::uint64_t step,
                         std::vector<Finding>& findings) const {
    if (!code_) code_ = std::make_shared<const Code>(sandbox_);
    std::map<const Example*, gppo::CodeTests> tests;
    std::map<std::pair<const Example*, std::string_view>, std::size_t> places;
    std::vector<gppo::CodeJob> jobs;
    std::vector<std::size_t> job_of(judged.size());
    for (std::size_t i = 0; i < judged.size(); ++i) {
        const Example* example = judged[i].example;
        if (gppo::verifier_of(example->record) != gppo::Verifier::code) continue;
        if (!tests.contains(example)) tests.emplace(example, tests_of(example->record));
        const auto [place, fresh] = places.try_emplace({example, judged[i].answer()}, jobs.size());
        if (fresh)
            jobs.push_back({&tests.at(example), judged[i].answer(),
                            gppo::text_hash(example->prompt_text), step});
        job_of[i] = place->second;
    }
    const std::vector<gppo::CodeJudgement> judgements = code_->judge.judge_all(jobs);
    for (std::size_t i = 0; i < judged.size(); ++i)
        if (gppo::verifier_of(judged[i].example->record) == gppo::Verifier::code)
            findings[i] = finding_of(judgements[job_of[i]]);
}

void Grader::grade(Judged& judged, Finding finding, gppo::Response response) const {
    const gppo::ThinkFormat think = gppo::think_format(judged.answer());
    const bool code = gppo::verifier_of(judged.example->record) == gppo::Verifier::code;
    response.tags = think.tags;
    response.well_formed = finding.has_answer && (think.well_formed || (code && !needs_thinking_));
    const bool counts = think.well_formed || !needs_thinking_;
    response.right = finding.right && counts;
    response.passed = counts ? finding.passed : 0.0f;
    response.infra = finding.infra;
    judged.parts = reward_.contributions(response);
    judged.score = {.score = judged.parts.back(),
                    .acc = response.right ? 1.0f : 0.0f,
                    .passed = response.passed,
                    .format = response.well_formed ? 1.0f : 0.0f,
                    .truncated = response.truncated,
                    .unparsable = finding.unparsable,
                    .infra = finding.infra};
    judged.parts.pop_back();
    judged.verdict = finding.verdict;
    judged.reason = std::move(finding.reason);
}

void Grader::operator()(std::span<Judged> judged, Index group, Index limit,
                        std::uint64_t step) const {
    std::vector<Finding> findings = verify(judged, step);
    if (scores_) {
        const std::vector<float> scores = scores_(judged);
        for (std::size_t i = 0; i < judged.size(); ++i) judged[i].model_score = scores[i];
    }
    const auto size = static_cast<std::size_t>(group);
    for (std::size_t first = 0; first < judged.size(); first += size) {
        const auto members = judged.subspan(first, size);
        const auto [shortest, longest] = std::minmax_element(
            members.begin(), members.end(), [](const Judged& a, const Judged& b) {
                return a.completion.tokens.size() < b.completion.tokens.size();
            });
        const auto low = static_cast<Index>(shortest->completion.tokens.size()),
                   high = static_cast<Index>(longest->completion.tokens.size());
        for (std::size_t i = 0; i < size; ++i) {
            gppo::Response response = response_of(members[i], limit);
            response.shortest = low, response.longest = high;
            response.model_score = members[i].model_score;
            if (members[i].completion.tools.broken) findings[first + i].infra = true;
            grade(members[i], std::move(findings[first + i]), response);
        }
    }
}

std::vector<std::pair<std::string, Index>> count_verdicts(std::span<const Judged> judged) {
    std::vector<std::pair<std::string, Index>> counts;
    const auto asked = [&](gppo::Verifier verifier) {
        return std::any_of(judged.begin(), judged.end(), [&](const Judged& each) {
            return gppo::verifier_of(each.example->record) == verifier;
        });
    };
    if (asked(gppo::Verifier::maths))
        for (const gppo::Verdict verdict : maths_verdicts)
            counts.emplace_back(gppo::verdict_name(verdict), 0);
    if (asked(gppo::Verifier::code))
        for (const std::string_view verdict : gppo::code_verdict_names)
            counts.emplace_back(verdict, 0);
    for (const Judged& each : judged)
        for (auto& [name, count] : counts) count += name == each.verdict;
    return counts;
}
