// SPDX-License-Identifier: Apache-2.0
//
// `gppo loss` reads a batch of sampled tokens and the names of the methods, and writes what the
// library makes of them:
//
//   echo '{"logp": [-0.5, -2], "logp_old": [-1.5, -1], "advantage": [1], "policy": "gppo"}' | gppo
//   loss
#include "loss.hpp"

#include "commands.hpp"
#include "objective_request.hpp"
#include "presets.hpp"

#include <cstdint>
#include <iostream>
#include <limits>
#include <numeric>
#include <vector>

namespace {

using gppo::Index;

/// What a request may contain beside an objective. Numbers (T) per token, (B) per sequence.
const KeyHelp batch_keys = {
    {"logp", "(T) log-probs under the policy being trained"},
    {"logp_old", "(T) log-probs under the policy that sampled"},
    {"offsets", "(B + 1) first token of each sequence, then T; default one sequence"},
    {"advantage", "(B) or (T); or give rewards and groups"},
    {"rewards", "(B) one reward per sequence"},
    {"reward_channels", "(B) arrays of C rewards each, for gdpo"},
    {"token_rewards", "(T) one reward per token, for gae and reinforce_plus_plus"},
    {"baseline", "(B) reward of the prompt's greedy completion, for remax"},
    {"values", "(T) of the value head at the rollout, for gae; the answer has returns"},
    {"values_new", "(T) of the value head being trained; the answer has value_loss and dvalues"},
    {"value_clip", "number, 0: not clipped"},
    {"groups", "(B) equal integers: completions of one prompt"},
    {"mask", "(T) 0: the token does not train"},
    {"logp_ref", "(T) log-probs under the reference policy"},
    {"entropy", "(T) entropy of the next-token distribution, nats"},
    {"positive", "(B) 1: the auxiliary SFT loss applies"},
    {"logp_rollout", "(T) log-probs the rollout engine sampled with, for corrections"},
    {"entropy_old", "(T) entropy under the old policy, for ERC"},
    {"off_policy", "(B) 1: another policy wrote the sequence, for luffy_mixed"},
    {"reward_kl", "name as for kl; taken off the reward of each token, at logp_old"},
    {"reward_kl_params", "object"},
    {"reward_kl_coef", "number"},
};

Index integer(const FreeTable& x, const std::string& where) {
    gppo::expects(x.is_number_integer() || x.is_boolean(), where + " is not an integer");
    if (x.is_boolean()) return x.get<bool>() ? 1 : 0;
    const bool fits = !x.is_number_unsigned() || x.get<std::uint64_t>() <= std::uint64_t{1} << 62;
    gppo::expects(fits, where + " is too large");
    return x.get<Index>();
}

/// The array under `key`, or an empty one.
template <class T, class Read>
std::vector<T> array(const FreeTable& request, const std::string& key, Read read) {
    std::vector<T> values;
    const auto entry = request.find(key);
    if (entry == request.end()) return values;
    gppo::expects(entry->is_array(), key + " must be an array");
    values.reserve(entry->size());
    for (const FreeTable& x : *entry)
        values.push_back(static_cast<T>(read(x, key + "[" + std::to_string(values.size()) + "]")));
    return values;
}

/// The request's buffers; batch() is a view of them.
struct Owned {
    std::vector<float> logp, logp_old, logp_ref, entropy, advantage, rewards;
    std::vector<float> channels, token_rewards, baseline, values, values_new, returns, dvalues;
    std::vector<float> logp_rollout, entropy_old;
    std::vector<Index> offsets, groups;
    std::vector<std::uint8_t> mask, positive, off_policy;
    std::vector<float> coefficient, positive_coefficient, dlogp, dentropy;

