# SPDX-License-Identifier: Apache-2.0
"""gppo data judge and gppo data similar against a server process that answers as OpenAI's endpoints do, and badly.

argv: the binary, the source directory. Standard library only."""

import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading

GPPO = sys.argv[1]


class Fake(http.server.BaseHTTPRequestHandler):
    """Votes yes as often as the row's text says ("5 yes"); embeds texts as their counts of a, b and c."""

    mode, seen, lock = "", [], threading.Lock()
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            self.seen.append((self.path, body, self.headers.get("Authorization")))
        if self.mode == "500":
            answer = b"out of memory"
        elif self.path == "/v1/chat/completions":
            yes = int(body["messages"][0]["content"].split("Problem: ")[1].split()[0])
            votes = ["<think>no?</think> Yes."] * yes + ["<think>yes?</think> no"] * (body["n"] - yes - 1) + [None]
            votes = votes[:body["n"] - (self.mode == "few")]
            answer = json.dumps({"choices": [{"message": {"content": vote}} for vote in votes]}).encode()
        else:
            data = [{"index": i, "embedding": [text.count(c) for c in "abc"]} for i, text in enumerate(body["input"])]
            answer = json.dumps({"data": data[::-1]}).encode()
        self.send_response(500 if self.mode == "500" else 200 if self.path.startswith("/v1/") else 404)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fake)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_address[1]}/v1"


def run(*arguments, fails="", url=URL):
    done = subprocess.run([GPPO, "data", *map(str, arguments), "--endpoint", url], capture_output=True, text=True,
                          env={"GPPO_JUDGE_KEY": "secret"})
    if "lacks: install libcpp-httplib-dev" in done.stderr:
        print("skipped: built without an HTTP client")
        sys.exit(77)
    if fails:
        assert done.returncode == 1, (arguments, done)
        assert fails in done.stderr and done.stderr.count("\n") == 1, (arguments, done.stderr)
    else:
        assert done.returncode == 0, (arguments, done)


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def judge(work):
    file, out, report, question = work / "rows.jsonl", work / "kept.jsonl", work / "report.json", work / "question.txt"
    file.write_text("".join(json.dumps({"problem": f"{i % 12} times", "n": i}) + "\n" for i in range(40)))
    question.write_text("Is it good?\nProblem: {text}\n")
    common = ["judge", file, "-o", out, "--report", report, "--question", question, "--votes", 12, "--min", 9, "--model", "judge-1"]
    run(*common)
    assert [row["n"] for row in rows(out)] == [i for i in range(40) if i % 12 >= 9]
    told = json.loads(report.read_text())
    assert told["in"] == 40 and told["why"] == {"too few votes": 40 - told["out"]}, told
    assert told["examples"][5] == {"file": str(file), "row": 6, "why": "too few votes", "yes": 5, "no": 6, "none": 1}, told
    assert len(Fake.seen) == 40 and all(path == "/v1/chat/completions" and key == "Bearer secret" for path, _, key in Fake.seen)
    body = Fake.seen[0][1]
    assert (body["model"], body["n"], body["temperature"]) == ("judge-1", 12, 1) and "Is it good?" in body["messages"][0]["content"]
    out.unlink()
    Fake.mode = "few"
    run(*common, fails="gave 11 answers of 12: does the server support n?")
    Fake.mode = "500"
    run(*common, fails="/v1/chat/completions: status 500")
    Fake.mode = ""
    assert not out.exists()
    question.write_text("Is it good?")
    run(*common, fails="no {text}")
    run("judge", file, "-o", out, "--votes", 3, fails="--min asks for more votes")
    run("judge", file, "-o", out, url="ftp://x", fails="is no address")
    assert not out.exists()


def similar(work):
    Fake.seen.clear()
    file, out, report = work / "code.jsonl", work / "kept.jsonl", work / "report.json"
    texts = ["aab", "aabaab", "abc", "cc", "c", "aaaaaaaaab", "abcabcabd"]
    file.write_text("".join(json.dumps({"problem": t}) + "\n" for t in texts))
    run("similar", file, "-o", out, "--report", report, "--threshold", 0.98, "--batch", 3)
    assert [row["problem"] for row in rows(out)] == ["aab", "abc", "cc", "aaaaaaaaab"], rows(out)
    told = json.loads(report.read_text())
    assert [(e["row"], e["copy_of_row"], round(e["cosine"], 3)) for e in told["examples"]] == [(2, 1, 1), (5, 4, 1), (7, 3, 0.985)], told
    assert sorted(len(body["input"]) for _, body, _ in Fake.seen) == [1, 3, 3]


with tempfile.TemporaryDirectory() as directory:
    judge(pathlib.Path(directory))
    similar(pathlib.Path(directory))
server.shutdown()
