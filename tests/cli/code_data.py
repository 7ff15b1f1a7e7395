# SPDX-License-Identifier: Apache-2.0
"""Programs with known verdicts through `gppo score code`, against plain Python running the same tests outside.

argv: the binary, the source directory. Reads ../shared/data (HumanEval, LeetCode, Code Contests) where it is present: a
sample of it, or all with GPPO_LONG=1 (about half an hour). Differences are listed. Standard library only."""

import ast
import collections
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys

binary, source = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
LONG = os.environ.get("GPPO_LONG") == "1"
PYTHON = "/usr/bin/python3"  # the one that the sandbox runs
SECONDS = 6


def score(rows, *options):
    done = subprocess.run([binary, "score", "code", *options], input="".join(json.dumps(row) + "\n" for row in rows),
                          capture_output=True, text=True, timeout=3500)
    if "isolation is only" in done.stderr or "no program can be run" in done.stderr:
        print("skipped:", done.stderr.strip())
        sys.exit(77)
    assert done.returncode == 0, done.stderr[-2000:]
    scored = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in scored] == [row["id"] for row in rows]
    return scored


# --- the same tests outside ------------------------------------------------------------------------------

HEADER = "\n".join(f"from {module} import *" for module in (
    "typing", "collections", "math", "heapq", "bisect", "itertools", "functools", "operator", "string")) + """
import typing, collections, math, heapq, bisect, itertools, functools, operator, string, random, datetime, re
class ListNode:
    def __init__(self, val=0, next=None): self.val, self.next = val, next
class TreeNode:
    def __init__(self, val=0, left=None, right=None): self.val, self.left, self.right = val, left, right
def list_node(values):
    head = None
    for v in reversed(values): head = ListNode(v, head)
    return head
def is_same_list(a, b):
    while a and b and a.val == b.val: a, b = a.next, b.next
    return a is None and b is None
def tree_node(values):
    if not values or values[0] is None: return None
    root, at = TreeNode(values[0]), 1
    row = collections.deque([root])
    while row and at < len(values):
        node = row.popleft()
        for side in ('left', 'right'):
            if at < len(values) and values[at] is not None:
                setattr(node, side, TreeNode(values[at]))
                row.append(getattr(node, side))
            at += 1
    return root
def is_same_tree(a, b):
    if not a or not b: return a is b
    return a.val == b.val and is_same_tree(a.left, b.left) and is_same_tree(a.right, b.right)
"""


def outside_program(row):
    if "functional" in row:
        return HEADER + row["response"] + "\n" + row["functional"] + "\n"
    return f"{row['prompt']}{row['response']}\n{row['test']}\ncheck({row['entry_point']})\n"


SERVER = r"""
import json, os, resource, signal, sys
exec(sys.argv[1])
for line in sys.stdin:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open('/dev/null', os.O_RDWR), 1)
        os.dup2(1, 0)
        os.dup2(1, 2)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_STACK, (120 << 20, 120 << 20))
        resource.setrlimit(resource.RLIMIT_CPU, (%d, %d))
        signal.alarm(60)
        said = 'pass'
        try: exec(compile(json.loads(line), 'outside.py', 'exec'), {'__name__': 'outside'})
        except BaseException as e: said = type(e).__name__
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    said = os.read(read, 100).decode()
    os.close(read)
    os.waitpid(child, 0)
    print(said or 'killed', flush=True)
"""


def outside(rows, seconds=SECONDS):
    """What each row's own tests say when Python runs them: pass, or why not. Own temporary directory, nothing more: for
    solutions that people wrote, and those with one operator changed."""
    lines = "".join(json.dumps(outside_program(row)) + "\n" for row in rows)
    done = subprocess.run([PYTHON, "-s", "-S", "-c", SERVER % (seconds, seconds), HEADER], input=lines, capture_output=True,
                          text=True, timeout=3500, cwd="/tmp", env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0"})
    said = done.stdout.split()
    assert len(said) == len(rows), (len(said), len(rows), done.stderr[-500:])
    return said


def compare(name, rows, most, *options, seconds=SECONDS):
    """Pass or not, inside and outside. Both ways of failing count as one; the differences are listed."""
    inside, beside = score(rows, "--extract", "whole", *options), outside(rows, seconds)
    assert not any(row["verdict"] == "infra_error" for row in inside), [
        row["reason"] for row in inside if row["verdict"] == "infra_error"][:5]
    right = sum(row["verdict"] == "pass" for row in inside)
    differences = [(row, said) for row, said in zip(inside, beside) if (row["verdict"] == "pass") != (said == "pass")]
    print(f"{name}: {right} of {len(rows)} pass inside, {beside.count('pass')} outside, {len(differences)} differ;",
          dict(collections.Counter(row["verdict"] for row in inside)))
    for row, said in differences:
        print(f"  {row['id']}: inside {row['verdict']} ({row['reason'][:120]}), outside {said}")
    assert len(differences) <= most, f"{name}: {len(differences)} differences"
    return inside


# --- mutants ---------------------------------------------------------------------------------------------

OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.Not: ast.UAdd}


