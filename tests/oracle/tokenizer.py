# SPDX-License-Identifier: Apache-2.0
"""Tokenizer against PyPI tokenizers: ids and decoded text must be identical.

    python tests/oracle/tokenizer.py GPPO_BINARY REPOSITORY [--strings N] [--every-code-point] [--seed S]

Byte-level and character presets, three pre-tokenizer patterns over a vocabulary trained here, both spellings of merges,
`gppo train-tokenizer` against BpeTrainer, and, where ../shared/data is present, the vocabulary of Qwen3 over random text,
code points and every text of the data files there (part of it; GPPO_LONG=1 takes a million random strings, every code
point and every file).
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
         "각", "각", "e\u0301", "A\u030a\u0327", "\u1e9b\u0323", "\u0344", "\u0338", "<think>\u0338", "ﷺ", "हिन्दी", "ไทย", "עִבְרִית", "🏳️‍🌈",
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


def compare(name, binary, path, texts, chunk=100_000, back=True):
    """Ids of every text, and what they decode to with and without special tokens' neighbours cut."""
    theirs = Tokenizer.from_file(str(path))
    start = time.time()
    ids = sum(compare_some(name, binary, path, theirs, texts[at:at + chunk], back) for at in range(0, len(texts), chunk))
    print(f"{name}: {len(texts)} texts, {ids} ids identical ({time.time() - start:.0f} s)", flush=True)


def compare_some(name, binary, path, theirs, texts, back):
    expected = [e.ids for e in theirs.encode_batch(texts, add_special_tokens=False)]
    got = [row["ids"] for row in run(binary, "tokenize", path, [{"text": t} for t in texts])]
    assert len(got) == len(texts)
    for text, ours, want in zip(texts, got, expected):
        if ours != want:
            sys.exit(f"FAIL {name}: {ascii(text)}\n  ours   {ours}\n  theirs {want}")
    if not back:
        return sum(map(len, expected))
    # Decoding: whole, and cut inside characters so that bytes are left over.
    rng = random.Random(len(texts))
    cut = [ids[rng.randrange(len(ids) + 1):][: rng.randrange(1, 9)] for ids in expected]
    for ids in (expected, cut):
        texts_back = [row["text"] for row in run(binary, "detokenize", path, [{"ids": i} for i in ids])]
        for i, ours, want in zip(ids, texts_back, theirs.decode_batch(ids, skip_special_tokens=False)):
            if ours != want:
                sys.exit(f"FAIL {name}: decode {i}\n  ours   {ascii(ours)}\n  theirs {ascii(want)}")
    return sum(map(len, expected))


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


def old_merges(path, to):
    """The same vocabulary with each merge in the other spelling: "a b" instead of ["a", "b"], or the reverse."""
    document = json.loads(path.read_text())
    document["model"]["merges"] = [m.split(" ") if isinstance(m, str) else " ".join(m) for m in document["model"]["merges"]]
    to.write_text(json.dumps(document))


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


def rows_of(path):
    text = path.read_text()
    return [json.loads(line) for line in text.splitlines() if line] if path.suffix == ".jsonl" else json.loads(text)


