# SPDX-License-Identifier: Apache-2.0
"""examples/verl against verl's own core_algos: values and gradients of every loss that both have, to 1e-6 of the sum of
what the tokens add and of the largest gradient, in every loss_agg_mode, with global counts and without. Skipped where verl 0.9
cannot be imported (GPPO_VERL_PATH may say where it is).

usage: verl_losses.py libgppo_torch_ops.so SOURCE_DIRECTORY
"""
import os
import random
import sys

LIBRARY, SOURCE = sys.argv[1:3]
os.environ["GPPO_TORCH_OPS"] = LIBRARY
sys.path += [os.path.join(SOURCE, "examples", name) for name in ("torch", "verl")]
sys.path += os.environ.get("GPPO_VERL_PATH", "").split(":")
try:
    import torch
    import verl.trainer.ppo.core_algos as theirs
    from verl.workers.config import ActorConfig
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import gppo_verl

SEED = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
print(f"GPPO_SEED={SEED}", flush=True)
torch.manual_seed(SEED)
MODES = ["token-mean", "token-sum", "seq-mean-token-sum", "seq-mean-token-sum-norm", "seq-mean-token-mean"]
PAIRS = {"vanilla": "gppo_vanilla", "gspo": "gppo_gspo", "cispo": "gppo_cispo", "sapo": "gppo_sapo",
         "geo_mean": "gppo_gmpo", "clip_cov": "gppo_clip_cov", "dppo_tv": "gppo_dppo_tv", "gpg": "gppo_gpg",
         "kl_cov": "gppo_kl_cov", "dro": "gppo_dro", "dppo_kl": "gppo_dppo_kl"}  # fmt: skip
SHARE = 0.2  # of KL-Cov


def config(loss, mode, counts):
    made = ActorConfig(strategy="fsdp", rollout_n=4, ppo_micro_batch_size_per_gpu=1, clip_ratio_low=0.2, clip_ratio_high=0.28,
                       clip_ratio_c=2.0, loss_agg_mode=mode)  # fmt: skip
    if loss == "clip_cov":  # a share of 1 draws every eligible token: the one case that is not random in verl
        object.__setattr__(made.policy_loss, "clip_cov_ratio", 1.0)
        object.__setattr__(made.policy_loss, "clip_cov_lb", 0.3)
    if loss == "kl_cov":
        object.__setattr__(made.policy_loss, "kl_cov_ratio", SHARE)
    if loss == "dro":
        object.__setattr__(made.policy_loss, "dro_beta", 0.3)
    made.global_batch_info.update(counts)
    return made


def batch(rows=7, length=19):
    """Padded as verl does it, away from the bounds, where double and float may take different sides."""
    old = -torch.randn(rows, length).abs() * 1.5 - 0.01
    step = torch.rand(rows, length) * 0.1 + torch.tensor([-1.0, -0.4, -0.12, 0.05, 0.13, 0.3, 0.85])[
        torch.randint(0, 7, (rows, length))]  # fmt: skip
    mask = torch.arange(length) < torch.randint(1, length + 1, (rows, 1))
    advantage = (torch.randn(rows, 1).sign() * (0.2 + torch.rand(rows, 1))).expand(rows, length).contiguous()
    return old, old + step, advantage, mask


def at_a_bound(name, logp, old, advantage, mask):
    """Whether rounding to float may decide which side of a bound a token, or a sequence, is on."""
    d, values = logp - old, torch.tensor([1.0])
    if name == "gspo":
        values = ((d * mask).sum(1) / mask.sum(1)).exp().sub(torch.tensor([[0.8], [1.28]])).reshape(-1)
    if name == "dppo_tv":
        values = torch.cat([logp.exp() - old.exp() - 0.28, logp.exp() - old.exp() + 0.2])[mask.repeat(2, 1)]
    if name == "dppo_kl":
        p, q = logp.exp(), old.exp()
        kl = q * -d + (1 - q) * ((1 - q + 1e-8) / (1 - p + 1e-8)).log()
        values = torch.cat([kl - 0.28, kl - 0.2])[mask.repeat(2, 1)]
    if name in ("clip_cov", "kl_cov"):
        a, x = advantage[mask], logp[mask]
        cov = ((a - a.mean()) * (x - x.mean())).sort(descending=True).values
        last = max(1, int(SHARE * len(cov)))
        values = torch.cat([cov - 0.3, cov - 5.0]) if name == "clip_cov" else cov[last - 1 : last] - (cov[last : last + 1])
    return values.abs().min() < 1e-4 if len(values) else False


def run(loss, logp, old, advantage, mask, mode, counts):
    logp = logp.clone().requires_grad_()
    own = config(loss.removeprefix("gppo_"), mode, counts)
    value, metrics = theirs.POLICY_LOSS_REGISTRY[loss](old, logp, advantage, mask, mode, own, None)
    value.backward()
    return value.detach().double(), logp.grad.double(), metrics


worst = {}
for name, ours in PAIRS.items():
    for mode in MODES:
        for counts in ({}, {"dp_size": 2, "batch_num_tokens": 333, "global_batch_size": 28}):
            for _ in range(4):
                old, logp, advantage, mask = batch()
                if name == "dppo_kl":  # verl drops tokens with a probability above 1
                    logp = torch.minimum(logp, -0.02 - 0.1 * torch.rand_like(logp))
                given = counts if name != "geo_mean" else {}  # verl's has no global counts
                double = [x.double() for x in (logp, old, advantage)]
                if at_a_bound(name, *double, mask):
                    continue
                value, gradient, metrics = run(name, double[0], double[1], double[2], mask, mode, given)
                got, slope, found = run(ours, logp, old, advantage, mask, mode, given)
                scale = gradient.abs().max()
                error = max(((slope - torch.where(mask, gradient, 0.0)).abs().max() / scale).item(),
                            ((got - value).abs() / max(value.abs(), gradient.abs().sum())).item())  # fmt: skip
                worst[name] = max(worst.get(name, 0.0), error)
                if error > 1e-6:
                    raise SystemExit(f"{name} {mode} {counts}: off by {error:.1e} (seed {SEED})")
                if name == "vanilla":
                    for key, number in metrics.items():
                        assert abs(found[key] - number) < 1e-5, (key, found[key], number)
print("; ".join(f"{name} {error:.0e}" for name, error in worst.items()))
weights = torch.rand(7, 19) + 0.5
for name in ("vanilla", "gspo", "cispo", "sapo"):
    old, logp, advantage, mask = batch()
    both = [theirs.POLICY_LOSS_REGISTRY[x](old, logp, advantage, mask, "token-mean", config(name, "token-mean", {}), weights)[0]
            for x in (name, PAIRS[name])]  # fmt: skip
    assert abs(both[0] - both[1]) < 1e-6 * max(1, abs(both[0])), (name, both)
old, logp, advantage, mask = batch()
value, slope, found = run("gppo", logp, old, advantage, mask, "token-mean", {})
outside = mask & ((advantage > 0) & (logp - old > 0.26) | (advantage < 0) & (logp - old < -0.24))
assert outside.any() and (slope[outside] != 0).all() and value.isfinite()
print(f"{len(PAIRS)} losses of verl agree to 1e-6; GPPO trains the tokens verl clips")
