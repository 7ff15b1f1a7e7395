# SPDX-License-Identifier: Apache-2.0
"""gppo data and gppo score from the outside: files made, converted, checked; answers judged in order.

    python tests/cli/data_score.py GPPO SOURCE_DIR
"""

import json
import pathlib
import subprocess
import sys
import tempfile

GPPO, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()


def run(*arguments, text="", fails=""):
    """Standard output; with `fails`, checks for exit status 1 and one line on stderr that has it."""
    done = subprocess.run([GPPO, *map(str, arguments)], input=text, capture_output=True, text=True)
    if fails:
        assert done.returncode == 1, (arguments, done)
        assert fails in done.stderr and done.stderr.count("\n") == 1, (arguments, done.stderr)
    else:
        assert done.returncode == 0, (arguments, done)
    return done.stdout


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def key(prompt):
    """12+34= and 34+12= are one problem."""
    if "-" in prompt:
        return prompt
    op = "*" if "*" in prompt else "+"
    return op.join(sorted(prompt[:-1].split(op)))


def arithmetic(work):
    run("data", "arithmetic", "--dir", work / "sums", "--train", 3000, "--held-out", 400, "--operations", "+", "-", "*",
        "--digits-max", 2, "--digits-min", 1, "--seed", 3)
    train, held_out = rows(work / "sums/train.jsonl"), rows(work / "sums/held_out.jsonl")
    assert len(train) == 3000 and len(held_out) == 400
    keys = {key(row["prompt"]) for row in train}
    assert len(keys) == 3000, "a training problem occurs twice"
    assert not keys & {key(row["prompt"]) for row in held_out}, "a held-out problem is in training"
    for row in train + held_out:
        assert str(eval(row["prompt"][:-1])) == row["gold"], row
        assert row["response"].endswith(f"</think>\\boxed{{{row['gold']}}}"), row
    run("data", "arithmetic", "--dir", work / "x", "--digits-max", 1, "--digits-min", 1, fails="different problems")


def verl(work):
    source = work / "gsm.jsonl"
    source.write_text('{"question": "1+1?", "answer": "<<1+1=2>>2\\n#### 2", "mine": [1]}\r\nbroken\n'
                      '{"odd": 1}\n{"prompt": "p", "response": "so \\\\boxed{7}", "data_source": "made/up"}')
    run("data", "verl", source, "-o", work / "verl.jsonl", fails="gsm.jsonl: 2 of 4 rows are bad, the first at row 2")
    assert not (work / "verl.jsonl").exists(), "an output after an error"
    run("data", "verl", source, "-o", work / "verl.jsonl", "--max-bad", 0.5, "--instruction", "Box it.")
    first, second = rows(work / "verl.jsonl")
    assert first["mine"] == [1] and first["reward_model"] == {"style": "rule", "ground_truth": "2"}
    assert first["prompt"] == [{"role": "user", "content": "1+1? Box it."}]
    assert first["data_source"] == "openai/gsm8k" and second["data_source"] == "made/up"
    assert second["reward_model"]["ground_truth"] == "7"
    bad = rows(work / "verl.jsonl.quarantine")
    assert [row["row"] for row in bad] == [2, 3] and "odd" in bad[1]["reason"]
    source.write_text('{"prompt": "p", "response": "r"}')
    run("data", "verl", source, "-o", work / "none.jsonl", fails="row 1: no gold answer")
    checked = run("data", "check", work / "verl.jsonl")
    assert "rows 2, bad 0" in checked and '"made/up" 1 rows, no verifier' in checked, checked
    run("data", "check", work / "none.jsonl", fails="none.jsonl: No such file")
    (work / "empty.jsonl").write_text("\n")
    run("data", "check", work / "empty.jsonl", fails="empty.jsonl: the dataset is empty")


def score():
    lines = [{"id": i, "gold": gold, "pred": pred, "extra": {"i": [i]}, "a": None}
             for i, (gold, pred) in enumerate([("72", "\\boxed{72.0}"), ("72", "\\boxed{73}"), ("x", "\\boxed{x+0}"),
                                               ("1/2", "0.5"), (5, "#### 5"), ("9^{9^{9^9}}", "5"), ("1/0", "5"),
                                               ("1, 2", "\\boxed{2} and \\boxed{1}")])]
    out = run("score", "math", text="\n".join(map(json.dumps, lines)))
    judged = [json.loads(line) for line in out.splitlines()]
    assert [list(row)[:5] for row in judged] == [list(line) for line in lines], "fields or order changed"
    assert [{k: row[k] for k in line} for row, line in zip(judged, lines)] == lines
    assert [row["verdict"] for row in judged] == ["equal", "different", "equal", "equal", "equal", "budget", "unparsable",
                                                   "equal"], out
    # Numbers as they are written, unknown fields byte by byte.
    odd = '{"x": 1.10,  "gold": 12345678901234567890123, "y": 123456789012345678901, "pred": %s, "é": "\\u00e9"}'
    out = run("score", "math", text=odd % "12345678901234567890123" + "\n" + odd % "12345678901234567890124").splitlines()
    assert out[0].startswith(odd[:-1] % "12345678901234567890123" + ', "verdict":"equal"'), out
    assert '"verdict":"different"' in out[1], out
    again = json.loads(run("score", "math", text=out[0]))
    assert list(again)[-2:] == ["verdict", "reason"] and len(again) == 7, again
    boxed = run("score", "math", "--extract", "box", text=json.dumps({"gold": "5", "pred": "5"}))
    assert json.loads(boxed)["verdict"] == "unparsable"
    run("score", "math", text='{"gold": 1, "pred": 2}\n{"gold": 1}\n', fails='stdin:2: no field "pred"')
    run("score", "math", text="[" * 100000, fails="stdin:1")


with tempfile.TemporaryDirectory() as directory:
    arithmetic(pathlib.Path(directory))
    verl(pathlib.Path(directory))
    score()
    gsm8k = SOURCE.parent / "shared/data/gsm8k/test.jsonl"
    if gsm8k.exists():
        run("data", "verl", gsm8k, "-o", pathlib.Path(directory) / "real.jsonl")
        assert len(rows(pathlib.Path(directory) / "real.jsonl")) == 1319
