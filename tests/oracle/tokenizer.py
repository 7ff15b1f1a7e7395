# SPDX-License-Identifier: Apache-2.0
"""Tokenizer against PyPI tokenizers: ids and decoded text must be identical.

    python tests/oracle/tokenizer.py GPPO_BINARY REPOSITORY [--strings N] [--every-code-point] [--seed S]

Byte-level and character presets, three pre-tokenizer patterns over a vocabulary trained here, and, where
../shared/data is present, the vocabulary of Qwen3 over random text, code points and GSM8K.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import tokenizers
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

TAGS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN35 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")


def scalar(rng, limit=0x110000):
    while True:
        c = rng.randrange(limit)
        if not 0xD800 <= c <= 0xDFFF:
            return chr(c)


WORDS = ["the", "answer", "is", "don't", "WE'LL", "I'VE", "it'S", "x'ſ", "naïve", "Größe", "中文", "日本語", "한국어",
         "각", "각", "e\u0301", "A\u030a\u0327", "\u1e9b\u0323", "\u0344", "ﷺ", "हिन्दी", "ไทย", "עִבְרִית", "🏳️‍🌈",
         "👨‍👩‍👧", "Ⅷ", "½", "٣٤", "𝟘𝟙", "a\u0000b", "\\boxed{42}", "```python\n", "\u2028", "\u0085", "\ufeff", "\u200d"]
SPACES = [" ", "  ", "   ", "\n", "\r\n", "\n\n", "\t", " \n", "\n ", "\u00a0", "\u3000", "\r", " \t ", "\x0b"]
PUNCTUATION = list(".,;:!?'\"()[]{}<>|/\\+-*=^_#$%&@~`") + ["<|", "|>", "...", "—", "…", "'s", "''", "<|im_", "</think"]


def string(rng):
    """Random text: words, spaces, marks in random order, arbitrary code points, added tokens, cut tokens."""
    out = []
    for _ in range(rng.randrange(1, 24)):
        kind = rng.randrange(10)
        if kind < 3:
            out.append(rng.choice(WORDS))
        elif kind < 5:
            out.append(rng.choice(SPACES))
        elif kind == 5:
            out.append(rng.choice(PUNCTUATION))
        elif kind == 6:
            out.append(str(rng.randrange(10 ** rng.randrange(1, 9))))
        elif kind == 7:
            out.append("".join(scalar(rng, rng.choice([0x80, 0x250, 0x3000, 0x110000])) for _ in range(rng.randrange(1, 6))))
        elif kind == 8:
            out.append(rng.choice("aeouAEkﬁ가각ᄀ") + "".join(chr(rng.choice([0x300 + rng.randrange(0x70), 0x327,
                       0x1161 + rng.randrange(21), 0x11A7 + rng.randrange(28), 0x5B0, 0x3099, 0x1D165, 0x345]))
                       for _ in range(rng.randrange(1, 5))))
        else:
            out.append(rng.choice(TAGS + [" " + rng.choice(TAGS), rng.choice(TAGS)[:-1]]))
    return "".join(out)


def run(binary, command, tokenizer, rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run([binary, command, "-t", str(tokenizer), "-"], input=text.encode(), capture_output=True)
    if done.returncode != 0:
        sys.exit(f"gppo {command} failed: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(name, binary, path, texts):
    """Ids of every text, and what they decode to with and without special tokens' neighbours cut."""
    theirs = Tokenizer.from_file(str(path))
    start = time.time()
    expected = [e.ids for e in theirs.encode_batch(texts, add_special_tokens=False)]
    peer = time.time() - start
    got = [row["ids"] for row in run(binary, "tokenize", path, [{"text": t} for t in texts])]
    assert len(got) == len(texts)
    for text, ours, want in zip(texts, got, expected):
        if ours != want:
            sys.exit(f"FAIL {name}: {ascii(text)}\n  ours   {ours}\n  theirs {want}")
    # Decoding: whole, and cut inside characters so that bytes are left over.
    rng = random.Random(len(texts))
    cut = [ids[rng.randrange(len(ids) + 1):][: rng.randrange(1, 9)] for ids in expected]
    for ids in (expected, cut):
        texts_back = [row["text"] for row in run(binary, "detokenize", path, [{"ids": i} for i in ids])]
        for i, ours, want in zip(ids, texts_back, theirs.decode_batch(ids, skip_special_tokens=False)):
            if ours != want:
                sys.exit(f"FAIL {name}: decode {i}\n  ours   {ascii(ours)}\n  theirs {ascii(want)}")
    print(f"{name}: {len(texts)} texts, {sum(map(len, expected))} ids identical (theirs {peer:.1f} s)", flush=True)


