// SPDX-License-Identifier: Apache-2.0
//
// The samples of a run as HTML: the same prompt before and after training side by side, and a table
// of all of them that the script makes sortable. Everything a model wrote is escaped.
#pragma once

#include <gppo/report/curve.hpp>
#include <gppo/report/html_text.hpp>
#include <gppo/report/metrics.hpp>
#include <gppo/report/run_files.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// A field of a sample as text; empty if it is absent.
inline std::string sample_text(const nlohmann::ordered_json& sample, const char* field) {
    const auto at = sample.find(field);
    if (at == sample.end() || at->is_null()) return {};
    return at->is_string() ? at->get<std::string>()
                           : at->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// NaN if it is absent.
inline double sample_number(const nlohmann::ordered_json& sample, const char* field) {
    const auto at = sample.find(field);
    return at != sample.end() && at->is_number() ? at->get<double>() : std::nan("");
}

/// The first `limit` bytes, cut between UTF-8 characters, with a mark if something is missing.
inline std::string shortened(const std::string& text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
    return text.substr(0, limit) + " … (" + std::to_string(text.size() - limit) + " more bytes)";
}

/// Green from a reward of 1 on, red at 0 and below, neutral between.
inline const char* verdict_class(double reward) {
    return !std::isfinite(reward) ? ""
           : reward >= 0.999      ? "right"
           : reward <= 0          ? "wrong"
                                  : "partly";
}

/// At most `limit` of them: evenly spread, the first and the last always among them.
inline std::vector<nlohmann::ordered_json> spread(
    const std::vector<nlohmann::ordered_json>& samples, std::size_t limit) {
    if (samples.size() <= limit) return samples;
    std::vector<nlohmann::ordered_json> chosen;
    for (std::size_t i = 0; i < limit; ++i)
        chosen.push_back(samples[i * (samples.size() - 1) / (limit - 1)]);
    return chosen;
}

/// Up to four prompts that were answered in several stages, one row each, one column per stage.
inline std::string html_before_after(const RunFiles& run) {
    std::vector<std::pair<std::string, std::vector<const nlohmann::ordered_json*>>> by_prompt;
    for (const auto& sample : run.samples) {
        const std::string prompt = sample_text(sample, "prompt");
        auto at = std::find_if(by_prompt.begin(), by_prompt.end(),
                               [&](const auto& entry) { return entry.first == prompt; });
        if (at == by_prompt.end()) at = by_prompt.insert(by_prompt.end(), {prompt, {}});
        const bool again =
            std::any_of(at->second.begin(), at->second.end(), [&](const auto* other) {
                return sample_text(*other, "stage") == sample_text(sample, "stage");
            });
        if (!again) at->second.push_back(&sample);
        if (by_prompt.size() > 4000) break;
    }
    std::erase_if(by_prompt, [](const auto& entry) { return entry.second.size() < 2; });
    // First those seen in most stages, among them those whose last stage changed most.
    const auto interest = [](const auto& entry) {
        const auto& answers = entry.second;
        const double last = sample_number(*answers.back(), "reward"),
                     before = sample_number(**(answers.end() - 2), "reward");
        return static_cast<double>(answers.size()) +
               (std::isfinite(last - before) ? std::clamp(last - before, -0.9, 0.9) : 0);
    };
    std::stable_sort(by_prompt.begin(), by_prompt.end(),
                     [&](const auto& a, const auto& b) { return interest(a) > interest(b); });
    if (by_prompt.size() > 4) by_prompt.resize(4);
    std::string out;
    for (const auto& [prompt, answers] : by_prompt) {
        out += "<article class=\"pair\"><h3>" + html_escape(shortened(prompt, 400)) +
               "</h3><div class=\"answers\">";
        for (const auto* answer : answers) {
            const std::string gold = sample_text(*answer, "gold"),
                              found = sample_text(*answer, "extracted");
            out += "<section class=\"" +
                   std::string(verdict_class(sample_number(*answer, "reward"))) + "\"><h4>" +
                   html_escape(sample_text(*answer, "stage")) + "</h4><pre>" +
                   html_escape(shortened(sample_text(*answer, "completion"), 1200)) +
                   "</pre><p>answer <b>" +
                   (found.empty() ? "none" : html_escape(shortened(found, 80))) +
                   "</b>, right is <b>" + html_escape(shortened(gold, 80)) + "</b></p></section>";
        }
        out += "</div></article>\n";
    }
    return out;
}

/// The table of at most 200 samples.
inline std::string html_sample_table(const RunFiles& run) {
    if (run.samples.empty()) return {};
    std::string out =
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Samples\"><table "
        "id=\"samples\">"
        "<thead><tr>";
    for (const char* head :
         {"Stage", "Step", "Prompt", "Completion", "Answer", "Right", "Reward", "Tokens"})
        out += std::string("<th scope=\"col\">") + head + "</th>";
    out += "</tr></thead><tbody>\n";
    const auto number = [](double value) {
        return "<td class=\"n\" data-value=\"" +
               (std::isfinite(value) ? shortest(value) : std::string()) + "\">" +
               short_number(value);
    };
    for (const auto& sample : spread(run.samples, 200)) {
        const double reward = sample_number(sample, "reward");
        std::string parts;
        if (const auto at = sample.find("reward_parts"); at != sample.end() && at->is_object())
            for (const auto& [name, value] : at->items())
                parts +=
                    (parts.empty() ? "" : ", ") + name + ' ' +
                    (value.is_number() ? short_number(value.template get<double>()) : value.dump());
        const bool truncated = sample.contains("truncated") && sample["truncated"] == true;
        out += "<tr class=\"" + std::string(verdict_class(reward)) + "\"><td>" +
               html_escape(sample_text(sample, "stage")) + "</td>" +
               number(sample_number(sample, "step")) + "</td><td class=\"t\">" +
               html_escape(shortened(sample_text(sample, "prompt"), 600)) +
               "</td><td class=\"t\"><div class=\"clamp\">" +
               html_escape(shortened(sample_text(sample, "completion"), 2000)) + "</div></td><td>" +
               html_escape(shortened(sample_text(sample, "extracted"), 100)) + "</td><td>" +
               html_escape(shortened(sample_text(sample, "gold"), 100)) + "</td>" + number(reward) +
               (parts.empty() ? "" : "<small>" + html_escape(parts) + "</small>") + "</td>" +
               number(sample_number(sample, "tokens")) +
               (truncated ? "<small>cut off</small>" : "") + "</td></tr>\n";
    }
    return out + "</tbody></table></div>";
}

}  // namespace gppo
