# SPDX-License-Identifier: Apache-2.0
"""gppo score code: JSON lines in, the same lines with a verdict out, in order; errors name the line.

argv: the binary, the source directory. Skips where programs cannot be isolated. Standard library only."""

import json
import os
import subprocess
import sys

binary = os.path.abspath(sys.argv[1])


def run(text, *options):
    return subprocess.run([binary, "score", "code", *options], input=text, capture_output=True, text=True, timeout=300)


def score(rows, *options):
    done = run("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), *options)
    if "untrusted programs need" in done.stderr or "no program can be run" in done.stderr:
        print("skipped:", done.stderr.strip())
        sys.exit(77)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line], done.stderr


def fenced(program, language="python"):
    return f"<think>Let me see.</think>\nHere it is:\n```{language}\n{program}\n```\n"


SUM = {"inputs": ["1 2\n", "3 4\n", "5 6\n"], "outputs": ["3\n", "7\n", "11\n"]}
RIGHT = "print(sum(map(int, input().split())))"


def verdicts():
    rows = [
        {"tests": SUM, "response": fenced(RIGHT), "expect": "pass"},
        {"tests": SUM, "response": fenced("print(3)"), "expect": "wrong"},
        {"tests": SUM, "response": fenced("1 / 0"), "expect": "runtime_error"},
        {"tests": {**SUM, "timeout": 0.3}, "response": fenced("while True: pass"), "expect": "timeout"},
        {"tests": {**SUM, "timeout": 0.3}, "response": fenced("import time\ntime.sleep(100)"), "expect": "timeout"},
        {"tests": SUM, "response": fenced("x = bytearray(2 << 30)"), "expect": "memory"},
        {"tests": SUM, "response": fenced("while True: print('x' * 10000)"), "expect": "output_limit"},
        {"tests": SUM, "response": fenced("print("), "expect": "compile_error"},
        {"tests": SUM, "response": "I do not know.", "expect": "format_error"},
        {"tests": SUM, "response": RIGHT, "expect": "format_error"},
        {"tests": {"inputs": ["1"]}, "response": fenced(RIGHT), "expect": "infra_error"},
        {"response": fenced(RIGHT), "expect": "infra_error"},
        {**SUM, "language": "cpp", "response": fenced("#include <iostream>\nint main() { int a, b; std::cin >> a >> b; "
                                                      "std::cout << a + b; }", "cpp"), "expect": "pass"},
        {"reward_model": {"ground_truth": json.dumps({"functional": ["assert twice(2) == 4"]})},
         "response": fenced("def twice(x): return 2 * x"), "expect": "pass"},
    ]
    double = {"inputs": [[10**30]], "outputs": [2 * 10**30], "fn_name": "f"}
    rows += [{**double, "response": fenced("def f(x): return 2 * x"), "expect": "pass"},
             {**double, "response": fenced("def f(x): return 2.0 * x"), "expect": "wrong"}]
    scored, said = score([{"id": i, **row} for i, row in enumerate(rows)], "--threads", "3")
    assert [row["id"] for row in scored] == list(range(len(rows)))
    for row in scored:
        assert row["verdict"] == row["expect"], row
    assert scored[0]["passed"] == scored[0]["total"] == 3 and scored[1]["passed"] == 1 and scored[1]["reason"], scored[:2]
    assert "pass 4, wrong 2, runtime_error 1, timeout 2" in said and "isolation: bubblewrap" in said, said


def unknown_fields():
    extra = {"z": [1, {"y": None}], "a": "Größe \u2028 \"quoted\" \\ \n", "n": 2**63 - 1, "x": 1.10, "t": True}
    for old in ({}, {"verdict": "old", "passed": 7}):  # scored before
        (row,), _ = score([{**old, **extra, "tests": SUM, "response": fenced(RIGHT)}])
        assert row["verdict"] == "pass" and row["passed"] == 3, row
        assert {name: row[name] for name in extra} == extra, row
        assert [name for name in row if name in extra] == list(extra)
    line = json.dumps({"n": 10**40, "tests": SUM, "response": fenced(RIGHT), "f": "1e400"}).replace('"1e400"', "1.0e3")
    done = run(line + "\n")
    assert done.stdout.startswith(line[:-1]), done.stdout  # as it was, to the byte


def order():
    """The slow ones come first and leave first."""
    rows = [{"id": i, "tests": SUM, "response": fenced(("import time\ntime.sleep(0.5)\n" if i < 2 else "") + RIGHT)}
            for i in range(20)]
    scored, _ = score(rows, "--threads", "4")
    assert [row["id"] for row in scored] == list(range(20)) and all(row["verdict"] == "pass" for row in scored)


def options():
    (row,), _ = score([{"tests": SUM, "answer": RIGHT}], "--response-key", "answer", "--extract", "whole")
    assert row["verdict"] == "pass", row
    (row,), _ = score([{"tests": SUM, "response": fenced("while True: pass")}], "--timeout", "0.3", "--stop-at-first")
    assert row["verdict"] == "timeout", row
    many = {"inputs": [str(i) for i in range(40)], "outputs": [str(i % 2) for i in range(40)]}
    rows = [{"id": "same", "tests": many, "response": fenced("print(0)")}] * 2
    chosen = [score(rows, "--max-tests", "9", "--step", str(step))[0] for step in (1, 1, 2, 3, 4)]
    assert all(a["passed"] == b["passed"] and a["total"] == 9 for a, b in chosen), chosen
    assert chosen[0] == chosen[1] and len({a["passed"] for a, _ in chosen}) > 1, chosen


def errors():
    good = json.dumps({"id": 0, "tests": SUM, "response": fenced(RIGHT)})
    for bad, what in (("{", "not valid JSON"), ("[1]", "not a JSON object"), ('{"tests": {}}', 'no text in field "response"'),
                      ("[" * 5000, "nested too deeply")):
        done = run(f"{good}\n\n{bad}\n{good}\n")
        assert done.returncode == 1 and f"stdin:3: {what}" in done.stderr, (bad[:20], done.stderr)
        assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [0], done.stdout
    assert run("").returncode == 0
    done = run(good + "\n", "/nowhere.jsonl")
    assert done.returncode == 1 and "/nowhere.jsonl" in done.stderr, done.stderr


def levels():
    good = json.dumps({"tests": SUM, "response": fenced(RIGHT)}) + "\n"
    done = run(good, "--level", "rlimits")
    assert done.returncode == 1 and 'isolation is only "rlimits"' in done.stderr and not done.stdout, done.stderr
    done = run(good, "--level", "rlimits", "--force")
    assert done.returncode == 0 and "isolation: rlimits" in done.stderr, done.stderr
    assert json.loads(done.stdout)["verdict"] == "pass", done.stdout
    assert run(good, "--level", "rlimits", "--minimum-level", "rlimits").returncode == 0
    assert run(good, "--level", "docker").returncode != 0


for test in (verdicts, unknown_fields, order, options, errors, levels):
    test()
    print(test.__name__, "ok")
