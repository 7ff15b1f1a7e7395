# SPDX-License-Identifier: Apache-2.0
"""Seeds for the fuzz targets: a valid file of each kind and one for each error, into FOLDER/{safetensors,tokenizer,jsonl}.

    python3 tests/fuzz/seeds.py FOLDER
"""
import json
import struct
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])


def save(kind, name, content):
    (FOLDER / kind).mkdir(parents=True, exist_ok=True)
    (FOLDER / kind / name).write_bytes(content if isinstance(content, bytes) else content.encode())


# safetensors: a header followed by one byte that says how much data there is, or a whole file
def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


WIDTH = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
         "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8, "C64": 8}
headers = {f"dtype_{d}": ({"t": entry(d, [2, 3], 0, 6 * w)}, 6 * w) for d, w in WIDTH.items()}
headers |= {
    "dtype_F4": ({"t": entry("F4", [4], 0, 2)}, 2), "dtype_F6_E2M3": ({"t": entry("F6_E2M3", [4], 0, 3)}, 3),
    "empty": ({}, 0), "scalar": ({"t": entry("F32", [], 0, 4)}, 4), "zero_size": ({"t": entry("F32", [0, 9], 0, 0)}, 0),
    "metadata": ({"__metadata__": {"format": "pt"}, "a": entry("F32", [1], 0, 4), "b": entry("BF16", [2], 4, 8)}, 8),
    "overlap": ({"a": entry("F32", [2], 0, 8), "b": entry("F32", [1], 4, 8)}, 8),
    "gap": ({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 8, 12)}, 12),
    "aliases": ({str(i): entry("U8", [9], 0, 9) for i in range(9)}, 9),
    "wrong_size": ({"a": entry("F32", [2], 0, 4)}, 4), "incomplete": ({"a": entry("F32", [1], 0, 4)}, 5),
    "overflow": ({"a": entry("F32", [2**62, 4], 0, 0)}, 0), "unaligned_F4": ({"a": entry("F4", [3], 0, 2)}, 2),
    "unknown_dtype": ({"a": entry("F33", [1], 0, 4)}, 4), "extra_field": ({"a": {**entry("U8", [1], 0, 1), "x": [{"y": 1}]}}, 1),
}
for name, (header, size) in headers.items():
    text = json.dumps(header, separators=(",", ":"))
    save("safetensors", name, text.encode() + bytes([size]))
    save("safetensors", name + "_file", struct.pack("<Q", len(text)) + text.encode() + bytes(size))
save("safetensors", "twice", '{"a":%s,"a":%s}' % (json.dumps(entry("U8", [0], 0, 0)), json.dumps(entry("U8", [0], 0, 0))) + "\0")
save("safetensors", "too_large", struct.pack("<Q", 10**9) + b"{}")
save("safetensors", "too_long", struct.pack("<Q", 100) + b"{}")
save("safetensors", "not_json", struct.pack("<Q", 2) + b"{x")

# tokenizer.json, a zero byte, a text
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def tokenizer(**changes):
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    document = {
        "added_tokens": [{"id": 9, "content": "<e>", "special": True, "normalized": False}], "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}, byte_level]},
        "decoder": byte_level, "post_processor": None,
        "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(["a", "b", "c", "ab", "abc", "Ġ", "1", "<", ">"])},
                  "merges": [["a", "b"], "ab c"]}}
    for key, value in changes.items():
        (document if key in document else document["model"])[key] = value
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


for name, changes in {
        "plain": {}, "no_nfc": {"normalizer": None}, "ignore_merges": {"ignore_merges": True}, "byte_level": {
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}},
        "normalized": {"added_tokens": [{"id": 9, "content": "e\u0301", "normalized": True}]}, "lstrip": {
            "added_tokens": [{"id": 9, "content": "x", "lstrip": True}]}, "no_token": {"merges": ["x y"]},
        "unknown": {"normalizer": {"type": "NFKC"}}, "byte_fallback": {"byte_fallback": True},
        "same_id": {"vocab": {"a": 0, "b": 0}}, "far_id": {"vocab": {"a": 70000}}, "dropout": {"dropout": 0.1}}.items():
    save("tokenizer", name, tokenizer(**changes) + "\0abcab <e> aab\u00e9 1c")
for name, text in {"text": "The answer's 12, it isn\u2019t\r\n\n  na\u00efve e\u0301 \uac01 <|im_end|><think>", "bytes": b"\xff\xc3(\xe2\x82 x\xf0\x9f"}.items():
    save("tokenizer", name, text)

# data rows
ROWS = [
    {"question": "1+1?", "answer": "two\n#### 2"}, {"problem": "1+1?", "answer": "2"}, {"prompt": "1+1?", "response": "2"},
    {"data_source": "openai/gsm8k", "prompt": [{"role": "user", "content": "1+1?"}], "ability": "math",
     "reward_model": {"style": "rule", "ground_truth": "2"}, "extra_info": {"index": 1}},
    {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
    {"problem": "p", "solution": "so \\boxed{3}"}, {"prompt": None, "answer": 3}, {"reward_model": {"ground_truth": [1, {"a": None}]}}]
for i, row in enumerate(ROWS):
    save("jsonl", f"row{i}", json.dumps(row) + "\n")
save("jsonl", "array", json.dumps(ROWS[:3] + [1]))
save("jsonl", "mixed", "\ufeff" + json.dumps(ROWS[0]) + "\r\n\n{bad\n[1]\n" + json.dumps(ROWS[1]))
save("jsonl", "deep", "[" * 40 + "]" * 40)
save("jsonl", "long", '{"a":"' + "x" * 300 + '"}\n{}')
