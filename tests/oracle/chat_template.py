# SPDX-License-Identifier: Apache-2.0
"""Chat template against Jinja, as transformers runs it: random conversations render character for character alike.

    python tests/oracle/chat_template.py GPPO_BINARY REPOSITORY

GPPO_LONG=1 renders 100,000 conversations instead of 4000. The template is read from the repository's qwen3_jinja.hpp and, where TRL is installed, must equal TRL's copy of it.
"""
import json
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

try:
    from transformers.utils.chat_template_utils import render_jinja_template
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

BINARY, REPOSITORY = sys.argv[1], Path(sys.argv[2])
LONG = os.environ.get("GPPO_LONG") == "1"
SEED = int(os.environ.get("CHAT_SEED", random.randrange(2**31)))
rng = random.Random(SEED)
print(f"seed {SEED}")

header = (REPOSITORY / "include/gppo/text/qwen3_jinja.hpp").read_text()
TEMPLATE = header.split('R"jinja(', 1)[1].split(')jinja"', 1)[0]
try:
    import trl
    theirs = (Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()
    assert TEMPLATE == theirs, "qwen3_jinja.hpp differs from TRL's qwen3.jinja"
except (ImportError, FileNotFoundError):
    print("TRL is not here: the template's own text is not compared")

PIECES = ["", "\n", "\n\n", " ", "2 + 2 = 4", "<think>", "</think>", "<think>\nhm\n</think>\n\n", "naïve 中文 \U0001F600", "\\boxed{4}",
          "<tool_response>", "</tool_response>", '"quoted" {brace}', "\t", "<|im_end|>", "a<b", "'"]


def text():
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(5)))


def number():
    return rng.choice([0.5, -1.25, -0.0, 3e-7, 1e15, 1e16, 1e22, 5e-324, rng.gauss(0, 1) * 10.0 ** rng.randrange(-9, 22),
                       struct.unpack("d", struct.pack("Q", rng.randrange(0x7FE << 52)))[0]])


def value(depth=0):
    kinds = [lambda: rng.randrange(-9, 10**6), lambda: rng.randrange(-2**63, 2**64), number, text, lambda: None,
             lambda: rng.random() < 0.5, lambda: {}, lambda: []]
    if depth < 3:
        kinds += [lambda: {text() or "k": value(depth + 1) for _ in range(3)}, lambda: [value(depth + 1) for _ in range(2)]]
    return rng.choice(kinds)()


def message(role):
    m = {"role": role, "content": text()}
    if role == "assistant":
        if rng.random() < 0.3:
            m["reasoning_content"] = rng.choice(["", None, text(), "\n" * rng.randrange(2) + "thought" + text()])
        if rng.random() < 0.1:
            m["content"] = None
        if rng.random() < 0.3:
            calls = [{"name": "f" + text(), "arguments": rng.choice([{"x": value()}, value(), json.dumps({"y": 1})])}
                     for _ in range(rng.randrange(1, 3))]
            m["tool_calls"] = [rng.choice([call, {"type": "function", "function": call}]) for call in calls]
    if role == "user" and rng.random() < 0.2:
        m["content"] = "<tool_response>" + text() + "</tool_response>"
    return m


def conversation():
    messages = [message("system")] if rng.random() < 0.5 else []
    messages += [message(rng.choice(["user", "user", "assistant", "assistant", "tool", "system"]))
                 for _ in range(rng.randrange(1, 8))]
    row = {"messages": messages, "thinking": rng.random() < 0.7, "add_generation_prompt": rng.random() < 0.7}
    if rng.random() < 0.3:
        row["tools"] = [{"type": "function", "function": {"name": "f", "description": text(), "parameters": value()}}
                        for _ in range(rng.randrange(1, 3))]
    return row


rows = [conversation() for _ in range(100_000 if LONG else 4000)]
lines = "".join(json.dumps(row) + "\n" for row in rows)
done = subprocess.run([BINARY, "tokenize", "-"], input=lines.encode(), capture_output=True)
assert done.returncode == 0, done.stderr.decode()
ours = [json.loads(line)["text"] for line in done.stdout.splitlines()]
assert len(ours) == len(rows)
for row, text_of in zip(rows, ours):
    options = {} if row["thinking"] else {"enable_thinking": False}
    (want,), _ = render_jinja_template(conversations=[row["messages"]], chat_template=TEMPLATE, tools=row.get("tools"),
                                       add_generation_prompt=row["add_generation_prompt"], **options)
    if text_of != want:
        sys.exit(f"FAIL {json.dumps(row)}\n  ours   {ascii(text_of)}\n  theirs {ascii(want)}")
print(f"{len(rows)} conversations render alike")