def train_and_compare(binary, folder, files, texts):
    """Our training, loaded by tokenizers: the same ids; and the merges that BpeTrainer learns from the same texts."""
    size = 3000
    subprocess.run([binary, "train-tokenizer", *map(str, files), "-o", str(folder / "ours"), "--vocab-size", str(size)],
                   check=True, stdout=subprocess.DEVNULL)
    compare("trained by gppo", binary, folder / "ours" / "tokenizer.json", texts)
    theirs = Tokenizer(models.BPE())
    theirs.normalizer = normalizers.NFC()
    theirs.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)])
    theirs.train_from_iterator(
        [t for f in files for t in texts_in(rows_of(f))], trainers.BpeTrainer(
            vocab_size=size - len(TAGS), min_frequency=2, show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    want = json.loads(theirs.to_str())["model"]
    got = json.loads((folder / "ours" / "tokenizer.json").read_text())["model"]
    assert got["merges"] == want["merges"], "BpeTrainer learns other merges"
    assert got["vocab"] == want["vocab"], "BpeTrainer numbers tokens otherwise"
    print(f"trained by gppo: {len(got['merges'])} merges as BpeTrainer learns them", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("repository", type=Path)
    long = os.environ.get("GPPO_LONG") == "1"
    parser.add_argument("--strings", type=int, default=1_000_000 if long else 20_000)
    parser.add_argument("--every-code-point", action="store_true", default=long)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TOKENIZER_SEED", random.randrange(2**31))))
    a = parser.parse_args()
    rng = random.Random(a.seed)
    print(f"seed {a.seed}, tokenizers {tokenizers.__version__}", flush=True)
    texts = [string(rng) for _ in range(a.strings)] + ["", " ", "\n", "a" * 5000, "ab" * 3000, " " * 999 + "x"]
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    sampled = points[:0x600] + rng.sample(points, 5000)
    alone, some = (p + [f"a{c}b 1{c} {c}{c}.{c}'{c}\n{c}e\u0301{c}" for c in p]
                   for p in (points if a.every_code_point else sampled, sampled))
    few = texts[:20_000] + texts[-6:]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        byte_json(range(256), folder / "bytes.json")
        compare("bytes", a.binary, folder / "bytes.json", few)
        preset = [r["ids"] for r in run(a.binary, "tokenize", "byte_level", [{"text": t} for t in texts[:2000]])]
        theirs = Tokenizer.from_file(str(folder / "bytes.json"))
        assert preset == [e.ids for e in theirs.encode_batch(texts[:2000])], "the preset differs from bytes.json"
        alphabet = b"0123456789+-*/=() \nabcdefghijklmnopqrstuvwxyz\\{}<>.,?"
        byte_json(alphabet, folder / "characters.json")
        compare("characters", a.binary, folder / "characters.json",
                ["".join(chr(rng.choice(alphabet)) if rng.random() < 0.9 else rng.choice(TAGS)
                         for _ in range(rng.randrange(30))) for _ in range(2000)])
        corpus = few[:10_000] + WORDS * 3
        for name, pattern in (("qwen2", QWEN2), ("qwen3.5", QWEN35), ("llama3", LLAMA3)):
            trained(pattern, corpus, folder / f"{name}.json", nfc=name != "llama3")
            compare(f"trained, {name} pattern", a.binary, folder / f"{name}.json",
                    few + (alone if name == "qwen3.5" else some))  # the one whose words have marks
        added = Tokenizer.from_file(str(folder / "qwen2.json"))
        added.add_tokens([tokenizers.AddedToken(t, normalized=n) for t, n in (
            ("e\u0301", True), ("\u1100\u1161", True), ("a\u030a", False), ("na\u00efve", True), (" is", True), ("the answer", False))])
        added.save(str(folder / "added.json"))
        # Ids only: tokenizers decodes a normalized token, e and an accent, to U+FFFD, and gppo to its text.
        compare("normalized added tokens", a.binary, folder / "added.json", few + some, back=False)
        old_merges(folder / "qwen2.json", folder / "spelling.json")
        compare("merges in the other spelling", a.binary, folder / "spelling.json", few)
        rows = folder / "rows.jsonl"
        rows.write_text("".join(json.dumps({"a": text, "b": [text[:9], {"c": 1}]}) + "\n" for text in few[:5000]))
        train_and_compare(a.binary, folder, [rows], few + some)
    data = a.repository.resolve().parent / "shared" / "data"
    qwen = data / "qwen" / "tokenizer.json"
    if not qwen.exists():
        print("Qwen3's own vocabulary: not here, left out")
        return
    compare("Qwen3, random", a.binary, qwen, texts)
    compare("Qwen3, code points", a.binary, qwen, alone)
    files = sorted(f for f in data.rglob("*.json*") if f.parent.name != "qwen")
    for file in files:
        every = list(texts_in(rows_of(file)))
        compare(f"Qwen3, {file.name}", a.binary, qwen, every if long or file.parent.name == "gsm8k" else every[:2000])
    with tempfile.TemporaryDirectory() as folder:
        train_and_compare(a.binary, Path(folder), [f for f in files if f.parent.name == "gsm8k"], few)


if __name__ == "__main__":
    main()
