// SPDX-License-Identifier: Apache-2.0
#include "data_rules.hpp"

#include <gppo/data/answerable.hpp>
#include <gppo/data/asked_text.hpp>
#include <gppo/data/pass_count.hpp>
#include <gppo/data/question_rules.hpp>
#include <gppo/data/rows.hpp>
#include <gppo/data/words.hpp>
#include <gppo/rollout/pass_at_k.hpp>
#include <gppo/text/tokenizer.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

namespace {

/// Outside material in the text, or in the parts of a message.
RowRule links_rule(const std::string& field) {
    return [field](const gppo::StreamRow& row) -> std::optional<Dropped> {
        for (const char* name : {"prompt", "messages"})
            if (row.value.contains(name) && gppo::has_image_part(row.value[name]))
                return Dropped{"image", {{"rule", "links"}}};
        const auto why = gppo::outside_material(gppo::asked_text(row.value, field));
        if (why.empty()) return std::nullopt;
        return Dropped{std::string(why), {{"rule", "links"}}};
    };
}

RowRule question_rule(const std::string& field) {
    return [field](const gppo::StreamRow& row) -> std::optional<Dropped> {
        const std::string text = gppo::asked_text(row.value, field);
        const auto why = gppo::unfit_question(text, gold_of(row.value));
        if (why.empty()) return std::nullopt;
        return Dropped{std::string(why), {{"rule", "question"}, {"text", gppo::excerpt(text)}}};
    };
}

RowRule answer_rule(const std::string& field) {
    return [field](const gppo::StreamRow& row) -> std::optional<Dropped> {
        gppo::Record record;
        try {
            record = gppo::record_of(row.value);
        } catch (const gppo::Error&) {
            gppo::asked_text(row.value, field);  // a row without a question is a bad one
            return Dropped{"no gold answer", {{"rule", "answer"}}};
        }
        record.row = row.row;
        const std::string why = gppo::unreadable_answer(record);
        if (why.empty()) return std::nullopt;
        return Dropped{why, {{"rule", "answer"}, {"gold", gppo::excerpt(record.gold)}}};
    };
}

RowRule readable_rule(RuleText& rule) {
    const std::string field = rule.needed("field");
    const double share = rule.number("min").value_or(0.5);
    return [=](const gppo::StreamRow& row) -> std::optional<Dropped> {
        const double found =
            gppo::readable_share(needed_field(row, field), gppo::record_of(row.value).gold);
        if (found > share) return std::nullopt;
        return Dropped{"unreadable responses", {{"rule", "readable"}, {"share", found}}};
    };
}

/// What stands between the thinking tags; nothing without them, all the rest where they stay open.
std::string_view thinking_part(std::string_view text) {
    constexpr std::string_view open = "<think>", close = "</think>";
    const auto opened = text.find(open), closed = text.rfind(close);
    if (opened == text.npos && closed == text.npos) return {};
    const auto begin = opened == text.npos || opened > closed ? 0 : opened + open.size();
    return text.substr(begin, closed == text.npos ? text.npos : closed - begin);
}

/// How long a text is.
using TextLength = std::function<double(std::string_view)>;

TextLength text_length(RuleText& rule, const std::string& unit) {
    if (unit == "words") {
        const auto words = std::make_shared<gppo::Words>(gppo::WordRule::spaces);
        return [words](std::string_view text) {
            words->read(text);
            return static_cast<double>(words->size());
        };
    }
    if (unit == "tokens") {
        const auto file = rule.text("tokenizer");
        gppo::expects(file.has_value(), [&] {
            return "rule " + rule.whole() + ": tokens need tokenizer=FILE, a tokenizer.json";
        });
        const auto tokenizer =
            std::make_shared<const gppo::Tokenizer>(gppo::Tokenizer::from_file(*file));
        return [tokenizer](std::string_view text) {
            return static_cast<double>(tokenizer->encode(text).size());
        };
    }
    gppo::expects(unit == "characters",
                  [&] { return "rule " + rule.whole() + ": unit is words, characters or tokens"; });
    return [](std::string_view text) {
        return static_cast<double>(std::count_if(text.begin(), text.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        }));
    };
}

RowRule length_rule(RuleText& rule, const std::string& asked) {
    const std::string field = rule.text("field").value_or(asked);
    const std::string unit = rule.text("unit").value_or("words");
    const std::string part = rule.text("part").value_or("all");
    gppo::expects(part == "all" || part == "thinking",
                  [&] { return "rule " + rule.whole() + ": part is all or thinking"; });
    const TextLength length_of = text_length(rule, unit);
    const auto min = rule.number("min"), max = rule.number("max");
    gppo::expects(min || max, [&] { return "rule " + rule.whole() + ": needs min or max"; });
    return [=](const gppo::StreamRow& row) -> std::optional<Dropped> {
        const std::string text = gppo::asked_text(row.value, field);
        const double length = length_of(part == "thinking" ? thinking_part(text) : text);
        if (min && length < *min) return Dropped{"too short", {{"rule", "length"}, {unit, length}}};
        if (max && length > *max) return Dropped{"too long", {{"rule", "length"}, {unit, length}}};
        return std::nullopt;
    };
}

