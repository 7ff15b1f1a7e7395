# SPDX-License-Identifier: Apache-2.0
"""gppo data tests against a scripted server: an author that writes tests, good and bad ones, and a solver.

argv: the binary, the source directory. Standard library only."""

import http.server
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

GPPO = sys.argv[1]


def asserts(f, values):
    return [f"assert add({a}, {b}) == {f(a, b)}" for a, b in values]


PAIRS = [(i, i * i - 3) for i in range(8)]
RIGHT, WRONG = asserts(lambda a, b: a + b, PAIRS), asserts(lambda a, b: a + b + 1, PAIRS)
# What the author writes for each question, and what is to happen to it.
CASES = {
    "good": (RIGHT, None),
    "some wrong": (RIGHT[:5] + WRONG[5:], None),
    "too many wrong": (RIGHT[:4] + WRONG[4:], "too few tests that the solver passes"),
    "malformed": (RIGHT[:5] + ["assert add(1, x) == 2", "print(1)", 7, "assert add(2) == 1; import os"] + RIGHT[:2], None),
    "few": (RIGHT[:4] + RIGHT[:4], "too few well-formed tests"),
    "no json": (None, "no question with tests in the author's answer"),
    "no program": (RIGHT, "no program in the solver's answer"),
    "broken program": (RIGHT, "too few tests that the solver passes"),
}
NAMES = list(CASES)


class Fake(http.server.BaseHTTPRequestHandler):
    mode, seen, lock, after = "", [], threading.Lock(), 10**9
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def author(self, text):
        name, number = re.search(r"Question: ([a-z ]+) (\d+)", text).groups()
        tests = CASES[name][0]
        body = {"question": f"Write add(a, b) [{name} {number}]", "tests": tests}
        return "I cannot." if tests is None else f"<think>{{}}</think>Sure:\n```json\n{json.dumps(body)}\n```"

    def solver(self, text):
        name = re.search(r"\[([a-z ]+) \d+\]", text)[1]
        program = "def add(a, b):\n    return a + b\n" if name != "broken program" else "def add(a, b)\n"
        bad = "```python\ndef add(a, b):\n    return a - b\n```"
        return ["I cannot."] * 2 if name == "no program" else [f"So:\n```python\n{program}```", bad]

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            self.seen.append((self.path, body, self.headers.get("Authorization")))
            failing = self.mode == "500" and len(self.seen) > self.after
        if self.mode == "hang":
            time.sleep(3)
        text = body["messages"][0]["content"]
        answers = [self.author(text)] if body["model"] == "writer" else self.solver(text)[:body["n"]]
        answer = json.dumps({"choices": [{"message": {"content": a}} for a in answers]}).encode()
        try:
            self.send_response(500 if failing else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            pass  # whoever asked has gone


def serve(port=0):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Fake)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run(*arguments, port, fails=""):
    done = subprocess.run([GPPO, "data", "tests", *map(str, arguments), "--endpoint", f"http://127.0.0.1:{port}/v1", "--model", "writer",
                           "--solver-model", "solver", "--force"],
                          capture_output=True, text=True, env={"GPPO_JUDGE_KEY": "secret", "PATH": "/usr/bin:/bin"})
    for skip in ("lacks: install libcpp-httplib-dev", "no program can be run here"):
        if skip in done.stderr:
            print(f"skipped: {skip}")
            sys.exit(77)
    told = [line for line in done.stderr.splitlines() if not line.startswith("isolation: ")]
    if fails:
        assert done.returncode == 1 and len(told) == 1 and fails in told[0], (arguments, done)
    else:
        assert done.returncode == 0 and not told, (arguments, done)


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(work, count):
    file = work / "questions.jsonl"
    file.write_text("".join(json.dumps({"problem": f"Question: {NAMES[i % len(NAMES)]} {i}", "big": 10**25, "i": i}) + "\n"
                            for i in range(count)))
    return file


