# SPDX-License-Identifier: Apache-2.0
"""Saved tokenizers load in transformers: same ids, end and padding tokens, and chat template.

    python tests/oracle/tokenizer_files.py GPPO_BINARY REPOSITORY
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    from transformers import AutoTokenizer
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

CHAT = [{"role": "system", "content": "s"}, {"role": "user", "content": "2+2"},
        {"role": "assistant", "content": "<think>\nt\n</think>\n\n4"}, {"role": "user", "content": "3+3"}]
TEXTS = ["<|im_start|>user\n2+2 = abc\n<think>x</think><|im_end|>", "  a , b.", "12 . 5\n\n", ""]
qwen = Path(sys.argv[2]).resolve().parent / "shared" / "data" / "qwen" / "tokenizer.json"
names = ["byte_level", "characters:0123456789+-*/=() \nabcdefghijklmnopqrstuvwxyz,.<>"] + ([str(qwen)] if qwen.exists() else [])

for name in names:
    with tempfile.TemporaryDirectory() as folder:
        rows = [{"text": t} for t in TEXTS] + [{"messages": CHAT}, {"messages": CHAT, "thinking": False}]
        done = subprocess.run([sys.argv[1], "tokenize", "-t", name, "--save", folder, "-"], capture_output=True,
                              input="".join(json.dumps(r) + "\n" for r in rows).encode())
        assert done.returncode == 0, done.stderr.decode()
        ours = [json.loads(line)["ids"] for line in done.stdout.splitlines()]
        for config in (None, {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"]}):
            if config:  # beside a model's configuration transformers may choose another class
                (Path(folder) / "config.json").write_text(json.dumps(config))
            theirs = AutoTokenizer.from_pretrained(folder)
            assert (theirs.eos_token, theirs.pad_token) == ("<|im_end|>", "<|endoftext|>"), (theirs.eos_token, theirs.pad_token)
            want = [theirs.encode(t) for t in TEXTS]
            for options in ({}, {"enable_thinking": False}):
                text = theirs.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True, **options)
                want.append(theirs.encode(text))
            assert ours == want, f"FAIL {name}: {ours} {want}"
            for text, ids in zip(TEXTS, ours):
                assert theirs.decode(ids) == text, (name, text)
        print(f"{name.split(':')[0]}: {len(theirs)} tokens, loads with the same ids")
