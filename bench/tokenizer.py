# SPDX-License-Identifier: Apache-2.0
"""Encoding and decoding with Qwen3's vocabulary, one thread each: ours against PyPI tokenizers.

usage: tokenizer.py WORKER OUTPUT_DIRECTORY [--quick]
Texts: GSM8K, MATH and LeetCode of ../shared/data, and random Unicode. Millions of characters a second; both sides must
give the same ids. The peer is the fastest of its calls: encode_batch_fast, which computes no offsets, encode_batch and
encode for each text. Exits 1 where ours is not twice as fast.
"""
import side_by_side
side_by_side.restart_pinned()
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

from side_by_side import Results, interleave, timed
from tokenizers import Tokenizer

SOURCE = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("GPPO_BENCH_DATA", SOURCE.parent / "shared/data"))
BAR = 2.0


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


def texts_of(*names):
    for name in names:
        text = (DATA / name).read_text()
        yield from texts_in([json.loads(line) for line in text.splitlines()] if name.endswith("l") else json.loads(text))


def random_unicode(rng):
    limits = [0x80, 0x80, 0x250, 0x3000, 0xD000, 0x110000]

    def character():
        limit = rng.choice(limits)
        while 0xD800 <= (c := rng.randrange(limit)) <= 0xDFFF:
            pass
        return chr(c)
    return ["".join(character() for _ in range(rng.randrange(200))) for _ in range(3000)]


class Worker(side_by_side.Worker):
    def __init__(self, *arguments):
        self.process = subprocess.Popen(list(arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main():
    vocabulary = DATA / "qwen/tokenizer.json"
    if not vocabulary.exists():
        sys.exit("bench tokenizer: no ../shared/data beside the source")
    cases = {"GSM8K": list(texts_of("gsm8k/train.jsonl", "gsm8k/test.jsonl")),
             "MATH": list(texts_of("math/train_math_math.json", "math/test_math_math.json")),
             "LeetCode": list(texts_of("code/train_leetcode.json")), "random Unicode": random_unicode(random.Random(1))}
    theirs = Tokenizer.from_file(str(vocabulary))
    results = Results("tokenizer")
    rounds = 3 if "--quick" in sys.argv else 7
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "cases.json").write_text(json.dumps(cases))
        worker = Worker(sys.argv[1], str(vocabulary), folder + "/cases.json")
        for case, texts in cases.items():
            million = sum(map(len, texts)) / 1e6
            ids = [e.ids for e in theirs.encode_batch_fast(texts)]
            ours = worker.ask("encode " + case)
            assert (ours["ids"], ours["sum"]) == (sum(map(len, ids)), sum(map(sum, ids))), f"{case}: other ids"
            encoders = {"encode_batch_fast": lambda: theirs.encode_batch_fast(texts),
                        "encode_batch": lambda: theirs.encode_batch(texts),
                        "encode": lambda: [theirs.encode(text).ids for text in texts]}
            sides = {"ours": lambda: worker.time("encode " + case), **{name: timed(f) for name, f in encoders.items()}}
            times = interleave(sides, rounds, warm=1)
            best = min(encoders, key=lambda name: statistics.median(times[name]))
            results.add("encode " + case, f"tokenizers {best}", times["ours"], times[best], work=million, unit="M characters/s",
                        load=round(os.getloadavg()[0], 1))
            times = interleave({"ours": lambda: worker.time("decode " + case), "theirs": timed(
                lambda: theirs.decode_batch(ids, skip_special_tokens=False))}, rounds, warm=1)
            results.add("decode " + case, "tokenizers decode_batch", times["ours"], times["theirs"], work=million,
                        unit="M characters/s", load=round(os.getloadavg()[0], 1))
        times = interleave({"ours": lambda: worker.time("load"), "theirs": timed(lambda: Tokenizer.from_file(str(vocabulary)))},
                           rounds, warm=1)
        results.add("load tokenizer.json", "tokenizers from_file", times["ours"], times["theirs"], load=round(os.getloadavg()[0], 1))
        worker.close()
    results.save(sys.argv[2])
    below = [row["case"] for row in results.rows if row["case"].startswith("encode") and row["ratio"] < BAR]
    if below:
        sys.exit(f"bench tokenizer: below {BAR}x: {', '.join(below)}")


if __name__ == "__main__":
    main()
