# SPDX-License-Identifier: Apache-2.0
"""The maths verifier against math-verify: time of one judgement on real answers and their variants, worst time on
hostile ones, throughput side by side in one run.

usage: verify.py WORKER OUTPUT_DIRECTORY [--quick]          (--quick: 300 pairs for math-verify instead of 2000)
One thread each. The pairs are golds of ../shared/data in a written answer, random pairs of them and variants
(tests/oracle/_answers.py). Both sides get the same text: extraction, reading and comparison are timed together. Ours is
timed by the worker, in rounds between math-verify's; each pair counts with its median. Exits 1 above a bar: p50 50 us, p95
1 ms, hostile 20 ms, 100 times the throughput.
"""
import side_by_side
side_by_side.restart_pinned()
import pathlib
import random
import statistics
import subprocess
import json
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "tests/oracle"))
import _answers
from math_verify import parse, verify
from side_by_side import Results

ROUNDS = 5
BARS = {"p50 us": 50, "p95 us": 1000, "worst hostile ms": 20, "throughput": 100}


class Verifier:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def times(self, pairs):
        """Seconds of each pair."""
        seconds = []
        for pair in pairs:
            self.process.stdin.write(json.dumps(pair) + "\n")
            self.process.stdin.flush()
            seconds.append(json.loads(self.process.stdout.readline())[1])
        return seconds


def written(answer):
    return f"<think>Perhaps \\boxed{{7}}?</think>\nThe final answer is $\\boxed{{{answer}}}$."


def their_time(pair):
    gold, response = pair
    start = time.perf_counter()
    try:
        verify(parse(f"$\\boxed{{{gold}}}$"), parse(response))
    except Exception:  # its parser gives up on some; the time counts
        pass
    return time.perf_counter() - start


def percentile(seconds, share):
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


def main():
    rng = random.Random(17)
    golds = _answers.real_golds(SOURCE.parent / "shared/data")
    if not golds:
        sys.exit("bench verify: no ../shared/data beside the source")
    pairs = [(g, written(g)) for g in rng.sample(golds, 1500)]
    pairs += [(g, written(p)) for g, p, _, _ in _answers.variants(golds, rng, 3000)]
    pairs += [(a, written(b)) for a, b in (rng.sample(golds, 2) for _ in range(1500))]
    rng.shuffle(pairs)
    few = pairs[:300 if "--quick" in sys.argv else 2000]

    worker = Verifier(sys.argv[1])
    rounds, theirs = [], []
    for k in range(ROUNDS):
        rounds.append(worker.times(pairs))
        theirs += [their_time(pair) for pair in few[k * len(few) // ROUNDS:(k + 1) * len(few) // ROUNDS]]
    ours = [statistics.median(times) for times in zip(*rounds)]

    bad = _answers.hostile()
    hostile = [(g, f"\\boxed{{{h}}}") for g in ("5.5", "x+1", "(1, 2, 3)", "9^{9^{9^{8}}}", "\\sqrt{2}+1", "x,y", "(1,2)\\cup(3,4)")
               for h in bad] + [(h, f"\\boxed{{{h} +0}}") for h in bad] + [(a, f"\\boxed{{{b}}}") for a, b in zip(bad, bad[1:])]
    worst = [statistics.median(times) for times in zip(*(worker.times(hostile) for _ in range(3)))]

    results = Results("verify")
    ratio = statistics.mean(theirs) / statistics.mean(ours[:len(few)])
    figures = {"p50 us": percentile(ours, 0.5) * 1e6, "p95 us": percentile(ours, 0.95) * 1e6,
               "worst us": max(ours) * 1e6, "worst hostile ms": max(worst) * 1e3, "throughput": ratio,
               "pairs a second": 1 / statistics.mean(ours), "math-verify p50 us": percentile(theirs, 0.5) * 1e6,
               "math-verify p95 us": percentile(theirs, 0.95) * 1e6, "math-verify pairs a second": 1 / statistics.mean(theirs)}
    failed = []
    for name, figure in figures.items():
        bar = BARS.get(name)
        good = bar is None or (figure >= bar if name == "throughput" else figure <= bar)
        row = {"case": name, "ours": round(figure, 2), "bar": bar, "pairs": len(pairs), "their_pairs": len(few), "rounds": ROUNDS}
        print(json.dumps(row), flush=True)
        results.rows.append(row)
        if not good:
            failed.append(name)
    slowest = max(range(len(worst)), key=worst.__getitem__)
    print(f"slowest hostile: {hostile[slowest][0][:40]} | {hostile[slowest][1][:60]}")
    results.save(sys.argv[2])
    if failed:
        sys.exit(f"bench verify: above the bar: {', '.join(failed)}")


if __name__ == "__main__":
    main()
