# SPDX-License-Identifier: Apache-2.0
"""model.weights = "bf16": weights in two bytes and nothing in fp32 beside them. What a checkpoint holds, that a run learns as one in
fp32 does and in steps far below a weight's last place, that a killed one goes on to the same bytes, that LibTorch, memory which is
not this process's and two ranks give the same, and what is refused. Standard library only."""
# slow: left out by ./dev test --quick
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import _ranks
from _two_runs import LOOSE, kill_after, largest_difference, same_files, steps, tree

gppo = pathlib.Path(sys.argv[1]).resolve()
stand_in = os.environ.get("GPPO_FAR_ENGINE")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
COMMON = ["run.tensorboard=false", "run.report=false", "run.samples=2", "run.threads=2", "run.save_every=1", "model.hidden_size=32",
          "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1", "model.head_dim=16",
          "model.intermediate_size=48", "model.max_position_embeddings=96", "task.digits_min=1", "task.digits_max=1", "sft.batch=8",
          "sft.steps=6", "sft.lr=1e-3", "sft.microbatch_tokens=256", "sft.weight_decay=0.1", "rl.steps=4", "rl.prompts=4",
          "rl.group=4", "rl.max_new_tokens=24", "rl.eval_every=0", "rl.lr=1e-3", "rl.microbatch_tokens=128",
          "rl.filter_zero_advantage=false", "rl.kl=k3", "rl.kl_coef=0.05", "eval.prompts=6", "eval.max_new_tokens=24",
          "reward.overlong_buffer=22"]
BF16 = ["model.weights=bf16"]
# A last bit of a gradient must not become a step of another direction, nor of another rounding.
CALM = [*BF16, "sft.lr=2e-4", "sft.eps=1e-5", "rl.lr=1e-4", "rl.eps=1e-5"]


def command(stage, directory, *flags, binary=gppo, more=()):
    return [str(binary), stage, *flags] + [part for each in [*COMMON, f"run.dir={directory}", *more] for part in ("--set", each)]


def run(stage, directory, *flags, **how):
    done = subprocess.run(command(stage, directory, *flags, **how), capture_output=True, text=True)
    assert done.returncode == 0, f"{stage} {flags} {how}: {done.returncode} {done.stderr}"
    return done


def header(path):
    data = path.read_bytes()
    return {name: entry for name, entry in json.loads(data[8:8 + int.from_bytes(data[:8], "little")]).items() if name != "__metadata__"}


def holds(path, dtype):
    """Every weight of a model directory has this type, and config.json says so."""
    entries = header(path / "model.safetensors")
    assert len(entries) > 20 and {entry["dtype"] for entry in entries.values()} == {dtype}, entries
    name = {"BF16": "bfloat16", "F32": "float32"}[dtype]
    assert json.loads((path / "config.json").read_text())["torch_dtype"] == name
    return (path / "model.safetensors").stat().st_size