    gppo::Feedback<> feedback() {
        return {.reward = rewards,
                .group = groups,
                .offsets = offsets,
                .mask = mask,
                .baseline = baseline,
                .channels = channels,
                .token_reward = token_rewards,
                .value = values,
                .returns = returns};
    }
    gppo::Batch<> batch() {
        return {.logp = logp,
                .logp_old = logp_old,
                .offsets = offsets,
                .group = groups,
                .advantage = advantage,
                .coefficient = coefficient,
                .mask = mask,
                .logp_ref = logp_ref,
                .entropy = entropy,
                .positive = positive,
                .positive_coefficient = positive_coefficient,
                .logp_rollout = logp_rollout,
                .entropy_old = entropy_old,
                .off_policy = off_policy};
    }
};

void expects_request(const FreeTable& request) {
    gppo::expects(request.is_object(), "gppo loss reads one JSON object");
    KeyHelp known = batch_keys;
    known.insert(known.end(), objective_key_help.begin(), objective_key_help.end());
    expects_known_keys(request, known, "");
    for (const char* key : {"logp", "logp_old"})
        gppo::expects(request.contains(key), std::string("the request has no ") + key);
    int given = 0;
    for (const char* key : {"advantage", "rewards", "token_rewards", "reward_channels"})
        given += request.contains(key);
    gppo::expects(given == 1,
                  "give either advantage, or rewards and groups (or token_rewards, or "
                  "reward_channels)");
    for (const char* key : {"rewards", "reward_channels"})
        gppo::expects(!request.contains(key) || request.contains("groups"), [&] {
            return std::string(key) + " need groups: equal integers for completions of one prompt";
        });
}

/// Rows of C numbers, one after another.
std::vector<float> rows(const FreeTable& request, const std::string& key) {
    std::vector<float> values;
    const auto entry = request.find(key);
    if (entry == request.end()) return values;
    gppo::expects(entry->is_array(), key + " must be an array of arrays");
    for (std::size_t b = 0; b < entry->size(); ++b) {
        const FreeTable& row = (*entry)[b];
        const std::string where = key + "[" + std::to_string(b) + "]";
        gppo::expects(row.is_array() && row.size() == (*entry)[0].size(),
                      where + " must be an array as long as the first");
        for (const FreeTable& x : row) values.push_back(real_of(x, where));
    }
    return values;
}

Owned read_buffers(const FreeTable& request) {
    const auto flag = [](const FreeTable& x, const std::string& where) {
        return integer(x, where) != 0;
    };
    Owned o;
    o.logp = array<float>(request, "logp", real_of);
    o.logp_old = array<float>(request, "logp_old", real_of);
    o.logp_ref = array<float>(request, "logp_ref", real_of);
    o.entropy = array<float>(request, "entropy", real_of);
    o.advantage = array<float>(request, "advantage", real_of);
    o.rewards = array<float>(request, "rewards", real_of);
    o.channels = rows(request, "reward_channels");
    o.token_rewards = array<float>(request, "token_rewards", real_of);
    o.baseline = array<float>(request, "baseline", real_of);
    o.values = array<float>(request, "values", real_of);
    o.values_new = array<float>(request, "values_new", real_of);
    o.offsets = array<Index>(request, "offsets", integer);
    o.groups = array<Index>(request, "groups", integer);
    o.mask = array<std::uint8_t>(request, "mask", flag);
    o.positive = array<std::uint8_t>(request, "positive", flag);
    o.logp_rollout = array<float>(request, "logp_rollout", real_of);
    o.entropy_old = array<float>(request, "entropy_old", real_of);
    o.off_policy = array<std::uint8_t>(request, "off_policy", flag);
    if (!request.contains("offsets")) o.offsets = {0, static_cast<Index>(o.logp.size())};
    gppo::expects_offsets(o.offsets);
    const std::size_t sequences = o.offsets.size() - 1;
    if (!request.contains("groups")) {  // each its own prompt
        o.groups.resize(sequences);
        std::iota(o.groups.begin(), o.groups.end(), Index{0});
    }
    for (std::size_t i = 0; i < o.advantage.size(); ++i)
        gppo::expects(std::isfinite(o.advantage[i]),
                      [&] { return "advantage[" + std::to_string(i) + "] is not finite"; });
    o.coefficient.resize(sequences);
    if (!o.positive.empty()) o.positive_coefficient.resize(sequences);
    o.dlogp.resize(o.logp.size());
    if (!o.entropy.empty()) o.dentropy.resize(o.logp.size());
    return o;
}

/// Takes the KL off the reward of each token. Returns its mean over sequences.
double lower_rewards(const FreeTable& request, Owned& o) {
    const gppo::KlInReward<AnyKl> kl{
        make_kl(text_under(request, "reward_kl", "k1"), object_under(request, "reward_kl_params")),
        coefficient_under(request, "reward_kl_coef")};
    gppo::expects(o.logp_ref.size() == o.logp.size(), "reward_kl needs logp_ref (T)");
    gppo::expects_size("logp_old", static_cast<Index>(o.logp_old.size()), o.offsets.back(), "T");
    gppo::expects(!request.contains("advantage"), "reward_kl needs rewards, not an advantage");
    gppo::Feedback<> feedback = o.feedback();
    gppo::validate(feedback);
    const std::vector<float> summed = gppo::sequence_rewards(feedback);
    feedback.reward = summed;
    o.token_rewards = gppo::token_rewards(feedback);
    o.rewards.clear();
    return kl(gppo::View<const float>(o.logp_old), o.logp_ref, o.offsets, o.mask, o.token_rewards);
}

/// Fills advantage, and returns where there are values.
void estimate(const AnyObjective& objective, Owned& o) {
    const bool by_token = per_token(objective.estimate);
    o.advantage.resize(by_token ? static_cast<std::size_t>(o.offsets.back()) : o.groups.size());
    if (by_token) o.returns.resize(o.advantage.size());
    objective.advantages(o.feedback(), o.advantage);
}

/// The value head's loss under the same aggregation as the policy's.
void add_value_loss(const FreeTable& request, Owned& o, FreeTable& answer) {
    const gppo::ValueLoss loss{request.contains("value_clip")
                                   ? coefficient_under(request, "value_clip")
                                   : gppo::ValueLoss{}.clip};
    const auto tokens = static_cast<std::size_t>(o.offsets.back());
    gppo::expects(
        o.values.size() == tokens && o.values_new.size() == tokens && o.returns.size() == tokens,
        "values_new (T) needs values (T) and an estimator that gives returns (gae)");
    o.dvalues.resize(tokens);
    double value = 0.0;
    for (std::size_t b = 0; b < o.groups.size(); ++b)
        for (auto t = static_cast<std::size_t>(o.offsets[b]);
             t < static_cast<std::size_t>(o.offsets[b + 1]); ++t) {
            if (!o.mask.empty() && o.mask[t] == 0) continue;
            const gppo::Term<float> term = loss(o.values_new[t], o.values[t], o.returns[t]);
            value += static_cast<double>(o.coefficient[b]) * static_cast<double>(term.value);
            o.dvalues[t] = o.coefficient[b] * term.weight;
        }
    answer["value_loss"] = value;
    answer["dvalues"] = o.dvalues;
}

FreeTable region_json(const gppo::RegionTotal& region) {
    return {{"count", region.count}, {"mass", region.mass}};
}

FreeTable diagnostics_json(const gppo::Diagnostics& d, const gppo::NonFinite& bad) {
    FreeTable json = {{"tokens", d.tokens},
                      {"in_range", region_json(d.in_range)},
                      {"r1", region_json(d.r1)},
                      {"r2", region_json(d.r2)},
                      {"r3", region_json(d.r3)},
                      {"r4", region_json(d.r4)},
                      {"dual", region_json(d.dual)},
                      {"clip_fraction", d.clip_fraction()},
                      {"clip_fraction_lower", d.clip_fraction_lower()},
                      {"approx_kl", d.approx_kl()},
                      {"ratio_mean", d.ratio_mean()},
                      {"ratio_max", d.ratio_max},
                      {"kl_k2", d.kl_k2()},
                      {"kl_k3", d.kl_k3()},
                      {"effective_sample_size", d.effective_sample_size()},
                      {"ratio_p01", d.ratio_quantile(0.01)},
                      {"ratio_p50", d.ratio_quantile(0.5)},
                      {"ratio_p99", d.ratio_quantile(0.99)},
                      {"non_finite", {{"count", bad.count}}}};
    if (bad.count > 0) {
        json["non_finite"]["sequence"] = bad.sequence;
        json["non_finite"]["token"] = bad.token;
        json["non_finite"]["logp"] = std::to_string(bad.logp);
        json["non_finite"]["logp_old"] = std::to_string(bad.logp_old);
    }
    return json;
}

template <class Any>
FreeTable methods_json(const std::vector<Method<Any>>& methods) {
    FreeTable table = FreeTable::object();
    const FreeTable nothing = FreeTable::object();
    for (const Method<Any>& method : methods) {
        Parameters reader(method.name, nothing);
        method.make(reader);
        FreeTable parameters = FreeTable::object();
        for (const Parameters::Row& row : reader.rows()) parameters[row.key] = row.value;
        table[method.name] = {{"help", method.help}, {"parameters", parameters}};
    }
    return table;
}

}  // namespace

