// SPDX-License-Identifier: Apache-2.0
//
// The policies by name.
#pragma once

#include "parameters.hpp"

#include <gppo/gppo.hpp>

#include <string>
#include <variant>
#include <vector>

using AnyPolicy = std::variant<
    gppo::PpoClip, gppo::DualClip<gppo::PpoClip>, gppo::Cispo, gppo::CispoCap, gppo::Gppo,
    gppo::DualClip<gppo::Gppo>, gppo::GppoOnlyHigh, gppo::DualClip<gppo::GppoOnlyHigh>,
    gppo::CispoMasked, gppo::Reinforce, gppo::ImportanceSampling, gppo::Sapo, gppo::Aspo,
    gppo::DppoTv, gppo::DppoTvPrime, gppo::DppoKl, gppo::Ipo, gppo::Topr, gppo::Dro,
    gppo::LuffyShaping, gppo::ExgrpoShaping, gppo::LogRatioGuard<gppo::PpoClip>,
    gppo::LogRatioGuard<gppo::DualClip<gppo::PpoClip>>,
    gppo::LogRatioGuard<gppo::DualClip<gppo::Gppo>>, gppo::Gspo, gppo::GspoToken, gppo::Luspo,
    gppo::Gmpo, gppo::Vespo, gppo::SequenceRatio<gppo::Gppo>, gppo::RolloutRatio<gppo::Cispo>,
    gppo::Erc<gppo::DualClip<gppo::PpoClip>>, gppo::Erc<gppo::DualClip<gppo::Gppo>>, gppo::ClipCov,
    gppo::KlCov, gppo::M2po<gppo::PpoClip>, gppo::Opsm<gppo::PpoClip>,
    gppo::Mixed<gppo::PpoClip, gppo::LuffyShaping>>;

