// SPDX-License-Identifier: Apache-2.0
#include "rewards.hpp"

#include "config_write.hpp"

namespace {

/// The reward of the keys beside reward.parts.
std::vector<WeightedPart> parts_of_keys(const RewardConfig& c) {
    const auto real = [](double x) { return static_cast<float>(x); };
    std::vector<WeightedPart> parts{
        {"correctness", gppo::Correctness{real(c.right), real(c.wrong)}}};
    if (c.format_penalty != 0)
        parts.push_back({"format_penalty", gppo::FormatPenalty{real(c.format_penalty)}});
    if (c.overlong_buffer > 0)
        parts.push_back(
            {"overlong", gppo::Overlong{0, c.overlong_buffer, real(c.overlong_factor)}});
    if (c.truncated == "penalise")
        parts.push_back(
            {"truncation", gppo::Truncation{.penalise = true, .reward = real(c.truncated_reward)}});
    return parts;
}

/// reward.parts says it all: a key beside it that was set would silently do nothing.
void expects_parts_alone(const RewardConfig& config) {
    RewardConfig given = config, standard;
    FieldList ours, defaults;
    ours.section("reward", given);
    defaults.section("reward", standard);
    for (std::size_t i = 0; i < ours.fields.size(); ++i) {
        const Field& field = ours.fields[i];
        const auto text = [](const Field& f) {
            return std::visit([](auto* slot) { return toml_value(*slot); }, f.slot);
        };
        const bool shorthand = field.help.find("without parts") != std::string::npos;
        gppo::expects(!shorthand || text(field) == text(defaults.fields[i]), [&] {
            return field.name() + " is set beside reward.parts, which replaces it: make it a part";
        });
    }
    gppo::expects(config.truncated != "penalise",
                  "reward.truncated = \"penalise\" is set beside reward.parts: make it the part "
                  "{ name = \"truncation\" }");
}

}  // namespace

WeightedPart make_part(const FreeTable& entry) {
    gppo::expects(entry.is_object() && entry.contains("name") && entry["name"].is_string(),
                  "reward.parts: every part needs a name, e.g. { name = \"plus_minus_one\" }");
    WeightedPart part{entry["name"].get<std::string>(), {}};
    FreeTable parameters = entry;
    parameters.erase("name");
    if (const auto weight = parameters.find("weight"); weight != parameters.end()) {
        gppo::expects(weight->is_number() && std::isfinite(weight->get<double>()),
                      "reward part " + part.name + ": weight must be a finite number");
        part.weight = weight->get<float>();
        parameters.erase("weight");
        part.part = make_method("reward part", reward_methods(), part.name, parameters);
        gppo::expects(part.adds(),
                      "reward part " + part.name +
                          ": it replaces the reward so far and has no weight, only parts that add "
                          "have one");
        return part;
    }
    part.part = make_method("reward part", reward_methods(), part.name, parameters);
    return part;
}

AnyReward make_reward(const RewardConfig& config) {
    if (config.parts.empty()) return {parts_of_keys(config)};
    expects_parts_alone(config);
    AnyReward reward;
    for (const FreeTable& entry : config.parts) reward.parts.push_back(make_part(entry));
    return reward;
}
