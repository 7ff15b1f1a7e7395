# SPDX-License-Identifier: Apache-2.0
"""--backend torch: the same numbers as the CPU backend to fp32 tolerance in sft, rl, evaluation and logprobs, checkpoints that
either goes on from, and what is refused. Standard library only; skipped where LibTorch was not found at build time."""
# slow: left out by ./dev test --quick
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import _ranks
from _two_runs import LOOSE, kill_after, largest_difference, same_files, steps

gppo = pathlib.Path(sys.argv[1]).resolve()
engine = gppo.parent / "libgppo_torch_engine.so"
gpu_engine = gppo.parent / "libgppo_torch_cuda_engine.so"
stand_in = os.environ.get("GPPO_FAR_TORCH_ENGINE")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
COMMON = ["run.tensorboard=false", "run.report=false", "run.samples=2", "run.threads=2", "run.save_every=2",
          "model.hidden_size=32", "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1",
          "model.head_dim=16", "model.intermediate_size=48", "model.max_position_embeddings=96", "task.digits_min=1",
          "task.digits_max=1", "sft.batch=8", "sft.steps=6", "sft.lr=1e-3", "sft.microbatch_tokens=256", "rl.steps=4",
          "rl.prompts=4", "rl.group=4", "rl.max_new_tokens=24", "rl.eval_every=0", "rl.lr=1e-4", "rl.microbatch_tokens=128",
          "rl.kl=k3", "rl.kl_coef=0.05", "rl.entropy_coef=0.01", "eval.prompts=8", "eval.max_new_tokens=24",
          "reward.overlong_buffer=22"]


def command(stage, directory, *flags, binary=gppo, more=()):
    sets = [*COMMON, f"run.dir={directory}", *more]
    return [str(binary), stage, *flags] + [part for each in sets for part in ("--set", each)]


def run(stage, directory, *flags, **how):
    done = subprocess.run(command(stage, directory, *flags, **how), capture_output=True, text=True)
    assert done.returncode == 0, f"{stage} {flags}: {done.returncode} {done.stderr}"
    return done.stderr


