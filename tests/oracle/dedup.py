# SPDX-License-Identifier: Apache-2.0
"""gppo data dedup against MinHash in numpy: words by a regular expression, XXH64 by its specification (or PyPI's xxhash),
datatrove's parameters from numpy's RandomState, buckets in dictionaries. The same rows must go, each as a copy of the same
row with the same similarity. Where datatrove can be imported, its own signatures are compared with numpy's as well.

argv: the binary, the source directory. Uses ../shared/data/math where it is present."""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

GPPO, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
SEED = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
print(f"GPPO_SEED={SEED}", flush=True)
rng = random.Random(SEED)
P = np.uint64((1 << 61) - 1)
M = (1 << 64) - 1
P1, P2, P3, P4, P5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def xxh64(data):
    rotl = lambda x, r: (x << r | x >> (64 - r)) & M
    mix = lambda acc, lane: rotl((acc + lane * P2) & M, 31) * P1 & M
    word = lambda at, n: int.from_bytes(data[at:at + n], "little")
    at, h = 0, P5
    if len(data) >= 32:
        lanes = [(P1 + P2) & M, P2, 0, -P1 & M]
        while at + 32 <= len(data):
            lanes = [mix(lane, word(at + 8 * i, 8)) for i, lane in enumerate(lanes)]
            at += 32
        h = sum(rotl(lane, r) for lane, r in zip(lanes, (1, 7, 12, 18))) & M
        for lane in lanes:
            h = ((h ^ mix(0, lane)) * P1 + P4) & M
    h = (h + len(data)) & M
    for n, f in ((8, lambda h, v: rotl(h ^ mix(0, v), 27) * P1 + P4), (4, lambda h, v: rotl(h ^ v * P1 & M, 23) * P2 + P3),
                 (1, lambda h, v: rotl(h ^ v * P5 & M, 11) * P1)):
        while at + n <= len(data):
            h, at = f(h, word(at, n)) & M, at + n
    h = (h ^ h >> 33) * P2 & M
    h = (h ^ h >> 29) * P3 & M
    return h ^ h >> 32


def signatures(texts, words, buckets, hashes, seed):
    """(a text's signature, or None) and the parameters."""
    random_state = np.random.RandomState(seed)
    a = random_state.randint(1, P, dtype=np.uint64, size=(1, buckets * hashes))
    b = random_state.randint(0, P, dtype=np.uint64, size=(1, buckets * hashes))
    result = []
    for text in texts:
        found = re.findall(r"[^\W_]+", text.lower())
        shingles = [xxh64(" ".join(found[i:i + words]).encode()) for i in range(len(found) - words + 1)]
        x = np.array(shingles, dtype=np.uint64).reshape(-1, 1)
        result.append(((x * a + b) % P).min(axis=0) if shingles else None)
    return result


def duplicates(texts, words=5, buckets=14, hashes=8, seed=1):
    """row -> (why, copy of, similarity), rows from 1."""
    out, first, different = {}, {}, []
    for i, text in enumerate(texts):
        key = " ".join(text.lower().split())
        if key in first:
            out[i + 1] = ("exact", first[key] + 1, 1.0)
        else:
            first[key] = i
            different.append(i)
    signed = dict(zip(different, signatures([texts[i] for i in different], words, buckets, hashes, seed)))
    cluster = {i: i for i in different}
    for bucket in range(buckets):
        seen = {}
        for i in different:
            if signed[i] is None:
                continue
            values = signed[i][bucket * hashes:(bucket + 1) * hashes].tobytes()
            old, new = cluster[seen.setdefault(values, i)], cluster[i]
            if old != new:  # relabel: slow and plain
                low = min(old, new)
                cluster = {k: low if v in (old, new) else v for k, v in cluster.items()}
    for i in different:
        if cluster[i] != i:
            out[i + 1] = ("near", cluster[i] + 1, float((signed[i] == signed[cluster[i]]).mean()))
    return out


def compare(work, what, texts, **options):
    (work / "rows.jsonl").write_text("".join(json.dumps({"problem": t}) + "\n" for t in texts))
    names = {"words": "--shingle", "buckets": "--buckets", "hashes": "--hashes", "seed": "--seed"}
    arguments = [part for key, value in options.items() for part in (names[key], str(value))]
    done = subprocess.run([GPPO, "data", "dedup", work / "rows.jsonl", "-o", work / "out.jsonl", "--report", work / "report.json",
                           "--examples", "1000000", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads((work / "report.json").read_text())
    got = {e["row"]: (e["why"], e["copy_of"]["row"], e["similarity"]) for e in report["examples"]}
    expected = duplicates(texts, **options)
    assert got.keys() == expected.keys(), (what, sorted(got.keys() ^ expected.keys())[:10])
    for row in got:
        assert got[row][:2] == expected[row][:2] and abs(got[row][2] - expected[row][2]) < 1e-12, (what, row, got[row], expected[row])
    kept = [json.loads(line)["problem"] for line in (work / "out.jsonl").open()]
    assert kept == [t for i, t in enumerate(texts, 1) if i not in expected], what
    print(f"{what}: {len(texts)} rows, {report['why']}: the same")
    return report["why"]


def made_up(work):
    vocabulary = [f"word{i}" for i in range(50)] + ["ΑΣ", "x²", "Straße,", "数", "-", "$k<0$"]
    texts = []
    for _ in range(400):
        if texts and rng.random() < 0.5:  # a copy with some words changed
            words = [rng.choice(vocabulary) if rng.random() < 0.06 else w for w in rng.choice(texts).split()]
            texts.append(" ".join(words).upper() if rng.random() < 0.2 else " ".join(words))
        else:
            texts.append(" ".join(rng.choices(vocabulary, k=rng.randrange(40))))
    why = compare(work, "made up", texts)
    assert why.get("near", 0) > 0 and why.get("exact", 0) > 0, why  # 26 and 80 of most seeds
    compare(work, "made up, other parameters", texts, words=2, buckets=5, hashes=3, seed=9)


def datatrove(texts):
    try:
        import datatrove  # noqa: F401
        from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
        from datatrove.utils.hashing import create_hash_func
        with tempfile.TemporaryDirectory() as folder:
            theirs = MinhashDedupSignature(folder, MinhashConfig())
            digest = create_hash_func(theirs.config.hash_config)
        digest("text")
    except (ImportError, TypeError) as error:  # TypeError: its hash with another xxhash than it was made for
        print(f"datatrove left out: {error}")
        return
    for text, ours in zip(texts, signatures(texts, 5, 14, 8, 1)):
        words = re.findall(r"[^\W_]+", text.lower())
        shingles = [digest(" ".join(words[i:i + 5])) for i in range(len(words) - 4)]
        if shingles:
            signature = theirs.get_signature(np.array(shingles, dtype=np.uint64).reshape(-1, 1))
            assert [v for bucket in signature for v in bucket] == ours.tolist(), text
    print(f"datatrove {__import__('importlib.metadata').metadata.version('datatrove')}: {len(texts)} signatures: the same")


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    np.seterr(over="ignore")
    made_up(work)
    data = SOURCE.parent / "shared/data/math"
    if data.exists():
        texts = [row["problem"] for name in ("train_math_math", "train_math_aime") for row in json.loads((data / f"{name}.json").read_text())]
        aime = texts[7474:]
        sample = rng.sample(texts[:7474], 700) + aime[:300]
        sample += [t for t in texts[:7474] if t in set(aime[:300])]
        compare(work, "MATH and AIME", sample)
        datatrove(sample[:100])
    else:
        print("no ../shared/data: left out")
