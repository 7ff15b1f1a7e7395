# SPDX-License-Identifier: Apache-2.0
"""The operators for Python: load() once, then PolicyLoss and linear_logprob.

    import gppo_torch
    gppo_torch.load("build/release/examples/torch/libgppo_torch_ops.so")     # or set GPPO_TORCH_OPS
    gppo = gppo_torch.PolicyLoss("gppo", {"high": 0.28}, aggregation="token_mean")
    loss, statistics = gppo(logp, logp_old, advantage, mask)
    loss.backward()

logp is (B, L) with a mask, or (T) with offsets=(B + 1). All tensors are float32 on one device, masks bool; they are read
in place. Methods and their parameters: `gppo loss --list`, or preset="verl_grpo" for a system's conventions.
"""
import json
import os

import torch


def load(path=None):
    """Registers torch.ops.gppo. Once is enough; again does no harm."""
    path = path or os.environ.get("GPPO_TORCH_OPS")
    if not path:
        raise RuntimeError("gppo_torch.load() needs the path of libgppo_torch_ops.so, or GPPO_TORCH_OPS")
    torch.ops.load_library(path)


class PolicyLoss:
    """An objective by name. Calling it gives the loss, which has a gradient, and a tensor of statistics (`names`)."""

    def __init__(self, policy=None, policy_params=None, *, diagnostics=False, **methods):
        named = {"policy": policy, "policy_params": policy_params, **methods}
        self.objective = json.dumps({key: value for key, value in named.items() if value is not None})
        self.diagnostics = diagnostics
        self.names = torch.ops.gppo.statistics_names(diagnostics)

    def __call__(self, logp, logp_old, advantage, mask=None, **tensors):
        loss, _, _, statistics = torch.ops.gppo.policy_loss(
            logp, logp_old, advantage, mask, objective=self.objective, diagnostics=self.diagnostics, **tensors)
        return loss, statistics


def linear_logprob(hidden, weight, ids, temperature=1.0, entropy=True):
    """log-probs of `ids` (...) and entropies, or None, from hidden (..., D) and the head's weight (V, D)."""
    logp, sums, _ = torch.ops.gppo.linear_logprob(hidden, weight, ids, temperature, entropy)
    return logp, sums if entropy else None
