# SPDX-License-Identifier: Apache-2.0
"""run.precision = "bf16": learns as fp32 does, resumes to the same bytes, and sampler and trainer agree."""
import json
import pathlib
import subprocess
import sys
import tempfile

gppo = sys.argv[1]
COMMON = ["run.tensorboard=false", "run.report=false", "run.samples=0", "run.threads=2", "task.held_out=0.1", "eval.prompts=16",
          "model.hidden_size=64", "model.num_hidden_layers=2", "sft.batch=16", "sft.eval_every=0", "run.save_every=4"]


def run(directory, precision, steps, *more, fails=False):
    sets = COMMON + [f"run.dir={directory}", f"run.precision={precision}", f"sft.steps={steps}"]
    command = [gppo, "sft", *more] + [part for each in sets for part in ("--set", each)]
    done = subprocess.run(command, capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr}")
    return done.stderr


def losses(directory):
    lines = (json.loads(line) for line in open(directory / "metrics.jsonl"))
    return [line["train/loss"] for line in lines if "train/loss" in line]


with tempfile.TemporaryDirectory() as parent:
    parent = pathlib.Path(parent)
    refused = run(parent / "wrong", "fp8", 1, fails=True)
    assert "run.precision" in refused, refused

    run(parent / "fp32", "fp32", 12)
    run(parent / "bf16", "bf16", 12)
    fp32, bf16 = losses(parent / "fp32"), losses(parent / "bf16")
    assert len(fp32) == len(bf16) == 12
    assert bf16 != fp32, "bf16 computed what fp32 computes"
    for step, (a, b) in enumerate(zip(fp32, bf16)):
        assert abs(a - b) < 0.01 * a, f"step {step + 1}: loss {a} in fp32, {b} in bf16"

    run(parent / "resumed", "bf16", 8)
    run(parent / "resumed", "bf16", 12, "--resume")
    assert losses(parent / "resumed")[8:] == bf16[8:], "a resumed run is another run"
    note = run(parent / "resumed", "fp32", 14, "--resume")
    assert "run.precision" in note, f"changing the precision is not said: {note}"

    sets = COMMON + [f"run.dir={parent}/resumed", "run.precision=bf16", "rl.steps=2", "rl.prompts=8", "rl.group=4",
            "rl.filter_zero_advantage=false"]
    done = subprocess.run([gppo, "rl"] + [part for each in sets for part in ("--set", each)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in open(parent / "resumed" / "metrics.jsonl")]
    mismatch = [step["rollout/mismatch_max"] for step in steps if "rollout/mismatch_max" in step]
    # With AMX the trainer's products are oneDNN's, which adds up in another order before the next rounding.
    bound = 0.1 if "amx_bf16" in pathlib.Path("/proc/cpuinfo").read_text() else 1e-5
    assert len(mismatch) == 2 and max(mismatch) < bound, f"sampler and trainer differ by {mismatch}"
print(f"ok: loss {fp32[0]:.3f} -> {fp32[-1]:.3f} in fp32, {bf16[-1]:.3f} in bf16")
