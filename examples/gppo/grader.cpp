// SPDX-License-Identifier: Apache-2.0
#include "grader.hpp"

#include <gppo/data/source.hpp>
#include <gppo/verify/maths.hpp>
#include <gppo/verify/think_format.hpp>
#include <gppo/verify/tool_calls.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace {

Finding verify_maths(const Judged& judged) {
    const gppo::Record& record = judged.example->record;
    gppo::expects(!record.gold.empty(), [&] {
        return "row " + std::to_string(record.row) + " has no gold answer to reward against";
    });
    const gppo::Judgement judgement = gppo::judge_maths(record.gold, judged.text);
    const bool right = judgement.verdict == gppo::Verdict::equal;
    return {.verdict = gppo::verdict_name(judgement.verdict),
            .reason = std::string(judgement.reason),
            .passed = right ? 1.0f : 0.0f,
            .right = right,
            .unparsable = judgement.verdict == gppo::Verdict::unparsable ||
                          judgement.verdict == gppo::Verdict::budget};
}

/// What is known without a verifier.
gppo::Response response_of(const Judged& judged, Index limit) {
    const gppo::ToolCalls tools = gppo::tool_calls(judged.text);
    return {.tokens = judged.completion.tokens,
            .length = static_cast<Index>(judged.completion.tokens.size()),
            .limit = limit,
            .truncated = judged.completion.finish == gppo::Finish::length,
            .calls = tools.calls,
            .malformed_calls = tools.malformed};
}

constexpr std::array maths_verdicts{gppo::Verdict::equal, gppo::Verdict::different,
                                    gppo::Verdict::unparsable, gppo::Verdict::budget};

}  // namespace

Grader::Grader(const RewardConfig& config)
    : needs_thinking_(config.needs_thinking), reward_(make_reward(config)) {
    for (const WeightedPart& part : reward_.parts)
        part_names_.push_back(std::to_string(part_names_.size()) + "_" + part.name);
}

std::vector<Finding> Grader::verify(std::span<const Judged> judged) const {
    std::vector<Finding> findings;
    for (const Judged& each : judged) {
        const gppo::Record& record = each.example->record;
        gppo::expects(gppo::verifier_of(record) == gppo::Verifier::maths, [&] {
            return "row " + std::to_string(record.row) + ": data_source \"" + record.data_source +
                   "\" needs the code verifier, which this version does not have";
        });
        findings.push_back(verify_maths(each));
    }
    return findings;
}

void Grader::grade(Judged& judged, Finding finding, gppo::Response response) const {
    const gppo::ThinkFormat think = gppo::think_format(judged.text);
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

void Grader::operator()(std::span<Judged> judged, Index group, Index limit) const {
    std::vector<Finding> findings = verify(judged);
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
    for (const Judged& each : judged)
        for (auto& [name, count] : counts) count += name == each.verdict;
    return counts;
}
