# SPDX-License-Identifier: Apache-2.0
"""Real gold answers and variants of them whose truth is known by construction, for tests/oracle/verify.py and
bench/verify.py.

A variant is (gold, pred, truth, rule). Each rule is a function of a gold answer that yields (pred, truth) or nothing; it
only touches forms in which the truth is certain, so whoever disagrees with it is wrong.
"""
import json
import re
from fractions import Fraction


def real_golds(data):
    """All gold answers of the data directory, in the order of the files; [] without it."""
    golds = []
    for name in ("train", "test"):
        path = data / f"gsm8k/{name}.jsonl"
        if path.exists():
            golds += [json.loads(line)["answer"].split("####")[-1].strip() for line in path.read_text().splitlines()]
    for path in sorted((data / "math").glob("*.json")):
        for row in json.loads(path.read_text()):
            answer = row["answer"]
            if isinstance(answer, str) and answer.startswith("[\"") and answer.endswith("\"]"):
                answer = json.loads(answer)  # Minerva keeps lists as text
            golds += answer if isinstance(answer, list) else [str(answer)]
    return [g.strip() for g in golds if g.strip()]


INTEGER = re.compile(r"-?\d{1,12}")
FRACTION = re.compile(r"(-?)\\d?frac\{(\d{1,6})\}\{(\d{1,6})\}")
SURD = re.compile(r"(-?)(\d{1,4})\\sqrt\{(\d{1,4})\}")
PAIR = re.compile(r"([(\[])([^()\[\],{}]+),([^()\[\],{}]+)([)\]])")
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")
LIST = re.compile(r"-?\d+(, ?-?\d+)+")
SUM = re.compile(r"([a-z0-9^{}]+) ?([+-]) ?([a-z0-9^{}]+)")
VARIABLES = re.compile(r"[a-df-hj-z]")  # not e and i


def is_scalar(gold):
    """Whether gold surely is one number or formula that may be put in brackets."""
    return (INTEGER.fullmatch(gold) or FRACTION.fullmatch(gold) or SURD.fullmatch(gold)
            or re.fullmatch(r"[0-9a-z+\-*/^{}() ]+", gold.replace("\\frac", "").replace("\\sqrt", "").replace("\\pi", ""))
            and not re.search(r"[a-z]{2}|\d \d|^\W*$", gold.replace("\\frac", "").replace("\\sqrt", "").replace("\\pi", "")))


def decimal(x):
    """The fraction x as a finite decimal of at most 7 places, or None."""
    for places in range(8):
        scaled = x * 10**places
        if scaled.denominator == 1:
            digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
            return ("-" if x < 0 else "") + (digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}")
    return None


def value(gold):
    """The exact value of an integer or a fraction, or None."""
    if INTEGER.fullmatch(gold):
        return Fraction(int(gold))
    if (m := FRACTION.fullmatch(gold)) and int(m[3]):
        return Fraction(int(m[1] + m[2]), int(m[3]))
    return None


# --- rules that keep the value -----------------------------------------------------------------------------------

def spaced(g):
    yield f" {g} ", True
    yield f"\\,{g}", True


def large_fraction(g):
    if "\\frac" in g:
        yield g.replace("\\frac", "\\dfrac"), True
        yield g.replace("\\frac", "\\tfrac"), True


def left_right(g):
    if "(" in g and g.count("(") == g.count(")") and "[" not in g and "\\left" not in g:
        yield g.replace("(", "\\left(").replace(")", "\\right)"), True


def assigned(g):
    if is_scalar(g) and "x" not in g:
        yield f"x = {g}", True


def decimal_point(g):
    x = value(g)
    if x is not None and (text := decimal(x)) is not None:
        yield text, True
        yield text + ("0" if "." in text else ".0"), True


def scaled_fraction(g):
    if (x := value(g)) is not None:
        yield f"\\frac{{{x.numerator * 6}}}{{{x.denominator * 6}}}", True


def slash(g):
    if (x := value(g)) is not None:
        yield f"{x.numerator}/{x.denominator}", True