def trained(pattern, corpus, path, nfc=True):
    """A small BPE vocabulary over the pattern, written the way Qwen's file is."""
    tokenizer = Tokenizer(models.BPE())
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=2000, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.add_special_tokens(TAGS[:3])
    tokenizer.add_tokens([tokenizers.AddedToken(t, normalized=False) for t in TAGS[3:]])
    tokenizer.save(str(path))


def byte_json(alphabet, path):
    """What the presets are meant to be, written independently of them."""
    unicode = {b: c for b, c in zip(
        [*range(33, 127), *range(161, 173), *range(174, 256)] + [b for b in range(256)
         if not (33 <= b < 127 or 161 <= b < 173 or 174 <= b < 256)],
        [*range(33, 127), *range(161, 173), *range(174, 256)] + [256 + i for i in range(68)])}
    tokenizer = Tokenizer(models.BPE({chr(unicode[b]): i for i, b in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(TAGS[:3])
    tokenizer.add_tokens([tokenizers.AddedToken(t, normalized=False) for t in TAGS[3:]])
    tokenizer.save(str(path))


def gsm8k(data):
    rows = []
    for name in ("train.jsonl", "test.jsonl"):
        path = data / "gsm8k" / name
        if path.exists():
            for line in path.read_text().splitlines():
                rows += [v for v in json.loads(line).values() if isinstance(v, str)]
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("repository", type=Path)
    parser.add_argument("--strings", type=int, default=20000)
    parser.add_argument("--every-code-point", action="store_true")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TOKENIZER_SEED", random.randrange(2**31))))
    a = parser.parse_args()
    rng = random.Random(a.seed)
    print(f"seed {a.seed}, tokenizers {tokenizers.__version__}", flush=True)
    texts = [string(rng) for _ in range(a.strings)] + ["", " ", "\n", "a" * 5000, "ab" * 3000, " " * 999 + "x"]
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    if not a.every_code_point:
        points = points[:0x600] + rng.sample(points, 5000)
    alone = points + [f"a{c}b 1{c} {c}{c}.{c}'{c}\n{c}e\u0301{c}" for c in points]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        byte_json(range(256), folder / "bytes.json")
        compare("bytes", a.binary, folder / "bytes.json", texts)
        preset = [r["ids"] for r in run(a.binary, "tokenize", "byte_level", [{"text": t} for t in texts[:2000]])]
        theirs = Tokenizer.from_file(str(folder / "bytes.json"))
        assert preset == [e.ids for e in theirs.encode_batch(texts[:2000])], "the preset differs from bytes.json"
        alphabet = b"0123456789+-*/=() \nabcdefghijklmnopqrstuvwxyz\\{}<>.,?"
        byte_json(alphabet, folder / "characters.json")
        compare("characters", a.binary, folder / "characters.json",
                ["".join(chr(rng.choice(alphabet)) if rng.random() < 0.9 else rng.choice(TAGS)
                         for _ in range(rng.randrange(30))) for _ in range(2000)])
        corpus = texts[: a.strings // 2] + WORDS * 3
        for name, pattern in (("qwen2", QWEN2), ("qwen3.5", QWEN35), ("llama3", LLAMA3)):
            trained(pattern, corpus, folder / f"{name}.json", nfc=name != "llama3")
            compare(f"trained, {name} pattern", a.binary, folder / f"{name}.json", texts + alone)
    data = a.repository.resolve().parent / "shared" / "data"
    qwen = data / "qwen" / "tokenizer.json"
    if not qwen.exists():
        print("Qwen3's own vocabulary: not here, left out")
        return
    compare("Qwen3, random", a.binary, qwen, texts)
    compare("Qwen3, code points", a.binary, qwen, alone)
    compare("Qwen3, GSM8K", a.binary, qwen, gsm8k(data) or ["-"])


if __name__ == "__main__":
    main()