def killed_and_resumed():
    """Through sft and rl, with moments of each storage, a critic, and a rollout beside training."""
    for moments, more in {"fp32": ["rl.minibatches=2"], "bf16": ["rl.pipeline=true"], "int8": ["rl.advantage=gae"]}.items():
        more = [*BF16, *more, f"sft.moments={moments}", f"rl.moments={moments}"]
        whole, killed = f"whole-{moments}", f"killed-{moments}"
        for stage, lines in (("sft", 4), ("rl", 10)):
            run(stage, whole, more=more)
            process = subprocess.Popen(command(stage, killed, more=more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            kill_after(process, pathlib.Path(killed) / "metrics.jsonl", lines)
            run(stage, killed, "--resume", more=more)
        same_files(whole, killed, f"{moments} killed and resumed")
        last = pathlib.Path(whole) / "checkpoints/step_10"
        assert holds(last, "BF16") == holds(pathlib.Path(whole) / "model", "BF16")
        assert holds(pathlib.Path(whole) / "reference", "BF16")
        assert (last / "model.safetensors").read_bytes() == (pathlib.Path(whole) / "model/model.safetensors").read_bytes()


def loss(directory, last=10):
    losses = [line["train/loss"] for line in steps(directory) if "train/loss" in line]
    return losses[0], sum(losses[-last:]) / last


def learns():
    """As well as with weights in fp32."""
    more = ["sft.steps=150", "sft.batch=16", "sft.lr=4e-3", "run.save_every=0", "sft.schedule=cosine"]
    run("sft", "wide", more=more), run("sft", "narrow", more=[*more, *BF16])
    (first, wide), (other, narrow) = loss("wide"), loss("narrow")
    assert abs(first - other) < 1e-2 and narrow != wide, (first, other)
    return first, wide, narrow


def small_steps():
    """A model goes on to learn in steps far below the last places of its weights, as in fp32."""
    run("sft", "early", more=[*BF16, "sft.steps=40", "sft.batch=16", "sft.lr=4e-3", "run.save_every=0", "sft.schedule=constant"])
    more = ["model.path=early/model", "sft.steps=150", "sft.batch=16", "sft.lr=4e-5", "sft.schedule=constant", "sft.warmup=0",
            "run.save_every=0", "sft.weight_decay=0"]
    run("sft", "wide-on", more=more), run("sft", "narrow-on", more=[*more, *BF16])
    (first, wide), (other, narrow) = loss("wide-on", 20), loss("narrow-on", 20)
    assert abs(first - other) < 1e-5, (first, other)  # the file is what both begin with
    return first, wide, narrow


def elsewhere(name, binary, *flags):
    """The numbers of this processor."""
    for stage in ("sft", "rl"):
        run(stage, name, *flags, binary=binary, more=CALM)
    worst = largest_difference("here", name, 8, name, LOOSE)
    holds(pathlib.Path(name) / "model", "BF16")
    assert worst[0] < 1e-4, (name, worst)
    return f"{name} {worst[0]:.1e}"


def on_two_ranks(where, *flags, binary=gppo):
    for stage in ("sft", "rl"):
        started = _ranks.start(command(stage, "run", *flags, binary=binary, more=CALM), 2, where)
        said = _ranks.finish(started, where, f"{stage} on two ranks")
        assert "far memory of" not in said, said  # devices share out floats: these go through the processor's memory
    worst = largest_difference("here", f"{where}/run", 8, where, LOOSE)
    assert worst[0] < 1e-4, worst
    return f"{where} {worst[0]:.1e}"


def sampled():
    """The values are the file's however they are kept: so are the completions."""
    rows = []
    for kept in ("bf16", "fp32"):
        sets = [part for each in ("run.dir=narrow", "eval.max_new_tokens=20", f"model.weights={kept}") for part in ("--set", each)]
        done = subprocess.run([str(gppo), "generate", *sets], input="1+2=\n7+3=\n", text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        rows.append(done.stdout)
    assert rows[0] == rows[1] and rows[0].count("\n") == 2, rows


def refused(words, stage, directory, *flags, more=()):
    before = tree(directory) if pathlib.Path(directory).exists() else None
    done = subprocess.run(command(stage, directory, *flags, more=more), capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, (done.returncode, done.stderr)
    for word in words:
        assert word in done.stderr, (word, done.stderr)
    assert before == (tree(directory) if before is not None else None), "a command that was refused changed files"


with tempfile.TemporaryDirectory() as parent:
    os.chdir(parent)
    killed_and_resumed()
    first, wide, narrow = learns()
    assert wide < 0.6 * first and abs(narrow - wide) < 0.05 * first, (first, wide, narrow)
    before, wide_on, narrow_on = small_steps()
    assert wide_on < 0.95 * before and abs(narrow_on - wide_on) < 0.1 * (before - wide_on), (before, wide_on, narrow_on)
    sampled()
    run("sft", "here", more=CALM), run("rl", "here", more=CALM)
    same = [on_two_ranks("two ranks")]
    if stand_in and pathlib.Path(stand_in).exists():
        far = pathlib.Path("far/gppo").resolve()
        far.parent.mkdir()
        shutil.copy(gppo, far), shutil.copy(stand_in, far.parent / "libgppo_cuda_engine.so")
        same.append(elsewhere("far", far, "--backend", "cuda"))
        same.append(on_two_ranks("two far ranks", "--backend", "cuda", binary=far))
        run("rl", "far", "--backend", "cuda", "--resume", binary=far, more=[*CALM, "rl.steps=6", 'run.offload=["moments", "reference"]'])
        run("rl", "ahead", "--backend", "cuda", binary=far, more=[*CALM, "rl.pipeline=true"])
        run("rl", "ahead-here", more=[*CALM, "rl.pipeline=true"])
        assert largest_difference("ahead", "ahead-here", 3, "ahead", LOOSE)[0] < 1e-4
    if (gppo.parent / "libgppo_torch_engine.so").exists():
        same.append(elsewhere("torch", gppo, "--backend", "torch"))
    refused(["model.weights is \"fp32\"", "\"bf16\"", "set it back", "--overwrite"], "rl", "here", "--resume", more=[*CALM, "rl.steps=6",
                                                                                                                 "model.weights=fp32"])
    refused(["lora.rank", "model.weights fp32"], "sft", "none", more=[*BF16, "lora.rank=2"])
    refused(["model.weights", "fp16", "bf16"], "sft", "none", more=["model.weights=fp16"])
    run("rl", "wide", more=[*BF16, "rl.steps=2"])  # another stage may keep them in another way
    holds(pathlib.Path("wide/model"), "BF16")
print(f"ok: loss from {first:.3f} to {wide:.3f} in fp32 and {narrow:.3f} in bf16, in small steps from {before:.3f} to {wide_on:.3f} and "
      f"{narrow_on:.3f}; metrics differ from this processor's by at most {', '.join(same)}")