def mixed_number(g):
    x = value(g)
    if x is not None and x.denominator > 1 and x > 1:
        yield f"{x.numerator // x.denominator}\\frac{{{x.numerator % x.denominator}}}{{{x.denominator}}}", True


def thousands(g):
    if INTEGER.fullmatch(g) and abs(int(g)) >= 1000:
        yield f"{int(g):,}", True
        yield f"{int(g):,}".replace(",", "{,}"), True
        yield f"{int(g):,}".replace(",", ",\\!"), True


def percent(g):
    x = value(g)
    if x is not None and 0 < x < 1 and (text := decimal(x * 100)) is not None:
        yield text + "\\%", True


def folded_surd(g):
    if m := SURD.fullmatch(g):
        yield f"{m[1]}\\sqrt{{{int(m[2]) ** 2 * int(m[3])}}}", True


def rationalised(g):
    if m := SURD.fullmatch(g):
        yield f"{m[1]}\\frac{{{int(m[2]) * int(m[3])}}}{{\\sqrt{{{m[3]}}}}}", True


def doubled_and_halved(g):
    if is_scalar(g):
        yield f"\\frac{{2 \\cdot ({g})}}{{2}}", True
        yield f"({g}) + 1 - 1", True


def reversed_list(g):
    if LIST.fullmatch(g) and not THOUSANDS.fullmatch(g):
        yield ", ".join(reversed(re.split(", ?", g))), True


def reversed_sum(g):
    if (m := SUM.fullmatch(g)) and m[2] == "+":
        yield f"{m[3]} + {m[1]}", True


def unit_left_out(g):
    if m := re.fullmatch(r"(-?[\d.]+)\\?,? ?\\(?:text|mbox|mathrm)\{ ?~?[a-z ]+\}", g):
        yield m[1], True


def degrees_left_out(g):
    if m := re.fullmatch(r"(-?[\d.]+) ?\^ ?\{?\\circ\}?", g):
        yield m[1], True


def inequality(g):
    if (m := PAIR.fullmatch(g)) and "infty" in g:
        low, high = m[2].strip(), m[3].strip()
        signs = {"(": "<", ")": "<", "[": "\\le", "]": "\\le"}
        left = "" if "infty" in low else f"{low} {signs[m[1]]} "
        right = "" if "infty" in high else f" {signs[m[4]]} {high}"
        if left or right:
            yield f"{left}x{right}", True


def text_command(g):
    if re.fullmatch(r"[A-Z][a-z]{2,12}", g):
        yield f"\\text{{{g}}}", True
    if m := re.fullmatch(r"\\text\{([A-Za-z]{3,12})\}", g):
        yield m[1], True


# --- rules that change it ----------------------------------------------------------------------------------------

def next_number(g):
    if (x := value(g)) is not None:
        y = x + 1
        yield (str(y) if y.denominator == 1 else f"\\frac{{{y.numerator}}}{{{y.denominator}}}"), False


def beside(g):
    if (x := value(g)) is not None and (x * 10**10).denominator > 1:
        yield f"{float(x):.4f}", False
        yield f"{float(x):.10f}", False


def other_sign(g):
    x = value(g)
    if is_scalar(g) and x != 0 and not re.fullmatch(r"[0{}.]+", g):
        yield f"-({g})", False


def one_more(g):
    if is_scalar(g):
        yield f"{g} + 1", False


def other_surd(g):
    if m := SURD.fullmatch(g):
        yield f"{m[1]}{m[2]}\\sqrt{{{int(m[3]) + 1}}}", False


def swapped_pair(g):
    if (m := PAIR.fullmatch(g)) and m[2].strip() != m[3].strip() and m[1] + m[4] == "()" and "infty" not in g:
        if (a := value(m[2].strip())) is not None and (b := value(m[3].strip())) is not None and a != b:
            yield f"({m[3].strip()}, {m[2].strip()})", False


def other_bracket(g):
    if (m := PAIR.fullmatch(g)) and "infty" in g and "\\cup" not in g:
        if "infty" not in m[2]:
            yield f"{'[' if m[1] == '(' else '('}{m[2]},{m[3]}{m[4]}", False
        if "infty" not in m[3]:
            yield f"{m[1]}{m[2]},{m[3]}{']' if m[4] == ')' else ')'}", False


