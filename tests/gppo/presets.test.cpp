// SPDX-License-Identifier: Apache-2.0
#include "presets.hpp"

#include "any_objective.hpp"
#include "catch.hpp"
#include "config.hpp"
#include "config_read.hpp"

#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using gppo::Index;

/// What the preset's keys make.
AnyObjective by_name(const FreeTable& keys) {
    const auto text = [&](const char* key, const char* standard) {
        return keys.contains(key) ? keys[key].get<std::string>() : std::string(standard);
    };
    const auto object = [&](const char* key) {
        return keys.contains(key) ? keys[key] : FreeTable::object();
    };
    const auto number = [&](const char* key) {
        return keys.contains(key) ? keys[key].get<float>() : 0.0f;
    };
    AnyObjective any;
    any.clip = make_policy(text("policy", "gppo"), object("policy_params"));
    any.estimate = make_estimator(text("advantage_estimator", "grpo"), object("advantage_params"));
    any.aggregate =
        make_aggregation(text("aggregation", "token_mean"), object("aggregation_params"));
    any.kl = make_kl(text("kl", "none"), object("kl_params"));
    any.kl_coefficient = number("kl_coef");
    any.correction.weight =
        make_correction(text("correction", "none"), object("correction_params"));
    any.entropy.coefficient = number("entropy_coef");
    any.positives.coefficient = number("positive_coef");
    return any;
}

AnyKl kl_of(const gppo::NoKl&) {
    return {};
}
AnyKl kl_of(const gppo::K3Clamped& kl) {
    return {AnyKl::Kind::k3_clamped, kl};
}

/// The preset itself.
template <class E, class C, class A, class K, class R>
AnyObjective by_value(const gppo::Objective<E, C, A, K, R>& o) {
    AnyObjective any;
    any.clip = o.clip;
    any.estimate = o.estimate;
    any.aggregate = o.aggregate;
    any.kl = kl_of(o.kl.penalty);
    any.kl_coefficient = o.kl.coefficient;
    any.entropy = o.entropy;
    any.positives = o.positives;
    if constexpr (!std::is_same_v<R, gppo::NoCorrection>) any.correction.weight = o.correction;
    return any;
}

std::map<std::string, AnyObjective> all_by_value() {
    using namespace gppo::preset;
    return {
        {"verl_grpo", by_value(verl_grpo())},
        {"verl_dapo", by_value(verl_dapo())},
        {"verl_dr_grpo", by_value(verl_dr_grpo())},
        {"verl_cispo", by_value(verl_cispo())},
        {"verl_sapo", by_value(verl_sapo())},
        {"verl_gspo", by_value(verl_gspo())},
        {"verl_gmpo", by_value(verl_gmpo())},
        {"verl_gpg", by_value(verl_gpg())},
        {"verl_clip_cov", by_value(verl_clip_cov())},
        {"verl_kl_cov", by_value(verl_kl_cov())},
        {"trl_grpo", by_value(trl_grpo())},
        {"trl_dapo", by_value(trl_dapo())},
        {"trl_dr_grpo", by_value(trl_dr_grpo())},
        {"trl_cispo", by_value(trl_cispo())},
        {"trl_sapo", by_value(trl_sapo())},
        {"trl_gspo", by_value(trl_gspo())},
        {"trl_vespo", by_value(trl_vespo())},
        {"klear_math", by_value(klear_math())},
        {"klear_code", by_value(klear_code())},
        {"ce_gppo_1_5b", by_value(ce_gppo_1_5b())},
        {"ce_gppo_7b", by_value(ce_gppo_7b())},
        {"klear_gppo_erc", by_value(klear_gppo_erc())},
        {"klear_grpo_erc", by_value(klear_grpo_erc())},
        {"skywork_or1", by_value(skywork_or1())},
        {"acereason", by_value(acereason())},
        {"deepcoder", by_value(deepcoder())},
        {"archer_aspo", by_value(archer_aspo())},
        {"openrlhf_grpo", by_value(openrlhf_grpo())},
        {"openrlhf_dr_grpo", by_value(openrlhf_dr_grpo())},
        {"nemo_grpo", by_value(nemo_grpo())},
        {"slime_grpo", by_value(slime_grpo())},
        {"skyrl_grpo", by_value(skyrl_grpo())},
        {"skyrl_cispo", by_value(skyrl_cispo())},
        {"areal_grpo", by_value(areal_grpo())},
        {"roll_cispo", by_value(roll_cispo())},
        {"roll_topr", by_value(roll_topr())},
        {"prime_rl", by_value(prime_rl())},
        {"rllm_grpo", by_value(rllm_grpo())},
    };
}

