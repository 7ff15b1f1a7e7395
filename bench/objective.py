# SPDX-License-Identifier: Apache-2.0
"""The policy objective, forward and backward to the log-probs: ours against torch eager and torch.compile written as
TRL writes them, and against the bandwidth bound measured in our own process.

usage: objective.py WORKER OUTPUT_DIRECTORY [--quick]       (--quick: 1 M tokens only, few rounds)
Sequences of 4096 tokens, one advantage each, token mean; before each pass the caches are filled with something else, as
a model does in training. Torch gets a float mask of ones, ours none, which is what
packed completions have; `masked` rows give ours a mask too. Rows "of the bound": `peer` is the bound, so `ratio` is the
fraction of it. `bar` is what the ratio must reach. Exits 1 if our gradient differs from torch's, or if a pass needs
memory the size of the batch.
"""
import side_by_side
side_by_side.restart_pinned()
import os
import sys
import tempfile
import time
import numpy
import torch
from peer_losses import cispo_cap, clip_higher, gppo
from side_by_side import Results, Worker, interleave, timed

torch.set_num_threads(int(side_by_side.THREADS))
LENGTH = 4096

# our name -> (torch's way, bars over eager and torch.compile at 16 M)
PEERS = {"gppo": (gppo, 15, 3), "clip_higher": (clip_higher, 15, 3), "cispo_cap": (cispo_cap, 5, 1.9)}
TWO_PHASE = {"gspo": 0.5, "clip_cov": 0.5, "gmpo": None, "vespo": None, "kl_cov": None}  # bars on GPPO's time / theirs
OF_BOUND = 0.85
OTHER = torch.zeros(64 << 20)  # what evicts the caches


def after_a_pause(side):
    """OpenMP threads of the other process may still spin for a moment."""
    def run():
        time.sleep(0.02)
        return side()
    return run


def load(worker, policy, tokens, directory):
    """The worker's own numbers as tensors, and its gradient."""
    path = os.path.join(directory, "tokens")
    worker.ask(f"dump {policy} {tokens} {path}")
    numbers = torch.from_numpy(numpy.fromfile(path, dtype=numpy.float32))
    os.unlink(path)
    rows = tokens // LENGTH
    parts = numbers.split([tokens, tokens, rows, tokens])
    logp, old, dlogp = (x.reshape(rows, LENGTH).clone() for x in (parts[0], parts[1], parts[3]))
    return logp.requires_grad_(), old, parts[2].clone()[:, None], torch.ones(rows, LENGTH), dlogp


def step_of(loss, logp, old, advantage, mask):
    def step():
        logp.grad = None
        loss(logp, old, advantage, mask).backward()
    run = timed(step)

    def cold():
        OTHER.add_(1.0)
        return run()
    return cold


def check_gradient(worker, tokens, directory):
    for policy, (loss, _, _) in PEERS.items():
        logp, old, advantage, mask, dlogp = load(worker, policy, tokens, directory)
        loss(logp, old, advantage, mask).backward()
        error = ((dlogp - logp.grad).norm() / logp.grad.norm()).item()
        print(f"  {policy}, {tokens} tokens: gradient differs from torch's by {error:.1e}", file=sys.stderr)
        if not error < 3e-4:  # ties on a bound, where torch splits the gradient
            sys.exit(f"bench objective: {policy} does not compute what its peer computes")


def size(tokens):
    return f"{tokens >> 20}M"


def against_torch(worker, results, tokens, rounds, directory):
    for policy, (loss, over_eager, over_compiled) in PEERS.items():
        batch = load(worker, policy, tokens, directory)[:4]
        sides = {"ours": lambda: worker.time(f"time {policy} {tokens}"),
                 "masked": lambda: worker.time(f"time {policy} {tokens} mask"),
                 "torch eager": step_of(loss, *batch),
                 "torch.compile": step_of(torch.compile(loss, dynamic=False), *batch)}
        times = interleave({name: after_a_pause(side) for name, side in sides.items()}, rounds)
        bars = {"torch eager": over_eager, "torch.compile": over_compiled} if tokens >> 24 else {}
        for peer in ("torch eager", "torch.compile"):
            more = {"bar": bars[peer]} if bars else {}
            results.add(f"{policy} {size(tokens)}", peer, times["ours"], times[peer], **more)
            results.add(f"{policy} {size(tokens)} masked", peer, times["masked"], times[peer])
        torch._dynamo.reset()


def against_the_bound(worker, results, tokens, rounds):
    """In rounds over all policies: the machine's bandwidth changes by the minute."""
    policies = worker.ask("policies")["policies"]
    sides = {name: lambda name=name: worker.time(f"time {name} {tokens}")
             for name in ["bound3", *policies, *TWO_PHASE, "bound2"]}
    times = interleave(sides, rounds, warm=1)
    for policy in policies:
        results.add(f"{policy} {size(tokens)} of the bound", "3 reads + 1 write", times[policy], times["bound3"],
                    bar=OF_BOUND)
        results.add(f"{policy} {size(tokens)} of its own traffic", "2 reads + 1 write", times[policy],
                    times["bound2"])
    for policy, bar in TWO_PHASE.items():
        more = {"bar": bar} if bar else {}
        results.add(f"{policy} {size(tokens)}, two phases", "our GPPO, one phase", times[policy], times["gppo"], **more)


def memory(worker, results, tokens):
    for policy in [*PEERS, *TWO_PHASE]:
        used = worker.ask(f"memory {policy} {tokens}")
        row = {"case": f"{policy} {size(tokens)} peak memory of a pass", "ours": round(used["mib"], 3),
               "peer": used["array_mib"], "unit": "MiB", "ratio": round(used["array_mib"] / max(used["mib"], 1e-3), 1),
               "peer_name": "one float array of the batch", "bar": 4}
        print(side_by_side.json.dumps(row), flush=True)
        results.rows.append(row)
        if used["mib"] * 4 > used["array_mib"]:
            sys.exit(f"bench objective: {policy} needs {used['mib']} MiB beside its buffers at {tokens} tokens")


def main():
    worker, out, quick = Worker(sys.argv[1]), sys.argv[2], "--quick" in sys.argv
    results = Results("objective")
    with tempfile.TemporaryDirectory() as directory:
        for tokens in [1 << 20] if quick else [1 << 20, 1 << 24]:
            rounds = 5 if quick else 15
            memory(worker, results, tokens)
            check_gradient(worker, tokens, directory)
            against_torch(worker, results, tokens, rounds, directory)
            against_the_bound(worker, results, tokens, rounds)
    worker.close()
    results.save(out)


if __name__ == "__main__":
    main()
