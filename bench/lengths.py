# SPDX-License-Identifier: Apache-2.0
"""Cost of a training step (model A) against the length of its sequences, 128 to 16,384, with 16,384 tokens in all, and against
the batch, 1 to 64 sequences of 512: time, and peak memory of the process. A table, and a plot as build/bench/lengths.svg.
The peer is our own shortest case scaled by the tokens: what linear cost would be.

usage: lengths.py WORKER OUTPUT_DIRECTORY [--quick]
"""
import side_by_side
side_by_side.restart_pinned()
import os
import sys
from side_by_side import Results, Worker

TOKENS = 16_384


def measure(path, precision, sequences, length, rounds):
    """Sorted seconds, and the peak of a process that did nothing else, in MiB."""
    worker = Worker(path, precision)
    times = sorted(worker.time(f"length_{sequences}_{length}") for _ in range(rounds + 1))[:rounds]
    with open(f"/proc/{worker.process.pid}/status") as file:
        peak = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
    worker.close()
    return times, peak


def plot(path, rows):
    """Microseconds a token and MiB, over the length, both axes logarithmic."""
    import math
    lengths = [row["length"] for row in rows]

    def x(length):
        return 60 + 480 * (math.log2(length) - math.log2(lengths[0])) / (math.log2(lengths[-1]) - math.log2(lengths[0]))

    def y(value, values):
        low, high = math.log2(min(values)) - 0.5, math.log2(max(values)) + 0.5
        return 270 - 230 * (math.log2(value) - low) / (high - low)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 320" font-family="sans-serif" font-size="12">']
    for key, colour, label, top in (("us", "#0b6", "microseconds a token", 20), ("mib", "#06b", "MiB", 36)):
        values = [row[key] for row in rows]
        points = [(x(row["length"]), y(row[key], values)) for row in rows]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>')
        for (a, b), value in zip(points, values):
            parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/><text x="{a:.1f}" y="{b - 8:.1f}" '
                         f'text-anchor="middle" fill="{colour}">{value:.0f}</text>')
        parts.append(f'<text x="60" y="{top}" fill="{colour}">{label}</text>')
    for length in lengths:
        parts.append(f'<text x="{x(length):.1f}" y="300" text-anchor="middle">{length}</text>')
    with open(path, "w") as file:
        file.write("\n".join(parts + ["</svg>"]) + "\n")


def main():
    path, out, quick = sys.argv[1], sys.argv[2], "--quick" in sys.argv
    results, rounds = Results("lengths"), 1 if quick else 3
    for precision in ("fp32", "bf16"):
        rows, first = [], None
        for length in (128, 512, 2048, 8192) if quick else (128, 256, 512, 1024, 2048, 4096, 8192, 16_384):
            times, peak = measure(path, precision, TOKENS // length, length, rounds)
            first = first or times
            results.add(f"{TOKENS // length} x {length} {precision}", "the shortest", times, first, work=TOKENS, unit="tokens/s",
                        peak_mib=round(peak, 1))
            rows.append({"length": length, "us": 1e6 * times[len(times) // 2] / TOKENS, "mib": peak})
        plot(os.path.join(out, f"lengths-{precision}.svg"), rows)
        base = None
        for batch in (1, 8, 64) if quick else (1, 2, 4, 8, 16, 32, 64):
            times, peak = measure(path, precision, batch, 512, rounds)
            base = base or times
            results.add(f"{batch} x 512 {precision}", "a batch of 1, a token", times, [t * batch for t in base], work=batch * 512,
                        unit="tokens/s", peak_mib=round(peak, 1))
    results.save(out)


if __name__ == "__main__":
    main()
