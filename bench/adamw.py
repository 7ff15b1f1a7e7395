# SPDX-License-Identifier: Apache-2.0
"""One AdamW step of 100 M fp32 parameters: ours against torch's fused one, and against moving the same bytes with one
addition each (four arrays read, three written: 28 bytes a parameter), which is what memory allows.

usage: adamw.py WORKER OUTPUT_DIRECTORY [--quick]
"""
import side_by_side
side_by_side.restart_pinned()
import sys
import torch
from side_by_side import Results, Worker, interleave, timed

torch.set_num_threads(int(side_by_side.THREADS))
BYTES = 28


def fused(parameters):
    weight = torch.nn.Parameter(torch.randn(parameters))
    weight.grad = torch.randn_like(weight)
    return torch.optim.AdamW([weight], lr=1e-4, weight_decay=0.01, fused=True).step


def main():
    out, quick = sys.argv[2], "--quick" in sys.argv
    results = Results("adamw")
    for parameters in (100_000_000, 3_400_000):
        worker = Worker(sys.argv[1], str(parameters))
        sides = {"ours": lambda: worker.time("step"), "torch fused": timed(fused(parameters)),
                 "memory": lambda: worker.time("copy")}
        times = interleave(sides, rounds=5 if quick else 15)
        for peer in ("torch fused", "memory"):
            results.add(f"AdamW {parameters / 1e6:g} M", peer, times["ours"], times[peer], work=BYTES * parameters / 1e9, unit="GB/s")
        worker.close()
    results.save(out)


if __name__ == "__main__":
    main()
