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


def rules(work):
    rows = [
        {"problem": "Compute 1+1.", "answer": "2", "data_source": "math", "q": 0.9, "passes": [1, 0, 1, 0], "n": 0},
        {"problem": "See https://x.org. Compute 1.", "answer": "2", "data_source": "math", "q": 0.9, "passes": [1, 0], "n": 1},
        {"problem": "Prove that 1+1=2.", "answer": "2", "data_source": "math", "q": 0.9, "passes": [1, 0], "n": 2},
        {"problem": "Compute 2+2.", "answer": "the drawing shows it at once", "data_source": "math", "q": 0.9, "passes": [1], "n": 3},
        {"problem": "Compute 3+3.", "answer": "6", "data_source": "gsm8k", "q": 0.1, "passes": {"passed": 1, "total": 8}, "n": 4},
        {"problem": "Compute 4+4.", "answer": "8", "data_source": "math", "q": 0.7, "passes": 1.0, "n": 5},
        {"problem": "Compute 5+5.", "answer": "10", "data_source": "math", "q": 0.7, "passes": ["wrong", "wrong"], "n": 6}]
    file, out, report = write(work / "rows.jsonl", rows), work / "kept.jsonl", work / "report.json"

    def kept(*texts, options=()):
        arguments = [part for text in texts for part in ("--rule", text)]
        run("filter", file, "-o", out, "--report", report, *arguments, *options)
        told = report_of(report)
        assert told["settings"]["rules"] == list(texts), told
        return [json.loads(line)["n"] for line in lines(out)], told["why"]

    assert kept("links", "question", "answer") == ([0, 4, 5, 6], {"link": 1, "proof": 1, "answer in words": 1})
    assert kept("pass_rate:field=passes,above=0,below=1") == ([0, 1, 2, 4], {"too easy": 2, "too hard": 1})
    assert kept("pass_rate:field=passes,max=0.5") == ([0, 1, 2, 4, 6], {"too easy": 2})
    assert kept("top_sources:quality=q,k=1") == ([0, 1, 2, 3, 5, 6], {"source not among the best": 1})
    assert json.loads(report.read_text())["sources"] == {"math": (3.6 + 1.4) / 6, "gsm8k": 0.1}
    assert kept("top_sources:quality=q,k=1,source=problem")[0] == [0], "equal sources by name"
    # 4 p (1 - p) is 1 for three rows, 0.4375 for the fifth; of those that "links" keeps, the upper half is three.
    assert kept("potential:field=passes,top=0.5", "links") == ([0, 2, 4], {"link": 1, "less potential": 3})
    assert kept("length:min=3", "length:max=12,unit=characters") == ([], {"too short": 5, "too long": 2})
    assert kept("length:field=answer,max=3") == ([0, 1, 2, 4, 5, 6], {"too long": 1})
    subprocess.run([GPPO, "train-tokenizer", file, "-o", work / "bytes", "--vocab-size", "261"], check=True, capture_output=True)
    thinking = write(work / "thinking.jsonl", [{"prompt": "p", "r": text, "n": i} for i, text in enumerate(
        ["<think>four</think>and much more", "<think>é</think>", "only an answer", "open to the end</think>x", "<think>cut off"])])
    for rule, expected in ((f"unit=tokens,tokenizer={work}/bytes/tokenizer.json,part=thinking,min=3", [0, 3, 4]),
                           ("unit=characters,part=thinking,min=1,max=4", [0, 1]), ("part=thinking,min=2", [3, 4]),
                           (f"unit=tokens,tokenizer={work}/bytes/tokenizer.json,max=14", [1, 2, 4])):
        run("filter", thinking, "-o", out, "--rule", f"length:field=r,{rule}")
        assert [json.loads(line)["n"] for line in lines(out)] == expected, (rule, lines(out))
    one = write(work / "one.jsonl", [{"prompt": "p", "answer": "7", "r": ["\\boxed{7}", "\\boxed{8}", "no"]},
                                     {"prompt": "p", "answer": "7", "r": ["\\boxed{7}", "no"]}])
    run("filter", one, "-o", out, "--rule", "readable:field=r")
    assert len(lines(out)) == 1
    passes = write(work / "passes.jsonl", [{"prompt": "p", "c": {"passed": 1, "total": 16}}, {"prompt": "p", "c": [1, 1, 0]}])
    run("filter", passes, "-o", out, "--report", report, "--rule", "pass_rate:field=c,k=2,max=0.13")
    assert report_of(report)["examples"][0]["rate"] == 1, "1 - C(1,2)/C(3,2)"
    assert len(lines(out)) == 1, "1 - C(15,2)/C(16,2) is 0.125"
    for text, error in (("nothing", "rules are links, question"), ("pass_rate:field=passes", "needs min, max, above or below"),
                        ("pass_rate:min=0", "needs field=NAME"), ("links:x=1", "unknown key x; the rule has none"),
                        ("length:min=a", "min must be a number"), ("length:min", "is not key=value"),
                        ("length:min=1,unit=tokens", "tokens need tokenizer=FILE"), ("length:min=1,unit=lines", "unit is words, char"),
                        ("length:min=1,part=end", "part is all or thinking"), ("length:min=1,min=2", "given twice"), ("potential:field=passes,top=2", "at most 1"),
                        ("pass_rate:field=none,min=0", 'rows.jsonl: 7 of 7 rows are bad, the first at row 1: no field "none"'),
                        ("top_sources:quality=problem,k=1", 'field "problem" is not a number')):
        run("filter", file, "-o", work / "no.jsonl", "--rule", text, fails=error)
        assert not (work / "no.jsonl").exists()


def code(work):
    tests = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}
    right = "a, b = map(int, input().split())\nprint(a + b)"
    rows = [{"prompt": "sum", **tests, "s": right, "w": ["print(3)"], "n": 0}, {"prompt": "sum", **tests, "s": "print(3)", "w": [right], "n": 1},
            {"prompt": "sum", **tests, "s": [right], "w": [right], "n": 2}, {"prompt": "nothing", "inputs": ["1"], "outputs": [""], "s": "pass", "w": ["print(1)"], "n": 3}]
    file, out, report = write(work / "code.jsonl", rows), work / "kept.jsonl", work / "report.json"
    run("filter", file, "-o", out, "--report", report, "--rule", "test_count:min=2")
    assert report_of(report)["why"] == {"too few tests": 1}
    arguments = ["data", "filter", file, "-o", out, "--report", report, "--rule"]
    done = subprocess.run([GPPO, *map(str, arguments), "tests:solution=s,wrong=w"], capture_output=True, text=True)
    if done.returncode != 0 and "isolation is only" in done.stderr:
        print("tests: left out,", done.stderr.strip())
        return
    assert done.returncode == 0, done
    assert [json.loads(line)["n"] for line in lines(out)] == [0]
    assert report_of(report)["why"] == {"reference solution fails": 1, "wrong program passes": 1, "empty program passes": 1}


with tempfile.TemporaryDirectory() as directory:
    decontaminate(pathlib.Path(directory))
    dedup(pathlib.Path(directory))
    rules(pathlib.Path(directory))
    code(pathlib.Path(directory))