def refused(words, *flags, binary=gppo, more=()):
    done = subprocess.run(command("sft", "refused", *flags, binary=binary, more=more), capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, f"{flags} {more}: {done.returncode} {done.stderr!r}"
    for word in words:
        assert word in done.stderr, f"{flags} {more}: no {word!r} in {done.stderr!r}"
    assert not pathlib.Path("refused").exists(), f"{flags} {more} left a directory"


def compare(a, b, relative, what):
    worst = largest_difference(a, b, 8, what, LOOSE)
    assert worst[0] <= relative, f"{what}: {worst}"
    return worst


def refusals():
    refused(["run.backend", "jax", "cpu, torch"], "--backend", "jax")
    refused(["run.device cuda", "leave it at cpu"], "--device", "cuda")
    refused(["run.device", "tpu"], "--device", "tpu")
    refused(["run.precision bf16", "run.backend cpu"], "--backend", "torch", more=["run.precision=bf16"])
    # A binary without the library beside it runs, and says what is missing when asked for it.
    alone = pathlib.Path("alone/gppo")
    alone.parent.mkdir()
    shutil.copy(gppo, alone)
    refused(["libgppo_torch_engine.so was not built", "pip install torch"], "--backend", "torch", binary=alone.resolve())
    (alone.parent / engine.name).write_text("not a library")
    refused(["run.backend torch", engine.name], "--backend", "torch", binary=alone.resolve())
    on_gpu = ["--backend", "torch", "--device", "cuda"]
    refused(["run.device cuda", gpu_engine.name, "LibTorch without CUDA", "run.backend cuda"], *on_gpu, binary=alone.resolve())
    (alone.parent / gpu_engine.name).write_text("not a library")
    refused(["run.device cuda", gpu_engine.name, "CUDA libraries"], *on_gpu, binary=alone.resolve())
    refused(["run.precision bf16"], *on_gpu, more=["run.precision=bf16"])
    have_gpu = shutil.which("nvidia-smi") and subprocess.run(["nvidia-smi"], capture_output=True).returncode == 0
    if gpu_engine.exists() and not have_gpu:  # the real library: it loads, and finds no GPU
        refused(["CUDA: looking for a GPU", "driver"], *on_gpu)


def on_a_device():
    """A model in LibTorch's memory of a device, which the CPU's tensors stand for: the CPU backend's numbers."""
    if not stand_in or not pathlib.Path(stand_in).exists():
        return (0.0, "the stand-in for a GPU was not built")
    far = pathlib.Path("far/gppo").resolve()
    far.parent.mkdir()
    shutil.copy(gppo, far)
    shutil.copy(stand_in, far.parent / gpu_engine.name)
    worst, flags = (0.0, ""), ["--backend", "torch", "--device", "cuda"]
    for name, more in {"cpu": [], "lora-cpu": ["lora.rank=3", "model.activations=recomputed"], "gae-cpu": ["rl.advantage=gae"]}.items():
        for stage in ("sft", "rl"):
            run(stage, f"far-{name}", *flags, binary=far, more=more)
        worst = max(worst, compare(name, f"far-{name}", 2e-5, f"on a device, {name}"))
    for stage in ("sft", "rl"):  # two ranks, whose gradients go through the processor's memory
        started = _ranks.start(command(stage, "run", *flags, binary=far, more=["run.threads=1"]), 2, "far-ranks")
        _ranks.finish(started, "far-ranks", stage)
    worst = max(worst, compare("cpu", "far-ranks/run", 2e-5, "two ranks on devices"))
    assert "torch on cuda" in run("rl", "far-cpu", "--resume", "--backend", "cpu", more=["rl.steps=5"])
    return worst


def kill_and_resume():
    run("sft", "whole", "--backend", "torch")
    run("rl", "whole", "--backend", "torch")
    for stage, lines in (("sft", 3), ("rl", 11)):
        process = subprocess.Popen(command(stage, "killed", "--backend", "torch"), stdout=subprocess.DEVNULL)
        kill_after(process, pathlib.Path("killed/metrics.jsonl"), lines)
        run(stage, "killed", "--backend", "torch", "--resume")
    same_files("whole", "killed", "killed and resumed")


with tempfile.TemporaryDirectory() as parent:
    os.chdir(parent)
    if not engine.exists():
        refused(["libgppo_torch_engine.so was not built", "pip install torch"], "--backend", "torch")
        print("skipped: gppo was built without LibTorch")
        sys.exit(77)
    refusals()
    for backend in ("cpu", "torch"):
        run("sft", backend, "--backend", backend)
        run("rl", backend, more=[f"run.backend={backend}"])
    worst = compare("cpu", "torch", 2e-5, "cpu and torch")
    mismatch = [line["rollout/mismatch_max"] for line in steps("torch") if "rollout/mismatch_max" in line]
    assert mismatch and 0 < max(mismatch) < 1e-4, f"sampler and trainer differ by {mismatch}"
    learnt = [line["actor/grad_norm"] for line in steps("torch") if "actor/pg_loss" in line]
    assert len(learnt) == 4 and min(learnt) > 0, f"rl learnt nothing: {learnt}"

    # Adapters, recomputation and a critic use other ways through the model.
    for name, more in {"lora": ["lora.rank=3", "model.activations=recomputed"], "gae": ["rl.advantage=gae"]}.items():
        for backend in ("cpu", "torch"):
            for stage in ("sft", "rl"):
                run(stage, f"{name}-{backend}", "--backend", backend, more=more)
        worst = max(worst, compare(f"{name}-cpu", f"{name}-torch", 2e-5, name))

    worst = max(worst, on_a_device())
    kill_and_resume()
    # The other backend goes on from a checkpoint, and says that it is another.
    shutil.copytree("torch", "switched")
    assert "run.backend" in run("rl", "switched", "--resume", "--backend", "cpu", more=["rl.steps=5"])
    run("rl", "torch", "--resume", "--backend", "torch", more=["rl.steps=5"])
    compare("switched", "torch", 2e-5, "switched")

    row = json.dumps({"prompt": [3, 4, 5], "tokens": [6, 7, 8]})
    logps = []
    for backend in ("cpu", "torch"):
        done = subprocess.run([str(gppo), "logprobs", "--backend", backend, "--set", "run.dir=torch"], input=row, text=True,
                              capture_output=True)
        assert done.returncode == 0, done.stderr
        logps.append(json.loads(done.stdout)["logprobs"])
    assert max(abs(a - b) for a, b in zip(*logps)) < 1e-5, logps
print(f"ok: cpu and torch differ by at most {worst[0]:.1e} ({worst[1]}); sampler and trainer by {max(mismatch):.1e}")
