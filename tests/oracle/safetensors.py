# SPDX-License-Identifier: Apache-2.0
"""The safetensors parser against PyPI safetensors on damaged files: what is accepted is the same tensors, what the
reference refuses is refused, with its word for the error.

    python tests/oracle/safetensors.py GPPO_BINARY REPOSITORY

Ours is stricter where the format's own text is: a header begins with '{', keys are unique, a tensor is an object, sizes fit
in 63 bits. 20,000 files; GPPO_LONG=1 takes a million.
"""
import hashlib
import json
import os
import random
import struct
import subprocess
import sys

dump = os.environ.get("GPPO_SAFETENSORS_DUMP", "")
if not dump or not os.path.exists(dump):
    print("skipped: GPPO_SAFETENSORS_DUMP does not name the safetensors_dump executable")
    sys.exit(77)
try:
    sys.path.pop(0)  # this file has the library's name
    import safetensors
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

SEED = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
rng = random.Random(SEED)
print("GPPO_SEED", SEED, "safetensors", safetensors.__version__, flush=True)

WORDS = {"header too small": "HeaderTooSmall", "header too large": "HeaderTooLarge", "invalid header length": "InvalidHeaderLength",
         "invalid UTF-8 in header": "InvalidHeader", "invalid JSON in header": "InvalidHeaderDeserialization",
         "invalid offset for tensor": "InvalidOffset", "invalid shape, data type, or offset": "TensorInvalidInfo",
         "incomplete metadata": "MetadataIncompleteBuffer", "overflow computing": "ValidationOverflow",
         "The slice is slicing": "MisalignedSlice"}
DTYPES = ["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "F64", "I64", "U64",
          "C64", "F4", "F6_E2M3", "F6_E3M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ"]
BITS = {"BOOL": 8, "C64": 64, "F4": 4}
LETTERS = b'{}[]":,0123456789-+eE.\\u aF32BO16dtypeshapedata_offsets__metadata__\xff\x80\xc3\xa9\x00\n\t'


def bits(dtype):
    return BITS.get(dtype) or (6 if "F6" in dtype else 8 if "F8" in dtype else int(dtype.lstrip("BFIU")))


def sound():
    """A valid file: header and data."""
    header, at, entries = {}, 0, []
    for i in range(rng.randrange(4)):
        dtype, shape = rng.choice(DTYPES), [rng.randrange(5) for _ in range(rng.randrange(4))]
        total = bits(dtype)
        for size in shape:
            total *= size
        if total % 8 == 0:
            entries.append((rng.choice(["a", "w\u00e9", 'x"y', "layers.0"]) + str(i),
                            {"dtype": dtype, "shape": shape, "data_offsets": [at, at + total // 8]}))
            at += total // 8
    rng.shuffle(entries)
    if rng.random() < 0.4:
        header["__metadata__"] = rng.choice([{}, {"format": "pt"}, {"a": "b", "c": ""}, None])
    header.update(entries)
    text = json.dumps(header, separators=rng.choice([(",", ":"), (", ", ": ")]), ensure_ascii=rng.random() < 0.5)
    return text.encode() + b" " * rng.choice([0, 0, 3, 8]), rng.randbytes(at)


def damaged():
    header, data = sound()
    length = len(header)
    kind = rng.randrange(8)
    if kind == 0:
        length = rng.choice([0, length - 1, length + 1, 100, 100_000_000, 100_000_001, 2**63, 2**64 - 1, rng.randrange(200)])
    elif kind == 1:
        data = data[:rng.randrange(len(data) + 1)] + bytes(rng.randrange(4))
    elif kind == 2 and b"[" in header:  # another number
        at = rng.choice([i for i, c in enumerate(header) if chr(c).isdigit()] or [0])
        header = header[:at] + rng.choice(["-1", "1.0", "1e2", "18446744073709551616", "18446744073709551615", "9223372036854775807",
                                           "4611686018427387904", "0", "7", "00", "null", "[1]", '"1"']).encode() + header[at + 1:]
        length = len(header)
    elif kind >= 3:
        for _ in range(rng.randrange(1, 4) if kind < 7 else 0):
            at = rng.randrange(len(header) + 1)
            end = at + rng.randrange(3)
            header = header[:at] + bytes(rng.choice(LETTERS) for _ in range(rng.randrange(3))) + header[end:]
        length = len(header)
    file = struct.pack("<Q", max(0, length)) + header + data
    return file[:rng.randrange(len(file) + 1)] if rng.random() < 0.05 else file


def reference(file):
    try:
        found = safetensors.deserialize(file)
    except Exception as error:
        text = str(error)
        return next((word for part, word in WORDS.items() if part in text), text)
    return sorted([name, t["dtype"], list(t["shape"]), hashlib.sha256(bytes(t["data"])).hexdigest()] for name, t in found)


def strict(file, message):
    """Why ours may refuse what the reference reads."""
    return ("InvalidHeaderStart" in message or "appears twice" in message or "a list where it does not belong" in message
            or "ValidationOverflow" in message)


def same_word(word, message):
    if f"({word})" in message:
        return True
    # The first character is no matter of JSON here, and a key that appears twice is found before what it says.
    return ("InvalidHeaderStart" in message and word == "InvalidHeaderDeserialization") or "appears twice" in message


count, accepted, refused, other = 1_000_000 if os.environ.get("GPPO_LONG") == "1" else 20_000, 0, 0, {}
for _ in range(0, count, 20_000):
    files = [damaged() for _ in range(20_000)]
    run = subprocess.run([dump], input=b"".join(struct.pack("<Q", len(f)) + f for f in files), capture_output=True)
    assert run.returncode == 0, run.stderr
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(files)
    for file, ours in zip(files, answers):
        want = reference(file)
        if isinstance(ours, str):
            refused += 1
            if isinstance(want, str):
                if not same_word(want, ours):
                    other.setdefault((want, ours[ours.rfind("("):]), file)
            else:
                assert strict(file, ours), f"FAIL refused: {file!r}\n  {ours}\n  reference {want}"
        else:
            accepted += 1
            assert sorted(ours) == want, f"FAIL accepted: {file!r}\n  ours {ours}\n  reference {want}"
print(f"{count} files: {accepted} read alike, {refused} refused")
for (theirs, ours), file in other.items():
    print(f"  FAIL {theirs} there, {ours} here, such as {file!r}")
sys.exit(bool(other))