def shorter_list(g):
    if LIST.fullmatch(g) and not THOUSANDS.fullmatch(g) and len(parts := re.split(", ?", g)) > 2:
        yield ", ".join(parts[:-1]), False


def other_degree(g):
    if "x^2" in g and is_scalar(g):
        yield g.replace("x^2", "x^3", 1), False


RULES = [spaced, large_fraction, left_right, assigned, decimal_point, scaled_fraction, slash, mixed_number, thousands,
         percent, folded_surd, rationalised, doubled_and_halved, reversed_list, reversed_sum, unit_left_out,
         degrees_left_out, inequality, text_command, next_number, beside, other_sign, one_more, other_surd, swapped_pair,
         other_bracket, shorter_list, other_degree]


def variants(golds, rng, count):
    """`count` variants, rules in turn so that rare forms are there, too."""
    by_rule = {rule: [] for rule in RULES}
    for gold in dict.fromkeys(golds):
        for rule in RULES:
            by_rule[rule] += [(gold, pred, truth, rule.__name__) for pred, truth in rule(gold)]
    for rows in by_rule.values():
        rng.shuffle(rows)
    rows = []
    while len(rows) < count and any(by_rule.values()):
        rows += [by_rule[rule].pop() for rule in RULES if by_rule[rule]]
    return rows[:count]


def hostile():
    """Answers that cost a naive verifier seconds or its life."""
    def times(piece, n, middle="", end=""):
        return piece * n + middle + end * n
    return [
        times("(", 10000), times("(", 5000, "5", ")"), times("{", 5000, "5", "}"), "9^{9^{9^{9}}}", "7^{7^{7}}",
        "2^{1000000000000000000000}", "1e99999", "1e999999999999", "99999999!", "2500!", "3!!!!!!", times("9", 16000),
        times("1/3+", 4000, "1"), times("1/9876543210987654321+", 700, "1"), times("\\frac", 3000),
        times("\\frac{1}{1+", 1000, "1", "}"), times("\\sqrt{", 2000, "5", "}"), times("1,", 8000), times("x,", 8000),
        times("=", 16000), times("1=", 8000, "1=2"), times("-", 16000, "5"), times("billion ", 2000),
        "0." + "0" * 8000 + "\\overline{" + "3" * 8000 + "}", times("\\text{", 2500), times("\\sqrt{2}+", 1500, "1"),
        times("\\sin(", 90, "1", ")"), times("e^{", 90, "1", "}"), times("x^2+", 3000, "1"), times("\\sin x+", 2000, "1"),
        times("xyz", 5000), "x^{" + "9" * 3000 + "}", "\\sum_{k=1}^{1000}\\sum_{j=1}^{1000} k j",
        "\\sum_{k=1}^{1000} \\sqrt{k}", "(1+\\sqrt2)^{1000000}", "(1+i)^{4000}", "\\binom{100000}{2400}",
        "1+10^{-9000}\\sqrt2", "\\pi+10^{-3000}", "\\sqrt{10^{9000}+1}", "\\cos(10^{15})",
        "\\gcd(" + "9" * 5000 + "," + "7" * 5000 + ")", times("|", 9000), times("\\pm 1+", 300, "1"),
        times("\\begin{pmatrix}", 500), "\\begin{pmatrix}" + "1&" * 3000 + "1\\end{pmatrix}",
        times("(1,2)\\cup", 1500, "(1,2)"), times("x<1,", 2000, "x<2"), times("\\tan(x)", 500), "x^{x^{x^{x}}}",
        "(x+y)^{100000}", "(\\sin x+1)^{10000}", times("1:", 3000, "2"), times("5 cm ", 2000), times("x_", 5000),
        times("^2", 5000), times("7^{9}*", 2000, "1"), times("2^{100}+", 2000, "\\sqrt2"), times("(\\sqrt2+x)", 1000),
        times("\\", 10001), "7" * 1000000,
    ]
