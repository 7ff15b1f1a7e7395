# SPDX-License-Identifier: Apache-2.0
"""The operators of libgppo_torch_ops, forward and backward, against torch eager and torch.compile in the same process.

usage: torch_operators.py libgppo_torch_ops.so OUTPUT_DIRECTORY [--quick]       (--quick: 1 M tokens and a small head only)
policy_loss: sequences of 4096 tokens, one advantage each, token mean; before each pass the caches are filled with something
else, as a model does in training. Torch gets a float mask of ones, ours none, which is what packed completions have; `masked`
rows give ours a bool mask too. linear_logprob: fp32, log-probs and entropies, Qwen's vocabulary. `bar` is what the ratio must
reach. Exits 1 if a gradient differs from torch's.
"""
import side_by_side
side_by_side.restart_pinned()
import os
import sys
import time
import torch
from peer_losses import cispo_cap, clip_higher, gppo
from side_by_side import Results, interleave, timed

LIBRARY, DIRECTORY = sys.argv[1:3]
QUICK = "--quick" in sys.argv
torch.ops.load_library(LIBRARY)
torch.set_num_threads(int(side_by_side.THREADS))
op = torch.ops.gppo
LENGTH = 4096
OTHER = torch.zeros(64 << 20)  # what evicts the caches
PEERS = {"gppo": gppo, "clip_higher": clip_higher, "cispo_cap": cispo_cap}
BARS = {"torch eager": 10, "torch.compile": 2}


def cold(work, leaves):
    """Seconds of one pass that starts without gradients and with other things in the caches."""
    run = timed(work)

    def side():
        for leaf in leaves:
            leaf.grad = None
        OTHER.add_(1.0)
        return run()
    return side


def expect_equal(case, ours, theirs, leaves, tolerance):
    found = []
    for work in (ours, theirs):
        for leaf in leaves:
            leaf.grad = None
        work()
        found.append([leaf.grad.clone() for leaf in leaves])
    for a, b in zip(*found):
        error = ((a - b).norm() / b.norm()).item()
        print(f"  {case}: gradient differs from torch's by {error:.1e}", file=sys.stderr)
        if not error < tolerance:
            sys.exit(f"bench torch: {case} does not compute what its peer computes")


def policy_loss(results, tokens, rounds):
    rows = tokens // LENGTH
    torch.manual_seed(0)
    old = -torch.rand(rows, LENGTH) * 3
    logp = (old + 0.3 * torch.randn(rows, LENGTH)).requires_grad_()
    advantage, ones, all_tokens = torch.randn(rows), torch.ones(rows, LENGTH), torch.ones(rows, LENGTH, dtype=torch.bool)
    for policy, loss in PEERS.items():
        objective = f'{{"policy": "{policy}"}}'
        ours = lambda mask=None: op.policy_loss(logp, old, advantage, mask, objective=objective)[0].backward()
        compiled = torch.compile(loss, dynamic=False)
        eager = lambda of=loss: of(logp, old, advantage[:, None], ones).backward()
        case = f"policy_loss {policy} {tokens >> 20}M"
        expect_equal(case, ours, eager, [logp], 3e-4)  # ties on a bound, where torch splits the gradient
        sides = {"ours": ours, "masked": lambda: ours(all_tokens), "torch eager": eager,
                 "torch.compile": lambda: eager(compiled)}
        times = interleave({name: cold(side, [logp]) for name, side in sides.items()}, rounds)
        for peer, bar in BARS.items():
            results.add(case, peer, times["ours"], times[peer], bar=bar)
            results.add(case + " masked", peer, times["masked"], times[peer])
        torch._dynamo.reset()


def peak_mib(work):
    """What `work` adds to the memory of this process at its peak."""
    def status(field):
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(field + ":")) / 1024
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = status("VmHWM")
    work()
    return status("VmHWM") - before


def head(results, rows, width, vocabulary, rounds):
    hidden = torch.randn(rows, width, requires_grad=True)
    weight = (torch.randn(vocabulary, width) / width**0.5).requires_grad_()
    ids, c, e = torch.randint(0, vocabulary, (rows,)), torch.randn(rows), torch.randn(rows)

    def eager(entropy):
        table = torch.log_softmax(hidden @ weight.T, -1)
        loss = (table.gather(1, ids[:, None]).squeeze(1) * c).sum()
        (loss - ((table.exp() * table).sum(1) * e).sum() if entropy else loss).backward()

    def ours(entropy):
        logp, sums, _ = op.linear_logprob(hidden, weight, ids, 1.0, entropy)
        loss = (logp * c).sum()
        (loss + (sums * e).sum() if entropy else loss).backward()

    for entropy in (False, True):
        case = f"linear_logprob {rows}x{width}x{vocabulary}" + (" with entropy" if entropy else "")
        sides = {"ours": lambda: ours(entropy), "torch eager": lambda: eager(entropy)}
        expect_equal(case, *sides.values(), [hidden, weight], 1e-4)
        used = {}
        for name, side in sides.items():  # ours first: what eager gave back to the allocator would hide it
            hidden.grad = weight.grad = None
            used[name] = peak_mib(side)
        times = interleave({name: cold(side, [hidden, weight]) for name, side in sides.items()}, rounds, warm=1)
        results.add(case, "torch eager", times["ours"], times["torch eager"],
                    peak_mib={name: round(mib) for name, mib in used.items()})


results = Results("torch_operators")
for tokens, rounds in ((1 << 20, 5),) if QUICK else ((1 << 20, 15), (1 << 24, 7)):
    policy_loss(results, tokens, rounds)
head(results, 256 if QUICK else 1024, 256, 151936 >> (3 if QUICK else 0), 3)
results.save(DIRECTORY)