int loss_command(std::istream& in, std::ostream& out) {
    FreeTable request;
    try {
        request = FreeTable::parse(in);
    } catch (const nlohmann::json::exception& error) {
        throw gppo::Error(std::string("standard input is not JSON: ") + error.what());
    }
    expects_request(request);
    request = with_preset(request);
    const AnyObjective objective = read_objective(request);
    Owned owned = read_buffers(request);
    const double reward_kl = request.contains("reward_kl") ? lower_rewards(request, owned) : 0.0;
    if (!request.contains("advantage")) estimate(objective, owned);
    const gppo::Batch<> batch = owned.batch();
    objective.coefficients(batch);
    gppo::Diagnostics diagnostics;
    const gppo::Loss loss =
        objective.evaluate(gppo::Cpu(1), batch, owned.dlogp, owned.dentropy, diagnostics);

    std::vector<float> weights(owned.dlogp.size());
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.0f - owned.dlogp[i];
    FreeTable answer = {{"value", loss.value},
                        {"pg", loss.pg},
                        {"kl", loss.kl},
                        {"entropy", loss.entropy},
                        {"positive", loss.positive},
                        {"advantage", owned.advantage},
                        {"coefficient", owned.coefficient},
                        {"weights", weights},
                        {"dlogp", owned.dlogp},
                        {"dentropy", owned.dentropy},
                        {"diagnostics", diagnostics_json(diagnostics, loss.non_finite)}};
    if (request.contains("reward_kl")) {
        answer["reward_kl"] = reward_kl;
        answer["token_rewards"] = owned.token_rewards;
    }
    if (!owned.returns.empty()) answer["returns"] = owned.returns;
    if (request.contains("values_new")) add_value_loss(request, owned, answer);
    out << answer.dump() << '\n';
    return 0;
}

