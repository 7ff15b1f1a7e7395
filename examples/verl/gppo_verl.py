# SPDX-License-Identifier: Apache-2.0
"""GPPO, and other policies of the library, as policy losses of verl (0.9). Engines, rollout and data stay verl's.

    VERL_USE_EXTERNAL_MODULES=gppo_verl PYTHONPATH=examples/verl:examples/torch GPPO_TORCH_OPS=.../libgppo_torch_ops.so \\
        python -m verl.trainer.main_ppo actor_rollout_ref.actor.policy_loss.loss_mode=gppo ...
verl's settings and loss_agg_mode mean what they mean for its own losses; gppo_vanilla ... are our kernels for losses it has.
"""
import gppo_torch
import torch
from verl.trainer.ppo.core_algos import register_policy_loss

gppo_torch.load()

BAND = lambda c: {"low": c.clip_ratio_low, "high": c.clip_ratio_high}
DUAL = lambda c: {**BAND(c), "cap": c.clip_ratio_c}
OF = lambda **names: lambda c: {ours: getattr(c.policy_loss, theirs) for ours, theirs in names.items()}
COV = lambda c: {**BAND(c), **OF(share="clip_cov_ratio", lowest="clip_cov_lb", highest="clip_cov_ub")(c)}
LOSSES = {  # loss_mode -> our policy, its parameters, always a mean of means over sequences
    "gppo": ("gppo", BAND, False), "gppo_released": ("gppo_released", DUAL, False), "ce_gppo": ("ce_gppo", DUAL, False),
    "gppo_vanilla": ("dual_clip_guarded", DUAL, False), "gppo_cispo": ("cispo", BAND, False),
    "gppo_gspo": ("gspo_token", BAND, False), "gppo_gmpo": ("gmpo", BAND, True), "gppo_clip_cov": ("clip_cov", COV, False),
    "gppo_sapo": ("sapo", lambda c: {"tau_positive": c.tau_pos, "tau_negative": c.tau_neg}, True),
    "gppo_dppo_tv": ("dppo_tv", DUAL, False), "gppo_dppo_kl": ("dppo_kl", DUAL, False), "gppo_gpg": ("reinforce", OF(), False),
    "gppo_kl_cov": ("kl_cov", OF(share="kl_cov_ratio", coefficient="ppo_kl_coef"), False), "gppo_dro": ("dro", OF(tau="dro_beta"), False),
}  # fmt: skip


def coefficients(mask, mode, dp_size=1, batch_num_tokens=None, global_batch_size=None, loss_scale_factor=None):
    """verl's agg_loss as one factor per sequence (B)."""
    length = mask.sum(1)
    one = torch.full_like(length, dp_size, dtype=torch.float32)
    if mode.startswith("token"):
        return one / (1 if mode == "token-sum" else length.sum() if batch_num_tokens is None else batch_num_tokens)
    mean = one / ((length > 0).sum() if global_batch_size is None else global_batch_size)
    whole = (loss_scale_factor or mask.shape[1]) if mode.endswith("norm") else 1
    return mean / (length.clamp(min=1) if mode == "seq-mean-token-mean" else whole)


def register(name, policy, parameters, always_sequences):
    @register_policy_loss(name)
    def loss(old_log_prob, log_prob, advantages, response_mask, loss_agg_mode, config, rollout_is_weights=None):
        mask = response_mask.bool().contiguous()
        if rollout_is_weights is not None:
            assert policy not in ("gmpo", "clip_cov", "kl_cov", "dro"), f"{name} is not linear in the advantage: no rollout_is_weights"
            advantages = advantages * rollout_is_weights
        if policy == "gmpo":
            advantages = (advantages * mask).sum(1) / mask.sum(1).clamp(min=1)
        mode = "seq-mean-token-mean" if always_sequences else loss_agg_mode
        loss_of = gppo_torch.PolicyLoss(policy, parameters(config), aggregation="seq_mean_token_mean", diagnostics=True)
        value, statistics = loss_of(log_prob.float().contiguous(), old_log_prob.float().contiguous(),
                                 advantages.float().contiguous(), mask,
                                 coefficient=coefficients(mask, mode, **config.global_batch_info))
        found = dict(zip(loss_of.names, statistics.tolist()))
        return value, {f"actor/{theirs}": found[ours] for theirs, ours in (
            ("pg_clipfrac", "clip_fraction"), ("pg_clipfrac_lower", "clip_fraction_lower"), ("ppo_kl", "approx_kl"))}


for mode, row in LOSSES.items():
    register(mode, *row)
