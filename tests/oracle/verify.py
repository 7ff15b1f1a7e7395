# SPDX-License-Identifier: Apache-2.0
"""`gppo score math` beside math-verify: real gold answers, variants of them, random pairs, made fractions.

    python tests/oracle/verify.py GPPO SOURCE_DIR        GPPO_VERIFY=long for ten times as much; GPPO_SEED to repeat

1. Every gold answer in ../shared/data, inside a written answer, equals itself for >= 99.5 %; the rest is listed.
2. Random pairs of different golds are never equal, unless math-verify says so, too, or a rule below says why.
3. Variants of golds and made fractions have a truth by construction (_answers.py). Ours must never call a wrong pair
   equal or a right pair different, and agrees with math-verify on >= 97 %. Every disagreement is classified by rule.
Without ../shared/data only the made fractions are left.
"""
import collections
import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import time
from fractions import Fraction

import _answers

try:
    from math_verify import parse, verify
except ImportError:
    print("skipped: no math-verify")
    sys.exit(77)

LONG = os.environ.get("GPPO_VERIFY") == "long"
SEED = int(os.environ.get("GPPO_SEED", 17))
PAIRS, VARIANTS, RANDOM = (3000, 12000, 1_000_000) if LONG else (600, 1400, 40_000)


def ours(gppo, pairs, extract="box"):
    """Verdicts of (gold, pred); preds are whole responses."""
    lines = "".join(json.dumps({"gold": g, "pred": p}) + "\n" for g, p in pairs)
    out = subprocess.run([gppo, "score", "math", "--extract", extract], input=lines, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    assert len(rows) == len(pairs), "a line was lost"
    return rows


def theirs(gold, pred):
    try:
        return bool(verify(parse(f"$\\boxed{{{gold}}}$"), parse(f"So it is $\\boxed{{{pred}}}$.")))
    except Exception:  # it gives up on some inputs with an exception of its parser
        return False


def written(answer):
    return f"<think>Perhaps \\boxed{{7}}?</think>\nThe final answer is $\\boxed{{{answer}}}$."


# --- 1. golds against themselves ---------------------------------------------------------------------------------

def golds_equal_themselves(gppo, golds):
    rows = ours(gppo, [(g, written(f" {g} ")) for g in golds])
    bad = [(g, r["verdict"], r["reason"]) for g, r in zip(golds, rows) if r["verdict"] != "equal"]
    share = 1 - len(bad) / len(golds)
    print(f"golds: {len(golds)}, equal to themselves {share:.4%}")
    for row in bad:
        print("  NOT EQUAL:", *row)
    return share >= 0.995


# --- 2. random pairs ---------------------------------------------------------------------------------------------

def bare(answer):
    """What is left of an answer without units, percent, degrees, currency and what is assigned."""
    answer = re.sub(r"\\(?:text|mbox|mathrm|textbf)\{[^{}]*\}|\\[%$,! ]|[%$ ]|\^?\{?\\circ\}?|\\left|\\right", "", answer)
    return re.sub(r"^[a-zA-Z](?:_\d)?(?:\([a-z]\))?=", "", answer)


def number(answer):
    try:
        return Fraction(re.sub(r"\\d?frac\{?(-?\d+)\}?\{?(\d+)\}?", r"\1/\2", bare(answer)).replace(",", "").lstrip("0") or "0")
    except (ValueError, ZeroDivisionError):
        return None


def in_base_ten(answer):
    """The value of 1204_9, of 0.56 = 56%, of a number word, of 3.61e-10 or of any other number."""
    if based := re.fullmatch(r"(-?\d+)_\{?(\d+)\}?", answer):
        return Fraction(int(based[1], int(based[2])))
    answer = re.sub(r"\\times10\^\{(-?\d+)\}", r"e\1", bare(re.sub(r"\\mbox\{four\}", "4", answer)))
    if re.fullmatch(r"[\d.]+=[\d.]+", answer):  # a chain: its last member
        answer = answer.split("=")[-1]
    try:
        return Fraction(answer)
    except (ValueError, ZeroDivisionError):
        return number(answer)


def radians(answer):
    """Of 22.5^{\\circ}, \\frac{\\pi}{8} or 2\\pi."""
    text = answer.replace(" ", "")
    if degrees := re.fullmatch(r"([\d.]+)\^\{?\\circ\}?", text):
        return math.radians(float(degrees[1]))
    if half := re.fullmatch(r"\\frac\{(\d*)\\pi\}\{(\d+)\}", text):
        return int(half[1] or 1) * math.pi / int(half[2])
    if whole := re.fullmatch(r"(\d*)\\pi", text):
        return int(whole[1] or 1) * math.pi
    return None


def why_equal(a, b):
    """Rules by which two golds that are written differently are one answer, or None."""
    if bare(a) == bare(b):
        return "the same but for a unit, percent, degrees or a name"
    if "matrix" in a + b and re.findall(r"-?\d+", a) == re.findall(r"-?\d+", b):
        return "a column and the tuple of its entries"
    x, y = number(a), number(b)
    if x is not None and x == y:
        return "the same number in another notation"
    points = [number(each.replace(",", ".")) for each in (a, b)]
    if points[0] is not None and points[0] == points[1]:
        return "a decimal comma"
    if in_base_ten(a) is not None and in_base_ten(a) == in_base_ten(b):
        return "the same number in another base"
    if radians(a) is not None and radians(b) is not None and abs(radians(a) - radians(b)) < 1e-12:
        return "the same angle"
    if x is not None and y is not None and "%" in a + b and (x == y * 100 or y == x * 100):
        return "the same percentage"
    return None


def random_pairs_differ(gppo, golds, rng):
    unique = sorted(set(golds))
    pairs = [tuple(rng.sample(unique, 2)) for _ in range(RANDOM)]
    # Short answers meet by chance far more often than long ones.
    short = [g for g in unique if len(g) < 8]
    pairs += [tuple(rng.sample(short, 2)) for _ in range(RANDOM)]
    counts, unexplained = collections.Counter(), []
    for k in range(0, len(pairs), 50_000):
        part = pairs[k:k + 50_000]
        for (a, b), row in zip(part, ours(gppo, part, "none")):
            counts[row["verdict"]] += 1
            if row["verdict"] == "budget" and counts["budget"] <= 20:
                print("  BUDGET:", a, b, row["reason"], sep=" | ")
            if row["verdict"] != "equal":
                continue
            agrees, rule = theirs(a, b), why_equal(a, b)
            counts["equal, math-verify agrees" if agrees else f"equal, rule: {rule}"] += 1
            if not agrees and rule is None:
                unexplained.append((a, b, row["reason"]))
    print(f"random pairs: {len(pairs)}: {dict(counts)}")
    for row in unexplained:
        print("  EQUAL WITHOUT A REASON:", *row, sep=" | ")
    return not unexplained and counts["budget"] <= len(pairs) * 0.0001


# --- 3. variants with a known truth ------------------------------------------------------------------------------

def notations(x, rng):
    """Ways to write the fraction x. Not "5.": math-verify 0.9.0 takes that point for something else."""
    sign, n, d = "-" if x < 0 else "", abs(x.numerator), x.denominator
    k = rng.randint(2, 9)
    ways = [f"\\frac{{{x.numerator}}}{{{d}}}", f"{sign}\\dfrac{{{n}}}{{{d}}}", f"{x.numerator}/{d}",
            f"{sign}\\frac{{{n * k}}}{{{d * k}}}", f"${x.numerator}/{d}$"]
    if d == 1:
        ways += [f"{sign}{n}", f"{sign}{n:,}", f"{sign}{n}.0", f"x = {sign}{n}",
                 f"\\text{{{sign}{n}}}", f"{sign}{n} \\text{{ cm}}", f"{sign}{f'{n:,}'.replace(',', '{,}')}"]
    if (text := _answers.decimal(x)) is not None:
        ways += [text, f"{text}0" if "." in text else text, f"\\left({text}\\right)"]
        if x > 0 and d > 1 and (hundred := _answers.decimal(x * 100)) is not None:
            ways += [f"{hundred}\\%"]
    if n > d > 1:
        ways += [f"{sign}{n // d}\\frac{{{n % d}}}{{{d}}}"]
    return ways


def made_pairs(rng, count):
    for _ in range(count):
        d = rng.choice([1, 1, 1, 2, 3, 4, 5, 7, 8, 9, 20, 100, rng.randint(2, 999)])
        x = Fraction(rng.randint(-99999, 99999), d)
        other = x + rng.choice([Fraction(1), Fraction(1, 1000), Fraction(-1, d), Fraction(1, 7), -2 * x or 1])
        y = x if rng.random() < 0.6 else other
        yield rng.choice(notations(x, rng)), rng.choice(notations(y, rng)), x == y, "made_fraction"


def classify(gold, pred, truth, rule, verdict, agrees):
    """A disagreement's class: who is wrong about what. The truth is known by construction."""
    right = verdict == ("equal" if truth else "different")
    if verdict in ("unparsable", "budget"):
        return f"ours undecided, truth {truth}: {rule}"
    if not right:
        return f"OURS WRONG, truth {truth}: {rule}"
    if truth:
        return f"math-verify misses an equal pair: {rule}"
    return f"math-verify takes different for equal: {rule}"


def variants_agree(gppo, golds, rng):
    pairs = list(made_pairs(rng, PAIRS)) + _answers.variants(golds, rng, VARIANTS)
    start = time.perf_counter()
    rows = ours(gppo, [(g, written(p)) for g, p, _, _ in pairs])
    took = time.perf_counter() - start
    start = time.perf_counter()
    agreement = [theirs(g, p) for g, p, _, _ in pairs]
    their_time = time.perf_counter() - start
    classes, wrong = collections.defaultdict(list), []
    for (g, p, truth, rule), row, agrees in zip(pairs, rows, agreement):
        verdict = row["verdict"]
        if verdict == ("different" if truth else "equal"):
            wrong.append((g, p, truth, rule, row["reason"]))
        if (verdict == "equal") != agrees:
            classes[classify(g, p, truth, rule, verdict, agrees)].append((g, p))
    apart = sum(map(len, classes.values()))
    their_wrong = sum(a != truth for (_, _, truth, _), a in zip(pairs, agreement))
    undecided = sum(r["verdict"] in ("unparsable", "budget") for r in rows)
    print(f"variants: {len(pairs)}, agreement with math-verify {1 - apart / len(pairs):.2%}; ours wrong {len(wrong)}, undecided "
          f"{undecided}, math-verify wrong {their_wrong}; {took:.2f} s with the start of the process, math-verify {their_time:.1f} s")
    for name, rows in sorted(classes.items(), key=lambda c: -len(c[1])):
        print(f"  {len(rows)} {name}: " + "; ".join(f"{g} | {p}" for g, p in rows[:2]))
    for row in wrong[:40]:
        print("  WRONG:", *row, sep=" | ")
    return not wrong and apart <= 0.03 * len(pairs)


def main():
    gppo, source = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    rng = random.Random(SEED)
    print(f"GPPO_SEED={SEED}" + (" long" if LONG else ""))
    golds = _answers.real_golds(source.parent / "shared/data")
    good = []
    if golds:
        good += [golds_equal_themselves(gppo, golds), random_pairs_differ(gppo, golds, rng)]
    else:
        print("no ../shared/data beside the source: real golds left out")
    good += [variants_agree(gppo, golds, rng)]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
