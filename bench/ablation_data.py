# SPDX-License-Identifier: Apache-2.0
"""Rows for the ablations: sums with worked answers, some with a slip in a column, and one-line programs with tests, some
of which hold what a wrong program prints. Everything follows from a seed."""
import json
import random
import subprocess


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


# --- sums --------------------------------------------------------------------------------------------------
def worked_sum(a, b, dice=None):
    """The working, column by column from the right, and the answer it leads to; with `dice` one column is off by one."""
    columns, digits, carry = [], [], 0
    count = max(len(str(a)), len(str(b)))
    slip = dice.randrange(count) if dice else -1
    for place in range(count):
        x, y = a // 10**place % 10, b // 10**place % 10
        value = x + y + carry
        if place == slip:
            value += dice.choice((-1, 1)) if value > 0 else 1
        columns.append(f"{x}+{y}" + ("+1" if carry else "") + f"={value}")
        digits.append(value % 10)
        carry = value // 10
    answer = sum(digit * 10**place for place, digit in enumerate(digits)) + carry * 10**count
    return f"<think>{','.join(columns)}</think>\\boxed{{{answer}}}", answer


def sums(dice, digits, count, taken=()):
    """Different pairs of so many digits, none of `taken`."""
    low, high = 10**(digits - 1), 10**digits - 1
    pairs = {}
    while len(pairs) < count:
        pair = (dice.randint(low, high), dice.randint(low, high))
        if pair not in taken:
            pairs[pair] = True
    return list(pairs)


def sum_rows(dice, pairs, responses, wrong, **more):
    """`responses` of each pair, of which a share `wrong` holds a slip."""
    rows = []
    for a, b in pairs:
        for _ in range(responses):
            slips = dice.random() < wrong
            text, answer = worked_sum(a, b, dice if slips else None)
            rows.append({"prompt": f"{a}+{b}=", "response": text, "right": answer == a + b, **more})
    return rows


def asked(pairs):
    return [{"prompt": f"{a}+{b}=", "answer": str(a + b)} for a, b in pairs]


def mixed_and_correct(directory, seed, digits, prompts, wrong, held_out):
    """mixed.jsonl has all responses, correct.jsonl the right ones of the same prompts."""
    dice = random.Random(f"sft {digits} {seed}")
    held = sums(dice, digits, held_out)
    rows = sum_rows(dice, sums(dice, digits, prompts, set(held)), 2, wrong)
    write(directory / "eval.jsonl", asked(held))
    write(directory / "mixed.jsonl", rows)
    write(directory / "correct.jsonl", [row for row in rows if row["right"]])


def sources(directory, seed, binary, digits, prompts, held_out, wrong_by_source, best):
    """all.jsonl has as many rows of every source; top.jsonl is what `gppo data filter` leaves of it."""
    dice = random.Random(f"sources {seed}")
    held = sums(dice, digits, held_out)
    pairs, rows = sums(dice, digits, prompts * len(wrong_by_source), set(held)), []
    for index, wrong in enumerate(wrong_by_source):
        own = sum_rows(dice, pairs[index * prompts:][:prompts], 1, wrong, data_source=f"source{index}")
        rows += [{**row, "quality": float(row["right"])} for row in own]
    dice.shuffle(rows)
    write(directory / "eval.jsonl", asked(held))
    write(directory / "all.jsonl", rows)
    filtered(binary, directory / "all.jsonl", directory / "top.jsonl", f"top_sources:quality=quality,k={best}")


def filtered(binary, source, target, rule):
    done = subprocess.run([binary, "data", "filter", str(source), "-o", str(target), "--rule", rule, "--report",
                           str(target.with_suffix(".report.json"))], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- programs ----------------------------------------------------------------------------------------------
# What is asked, the answer, an answer with a slip, and whether f takes a list.
FAMILIES = [("x plus A, all of it times B", "(x + A) * B", "x + A * B", False),
            ("x times A, plus B", "x * A + B", "x * (A + B)", False),
            ("if x is over A then x plus B, else x minus B", "x + B if x > A else x - B", "x + B if x >= A else x - B", False),
            ("x, but at most A, times B", "min(x, A) * B", "max(x, A) * B", False),
            ("the rest of x by B, plus A", "x % B + A", "x % (B + A)", False),
            ("the sum of the items over A, plus B", "sum(x for x in xs if x > A) + B", "sum(x for x in xs if x >= A) + B", True),
            ("how many items are under A, times B", "len([x for x in xs if x < A]) * B",
             "len([x for x in xs if x <= A]) * B", True),
            ("the largest item minus A, times B", "(max(xs) - A) * B", "max(xs) - A * B", True)]


def problems(dice):
    every = [(family, a, b) for family in range(len(FAMILIES)) for a in range(2, 51) for b in range(2, 10)]
    dice.shuffle(every)
    return every


def filled(text, a, b):
    return text.replace("A", str(a)).replace("B", str(b))


def program(family, a, b, slip):
    _, body, wrong, takes_list = FAMILIES[family]
    return f"def f({'xs' if takes_list else 'x'}):\n    return {filled(wrong if slip else body, a, b)}\n"


def calls(dice, family, a):
    """Eight inputs, the first ones where a bound that is off by one shows."""
    for number in range(8):
        edge = a + number // 2 - 1
        if not FAMILIES[family][3]:
            yield edge if number in (0, 2, 4) else dice.randint(-20, 100)
            continue
        items = [dice.randint(-20, 100) for _ in range(dice.randint(3, 6))]
        if number % 2 == 0:
            items[dice.randrange(len(items))] = edge
        yield items


def program_row(problem, broken=False):
    """A row in verl's form. The tests of a broken one hold what the program with the slip gives."""
    family, a, b = problem
    scope = {}
    exec(program(*problem, slip=broken), scope)
    inputs = [[value] for value in calls(random.Random(str(problem)), family, a)]
    tests = {"inputs": inputs, "outputs": [scope["f"](*each) for each in inputs], "fn_name": "f"}
    return {"data_source": "programs", "ability": "code",
            "prompt": [{"role": "user", "content": filled(FAMILIES[family][0], a, b) + "\n"}],
            "reward_model": {"style": "rule", "ground_truth": json.dumps(tests)},
            "solution": "```python\n" + program(*problem, slip=False) + "```"}


def programs_to_start(directory, held_out):
    """For fine-tuning: half of the answers hold a slip. The first problems are held out, here and below."""
    dice = random.Random("programs")
    every = problems(dice)
    rows = []
    for problem in every[held_out:]:
        text = "```python\n" + program(*problem, slip=dice.random() < 0.5) + "```"
        rows.append({**program_row(problem), "response": text})
    write(directory / "train.jsonl", rows)
    write(directory / "eval.jsonl", [program_row(problem) for problem in every[:held_out]])


def programs_to_train(directory, seed, binary, held_out, count, broken):
    """all.jsonl has a share of rows with broken tests; kept.jsonl is what `gppo data filter` leaves of it."""
    every = problems(random.Random("programs"))
    dice = random.Random(f"tests {seed}")
    rows = [program_row(problem, broken=dice.random() < broken) for problem in dice.sample(every[held_out:], count)]
    write(directory / "all.jsonl", rows)
    write(directory / "eval.jsonl", [program_row(problem) for problem in every[:held_out]])
    if broken:
        filtered(binary, directory / "all.jsonl", directory / "kept.jsonl", "tests:solution=solution")
