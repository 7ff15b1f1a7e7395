# SPDX-License-Identifier: Apache-2.0
"""The filters of gppo data from the outside: what they keep, what their reports say, how they refuse.

argv: the binary, the source directory. Standard library only."""

import json
import pathlib
import subprocess
import sys
import tempfile

GPPO = sys.argv[1]


def run(*arguments, fails=""):
    """Standard output; with `fails`, checks for exit status 1 and one line on stderr that has it."""
    done = subprocess.run([GPPO, "data", *map(str, arguments)], capture_output=True, text=True)
    if fails:
        assert done.returncode == 1, (arguments, done)
        assert fails in done.stderr and done.stderr.count("\n") == 1, (arguments, done.stderr)
    else:
        assert done.returncode == 0, (arguments, done)
    return done.stdout


def write(path, rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def lines(path):
    return path.read_text().splitlines()


def report_of(path):
    report = json.loads(path.read_text())
    assert report["in"] == report["out"] + sum(report["why"].values()), report
    return report


def decontaminate(work):
    long = "Find the number of rectangles that can be formed inside a fixed regular dodecagon"
    bench = write(work / "bench.jsonl", [{"messages": [{"role": "user", "content": long + "."}]}, {"problem": "Compute 2+2."}])
    other = write(work / "other.jsonl", [{"question": "So: " + long.upper() + "?"}])
    rows = ['{"problem": "Kept as it is written", "n": 1.10,  "big": 12345678901234567890123}',
            {"problem": "We " + long.lower().replace(" ", " $ ")}, {"problem": "compute $2+2$"}, {"odd": 1}]
    train = write(work / "train.jsonl", rows)
    out, report = work / "clean.jsonl", work / "report.json"
    run("decontaminate", train, "-o", out, "--against", bench, fails="train.jsonl: 1 of 4 rows are bad, the first at row 4")
    assert not out.exists(), "an output after an error"
    said = run("decontaminate", train, "-o", out, "--against", bench, f"second={other}", "--report", report, "--max-bad", 0.5)
    assert lines(out) == rows[:1] and "1 of 3 rows kept" in said, said
    told = report_of(report)
    assert told["why"] == {"bench": 2} and told["bad"] == 1, told
    assert told["benchmarks"] == {"bench": {"rows": 2, "flagged": 2, "half_of_a_row": 2},
                                  "second": {"rows": 1, "flagged": 1, "half_of_a_row": 0}}, told
    first = told["examples"][0]
    assert first["row"] == 2 and first["shared"][0] == {
        "benchmark": "bench", "benchmark_row": 1, "ngram": "find the number of rectangles that can be formed"}, first
    assert first["overlap"] == {"benchmark": "bench", "benchmark_row": 1, "share": 1}, first
    assert told["ngrams"][0]["benchmark_rows"] in (1, 2), told
    bad = json.loads((work / "clean.jsonl.quarantine").read_text())
    assert bad["row"] == 4 and "--field" in bad["reason"], bad
    # open-r1 sees no n-gram in a short row, and other words where there is punctuation between.
    marked = work / "marked.jsonl"
    run("decontaminate", train, "-o", marked, "--against", bench, "--open-r1", "--mark", "--max-bad", 0.5)
    assert [json.loads(line)["contaminated_bench"] for line in lines(marked)] == [False, False, False]
    assert lines(marked)[0] == rows[0][:-1] + ', "contaminated_bench":false}'
    run("decontaminate", train, "-o", out, "--against", bench, f"x/../bench.jsonl", fails="two benchmarks have the name bench")
    run("decontaminate", train, "-o", out, "--against", train, fails="train.jsonl: 1 of 4 rows are bad")
    run("decontaminate", train, "-o", out, "--against", work / "none.jsonl", fails="cannot read")


def dedup(work):
    text = "Given that f(x) = x^k where k < 0, what is the range of f(x) on the interval from one to infinity, both included"
    first = write(work / "a.jsonl", [{"problem": text, "answer": "1"}, "broken", {"problem": "short one", "answer": "2"},
                                     {"problem": text.replace("<", ">"), "answer": "3"}, {"problem": text.upper(), "answer": "1"}])
    rest = [{"question": "short one"}, {"problem": text + "?", "answer": "1"}, {"problem": "all other words than these", "answer": "1"}]
    second = write(work / "b.jsonl", rest)
    (work / "b.json").write_text(json.dumps(rest))
    out, report = work / "unique.jsonl", work / "report.json"
    for file in (second, work / "b.json"):
        run("dedup", first, file, "-o", out, "--report", report, "--max-bad", 0.5)
        assert [json.loads(line)["problem"] for line in lines(out)] == [text, "short one", "all other words than these"]
        told = report_of(report)
        assert told["why"] == {"near": 2, "exact": 2} and told["bad"] == 1, told
        assert [(e["row"], e["why"], e["copy_of"]["row"], e["similarity"]) for e in told["examples"]] == [
            (4, "near", 1, 1), (5, "exact", 1, 1), (1, "exact", 3, 1), (2, "near", 1, 1)], told
        assert told["examples"][3]["copy_of"]["file"] == str(first) and told["examples"][3]["file"] == str(file), told
    run("dedup", first, second, "-o", out, "--exact-only", "--max-bad", 0.5)
    assert len(lines(out)) == 5
    run("dedup", first, second, "-o", out, "--same-answer", "--max-bad", 0.5)
    assert [json.loads(line).get("answer") for line in lines(out)] == ["1", "2", "3", "1"]
    run("dedup", first, second, "-o", out, "--report", report, "--max-bad", 0.5, "--words", "spaces")
    assert all(e["similarity"] < 1 for e in report_of(report)["examples"] if e["why"] == "near"), "< and > are words there"
    run("dedup", first, "-o", work / "none.jsonl", fails="a.jsonl: 1 of 5 rows are bad")
    assert not (work / "none.jsonl").exists()


with tempfile.TemporaryDirectory() as directory:
    decontaminate(pathlib.Path(directory))
    dedup(pathlib.Path(directory))
