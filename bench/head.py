# SPDX-License-Identifier: Apache-2.0
"""The head: hidden (512, 1024) x weights (151936, 1024) -> log-prob and entropy of one token a row, and back to both
gradients. Ours never holds all logits, in two passes, as behind autograd, not more than a tile; in one pass, as the trainer goes where
gradients follow from each token, those of 512 rows. Eager torch holds them, in fp32, as TRL's trainer has them (its
selective_log_softmax_and_entropy, entropy with gradient). Time, and peak memory beyond inputs and gradients.

usage: head.py WORKER OUTPUT_DIRECTORY [--quick]
"""
import side_by_side
side_by_side.restart_pinned()
import gc
import sys
import time
import torch
import torch.nn.functional as F
from side_by_side import Results, Worker, interleave
from trl.trainer.utils import selective_log_softmax_and_entropy

torch.set_num_threads(int(side_by_side.THREADS))
ROWS, WIDTH, VOCABULARY = 512, 1024, 151_936


def status(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(key + ":"))


class Eager:
    """The same work in torch. Every run notes its peak."""

    def __init__(self, dtype):
        draw = torch.Generator().manual_seed(0)
        self.hidden = (torch.rand(ROWS, WIDTH, generator=draw) * 2 - 1).to(dtype).requires_grad_(True)
        self.weight = ((torch.rand(VOCABULARY, WIDTH, generator=draw) * 2 - 1) * 0.1).to(dtype).requires_grad_(True)
        self.ids = torch.arange(ROWS) * 131 % VOCABULARY
        self.dlogp = torch.rand(ROWS, generator=draw) * 2 - 1
        self.hidden.grad, self.weight.grad = torch.zeros_like(self.hidden), torch.zeros_like(self.weight)
        self.peaks = []

    def run(self):
        gc.collect()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        before, start = status("VmRSS"), time.perf_counter()
        logits = F.linear(self.hidden, self.weight).float()
        logp, entropy = selective_log_softmax_and_entropy(logits[None], self.ids[None], entropy_requires_grad=True)
        ((logp[0] * self.dlogp).sum() + 0.01 * entropy.sum()).backward()
        seconds = time.perf_counter() - start
        del logits, logp, entropy
        self.peaks.append(status("VmHWM") - before)
        return seconds


def main():
    out, quick = sys.argv[2], "--quick" in sys.argv
    results = Results("head")
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        worker, eager, peaks = Worker(sys.argv[1], precision), Eager(dtype), {"both": [], "learn": []}

        def ours(command):
            answer = worker.ask(command)
            peaks[command].append(answer["peak_mib"])
            return answer["seconds"]
        times = interleave({"both": lambda: ours("both"), "learn": lambda: ours("learn"), "eager": eager.run},
                           rounds=3 if quick else 9, warm=1)
        for command, passes in (("both", "two passes"), ("learn", "one pass")):
            results.add(f"head 512 x 151936, D 1024, {precision}, {passes}", f"torch eager {precision}", times[command], times["eager"],
                        ours_peak_mib=round(max(peaks[command]), 1), peer_peak_mib=round(max(eager.peaks), 1))
        worker.close()
        del eager
        gc.collect()
    results.save(out)


if __name__ == "__main__":
    main()
