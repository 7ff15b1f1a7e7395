# SPDX-License-Identifier: Apache-2.0
"""Parquet: gppo reads the rows that pyarrow wrote, and pyarrow reads those that gppo wrote.

argv: the binary, the source directory. Rows of GSM8K and MATH as verl stores them (without ../shared, made-up ones), odd column
types, several row groups and codecs, files cut off anywhere."""
import datetime
import decimal
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

GPPO, SOURCE = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
SEED = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
rng = random.Random(SEED)
print("GPPO_SEED", SEED, flush=True)


def gppo(*arguments, fails=None):
    done = subprocess.run([GPPO, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    if "which this build lacks" in done.stderr:
        print("skipped: built without Arrow")
        sys.exit(77)
    assert done.returncode == (1 if fails else 0), (arguments, done)
    for part in fails or []:
        assert part in done.stderr and done.stderr.count("\n") == 1, (arguments, done.stderr)
    return done.stdout


def rows_of(path):
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def through(parquet, out):
    """The rows of a file as a filter that keeps all of them passes them on."""
    gppo("data", "filter", parquet, "-o", out, "--rule", "length:min=0")
    return rows_of(out)


def verl_rows():
    """As verl's preprocessing writes them: nested lists and structs, extra_info with and without fields."""
    rows, data = [], SOURCE.parent / "shared" / "data"
    if (data / "gsm8k/train.jsonl").exists():
        for i, line in enumerate((data / "gsm8k/train.jsonl").read_text().splitlines()):
            row = json.loads(line)
            rows.append({"data_source": "openai/gsm8k", "prompt": [{"role": "user", "content": row["question"]}], "ability": "math",
                         "reward_model": {"style": "rule", "ground_truth": row["answer"].split("####")[-1].strip()},
                         "extra_info": {"split": "train", "index": i, "answer": row["answer"], "question": row["question"]}})
        for path in sorted((data / "math").glob("*.json")):
            for i, row in enumerate(json.loads(path.read_text())):
                if not str(row["answer"]).strip():  # two have none
                    continue
                rows.append({"data_source": "math_dapo", "ability": None, "extra_info": {"index": i, "tags": ["a", None], "level": 1.5},
                             "prompt": [{"role": "system", "content": "Ünïcode \u2028 \" \\ \x01"}, {"role": "user", "content": str(row["problem"])}],
                             "reward_model": {"style": "rule", "ground_truth": str(row["answer"])}})
    for i in range(300):
        rows.append({"data_source": "math_dapo", "prompt": [{"role": "user", "content": f"{i} + {i}?"}], "ability": "math",
                     "reward_model": {"style": "rule", "ground_truth": str(2 * i)}, "extra_info": None})
    rng.shuffle(rows)
    return rows


def same(ours, theirs, what):
    assert len(ours) == len(theirs), (what, len(ours), len(theirs))
    for i, (a, b) in enumerate(zip(ours, theirs)):
        assert a == b, f"{what}, row {i + 1}:\n{a}\n{b}"


def real_rows(work):
    """Both directions, and training's own reader."""
    rows = verl_rows()
    file, out, back = work / "verl.parquet", work / "out.jsonl", work / "back.parquet"
    for codec, group in (("snappy", 1000), ("zstd", 77), ("none", 10**6), ("gzip", 5000)):
        pq.write_table(pa.Table.from_pylist(rows), file, compression=codec, row_group_size=group, use_dictionary=codec != "none",
                       data_page_version="2.0" if codec == "zstd" else "1.0", write_page_checksum=codec == "snappy")
        expected = pq.read_table(file).to_pylist()
        same(through(file, out), expected, codec)
    gppo("data", "filter", file, "-o", back, "--rule", "length:min=0")
    same(pq.read_table(back).to_pylist(), expected, "pyarrow reads what gppo wrote")
    same(through(back, out), expected, "gppo reads what gppo wrote")
    assert pq.ParquetFile(back).num_row_groups == math.ceil(len(rows) / 16384)
    said = gppo("data", "check", file)
    assert f"rows {len(rows)}, bad 0" in said and f"with gold answer {len(rows)}" in said, said
    gppo("data", "verl", file, "-o", work / "again.parquet")
    assert pq.read_table(work / "again.parquet").column("reward_model").to_pylist() == [r["reward_model"] for r in rows]
    return len(rows)


def odd_types(work):
    """Every kind of column that may stand beside the known ones."""
    when = datetime.datetime(2026, 11, 22, 6, 40)
    columns = {
        "problem": pa.array(["a", "b", "c"]), "i8": pa.array([-128, None, 127], pa.int8()), "u64": pa.array([2**64 - 1, 0, None], pa.uint64()),
        "f32": pa.array([0.1, -0.0, None], pa.float32()), "f16": pa.array([0.5, None, 65504], pa.float16()), "f64": pa.array([1e300, 3.0, 1e-7]),
        "nan": pa.array([math.nan, math.inf, 1.0]), "none": pa.nulls(3), "flag": pa.array([True, None, False]),
        "coded": pa.array(["x", None, "x"]).dictionary_encode(), "large": pa.array(["é", "", None], pa.large_string()),
        "lists": pa.array([[[1], None, []], None, [[2, None]]]), "big_list": pa.array([["a"], [], None], pa.large_list(pa.string())),
        "fixed": pa.array([[1.5, 2.5], None, [0.5, 1.5]], pa.list_(pa.float64(), 2)), "day": pa.array([when.date(), None, when.date()]),
        "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())), "bytes": pa.array([b"\xff\x00", None, b"a"]),
        "money": pa.array([decimal.Decimal("1.20"), None, decimal.Decimal("-3.45")]), "when": pa.array([when, None, when], pa.timestamp("us")),
        "deep": pa.array([{"a": {"b": [{"c": 1}]}}, {"a": None}, None], pa.struct([("a", pa.struct([("b", pa.list_(pa.struct([("c", pa.int32())])))]))])),
    }
    file = work / "odd.parquet"
    pq.write_table(pa.table(columns), file, row_group_size=2)
    ours, theirs = through(file, work / "odd.jsonl"), pq.read_table(file).to_pylist()
    for row in theirs:  # what JSON has not
        row["nan"] = row["nan"] if math.isfinite(row["nan"]) else None
        row["map"] = row["map"] and [list(pair) for pair in row["map"]]
        row["bytes"] = row["bytes"] and {b"\xff\x00": "/wA=", b"a": "YQ=="}[row["bytes"]]
        for name in ("day", "money", "when"):
            row[name] = row[name] and str(row[name])
    for row in ours:
        row["when"] = row["when"] and row["when"].split(".")[0]
    same(ours, theirs, "odd types")


def refused(work):
    good, bad, out = work / "good.parquet", work / "bad.parquet", work / "none.jsonl"
    pq.write_table(pa.Table.from_pylist(verl_rows()[:400]), good, row_group_size=100, write_page_checksum=True)
    content = good.read_bytes()

    def fails(*more):
        gppo("data", "filter", bad, "-o", out, "--rule", "length:min=0", fails=["bad.parquet", *more])
        assert not out.exists()

    for size in [0, 3, 4, 8, 11, len(content) - 1, len(content) - 4] + rng.sample(range(len(content)), 25):
        bad.write_bytes(content[:size])
        fails("cannot read")
    found = 0  # by the checksums of pages; what is changed in a page's header may mean nothing
    for _ in range(25):
        at = rng.randrange(4, len(content) // 2)
        bad.write_bytes(content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1:])
        done = subprocess.run([GPPO, "data", "filter", bad, "-o", out, "--rule", "length:min=0"], capture_output=True, text=True)
        assert done.returncode in (0, 1), done
        found += done.returncode
        assert done.returncode == 0 or ("bad.parquet" in done.stderr and done.stderr.count("\n") == 1 and not out.exists()), done
        out.unlink(missing_ok=True)
    assert found >= 20, found
    bad.write_text('{"problem": "a", "answer": "1"}\n')
    fails("cannot read")
    bad.unlink()
    fails("No such file")
    pq.write_table(pa.table({"problem": pa.array([b"\xff"]).cast(pa.binary())}), bad)
    gppo("data", "filter", bad, "-o", out, "--rule", "length:min=0")
    out.unlink()
    array = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    pq.write_table(pa.table({"problem": array}), bad)
    fails("from row 1", "UTF8")
    pq.write_table(pa.table({"problem": pa.array([], pa.string())}), bad)
    fails("the dataset is empty")


def written(work):
    """What has no column is refused, and nothing is left."""
    rows, out = work / "rows.jsonl", work / "rows.parquet"
    for line, reason in (('{"problem": "a", "x": 1}\n{"problem": "b", "x": "1"}', '"x" is an integer in one row and text in another'),
                         ('{"problem": "a", "x": {"y": {}}}', '"x.y" is an object without fields'),
                         ('{"problem": "a", "x": [1, [2]]}', '"x[]" is an integer'),
                         ('{"problem": "a", "x": 18446744073709551615}', "beyond 64 bits"),
                         ('{"problem": "a", "x": [9007199254740993, 0.5]}', "2^53 or beyond")):
        rows.write_text(line + "\n")
        gppo("data", "filter", rows, "-o", out, "--rule", "length:min=0", fails=["cannot write", "rows.parquet", reason])
        assert sorted(p.name for p in work.iterdir() if p.name.startswith("rows")) == ["rows.jsonl"], list(work.iterdir())
    given = [{"problem": "a", "x": 1, "l": []}, {"l": [[None], [{"k": True}]], "problem": "é\u0000", "x": 2.5, "n": None}, {"problem": "c", "s": {"t": -1}}]
    rows.write_text("".join(json.dumps(row) + "\n" for row in given).replace("[null]", "null"))
    gppo("data", "filter", rows, "-o", out, "--rule", "length:min=0")
    assert pq.read_table(out).to_pylist() == [
        {"problem": "a", "x": 1.0, "l": [], "n": None, "s": None}, {"problem": "é\u0000", "x": 2.5, "l": [None, [{"k": True}]], "n": None, "s": None},
        {"problem": "c", "x": None, "l": None, "n": None, "s": {"t": -1}}], pq.read_table(out).to_pylist()


def trained(work):
    """Steps of training on Parquet are those on JSON lines."""
    rows = [{"prompt": f"{a}+{b}=", "response": f"<think></think>\\boxed{{{a + b}}}", "data_source": "arithmetic"} for a in range(9) for b in range(9)]
    (work / "sft.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), work / "sft.parquet", row_group_size=10)
    (work / "eval.jsonl").write_text('{"prompt": "20+30=", "response": "50", "gold": "50"}\n')
    losses = []
    for kind in ("jsonl", "parquet"):
        sets = ["run.threads=1", "run.report=false", "sft.steps=3", "sft.batch=4", "eval.prompts=1", "eval.max_new_tokens=2", "task.kind=jsonl", "tokenizer.kind=bytes", f"run.dir={work}/run-{kind}",
                f'task.train=["{work}/sft.{kind}"]', f'task.eval=["{work}/eval.jsonl"]', "model.hidden_size=48", "model.head_dim=16",
                "model.num_hidden_layers=1", "model.num_attention_heads=3", "model.num_key_value_heads=1", "model.intermediate_size=64"]
        gppo("sft", *(part for one in sets for part in ("--set", one)))
        metrics = [json.loads(line) for line in open(f"{work}/run-{kind}/metrics.jsonl")]
        losses.append([row[k] for row in metrics for k in row if "loss" in k])
    assert losses[0] == losses[1] and losses[0], losses


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    odd_types(work)
    count = real_rows(work)
    refused(work)
    written(work)
    trained(work)
print(f"Parquet: {count} rows both ways as pyarrow {pa.__version__} has them")
