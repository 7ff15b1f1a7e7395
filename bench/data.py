# SPDX-License-Identifier: Apache-2.0
"""Decontamination and MinHash on one core, beside Python: rows a second on texts in memory.

usage: data.py WORKER OUTPUT_DIRECTORY [--quick]
Rows: MATH (training), AIME 1983 to 2023 and GSM8K (training) of ../shared/data; benchmarks: AIME 2024 and 2025, HMMT 2025.
Peers: n-grams in sets, as open-r1 and s1 look them up (nine words of letters, and open-r1's own eight); MinHash in numpy
with datatrove's parameters, shingles hashed by PyPI's xxhash where it can be imported, otherwise by hashlib.
Both sides must find the same. Prints what is contaminated; exits 1 below 200,000 rows or 20,000 documents a second.
"""
import side_by_side
side_by_side.restart_pinned()
import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
from side_by_side import Results, interleave, timed

SOURCE = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("GPPO_BENCH_DATA", SOURCE.parent / "shared/data"))
BARS = {"decontaminate": 200_000, "decontaminate open-r1": 200_000, "minhash": 20_000, "dedup": 20_000}
P = np.uint64((1 << 61) - 1)
WORDS = re.compile(r"[^\W_]+")


def texts_of(name):
    path = DATA / name
    rows = json.loads(path.read_text()) if path.suffix == ".json" else [json.loads(line) for line in path.open()]
    return [row.get("problem") or row.get("question") or row["messages"][0]["content"] for row in rows]


def letters(text):
    return WORDS.findall(text.lower())


def spaces(text):
    return " ".join(text.lower().strip().split()).split()


def grams(words, n):
    return {" ".join(words[i:i + n]) for i in range(len(words) - n + 1)}


def flagged(rows, lookups, split, n):
    count = 0
    for row in rows:
        found = grams(split(row), n)
        count += any(any(gram in lookup for gram in found) for lookup in lookups)
    return count


try:
    import xxhash
    DIGEST = ("xxhash", lambda text: xxhash.xxh64_intdigest(text.encode()))
except ImportError:
    DIGEST = ("hashlib", lambda text: int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def signatures(documents):
    state = np.random.RandomState(1)
    a, b = (state.randint(low, P, dtype=np.uint64, size=(1, 112)) for low in (1, 0))
    result = []
    for document in documents:
        words = letters(document)
        shingles = [DIGEST[1](" ".join(words[i:i + 5])) for i in range(len(words) - 4)]
        x = np.array(shingles, dtype=np.uint64).reshape(-1, 1)
        result.append(((x * a + b) % P).min(axis=0) if shingles else None)
    return result


def duplicates(documents):
    """Rows that are not the first of their cluster."""
    parent = list(range(len(documents)))

    def find(i):
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i
    seen = {}
    for i, signature in enumerate(signatures(documents)):
        for bucket in range(14 if signature is not None else 0):
            key = (bucket, signature[8 * bucket:8 * bucket + 8].tobytes())
            x, y = find(seen.setdefault(key, i)), find(i)
            parent[max(x, y)] = min(x, y)
    return sum(parent[i] != i for i in range(len(documents)))


def show_contaminated(rows, benchmarks):
    """What shares nine words with a benchmark: how many, and for which words."""
    for name, texts in benchmarks.items():
        lookup = {gram: i for i, text in reversed(list(enumerate(texts, 1))) for gram in grams(letters(text), 9)}
        for source, part in rows.items():
            hits = [next((g for g in ordered if g in lookup), None) for ordered in (
                [" ".join(w[i:i + 9]) for i in range(len(w) - 8)] for w in map(letters, part))]
            counts = collections.Counter(hit for hit in hits if hit)
            if counts:
                top = "; ".join(f'"{gram}" {rows}' for gram, rows in counts.most_common(2))
                print(f"# {source}: {sum(counts.values())} of {len(part)} rows share nine words with {name}, e.g. {top}")


def main():
    if not (DATA / "benchmarks").exists():
        sys.exit("bench data: no ../shared/data beside the source")
    np.seterr(over="ignore")
    sources = {"MATH": texts_of("math/train_math_math.json"), "AIME 1983-2023": texts_of("math/train_math_aime.json"),
               "GSM8K": texts_of("gsm8k/train.jsonl")}
    benchmarks = {name: texts_of(f"benchmarks/{name}.jsonl") for name in ("aime24", "aime25", "hmmt25")}
    rows = [text for part in sources.values() for text in part]
    show_contaminated(sources, benchmarks)
    assert min(len(letters(t)) for texts in benchmarks.values() for t in texts) >= 9, "short texts match as a whole with us"
    nine = [set().union(*(grams(letters(t), 9) for t in texts)) for texts in benchmarks.values()]
    eight = [set().union(*(grams(spaces(t), 8) for t in texts)) for texts in benchmarks.values()]
    cases = {"decontaminate": ("sets of 9-grams", lambda: flagged(rows, nine, letters, 9)),
             "decontaminate open-r1": ("open-r1's lookups", lambda: flagged(rows, eight, spaces, 8)),
             "minhash": (f"numpy, {DIGEST[0]}", lambda: int(sum(int(s.sum(dtype=np.uint64)) for s in signatures(rows)
                                                             if s is not None) % 2**64)),
             "dedup": (f"numpy, {DIGEST[0]}", lambda: duplicates(rows))}
    results, failed = Results("data"), []
    rounds = 2 if "--quick" in sys.argv else 5
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "data.json"
        path.write_text(json.dumps({"benchmarks": benchmarks, "rows": rows, "documents": rows}))
        worker = side_by_side.Worker(sys.argv[1], str(path))
        for case, (peer_name, peer) in cases.items():
            ours, theirs = worker.ask(case)["found"], peer()
            if case != "minhash" or DIGEST[0] == "xxhash":
                assert ours == theirs, (case, ours, theirs)
            times = interleave({"ours": lambda: worker.time(case), "peer": timed(peer)}, rounds, warm=1)
            results.add(case, peer_name, times["ours"], times["peer"], work=len(rows), unit="rows/s",
                        found=ours if case != "minhash" else None)
            if results.rows[-1]["ours"] < BARS[case]:
                failed.append(case)
        worker.close()
    results.save(sys.argv[2])
    if failed:
        sys.exit(f"bench data: below the bar: {', '.join(failed)}")


if __name__ == "__main__":
    main()
