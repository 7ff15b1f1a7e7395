# SPDX-License-Identifier: Apache-2.0
"""`gppo score math` beside math-verify on numeric answers in many notations, with a seed.

    python tests/oracle/verify.py GPPO SOURCE_DIR

Every pair has a known truth by construction (exact fractions), so a disagreement says who is wrong. Real
GSM8K and MATH golds are added where ../shared/data lies beside the source. Fails if ours is ever wrong
about a pair, or agrees with math-verify on fewer than 97 %.
"""

import json
import pathlib
import random
import subprocess
import sys
import time
from fractions import Fraction

SEED = 17
PAIRS = 1500


def decimal(x):
    """x as a finite decimal, or None."""
    for places in range(0, 7):
        scaled = x * 10**places
        if scaled.denominator == 1:
            digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
            text = digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}"
            return ("-" if x < 0 else "") + text
    return None


def notations(x, rng):
    """Ways to write the fraction x. Not "5.": math-verify 0.9.0 takes that point for something else."""
    sign, n, d = "-" if x < 0 else "", abs(x.numerator), x.denominator
    k = rng.randint(2, 9)
    ways = [f"\\frac{{{x.numerator}}}{{{d}}}", f"{sign}\\dfrac{{{n}}}{{{d}}}", f"{x.numerator}/{d}",
            f"{sign}\\frac{{{n * k}}}{{{d * k}}}", f"${x.numerator}/{d}$"]
    if d == 1:
        ways += [f"{sign}{n}", f"{sign}{n:,}", f"{sign}{n}.0", f"x = {sign}{n}",
                 f"\\text{{{sign}{n}}}", f"{sign}{n} \\text{{ cm}}", f"{sign}{f'{n:,}'.replace(',', '{,}')}"]
    if (text := decimal(x)) is not None:
        ways += [text, f"{text}0" if "." in text else text, f"\\left({text}\\right)"]
        if x > 0 and d > 1:
            ways += [f"{decimal(x * 100)}\\%"]
    if n > d > 1:
        ways += [f"{sign}{n // d}\\frac{{{n % d}}}{{{d}}}"]
    return ways


def made_pairs(rng):
    for _ in range(PAIRS):
        d = rng.choice([1, 1, 1, 2, 3, 4, 5, 7, 8, 9, 20, 100, rng.randint(2, 999)])
        x = Fraction(rng.randint(-99999, 99999), d)
        other = x + rng.choice([Fraction(1), Fraction(1, 1000), Fraction(-1, d), Fraction(1, 7), -2 * x or 1])
        same = rng.random() < 0.6
        y = x if same else other
        yield rng.choice(notations(x, rng)), rng.choice(notations(y, rng)), x == y


def real_pairs(data, rng):
    golds = []
    for line in (data / "gsm8k/test.jsonl").read_text().splitlines():
        golds.append(json.loads(line)["answer"].split("####")[-1].strip())
    for row in json.loads((data / "math/test_math_math.json").read_text()):
        golds.append(row["answer"])
    for gold in rng.sample(golds, 400):
        yield gold, gold, True
        yield gold, rng.choice(golds), None  # truth unknown: only compared


def main():
    gppo, source = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    try:
        from math_verify import parse, verify
    except ImportError:
        print("skipped: no math-verify")
        sys.exit(77)
    rng = random.Random(SEED)
    pairs = list(made_pairs(rng))
    data = source.parent / "shared/data"
    pairs += real_pairs(data, rng) if data.exists() else []
    lines = "".join(json.dumps({"gold": f"\\boxed{{{g}}}", "pred": f"<think>hm</think> It is $\\boxed{{{p}}}$."}) + "\n"
                    for g, p, _ in pairs)
    start = time.perf_counter()
    out = subprocess.run([gppo, "score", "math"], input=lines, capture_output=True, text=True, check=True)
    ours_took = time.perf_counter() - start
    ours = [json.loads(line)["verdict"] for line in out.stdout.splitlines()]
    assert len(ours) == len(pairs), "a line was lost"
    wrong, apart, unsure, theirs_took, theirs_wrong = [], [], 0, 0.0, 0
    for (gold, pred, truth), verdict in zip(pairs, ours):
        start = time.perf_counter()
        theirs = verify(parse(f"$\\boxed{{{gold}}}$"), parse(f"It is $\\boxed{{{pred}}}$."))
        theirs_took += time.perf_counter() - start
        theirs_wrong += truth is not None and theirs != truth
        if truth is not None and verdict != ("equal" if truth else "different"):
            wrong.append((gold, pred, truth, verdict, theirs))
        if (verdict == "equal") != theirs:
            apart.append((gold, pred, truth, verdict, theirs))
        unsure += verdict in ("unparsable", "budget")
    print(f"seed {SEED}: {len(pairs)} pairs, ours wrong on {len(wrong)}, math-verify wrong on {theirs_wrong}, "
          f"apart on {len(apart)}, ours unsure on {unsure}; {ours_took:.2f} s against {theirs_took:.2f} s")
    for name, rows in (("WRONG", wrong), ("apart", apart)):
        for gold, pred, truth, verdict, theirs in rows[:60]:
            print(f"  {name}: gold {gold!r} pred {pred!r} truth {truth} ours {verdict} theirs {theirs}")
    sys.exit(bool(wrong) or len(apart) > 0.03 * len(pairs))


if __name__ == "__main__":
    main()
