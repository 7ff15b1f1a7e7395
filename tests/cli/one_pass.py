# SPDX-License-Identifier: Apache-2.0
"""gppo sft and gppo rl in one pass over the tokens and back, beside two passes (model.logits): the same metrics and weights but
for rounding, whatever is in the loss; the same bits on one thread and two, and after a kill; the same bits both ways where the policy
looks at sequences, which always takes two passes.

usage: one_pass.py GPPO SOURCE_DIRECTORY"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

from _two_runs import LOOSE, kill_after, largest_difference, same_files

binary = os.path.abspath(sys.argv[1])
TINY = ["model.hidden_size=32", "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1",
        "model.head_dim=16", "model.intermediate_size=32", "run.threads=2", "run.report=false", "run.tensorboard=false",
        "sft.batch=48", "sft.steps=6", "sft.warmup=0", "sft.lr=1e-2", "rl.steps=3", "rl.prompts=16", "rl.group=8", "rl.minibatches=2",
        "rl.warmup=0", "rl.lr=1e-3", "rl.max_new_tokens=16", "reward.overlong_buffer=14", "eval.prompts=2", "eval.max_new_tokens=8",
        "run.save_every=1"]
RL = {"gppo": ["rl.policy=gppo"],
      "everything": ["rl.policy=dual_clip", "rl.kl=k3", "rl.kl_coef=0.05", "rl.entropy_coef=0.01", "rl.correction=tis_token",
                     "rl.microbatch_tokens=700", "model.activations=recomputed"],
      "adapters": ["rl.policy=cispo", "lora.rank=3"],
      "gspo": ["rl.policy=gspo"]}


def command(stage, directory, settings):
    return [binary, stage, *(word for each in [*TINY, f"run.dir={directory}", *settings] for word in ("--set", each))]


def train(stage, directory, *settings):
    done = subprocess.run(command(stage, directory, settings), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return directory


def weights(directory):
    data = (pathlib.Path(directory) / "model" / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    json.loads(data[8:8 + size])
    return struct.unpack(f"<{(len(data) - 8 - size) // 4}f", data[8 + size:])


def apart(one, other):
    left, right = weights(one), weights(other)
    assert len(left) == len(right)
    return max(abs(a - b) for a, b in zip(left, right)) / max(map(abs, left))


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    report = []
    for name, stage, settings in [("sft", "sft", ["sft.microbatch_tokens=900"]), *((n, "rl", s) for n, s in RL.items())]:
        one = train(stage, work / f"{name}-1", *settings)
        two = train(stage, work / f"{name}-2", *settings, "model.logits=recomputed")
        if name == "gspo":
            same_files(one / "model", two / "model", name)
            continue
        metric, where = largest_difference(one, two, 2, name, (*LOOSE, "timing_s", "perf/"))
        weight = apart(one, two)
        report.append(f"{name} {metric:.1e} ({where}) {weight:.1e}")
        assert metric < 1e-4 and weight < 1e-4, report[-1]
        same_files(one / "model", train(stage, work / f"{name}-t", *settings, "run.threads=1") / "model", f"{name} on one thread")
        killed = work / f"{name}-k"
        process = subprocess.Popen(command(stage, killed, settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        kill_after(process, killed / "metrics.jsonl", 2)
        done = subprocess.run([*command(stage, killed, settings), "--resume"], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        same_files(one / "model", killed / "model", f"{name} after a kill")
    print("metrics and weights apart: " + "; ".join(report))
