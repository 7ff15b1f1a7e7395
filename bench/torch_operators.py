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
import subprocess
import sys
import torch
from peer_losses import cispo_cap, clip_higher, gppo
from side_by_side import Results, interleave, timed

LIBRARY, DIRECTORY = sys.argv[1:3]
QUICK = "--quick" in sys.argv
torch.ops.load_library(LIBRARY)
torch.set_num_threads(int(side_by_side.THREADS))
op = torch.ops.gppo
LENGTH = 4096
OTHER = torch.zeros(64 << 20 if "--peak" not in sys.argv else 1)  # what evicts the caches
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
        # The first case would otherwise be the slower one: pages and clocks settle over some twenty passes.
        times = interleave({name: cold(side, [logp]) for name, side in sides.items()}, rounds, warm=20)
        for peer, bar in BARS.items():
            results.add(case, peer, times["ours"], times[peer], bar=bar)
            results.add(case + " masked", peer, times["masked"], times[peer])
        torch._dynamo.reset()


def head_sides(rows, width, vocabulary, entropy):
    torch.manual_seed(0)
    hidden = torch.randn(rows, width, requires_grad=True)
    weight = (torch.randn(vocabulary, width) / width**0.5).requires_grad_()
    ids, c, e = torch.randint(0, vocabulary, (rows,)), torch.randn(rows), torch.randn(rows)

    def eager():
        table = torch.log_softmax(hidden @ weight.T, -1)
        loss = (table.gather(1, ids[:, None]).squeeze(1) * c).sum()
        (loss - ((table.exp() * table).sum(1) * e).sum() if entropy else loss).backward()

    def ours():
        logp, sums, _ = op.linear_logprob(hidden, weight, ids, 1.0, entropy)
        loss = (logp * c).sum()
        (loss + (sums * e).sum() if entropy else loss).backward()

    return [hidden, weight], {"ours": ours, "torch eager": eager}


def print_peak(name, *shape):
    """What the first pass adds to the memory of this process at its peak, less the gradients of its inputs, in MiB."""
    def peak():
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    head_sides(8, 8, 8, True)[1][name]()  # what is loaded once
    leaves, sides = head_sides(*shape)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = peak()
    sides[name]()
    print(round(peak() - before - sum(leaf.numel() for leaf in leaves) * 4 / 2**20))


def peak_of(name, *shape):
    environment = {key: value for key, value in os.environ.items() if key not in side_by_side.TUNED}
    command = [sys.executable, __file__, LIBRARY, DIRECTORY, "--peak", name, *map(str, map(int, shape))]
    return int(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


def head(results, rows, width, vocabulary, rounds):
    for entropy in (False, True):
        leaves, sides = head_sides(rows, width, vocabulary, entropy)
        case = f"linear_logprob {rows}x{width}x{vocabulary}" + (" with entropy" if entropy else "")
        expect_equal(case, sides["ours"], sides["torch eager"], leaves, 1e-4)
        times = interleave({name: cold(side, leaves) for name, side in sides.items()}, rounds, warm=0)
        used = {name: peak_of(name, rows, width, vocabulary, entropy) for name in sides}
        results.add(case, "torch eager", times["ours"], times["torch eager"], peak_mib=used)


if "--peak" in sys.argv:
    name, *shape = sys.argv[sys.argv.index("--peak") + 1:]
    print_peak(name, *map(int, shape))
    sys.exit()
results = Results("torch_operators")
for tokens, rounds in ((1 << 20, 5),) if QUICK else ((1 << 20, 15), (1 << 24, 7)):
    policy_loss(results, tokens, rounds)
head(results, 256 if QUICK else 1024, 256, 151936 >> (3 if QUICK else 0), 3)
results.save(DIRECTORY)