def mutated(text, seed):
    """`text` with one operator replaced; nothing if it has none."""
    tree = ast.parse(text)
    places = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in OPERATORS:
            places.append((node, None))
        if isinstance(node, ast.Compare):
            places += [(node, i) for i, op in enumerate(node.ops) if type(op) in OPERATORS]
    if not places:
        return None
    node, at = random.Random(seed).choice(places)
    if at is None:
        node.op = OPERATORS[type(node.op)]()
    else:
        node.ops[at] = OPERATORS[type(node.ops[at])]()
    return ast.unparse(tree)


def mutants(rows):
    made = []
    for row in rows:
        head = row.get("prompt", "")
        text = mutated(head + row["response"], str(row["id"]))
        if text is not None:
            made.append({**row, "prompt": "", "response": text} if head else {**row, "response": text})
    return made


# --- the data --------------------------------------------------------------------------------------------

def sample(rows, count):
    return rows if LONG else rows[:: max(1, len(rows) // count)]


def humaneval(path):
    rows = [json.loads(line) for line in path.open()]
    rows = [{**row, "id": row["task_id"], "response": row["canonical_solution"]} for row in sample(rows, 20)]
    inside = compare("HumanEval", rows, 0)
    assert all(row["verdict"] == "pass" for row in inside)
    compare("HumanEval, one operator changed", mutants(rows), len(rows) // 100, "--timeout", "2", "--stop-at-first", seconds=2)


def leetcode(path):
    rows = [{"id": i, "response": row["solutions"], "functional": row["tests"]["functional"]}
            for i, row in enumerate(json.load(path.open()))]
    rows = sample(rows, 36)
    compare("LeetCode", rows, 0)
    compare("LeetCode, one operator changed", mutants(rows), len(rows) // 100, "--timeout", "2", "--stop-at-first", seconds=2)


def contests(path):
    """There are no solutions: a program that prints the hash of its input shows that every input arrives as it is."""
    rows = []
    for i, row in enumerate(sample(json.load(path.open()), 20)):
        tests = row["tests"]
        for wrong in (False, True):
            hashes = [hashlib.sha256(text.encode()).hexdigest() + "\n" for text in tests["inputs"]]
            if wrong:
                hashes[-1] = tests["outputs"][-1] + "?"
            rows.append({"id": f"{i}{wrong}", "tests": {"inputs": tests["inputs"], "outputs": hashes},
                         "response": "import hashlib, sys\nprint(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"})
    scored = score(rows, "--extract", "whole")
    for right, wrong in zip(scored[::2], scored[1::2]):
        assert right["verdict"] == "pass", right
        assert wrong["verdict"] == "wrong" and wrong["passed"] == wrong["total"] - 1, wrong
    print(f"Code Contests: {sum(row['total'] for row in scored[::2])} inputs of {len(rows) // 2} problems served")


if not os.path.exists(PYTHON):
    print("skipped: no", PYTHON)
    sys.exit(77)
data = source.parent / "shared/data"
parts = [("humaneval/HumanEval.jsonl", humaneval), ("code/train_leetcode.json", leetcode),
         ("code/test_code_contests.json", contests)]
if not any((data / name).exists() for name, _ in parts):
    print("skipped: no ../shared/data")
    sys.exit(77)
for name, show in parts:
    if len(sys.argv) > 3 and sys.argv[3] not in name:
        continue
    if (data / name).exists():
        show(data / name)
    else:
        print("left out: no", name)