def whole(work, port):
    file, out, report = write(work, len(NAMES)), work / "rows.jsonl", work / "report.json"
    run(file, "-o", out, "--report", report, "--solutions", 2, port=port)
    assert all(path == "/v1/chat/completions" and key == "Bearer secret" for path, _, key in Fake.seen)
    asked = [body for _, body, _ in Fake.seen if body["model"] == "writer"]
    assert len(asked) == len(NAMES) and "20 tests" in asked[0]["messages"][0]["content"], asked[0]
    solved = [body for _, body, _ in Fake.seen if body["model"] == "solver"]
    assert len(solved) == 6 and all(b["n"] == 2 and b["temperature"] == 0 and "defines add" in b["messages"][0]["content"] for b in solved)
    told = json.loads(report.read_text())
    expected = {}
    for tests, why in CASES.values():
        if why:
            expected[why] = expected.get(why, 0) + 1
    assert told["why"] == expected and told["in"] == 8 and told["out"] == 3, told
    assert told["tests"]["listed"] == 59 and told["tests"]["malformed"] == 4 and told["tests"]["copies"] == 6, told["tests"]
    assert told["tests"]["judged"] == 8 + 8 + 8 + 5 + 8 and told["tests"]["kept"] == 8 + 5 + 5, told["tests"]
    kept = rows(out)
    assert [row["i"] for row in kept] == [0, 1, 3] and all(row["big"] == 10**25 for row in kept), kept
    for row, tests in zip(kept, (RIGHT, RIGHT[:5], RIGHT[:5])):
        assert json.loads(row["reward_model"]["ground_truth"]) == {"functional": "".join(t + "\n" for t in tests)}, row
        assert row["prompt"][0]["content"].startswith("Write add(a, b)") and row["data_source"] == "acecoder", row
        assert row["original_question"].startswith("Question: ") and "return a + b" in row["solution"], row
    # The rows are rows that training and the rules of gppo data filter read.
    done = subprocess.run([GPPO, "data", "filter", out, "-o", work / "valid.jsonl", "--rule", "answer", "--rule", "test_count:min=5",
                           "--rule", "tests:solution=solution", "--force"], capture_output=True, text=True)
    assert done.returncode == 0 and len(rows(work / "valid.jsonl")) == 3, done
    # What was asked once is not asked again, whatever is kept of it.
    before = len(Fake.seen)
    run(file, "-o", out, "--solutions", 2, "--min", 6, port=port)
    assert len(Fake.seen) == before and [row["i"] for row in rows(out)] == [0]


def resumed(work, port):
    file, out, answers = write(work, 40), work / "many.jsonl", work / "many.jsonl.answers"
    Fake.seen.clear()
    Fake.mode, Fake.after = "500", 23
    run(file, "-o", out, port=port, fails="/v1/chat/completions: status 500")
    assert not out.exists() and 0 < len(answers.read_text().splitlines()) <= 23
    with answers.open("a") as torn:
        torn.write('{"request": "12')  # as a kill leaves it
    known = len(answers.read_text().splitlines()) - 1
    Fake.mode = ""
    Fake.seen.clear()
    run(file, "-o", out, port=port)
    total = 40 + 40 * 6 // 8
    assert len(Fake.seen) == total - known, (len(Fake.seen), known)
    assert [row["i"] for row in rows(out)] == [i for i in range(40) if NAMES[i % 8] in ("good", "some wrong", "malformed")]
    assert len(rows(answers)) == total
    answers.write_text("no journal\n")
    run(file, "-o", out, port=port, fails="is not a file of answers")


def refused(work, port):
    file, out = write(work, 8), work / "none.jsonl"
    Fake.mode = "hang"
    started = time.monotonic()
    run(file, "-o", out, "--deadline", 0.5, port=port, fails="no whole answer within the deadline of 0.5 s")
    assert time.monotonic() - started < 20
    Fake.mode = ""
    question = work / "question.txt"
    question.write_text("Write {count} tests.")
    run(file, "-o", out, "--question", question, port=port, fails="no {text}")
    run(file, "-o", out, "--solver-endpoint", "ftp://x", port=port, fails="is no address")
    assert not out.exists()


def late_server(work):
    """A connection that cannot be made is tried again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = []
    threading.Timer(1, lambda: started.append(serve(port))).start()
    out = work / "late.jsonl"
    run(write(work, 8), "-o", out, port=port)
    assert len(rows(out)) == 3
    started[0].shutdown()


server = serve()
PORT = server.server_address[1]
with tempfile.TemporaryDirectory() as directory:
    whole(pathlib.Path(directory), PORT)
    resumed(pathlib.Path(directory), PORT)
    refused(pathlib.Path(directory), PORT)
    late_server(pathlib.Path(directory))
server.shutdown()