int list_methods(std::ostream& out) {
    FreeTable keys = FreeTable::object(), by_name = FreeTable::object();
    for (const KeyHelp* list : {&batch_keys, &objective_key_help})
        for (const auto& [key, help] : *list) keys[key] = help;
    for (const Preset& preset : presets())
        by_name[preset.name] = {{"help", preset.help}, {"keys", preset.keys}};
    const FreeTable table = {{"request", keys},
                             {"preset", by_name},
                             {"policy", methods_json(policy_methods())},
                             {"advantage_estimator", methods_json(advantage_methods())},
                             {"aggregation", methods_json(aggregation_methods())},
                             {"correction", methods_json(correction_methods())},
                             {"kl", methods_json(kl_methods())}};
    out << table.dump(2) << '\n';
    return 0;
}

void add_loss_command(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "loss", "Evaluate an objective on tokens given as JSON on standard input");
    const auto list = std::make_shared<bool>(false);
    command->add_flag("--list", *list, "Print the methods, their parameters and defaults as JSON");
    command->footer(
        "The request is one object: logp, logp_old and advantage (or rewards and groups) are "
        "arrays, "
        "offsets cuts\nthem into sequences, policy, advantage_estimator, aggregation and kl name "
        "the "
        "methods (--list).\nThe answer has value, weights (dJ/dlogp), dlogp (d loss / d logp) and "
        "diagnostics. Example:\n  echo '{\"logp\": [-0.5], \"logp_old\": [-1.5], \"advantage\": "
        "[1]}' "
        "| gppo loss");
    command->callback(
        [list] { *list ? list_methods(std::cout) : loss_command(std::cin, std::cout); });
}
