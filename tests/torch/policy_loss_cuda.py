# SPDX-License-Identifier: Apache-2.0
"""gppo::policy_loss on tensors of a GPU against the same on the CPU: every policy that looks at one token at a time, losses and
gradients to 1e-5 of the largest, masks, offsets, KL, entropy and positives; what has no kernel there is refused by name. Skipped
where there is no GPU, or the library was built without CUDA.

usage: policy_loss_cuda.py libgppo_torch_ops.so SOURCE_DIRECTORY GPPO
"""
import json
import subprocess
import sys

import torch

LIBRARY, _, BINARY = sys.argv[1:4]
torch.ops.load_library(LIBRARY)
built = torch._C._dispatch_has_kernel_for_dispatch_key("gppo::policy_loss", "CUDA")
if not (built and torch.cuda.is_available()):
    print("skipped: " + ("no GPU" if built else "built without CUDA"))
    sys.exit(77)
op = torch.ops.gppo.policy_loss
torch.manual_seed(1)
ROWS, LENGTH = 37, 301
old = -torch.rand(ROWS, LENGTH) * 3
logp = old + 0.3 * torch.randn(ROWS, LENGTH)
advantage, mask = torch.randn(ROWS), torch.rand(ROWS, LENGTH) < 0.8
TERMS = {"logp_ref": old + 0.1 * torch.randn(ROWS, LENGTH), "entropy": torch.rand(ROWS, LENGTH), "positive": advantage > 0,
         "logp_rollout": old, "entropy_old": torch.rand(ROWS, LENGTH)}  # fmt: skip
NO_KERNEL = "no kernel on the"


def both(objective, tensors, shape=lambda x: x):
    found = []
    for device in ("cpu", "cuda"):
        leaf = shape(logp).to(device).requires_grad_()
        more = {key: value.to(device) for key, value in tensors.items()}
        given = more.pop("advantage", advantage.to(device))
        loss, _, dentropy, statistics = op(leaf, shape(old).to(device), given, objective=json.dumps(objective), **more)
        assert loss.device.type == statistics.device.type == device
        loss.backward()
        found.append([x.detach().cpu() for x in (loss, leaf.grad, dentropy, statistics)])
    for a, b in zip(*found):
        error = (a - b).abs().max() / a.abs().max().clamp(min=1e-30) if a.numel() else torch.tensor(0.0)
        assert error < 1e-5, (objective, sorted(tensors), error)


listed = json.loads(subprocess.run([BINARY, "loss", "--list"], check=True, capture_output=True, text=True).stdout)
compared = refused = 0
for policy in listed["policy"]:
    try:
        both({"policy": policy}, {})
    except RuntimeError as error:
        assert NO_KERNEL in str(error) or "off_policy" in str(error), error
        refused += 1
        continue
    both({"policy": policy, "kl": "k3", "kl_coef": 0.1, "entropy_coef": 0.01, "positive_coef": 0.1}, {**TERMS, "mask": mask})
    compared += 1
assert compared > 15 and refused > 3, (compared, refused)
offsets = torch.tensor([0, 301, 2107, 2107 + 301, ROWS * LENGTH])
for by_token in (False, True):
    credit = torch.randn(ROWS * LENGTH if by_token else 4)
    both({"policy": "gppo", "aggregation": "seq_mean_token_mean"}, {"offsets": offsets, "advantage": credit}, lambda x: x.reshape(-1))
for words, objective, tensors in (("rollout corrections", {"correction": "tis_token"}, {"logp_rollout": old}),
                                  ("mask is on cpu", {}, {"mask": mask})):
    try:
        op(logp.cuda(), old.cuda(), advantage.cuda(), objective=json.dumps(objective),
           **{key: value if key == "mask" else value.cuda() for key, value in tensors.items()})
        raise SystemExit(f"{objective} was not refused")
    except RuntimeError as error:
        assert words in str(error), error
print(f"ok: {compared} policies on {torch.cuda.get_device_name()} as on the CPU, {refused} refused")
