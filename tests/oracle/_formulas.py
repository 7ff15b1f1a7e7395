# SPDX-License-Identifier: Apache-2.0
"""The token-wise policies as their papers have them, in torch: J per token, to be maximised, with detach() where the paper
has a stop-gradient. Nothing here comes from the library."""
import math

import torch


def ppo(lp, old, A, low, high):
    r = (lp - old).exp()
    return torch.minimum(r * A, r.clamp(1 - low, 1 + high) * A)


def dual(J, A, cap):
    return torch.where(A < 0, torch.maximum(J, cap * A), J)


def gppo(lp, old, A, low, high, only_high=False):
    r = (lp - old).exp()  # Klear-Reasoner, core_algos.py:503
    lower = torch.full_like(r, 1 - low) if only_high else (1 - low) / r.detach() * r
    return torch.minimum(r * A, torch.clamp(r, lower, (1 + high) / r.detach() * r) * A)


def ce_gppo(lp, old, A, low, high, beta_low, beta_high):
    r = (lp - old).exp()  # CE-GPPO, compute_gppo_loss_general_beta
    J = r * A
    J = torch.where((r < 1 - low) & (A < 0), beta_low * (1 - low) / r.detach() * r * A, J)
    return torch.where((r > 1 + high) & (A > 0), beta_high * (1 + high) / r.detach() * r * A, J)


def cispo(lp, old, A, low, high):
    return (lp - old).exp().clamp(low, high).detach() * A * lp


def masked_cispo(lp, old, A, low, high):
    r = (lp - old).exp()
    away = ((A > 0) & (r > 1 + high)) | ((A < 0) & (r < 1 - low))
    return cispo(lp, old, A, 1 - low, 1 + high) * ~away


def guarded(J, limit=20.0):
    return lambda lp, old, A: J(old + (lp - old).clamp(-limit, limit), old, A)


def sapo(lp, old, A, positive, negative):
    tau = torch.where(A > 0, positive, negative)
    x = tau * ((lp - old).exp() - 1)  # 1 - sigmoid(-x) is sigmoid(x), and its gradient does not cancel to 0 from e^-37 on
    return torch.where(x > 0, 1 - torch.sigmoid(-x), torch.sigmoid(x)) * 4 / tau * A


def aspo(lp, old, A, low, high, cap):
    r = (lp - old).exp()  # Archer2.0, compute_policy_loss_archer
    n, p = r.clamp(min=1 - low), r.clamp(max=1 + high)
    bad = torch.where(n > cap, cap * A * lp, n * A)
    good = torch.where(1 / p > cap, cap * A * lp, p / p.detach() / p.detach() * A)
    return torch.where(A < 0, bad, good)


def tv_kept(lp, old, A, low, high):
    change = lp.exp() - old.exp()
    return torch.where(A > 0, change <= high, change >= -low).detach()


def binary_kl(lp, old):
    p, p_old = lp.exp().clamp(max=1.0), old.exp()
    return p_old * (old - lp) + (1 - p_old) * torch.log((1 - p_old + 1e-8) / (1 - p + 1e-8))


def kl_kept(lp, old, A, low, high):
    kl = binary_kl(lp, old)
    return torch.where(A > 0, (kl <= high) | (lp <= old), (kl <= low) | (lp >= old)).detach()


def gated(lp, old, A, kept, cap):
    return (lp - old).exp().clamp(max=cap).detach() * A * lp * kept


def pulled(lp, old, A, kept, pull):
    return (lp - old).exp() * A * kept, -pull * (lp - old) ** 2


def topr(lp, old, A):
    return torch.where(A > 0, 1.0, (lp - old).exp().clamp(max=1.0)).detach() * A * lp


def shaped(x, A, gamma):
    return A / (1 + gamma / x)  # x / (x + gamma), whose derivative cancels for large x


POLICIES = {  # name -> (parameters that differ from the default, J or its parts)
    "ppo": ({}, lambda *t: ppo(*t, 0.2, 0.2)),
    "clip_higher": ({}, lambda *t: ppo(*t, 0.2, 0.28)),
    "dual_clip": ({"high": 0.3}, lambda *t: dual(ppo(*t, 0.2, 0.3), t[2], 3.0)),
    "cispo": ({}, lambda *t: cispo(*t, 0.8, 1.28)),
    "cispo_cap": ({}, lambda *t: cispo(*t, 0.0, 5.0)),
    "gppo": ({}, lambda *t: gppo(*t, 0.2, 0.28)),
    "gppo_released": ({}, lambda *t: dual(gppo(*t, 0.2, 0.28), t[2], 10.0)),
    "gppo_only_high": ({}, lambda *t: gppo(*t, 0.2, 0.28, True)),
    "gppo_only_high_released": ({"cap": 4.0}, lambda *t: dual(gppo(*t, 0.2, 0.28, True), t[2], 4.0)),
    "ce_gppo": (
        {"beta_low": 0.25, "beta_high": 0.75},
        lambda *t: dual(ce_gppo(*t, 0.2, 0.28, 0.25, 0.75), t[2], 10.0),
    ),
    "ppo_guarded": ({}, guarded(lambda *t: ppo(*t, 0.2, 0.2))),
    "dual_clip_guarded": ({"limit": 2.0}, guarded(lambda *t: dual(ppo(*t, 0.2, 0.2), t[2], 3.0), 2.0)),
    "gppo_guarded": ({"cap": 1e9}, guarded(lambda *t: dual(gppo(*t, 0.2, 0.28), t[2], 1e9))),
    "cispo_masked": ({"low": 0.1, "high": 0.1}, lambda *t: masked_cispo(*t, 0.1, 0.1)),
    "roll_tis": ({}, lambda *t: cispo(*t, 0.0, 1.0)),
    "reinforce": ({}, lambda lp, old, A: A * lp),
    "importance_sampling": ({}, lambda lp, old, A: (lp - old).exp() * A),
    "sapo": ({}, lambda *t: sapo(*t, 1.0, 1.05)),
    "aspo": ({"high": 0.28}, lambda *t: aspo(*t, 0.2, 0.28, 3.0)),
    "dppo_tv": ({"high": 0.2}, lambda *t: gated(*t, tv_kept(*t, 0.15, 0.2), 20.0)),
    "dppo_tv_prime": ({"pull": 0.01}, lambda *t: pulled(*t, tv_kept(*t, 0.2, 0.2), 0.01)),
    "dppo_kl": ({"high": 0.2}, lambda *t: gated(*t, kl_kept(*t, 0.05, 0.2), 20.0)),
    "ipo": ({}, lambda *t: pulled(*t, (t[0].exp() - t[1].exp()).abs().detach() <= 0.1, 0.001)),
    "topr": ({}, topr),
    "dro": ({"tau": 0.25}, lambda lp, old, A: (A * lp, -0.125 * (lp - old) ** 2)),
    "luffy": ({}, lambda lp, old, A: shaped(lp.exp(), A, 0.1)),
    "exgrpo": ({"gamma": 0.5}, lambda lp, old, A: shaped((lp - old).exp(), A, 0.5)),
}
# Every kink above: the reference is ambiguous there. Of the ratio, of p - p_old, of the binary KL.
BOUNDS = [0.8, 0.9, 1.1, 1.2, 1.28, 1.3, 3.0, 4.0, 5.0, 10.0, 1 / 3]
BOUNDS += [math.exp(x) for x in (-20, -2, 2, 20)]
CHANGES = [-0.2, -0.15, -0.1, 0.1, 0.15, 0.2]
DIVERGENCES = [0.05, 0.2]
