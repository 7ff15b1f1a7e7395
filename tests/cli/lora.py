# SPDX-License-Identifier: Apache-2.0
"""gppo sft and gppo rl with [lora]: only the adapted layers move, adapters and merged model belong together, stages go on.

argv: the binary, the source directory. Standard library only. That a killed run resumes the same is in kill_resume.py,
that PEFT agrees in tests/oracle/lora.py."""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

binary = os.path.abspath(sys.argv[1])
TINY = ["model.hidden_size=32", "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1",
        "model.head_dim=16", "model.intermediate_size=32", "run.threads=2", "run.report=false", "run.tensorboard=false",
        "sft.batch=8", "sft.steps=4", "sft.warmup=0", "sft.lr=1e-2", "rl.steps=2", "rl.prompts=4", "rl.group=4",
        "rl.max_new_tokens=16", "reward.overlong_buffer=14", "eval.prompts=2", "eval.max_new_tokens=8"]


def gppo(*words, fails=None):
    done = subprocess.run([binary, *words], capture_output=True, text=True, timeout=300)
    if fails:
        assert done.returncode == 1 and fails in done.stderr and done.stderr.count("\n") == 1, done.stderr
    else:
        assert done.returncode == 0, done.stderr
    return done.stdout


def train(stage, directory, *settings, **options):
    return gppo(stage, *(word for each in [*TINY, f"run.dir={directory}", *settings] for word in ("--set", each)), **options)


def tensors(path):
    data = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    return {name: data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]] for name, t in header.items()}


def moved(before, after):
    before, after = tensors(before / "model.safetensors"), tensors(after / "model.safetensors")
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    train("sft", work / "full", "sft.steps=0")
    base = work / "full" / "model"
    run = work / "run"
    lora = [f"model.path={base}", "lora.rank=4", "lora.alpha=8", 'lora.target_modules=["q_proj", "down_proj"]']
    said = train("sft", run, "tokenizer.kind=file", *lora)
    assert "loads in PEFT" in said, said
    expected = {f"model.layers.{i}.{m}.weight" for i in range(2) for m in ("self_attn.q_proj", "mlp.down_proj")}
    assert moved(base, run / "model") == expected, moved(base, run / "model")
    config = json.loads((run / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(base) and config["r"] == 4 and config["lora_alpha"] == 8
    assert len(tensors(run / "adapter" / "adapter_model.safetensors")) == 8
    assert not (run / "base").exists()

    # The adapters on their base are the merged model, to the last bit.
    gppo("convert", str(base), str(work / "merged"), "--adapter", str(run / "adapter"))
    assert not moved(run / "model", work / "merged")

    # Adapters go on in the next stage, and in another run from their directory.
    train("rl", run, "tokenizer.kind=file", *lora)
    assert moved(base, run / "model") == expected
    assert moved(work / "merged", run / "model")
    train("sft", work / "again", "tokenizer.kind=file", f"model.path={base}", f"lora.path={run / 'adapter'}", "sft.steps=0")
    assert not moved(run / "model", work / "again" / "model")

    # Others start from the merged weights, which are kept as their base.
    other = work / "other"
    train("sft", other, "tokenizer.kind=file", *lora)
    train("rl", other, "tokenizer.kind=file", f"model.path={base}", "lora.rank=2", 'lora.target_modules=["v_proj"]')
    assert not moved(other / "base", work / "merged")
    assert moved(other / "base", other / "model") <= {f"model.layers.{i}.self_attn.v_proj.weight" for i in range(2)}
    config = json.loads((other / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(other / "base"), config

    # Within a stage they stay what they are.
    for changed in ("lora.rank=3", "lora.alpha=9", "lora.rank=0", 'lora.target_modules=["q_proj"]'):
        settings = [each for each in lora if each.split("=")[0] != changed.split("=")[0]]
        words = [word for each in [*TINY, f"run.dir={run}", "rl.steps=3", "tokenizer.kind=file", *settings, changed] for word in ("--set", each)]
        gppo("rl", "--resume", *words, fails="the adapters are not those of")
    train("sft", work / "bad", "tokenizer.kind=file", f"model.path={base}", f"lora.path={work}", fails="adapter_config.json")
    train("sft", work / "bad2", "lora.rank=1", 'lora.target_modules=["lm_head"]', fails="lora.target_modules")
print("ok")