inline const std::vector<Method<AnyPolicy>>& policy_methods() {
    using namespace gppo;
    const auto ppo = [](Parameters& p, float high) {
        return PpoClip{.low = p.real("low", 0.2f), .high = p.real("high", high)};
    };
    const auto gppo_of = [](Parameters& p, float beta_low) {
        Gppo policy{.low = p.real("low", 0.2f), .high = p.real("high", 0.28f)};
        policy.beta_low = p.real("beta_low", beta_low);
        policy.beta_high = p.real("beta_high", 1.0f);
        return policy;
    };
    const auto only_high = [](Parameters& p) {
        return GppoOnlyHigh{.low = p.real("low", 0.2f), .high = p.real("high", 0.28f)};
    };
    static const std::vector<Method<AnyPolicy>> methods = {
        {"ppo", "PPO's clipped surrogate, symmetric", [=](Parameters& p) { return ppo(p, 0.2f); }},
        {"clip_higher", "DAPO: PPO with a higher upper bound",
         [=](Parameters& p) { return ppo(p, 0.28f); }},
        {"dual_clip", "PPO with a dual clip, verl's vanilla loss",
         [=](Parameters& p) {
             return DualClip{ppo(p, 0.2f), p.real("cap", 3.0f, 1.0)};
         }},
        {"cispo", "CISPO with bounds around one: verl, slime, ROLL, SkyRL, NeMo-RL",
         [](Parameters& p) {
             return Cispo{p.real("low", 0.2f), p.real("high", 0.28f)};
         }},
        {"cispo_cap", "CISPO with one absolute cap: TRL, ms-swift",
         [](Parameters& p) { return CispoCap{p.real("cap", 5.0f)}; }},
        {"gppo", "gradient-preserving clip", [=](Parameters& p) { return gppo_of(p, 1.0f); }},
        {"gppo_released", "GPPO under a dual clip, as Klear-Reasoner's code runs it",
         [=](Parameters& p) {
             return DualClip{gppo_of(p, 1.0f), p.real("cap", 10.0f, 1.0)};
         }},
        {"gppo_only_high", "GPPO above, PPO below", [=](Parameters& p) { return only_high(p); }},
        {"gppo_only_high_released", "the same under a dual clip",
         [=](Parameters& p) {
             return DualClip{only_high(p), p.real("cap", 10.0f, 1.0)};
         }},
        {"ce_gppo", "CE-GPPO: GPPO with scaled boundary gradients, under a dual clip",
         [=](Parameters& p) {
             return DualClip{gppo_of(p, 0.5f), p.real("cap", 10.0f, 1.0)};
         }},
        {"ppo_guarded", "PPO with log-ratios clamped: OpenRLHF, SkyRL",
         [=](Parameters& p) {
             return LogRatioGuard{ppo(p, 0.2f), p.real("limit", 20.0f)};
         }},
        {"dual_clip_guarded", "dual clip with log-ratios clamped: verl's vanilla loss",
         [=](Parameters& p) {
             const DualClip dual{ppo(p, 0.2f), p.real("cap", 3.0f, 1.0)};
             return LogRatioGuard{dual, p.real("limit", 20.0f)};
         }},
        {"gppo_guarded", "gppo_released with log-ratios clamped: what ERC starts from",
         [=](Parameters& p) {
             const DualClip dual{gppo_of(p, 1.0f), p.real("cap", 10.0f, 1.0)};
             return LogRatioGuard{dual, p.real("limit", 20.0f)};
         }},
        {"cispo_masked", "CISPO where PPO trains, silent where it clips: ROLL's unified mask",
         [](Parameters& p) {
             return CispoMasked{p.real("low", 0.2f), p.real("high", 0.28f)};
         }},
        {"roll_tis", "min(ratio, 1) as a stopped weight: ROLL's tis, CISPO with a cap of 1",
         [](Parameters& p) { return CispoCap{p.real("cap", 1.0f)}; }},
        {"reinforce", "A logp, no ratio; the loss of GPG", [](Parameters&) { return Reinforce{}; }},
        {"importance_sampling", "ratio times A, unclipped",
         [](Parameters&) { return ImportanceSampling{}; }},
        {"sapo", "a sigmoid gate in place of the clip",
         [](Parameters& p) {
             const float positive = p.real("tau_positive", 1.0f, 1e-3);
             return Sapo{positive, p.real("tau_negative", 1.05f, 1e-3)};
         }},
        {"aspo", "good tokens weighted with 1 / ratio, soft dual clip",
         [](Parameters& p) {
             const float low = p.real("low", 0.2f), high = p.real("high", 0.2f);
             return Aspo{low, high, p.real("cap", 3.0f, 1.0)};
         }},
        {"dppo_tv", "trust region on the change of the token's probability",
         [](Parameters& p) {
             const float low = p.real("low", 0.15f), high = p.real("high", 0.15f);
             return DppoTv{low, high, p.real("cap", 20.0f)};
         }},
        {"dppo_tv_prime", "prime-rl's default: dppo_tv through the ratio, with a quadratic pull",
         [](Parameters& p) {
             const float low = p.real("low", 0.2f), high = p.real("high", 0.2f);
             return DppoTvPrime{low, high, p.real("pull", 1e-3f)};
         }},
        {"dppo_kl", "trust region on the binary KL divergence",
         [](Parameters& p) {
             const float low = p.real("low", 0.05f), high = p.real("high", 0.05f);
             return DppoKl{low, high, p.real("cap", 20.0f)};
         }},
        {"ipo", "prime-rl: drops every token whose probability moved too far",
         [](Parameters& p) {
             const float threshold = p.real("threshold", 0.1f);
             return Ipo{threshold, p.real("pull", 1e-3f)};
         }},
        {"topr", "good tokens at full weight, bad ones at min(ratio, 1)",
         [](Parameters&) { return Topr{}; }},
        {"dro", "REINFORCE with a quadratic pull to the sampling policy: Kimi k1.5",
         [](Parameters& p) { return Dro{p.real("tau", 0.1f)}; }},
        {"luffy", "LUFFY's shaping of off-policy tokens, p / (p + gamma)",
         [](Parameters& p) { return LuffyShaping{p.real("gamma", 0.1f, 1e-6)}; }},
        {"exgrpo", "ExGRPO's shaping of replayed tokens, ratio / (ratio + gamma)",
         [](Parameters& p) { return ExgrpoShaping{p.real("gamma", 0.1f, 1e-6)}; }},
        {"gspo", "PPO's clip on the ratio of the sequence",
         [](Parameters& p) {
             return Gspo{p.real("low", 3e-4f), p.real("high", 4e-4f)};
         }},
        {"gspo_token", "GSPO with an advantage per token",
         [](Parameters& p) {
             return GspoToken{p.real("low", 3e-4f), p.real("high", 4e-4f)};
         }},
        {"luspo", "GSPO times the length of the sequence",
         [](Parameters& p) {
             return Luspo{p.real("low", 3e-4f), p.real("high", 4e-4f)};
         }},
        {"gmpo", "geometric mean of ratios clipped in log space",
         [](Parameters& p) {
             return Gmpo{p.real("low", 0.4f), p.real("high", 0.4f)};
         }},
        {"vespo", "a smooth weight of the sequence's ratio",
         [](Parameters& p) {
             const float k = p.real("k_positive", 2.0f);
             const float lambda = p.real("lambda_positive", 3.0f);
             const float k_bad = p.real("k_negative", 3.0f);
             return Vespo{k, lambda, k_bad, p.real("lambda_negative", 2.0f)};
         }},
        {"gppo_sequence", "GPPO at the ratio of the sequence",
         [=](Parameters& p) { return SequenceRatio{gppo_of(p, 1.0f)}; }},
        {"cispo_rollout", "CISPO with the ratio against the rollout engine",
         [](Parameters& p) {
             const float low = p.real("low", 0.2f);
             return RolloutRatio{Cispo{low, p.real("high", 0.28f)}};
         }},
        {"grpo_erc", "dual clip, silent where the entropy moved too far",
         [=](Parameters& p) {
             const DualClip inner{ppo(p, 0.28f), p.real("cap", 10.0f, 1.0)};
             const float low = p.real("entropy_low", 0.05f);
             return Erc{inner, low, p.real("entropy_high", 0.05f)};
         }},
        {"gppo_erc", "gppo_released, silent where the entropy moved too far",
         [=](Parameters& p) {
             const DualClip inner{gppo_of(p, 1.0f), p.real("cap", 10.0f, 1.0)};
             const float low = p.real("entropy_low", 0.05f);
             return Erc{inner, low, p.real("entropy_high", 0.05f)};
         }},
        {"clip_cov", "PPO, with a few tokens of high covariance drawn and silent",
         [](Parameters& p) {
             ClipCov policy{.low = p.real("low", 0.2f), .high = p.real("high", 0.2f)};
             policy.share = p.number("share", 2e-4);
             policy.lowest = p.real("lowest", 1.0f, -1e30);
             policy.highest = p.real("highest", 5.0f, -1e30);
             policy.seed = static_cast<std::uint64_t>(p.number("seed", 0.0));
             return policy;
         }},
        {"kl_cov", "no clip; the tokens of highest covariance pay for moving",
         [](Parameters& p) {
             const double share = p.number("share", 2e-4);
             return KlCov{share, p.real("coefficient", 0.1f)};
         }},
        {"m2po", "PPO without the tokens furthest from the rollout engine",
         [=](Parameters& p) {
             const PpoClip inner = ppo(p, 0.2f);
             return M2po{inner, p.number("threshold", 0.04)};
         }},
        {"opsm", "PPO without bad sequences the policy has moved away from",
         [=](Parameters& p) {
             const PpoClip inner = ppo(p, 0.2f);
             return Opsm{inner, p.real("delta", 1e-4f, -1e30)};
         }},
        {"luffy_mixed", "LUFFY: shaping where off_policy is 1, PPO elsewhere",
         [=](Parameters& p) {
             const PpoClip on = ppo(p, 0.2f);
             return Mixed{on, LuffyShaping{p.real("gamma", 0.1f, 1e-6)}};
         }},
    };
    return methods;
}

inline AnyPolicy make_policy(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("policy", policy_methods(), name, parameters);
}
