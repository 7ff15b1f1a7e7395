# SPDX-License-Identifier: Apache-2.0
"""Policy losses as TRL writes them, token mean: what ours is measured against."""
import torch

LOW, HIGH = 0.2, 0.28


def clip_higher(logp, old, advantage, mask):
    ratio = torch.exp(logp - old)
    clipped = torch.clamp(ratio, 1 - LOW, 1 + HIGH)
    loss = -torch.min(ratio * advantage, clipped * advantage)
    return (loss * mask).sum() / mask.sum().clamp(min=1.0)


def cispo_cap(logp, old, advantage, mask):
    ratio = torch.exp(logp - old)
    loss = -torch.clamp(ratio, max=5.0).detach() * advantage * logp
    return (loss * mask).sum() / mask.sum().clamp(min=1.0)


def gppo(logp, old, advantage, mask):
    ratio = torch.exp(logp - old)
    fixed = ratio.detach()
    bounded = torch.clamp(fixed, 1 - LOW, 1 + HIGH) / fixed * ratio
    loss = -torch.min(ratio * advantage, bounded * advantage)
    return (loss * mask).sum() / mask.sum().clamp(min=1.0)
