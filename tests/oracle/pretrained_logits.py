# SPDX-License-Identifier: Apache-2.0
"""A directory that transformers saved computes the same here: logits of random Qwen3 models, max |d| <= 1e-4.

    python tests/oracle/pretrained_logits.py GPPO_BINARY REPOSITORY

Stored as F32, BF16 and F16, in one file and in shards; RoPE plain and under every form of YaRN, in the spelling of
transformers 5 and of 4, beyond the length of the training before; `gppo convert` in between must change nothing.
GPPO_LONG=1 adds Qwen3-0.6B's shape with random weights (5 GB of memory).
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

BINARY, dump = sys.argv[1], os.environ.get("GPPO_PRETRAINED_DUMP", "")
if not dump or not Path(dump).exists():
    print("skipped: GPPO_PRETRAINED_DUMP does not name the pretrained_dump executable")
    sys.exit(77)
try:
    import numpy as np
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
torch.set_num_threads(2)
SEED = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
rng = random.Random(SEED)
print("GPPO_SEED", SEED, flush=True)

PLAIN = [{"rope_type": "default", "rope_theta": 1e6}]
YARN = [dict({"rope_type": "yarn", "rope_theta": theta, "factor": factor, "original_max_position_embeddings": before}, **more)
        for theta, factor, before, more in (
            (1e6, 4.0, 32768, {}), (1e4, 4.0, 64, {}), (1e4, 2.0, 16, {"beta_fast": 8, "beta_slow": 2}),
            (5e6, 1.5, 128, {"attention_factor": 1.25}), (1e4, 8.0, 32, {"mscale": 0.7, "mscale_all_dim": 0.3}),
            (1e4, 4.0, 32, {"truncate": False}), (1e4, 4.0, 32, {"mscale": 0.7}), (1e4, 1.0, 64, {}))]


def make(rope, dtype, shape=None):
    shape = shape or dict(vocab_size=97, hidden_size=40, intermediate_size=56, num_hidden_layers=2, num_attention_heads=4,
                          num_key_value_heads=2, head_dim=rng.choice([16, 24]), tie_word_embeddings=rng.random() < 0.5)
    torch.manual_seed(rng.randrange(1 << 30))
    config = transformers.Qwen3Config(**shape, initializer_range=0.1 if shape["vocab_size"] < 1000 else 0.02,
                                      max_position_embeddings=4096, rope_parameters=dict(rope))
    return transformers.AutoModelForCausalLM.from_config(config, dtype=dtype)


def old_spelling(path):
    config = json.loads((path / "config.json").read_text())
    rope = config.pop("rope_parameters")
    config |= {"torch_dtype": config.pop("dtype"), "rope_theta": rope.pop("rope_theta"), "rope_scaling": None}
    if rope["rope_type"] != "default":
        rope["type"] = rope.pop("rope_type")  # the name before transformers 4.43
        config["rope_scaling"] = rope
    (path / "config.json").write_text(json.dumps(config))


def theirs(path, tokens):
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager")
    with torch.no_grad():
        return model(torch.tensor(tokens)[None]).logits[0].numpy()


def ours(path, tokens, work):
    np.array(tokens, np.int32).tofile(work / "tokens.bin")
    run = subprocess.run([dump, str(path), str(work)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return np.fromfile(work / "logits.bin", np.float32).reshape(len(tokens), -1), float(run.stdout)


def check(rope, stored, old, sharded, length, shape=None, shard="20KB", bound=1e-4):
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        model = make(rope, getattr(torch, stored), shape)
        vocabulary = model.config.vocab_size
        model.save_pretrained(work / "theirs", max_shard_size=shard if sharded else "50GB")
        del model
        assert (work / "theirs" / "model.safetensors.index.json").exists() == sharded
        if old:
            old_spelling(work / "theirs")
        tokens = [rng.randrange(vocabulary) for _ in range(length)]
        want = theirs(work / "theirs", tokens)
        got, seconds = ours(work / "theirs", tokens, work)
        error = float(np.abs(want - got).max())
        what = f"{json.dumps(rope)} {stored} old={old} sharded={sharded} tokens {length}: {error:.1e}"
        assert error <= bound, "FAIL " + what
        dtype = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}[stored]
        subprocess.run([BINARY, "convert", work / "theirs", work / "ours", "--dtype", dtype], check=True, stdout=subprocess.DEVNULL)
        for path in (work / "theirs").glob("*.safetensors"):
            path.unlink()
        assert np.array_equal(theirs(work / "ours", tokens), want), "converted: " + what
    return error, seconds


worst = 0.0
for rope in PLAIN + YARN:
    for stored in ("float32", "bfloat16", "float16"):
        worst = max(worst, check(rope, stored, old=rng.random() < 0.5, sharded=rng.random() < 0.5, length=300)[0])
print(f"{3 * len(PLAIN + YARN)} models, logits within {worst:.1e} of transformers {transformers.__version__}", flush=True)
if os.environ.get("GPPO_LONG") == "1":
    shape = dict(vocab_size=151936, hidden_size=1024, intermediate_size=3072, num_hidden_layers=28, num_attention_heads=16,
                 num_key_value_heads=8, head_dim=128, tie_word_embeddings=True)
    for stored, sharded in (("bfloat16", True), ("float32", False)):
        error, seconds = check(PLAIN[0], stored, False, sharded, 64, shape, "400MB")
        print(f"0.6B {stored} sharded={sharded}: logits within {error:.1e}, weights loaded in {seconds:.2f} s", flush=True)
