# SPDX-License-Identifier: Apache-2.0
"""gppo data decontaminate against a statement of open-r1's scripts/decontaminate.py in Python's own string functions:
text.lower().strip(), split() and n-grams joined by one space, looked up in a set for each benchmark. The flags of every
row must be the same, on made-up rows in many scripts and, where it is present, on ../shared/data. Standard library only.

argv: the binary, the source directory."""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

GPPO, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
SEED = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
print(f"GPPO_SEED={SEED}", flush=True)
rng = random.Random(SEED)


def ngrams(text, n):
    words = " ".join(text.lower().strip().split()).split()
    return {" ".join(words[i:i + n]) for i in range(len(words) - n + 1)}


def marked(work, train, benchmarks, *options):
    """The flags that gppo gives each text of `train`: one dictionary a row."""
    (work / "train.jsonl").write_text("".join(json.dumps({"problem": t}) + "\n" for t in train))
    against = []
    for name, texts in benchmarks.items():
        (work / f"{name}.jsonl").write_text("".join(json.dumps({"problem": t}) + "\n" for t in texts))
        against.append(str(work / f"{name}.jsonl"))
    done = subprocess.run([GPPO, "data", "decontaminate", work / "train.jsonl", "-o", work / "out.jsonl", "--against", *against,
                           "--mark", *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (work / "out.jsonl").open()]


def compare(work, what, train, benchmarks, n, *options):
    lookups = {name: set().union(*(ngrams(t, n) for t in texts)) for name, texts in benchmarks.items()}
    flags = {name: 0 for name in benchmarks}
    rows = marked(work, train, benchmarks, *options)
    assert len(rows) == len(train), (what, len(rows))
    for text, row in zip(train, rows):
        grams = ngrams(text, n)
        for name, lookup in lookups.items():
            expected = not grams.isdisjoint(lookup)
            assert row[f"contaminated_{name}"] is expected, (what, name, expected, text)
            flags[name] += expected
    print(f"{what}: {len(rows)} rows, flags {flags}: the same")
    return flags


def lower_case(work):
    """Every character: as a word it is found in its own lower case, and nowhere else."""
    # Our tables are of Unicode 14; a Python of another version is asked for old characters only.
    known = unicodedata if unicodedata.unidata_version == "14.0.0" else unicodedata.ucd_3_2_0
    characters = [c for c in map(chr, range(0x110000)) if known.category(c) not in ("Cs", "Cn")]
    around = [pattern.replace("*", c) for c in characters for pattern in ("*", "A*", "*Σ", "AΣ*", "A*ΣB", "A*Σ")]
    # Each text must split and lower-case to Python's words: a benchmark of Python's result finds it at n = its length.
    texts = [" ".join(around[i:i + 60]) for i in range(0, len(around), 60)]
    results = [" ".join(t.lower().split()) for t in texts]
    for length in sorted({len(r.split()) for r in results}):
        chosen = [i for i, r in enumerate(results) if len(r.split()) == length]
        rows = marked(work, [texts[i] for i in chosen], {"python": [results[i] for i in chosen]}, "--words", "spaces", "--n", str(length))
        wrong = [texts[i] for i, row in zip(chosen, rows) if not row["contaminated_python"]]
        assert not wrong, (len(wrong), wrong[0])
    print(f"lower case and white space: {len(characters)} characters in 6 places: the same")


def made_up(work):
    words = ["Find", "the", "SUM", "$m+n$.", "ΑΣ", "İstanbul", "x²", "Straße", "über,", "数", "ǅ", "a\u00A0b", "a\u200Bb", "\u0085"]
    text = lambda: rng.choice([" ", "\n", "\t ", "\u3000"]).join(rng.choices(words, k=rng.randrange(14)))
    for n in (1, 3, 8):
        benchmarks = {name: [text() for _ in range(30)] for name in ("one", "two")}
        train = [text() for _ in range(300)]
        train += [b.upper() for texts in benchmarks.values() for b in texts]
        compare(work, f"made up, n={n}", train, benchmarks, n, "--words", "spaces", "--no-short-texts", "--n", str(n))


def texts_of(path):
    rows = json.loads(path.read_text()) if path.suffix == ".json" else [json.loads(line) for line in path.open()]
    return [row.get("problem") or row.get("question") or row["messages"][0]["content"] for row in rows]


def real(work, data):
    benchmarks = {p.stem: texts_of(p) for p in sorted((data / "benchmarks").glob("*.jsonl"))}
    benchmarks["math_500"] = texts_of(data / "math/test_math_math.json")
    flags = {}
    for name in ("math/train_math_math.json", "math/train_math_aime.json", "gsm8k/train.jsonl", "math/test_math_amc.json"):
        flags[name] = compare(work, name, texts_of(data / name), benchmarks, 8, "--open-r1")
    assert flags["math/train_math_aime.json"]["aime24"] > 100, flags  # a comparison of nothing would agree, too


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    made_up(work)
    lower_case(work)
    data = SOURCE.parent / "shared/data"
    if (data / "benchmarks").exists():
        real(work, data)
    else:
        print("no ../shared/data: left out")