RowRule test_count_rule(RuleText& rule) {
    const auto min = rule.number("min");
    gppo::expects(min.has_value(), [&] { return "rule " + rule.whole() + ": needs min"; });
    return [=](const gppo::StreamRow& row) -> std::optional<Dropped> {
        const auto count = gppo::read_code_tests(gppo::parse_tests(row.text)).size();
        if (static_cast<double>(count) >= *min) return std::nullopt;
        return Dropped{"too few tests", {{"rule", "test_count"}, {"tests", count}}};
    };
}

/// Rates between min and max, above `above` and below `below`; with k, pass@k instead of the rate.
RowRule pass_rate_rule(RuleText& rule) {
    const std::string field = rule.needed("field");
    const auto min = rule.number("min"), max = rule.number("max"), above = rule.number("above"),
               below = rule.number("below"), k = rule.number("k");
    gppo::expects(min || max || above || below,
                  [&] { return "rule " + rule.whole() + ": needs min, max, above or below"; });
    gppo::expects(!k || (*k >= 1 && *k == static_cast<double>(static_cast<gppo::Index>(*k))),
                  [&] { return "rule " + rule.whole() + ": k must be a whole number from 1"; });
    return [=](const gppo::StreamRow& row) -> std::optional<Dropped> {
        const gppo::PassCount count = gppo::pass_count(needed_field(row, field));
        gppo::expects(!k || count.tries > 0, "pass@k needs the tries, not only their rate");
        const double value =
            k ? gppo::pass_at_k(gppo::Tally{.samples = count.tries, .correct = count.right},
                                static_cast<gppo::Index>(*k))
              : count.rate;
        const bool hard = (min && value < *min) || (above && value <= *above);
        if (!hard && !(max && value > *max) && !(below && value >= *below)) return std::nullopt;
        return Dropped{hard ? "too hard" : "too easy", {{"rule", "pass_rate"}, {"rate", value}}};
    };
}

}  // namespace

RuleText::RuleText(const std::string& text) : whole_(text) {
    const auto colon = text.find(':');
    name_ = text.substr(0, colon);
    if (colon == text.npos) return;
    for (std::size_t at = colon + 1; at <= text.size();) {
        const auto comma = std::min(text.find(',', at), text.size());
        const std::string part = text.substr(at, comma - at);
        const auto sign = part.find('=');
        gppo::expects(sign != part.npos && sign > 0 && sign + 1 < part.size(), [&] {
            return "rule " + text + ": \"" + part +
                   "\" is not key=value (NAME:key=value,key=value)";
        });
        gppo::expects(values_.emplace(part.substr(0, sign), part.substr(sign + 1)).second, [&] {
            return "rule " + text + ": " + part.substr(0, sign) + " is given twice";
        });
        at = comma + 1;
    }
}

std::optional<std::string> RuleText::text(const std::string& key) {
    known_.push_back(key);
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::string RuleText::needed(const std::string& key) {
    const auto value = text(key);
    gppo::expects(value.has_value(),
                  [&] { return "rule " + whole_ + ": needs " + key + "=NAME of a field"; });
    return *value;
}

std::optional<double> RuleText::number(const std::string& key) {
    const auto value = text(key);
    if (!value) return std::nullopt;
    double number = 0;
    const char* end = value->data() + value->size();
    const auto read = std::from_chars(value->data(), end, number);
    gppo::expects(read.ec == std::errc() && read.ptr == end && number - number == 0, [&] {
        return "rule " + whole_ + ": " + key + " must be a number, not \"" + *value + "\"";
    });
    return number;
}

void RuleText::check_keys() const {
    for (const auto& [key, value] : values_)
        gppo::expects(std::find(known_.begin(), known_.end(), key) != known_.end(), [&, &k = key] {
            std::string known;
            for (const std::string& name : known_) known += (known.empty() ? "" : ", ") + name;
            return "rule " + whole_ + ": unknown key " + k +
                   (known.empty() ? "; the rule has none" : "; known are " + known);
        });
}

std::string source_text(const gppo::StreamRow& row, const std::string& field) {
    const nlohmann::json* value = gppo::field_of(row.value, field);
    if (value == nullptr) return {};
    gppo::expects(value->is_string(), [&] { return "field \"" + field + "\" is not text"; });
    return value->get<std::string>();
}

const nlohmann::json& needed_field(const gppo::StreamRow& row, const std::string& field) {
    const nlohmann::json* value = gppo::field_of(row.value, field);
    gppo::expects(value != nullptr, [&] { return "no field \"" + field + "\""; });
    return *value;
}

std::optional<RowRule> row_rule(RuleText& rule, const std::string& field) {
    const std::string& name = rule.name();
    if (name == "links") return links_rule(field);
    if (name == "question") return question_rule(field);
    if (name == "answer") return answer_rule(field);
    if (name == "readable") return readable_rule(rule);
    if (name == "length") return length_rule(rule, field);
    if (name == "test_count") return test_count_rule(rule);
    if (name == "pass_rate") return pass_rate_rule(rule);
    return std::nullopt;
}