/// Everything an objective makes of 8 sequences of 6 tokens with small and huge log-ratios: a
/// group of one, one without variance, and a mask.
std::vector<double> numbers(const AnyObjective& objective) {
    constexpr std::size_t B = 8, T = 48;
    std::vector<float> logp(T), old(T), ref(T), rollout(T), entropy(T), entropy_old(T);
    std::vector<float> rewards{1, 0, 1, 0.5f, 1, 1, 0.25f, 0}, advantage(B), coefficient(B);
    std::vector<float> positive_coefficient(B), dlogp(T), dentropy(T);
    std::vector<Index> group{0, 0, 0, 1, 2, 2, 0, 0}, offsets(B + 1);
    std::vector<std::uint8_t> mask(T, 1), positive{1, 0, 1, 0, 1, 1, 0, 0}, off_policy(B, 0);
    mask[5] = mask[17] = 0;
    for (std::size_t t = 0; t < T; ++t) {
        const auto wave = [t](double by) { return std::sin(by * static_cast<double>(t + 1)); };
        old[t] = static_cast<float>(-1.2 + wave(0.7));
        logp[t] = old[t] + static_cast<float>(t % 11 == 10 ? 22 * wave(3.1) : wave(1.9));
        ref[t] = old[t] + static_cast<float>(2 * wave(1.3));
        rollout[t] = old[t] + static_cast<float>(wave(2.3) * (t % 7 == 3 ? 3 : 0.2));
        entropy[t] = static_cast<float>(1.5 + wave(0.9));
        entropy_old[t] = entropy[t] * static_cast<float>(1 + 0.08 * wave(1.1));
    }
    for (std::size_t b = 0; b <= B; ++b) offsets[b] = static_cast<Index>(6 * b);
    objective.advantages({.reward = rewards, .group = group, .offsets = offsets}, advantage);
    gppo::Batch<> batch;
    batch.logp = logp, batch.logp_old = old, batch.logp_ref = ref, batch.logp_rollout = rollout;
    batch.entropy = entropy, batch.entropy_old = entropy_old, batch.off_policy = off_policy;
    batch.offsets = offsets, batch.group = group, batch.mask = mask, batch.positive = positive;
    batch.advantage = advantage, batch.coefficient = coefficient;
    batch.positive_coefficient = positive_coefficient;
    objective.coefficients(batch);
    gppo::Diagnostics seen;
    const gppo::Loss loss = objective.evaluate(gppo::Cpu(1), batch, dlogp, dentropy, seen);
    std::vector<double> all{loss.value, loss.pg, loss.kl, loss.positive};
    for (const auto* part : {&advantage, &coefficient, &positive_coefficient, &dlogp, &dentropy})
        all.insert(all.end(), part->begin(), part->end());
    return all;
}

}  // namespace

TEST_CASE("a preset's name and its value are the same objective", "[gppo][preset]") {
    std::map<std::string, AnyObjective> values = all_by_value();
    CHECK(values.size() == presets().size());
    for (const Preset& preset : presets()) {
        INFO(preset.name);
        REQUIRE(values.contains(preset.name));
        const AnyObjective named = by_name(preset.keys), value = values.at(preset.name);
        CHECK(named.clip.index() == value.clip.index());
        CHECK(named.estimate.index() == value.estimate.index());
        CHECK(named.aggregate.index() == value.aggregate.index());
        CHECK(numbers(named) == numbers(value));
    }
}

TEST_CASE("keys of a request override its preset, parameter by parameter", "[gppo][preset]") {
    const FreeTable merged = with_preset(
        {{"preset", "verl_grpo"}, {"policy_params", {{"high", 0.3}}}, {"kl_coef", 0.0}});
    CHECK(merged["policy"] == "dual_clip_guarded");
    CHECK(merged["policy_params"] ==
          FreeTable({{"low", 0.2}, {"high", 0.3}, {"cap", 3}, {"limit", 20}}));
    CHECK(merged["kl_coef"] == 0.0);
    CHECK_FALSE(merged.contains("preset"));
    const FreeTable other = with_preset({{"preset", "verl_grpo"}, {"policy", "sapo"}});
    CHECK(other["policy"] == "sapo");
    CHECK_FALSE(other.contains("policy_params"));  // those of another policy
}

TEST_CASE("an unknown preset is refused with the nearest name", "[gppo][preset]") {
    CHECK_THROWS_WITH(with_preset({{"preset", "verl_grop"}}),
                      Catch::Matchers::Contains("verl_grpo"));
}

TEST_CASE("rl.preset fills the section, and its other keys override it", "[gppo][preset]") {
    Config config;
    FieldList list = config_fields(config);
    ConfigReader reader(list, "run.toml");
    reader.read("[rl]\nkl_coef = 0.5\npreset = 'verl_grpo'\npolicy_params = { high = 0.4 }\n");
    CHECK(config.rl.policy == "dual_clip_guarded");
    CHECK(config.rl.policy_params["high"] == 0.4);
    CHECK(config.rl.policy_params["limit"] == 20);
    CHECK(config.rl.advantage_params["singleton"] == "raw");
    CHECK(config.rl.kl == "k3_clamped");
    CHECK(config.rl.kl_coef == 0.5);
    reader.set("rl.preset=klear_math");  // nothing of the first is left
    CHECK(config.rl.policy == "gppo_released");
    CHECK(config.rl.kl == "none");
    CHECK(config.rl.positive_coef == 0.1);
    reader.set("rl.preset=areal_grpo");
    CHECK(config.rl.correction == "decoupled");
    CHECK(config.rl.correction_params["cap"] == 5);
    reader.set("rl.preset=klear_math");
    CHECK(config.rl.correction == "none");
    CHECK(config.rl.correction_params.empty());
    CHECK_THROWS_WITH(reader.set("rl.preset=klear_maht"), Catch::Matchers::Contains("klear_math"));
}
