# SPDX-License-Identifier: Apache-2.0
"""--backend cuda without a GPU: what is refused, in one line; and the trainer's whole way with a model in memory that is not its
own, over the stand-in of tests/backend/far_engine.cpp: the CPU backend's numbers in sft, rl, logprobs, generate and eval, sampled
there, too; adapters, a critic, pipelining, tools, moments of every storage, what waits in the host's memory, kill and resume.
Standard library only."""
# slow: left out by ./dev test --quick
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from _two_runs import LOOSE, kill_after, largest_difference, same_files

gppo = pathlib.Path(sys.argv[1]).resolve()
engine = gppo.parent / "libgppo_cuda_engine.so"
stand_in = os.environ.get("GPPO_FAR_ENGINE")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
COMMON = ["run.tensorboard=false", "run.report=false", "run.samples=2", "run.threads=2", "run.save_every=2",
          "model.hidden_size=32", "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1",
          "model.head_dim=16", "model.intermediate_size=48", "model.max_position_embeddings=96", "task.digits_min=1",
          "task.digits_max=1", "sft.batch=8", "sft.steps=4", "sft.lr=1e-3", "sft.microbatch_tokens=256", "rl.steps=4",
          "rl.prompts=4", "rl.group=4", "rl.max_new_tokens=16", "rl.eval_every=0", "rl.lr=1e-4", "rl.microbatch_tokens=128",
          "rl.kl=k3", "rl.kl_coef=0.05", "rl.entropy_coef=0.01", "eval.prompts=8", "eval.max_new_tokens=16",
          "reward.overlong_buffer=14"]
INT8 = ["sft.moments=int8", "rl.moments=int8"]


def command(binary, stage, directory, *flags, more=()):
    sets = [*COMMON, f"run.dir={directory}", *more]
    return [str(binary), stage, *flags] + [part for each in sets for part in ("--set", each)]


def run(stage, directory, backend, *flags, more=()):
    binary = far if backend == "cuda" else gppo
    done = subprocess.run(command(binary, stage, directory, "--backend", backend, *flags, more=more), capture_output=True, text=True)
    assert done.returncode == 0, f"{stage} {backend} {flags} {more}: {done.returncode} {done.stderr}"
    return done.stderr


def refused(words, binary, *flags, more=()):
    done = subprocess.run(command(binary, "sft", "refused", "--backend", "cuda", *flags, more=more), capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, f"{flags} {more}: {done.returncode} {done.stderr!r}"
    for word in words:
        assert word in done.stderr, f"{flags} {more}: no {word!r} in {done.stderr!r}"
    assert not pathlib.Path("refused").exists(), f"{flags} {more} left a directory"
    return done.stderr.strip()


def beside(library=None):
    """A binary in a directory of its own, with a library beside it."""
    beside.count += 1
    binary = pathlib.Path(f"alone{beside.count}/gppo").resolve()
    binary.parent.mkdir()
    shutil.copy(gppo, binary)
    if library:
        shutil.copy(library, binary.parent / engine.name)
    return binary


beside.count = 0


def compare(a, b, relative, what):
    worst = largest_difference(a, b, 4, what, LOOSE)
    assert worst[0] <= relative, f"{what}: {worst}"
    return worst


def refusals():
    refused(["libgppo_cuda_engine.so was not built", "nvcc", "nvidia-cublas"], beside())
    broken = beside()
    (broken.parent / engine.name).write_text("not a library")
    refused(["run.backend cuda", engine.name], broken)
    have_gpu = subprocess.run(["nvidia-smi"], capture_output=True).returncode == 0 if shutil.which("nvidia-smi") else False
    if engine.exists() and not have_gpu:  # the real library: it loads, and finds no GPU
        print(refused(["CUDA: looking for a GPU", "driver"], gppo))


def kill_and_resume(name, more=()):
    more = [*more, "run.save_every=1", "rl.steps=6"]  # so that what is resumed has moments
    run("sft", f"whole{name}", "cuda", more=more)
    run("rl", f"whole{name}", "cuda", more=more)
    for stage, lines in (("sft", 3), ("rl", 8)):
        process = subprocess.Popen(command(far, stage, f"killed{name}", "--backend", "cuda", more=more), stdout=subprocess.DEVNULL)
        kill_after(process, pathlib.Path(f"killed{name}/metrics.jsonl"), lines)
        run(stage, f"killed{name}", "cuda", "--resume", more=more)
    same_files(f"whole{name}", f"killed{name}", f"killed and resumed{name}")


def offloaded():
    """What waits in the host's memory for its turn changes no byte."""
    for name, more in {"fp32": ["rl.minibatches=2", "rl.reward_kl=k1", "rl.reward_kl_coef=0.05"], "int8": INT8,
                       "m2po": ["rl.policy=m2po", "rl.policy_params={threshold = 1e-7}"]}.items():
        for offload in ('[]', '["moments", "reference", "critic"]'):
            for stage in ("sft", "rl"):
                run(stage, f"{name}{len(offload)}", "cuda", more=[*more, "rl.advantage=gae", f"run.offload={offload}"])
        same_files(f"{name}2", f"{name}{len(offload)}", f"{name} offloaded")


def too_small():
    """Refused with the numbers before anything is taken, as long as nobody says what is there."""
    os.environ["GPPO_FAR_MEMORY"] = str(1 << 20)
    error = refused(["sft takes", "of the GPU and 1.0 MiB are there", "weights", "workspace", "run.device_memory"], far)
    run("sft", "enough", "cuda", more=["run.device_memory=1"])
    # What is there at a time while it learns, though a rollout, whose keys and values are not counted yet, would fit.
    more = ['run.offload=["moments"]', "task.max_prompt_tokens=40", "task.max_response_tokens=40", "rl.steps=1",
            "rl.microbatch_tokens=4096"]
    sets = [part for each in [*COMMON, *more, "run.backend=cuda"] for part in ("--set", each)]
    done = subprocess.run([str(gppo), "plan", "--json", *sets], capture_output=True, text=True)
    held = json.loads(done.stdout)[1]["device_bytes"]
    assert 8192 < held["key_values"] + held["decoding"] < held["gradients"] + held["activations"], held
    for less, code in ((4096, 1), (-4096, 0)):
        done = subprocess.run(command(far, "rl", f"less{less}", "--set", f"run.device_memory={(held['total'] - less) / 2**30}", "--backend",
                                      "cuda", more=more), capture_output=True, text=True)
        assert done.returncode == code and ("of the GPU" in done.stderr) == bool(code), (less, done.stderr)
    del os.environ["GPPO_FAR_MEMORY"]
    return error


def sampled(directory):
    """The completions of both backends: generate's, and those that eval graded."""
    rows = {}
    for binary, backend in ((gppo, "cpu"), (far, "cuda")):
        rule = ["eval.samples=3", "eval.temperature=0.8", "eval.top_k=9", "eval.top_p=0.9"]
        sets = [part for each in (f"run.dir={directory}", "eval.max_new_tokens=30", *rule) for part in ("--set", each)]
        done = subprocess.run([str(binary), "generate", "--backend", backend, *sets], input="1+2=\n7*3=\n5\n", text=True,
                              capture_output=True)
        assert done.returncode == 0, done.stderr
        rows[backend] = [json.loads(line) for line in done.stdout.splitlines()]
        run("eval", directory, backend, "--samples", f"{backend}.samples", more=rule)
    for one, other in zip(rows["cpu"], rows["cuda"], strict=True):
        assert one["tokens"] == other["tokens"] and len(one["tokens"]) > 0, (one, other)
        assert max(abs(a - b) for a, b in zip(one["logp"], other["logp"])) < 1e-5, (one, other)
    assert pathlib.Path("cpu.samples").read_bytes() == pathlib.Path("cuda.samples").read_bytes()
    assert pathlib.Path("cpu.samples").read_text().count("\n") == 24


def in_bf16():
    """What attention reads is rounded in training and sampling alike: their log-probs differ where a sum falls on the other side of a
    rounding, not by the rounding of keys and values."""
    for stage, steps in (("sft", "sft.steps=120"), ("rl", "rl.steps=6")):
        run(stage, "rounded", "cuda", more=["run.precision=bf16", "sft.lr=3e-3", "rl.prompts=16", steps])
    rows = [json.loads(line) for line in pathlib.Path("rounded/metrics.jsonl").open()]
    found = [row["rollout/kl_to_trainer"] for row in rows if row["stage"] == "rl"]
    assert len(found) == 6 and max(found) < 1e-7, found
    return max(found)


def turns_with_tools():
    """Completions of several turns: the tool's answers go back in."""
    more = ["run.seed=1", "model.max_position_embeddings=192", 'task.operations=["*"]', "task.worked=0", "task.tool_calls=0.9",
            "task.held_out=0.2", "tools.kind=python", "tools.max_calls=3", "tools.max_output_tokens=40", "sft.steps=140",
            "sft.batch=16", "sft.lr=1e-2", "sft.schedule=cosine", "sft.warmup=10", "rl.max_new_tokens=120", "rl.steps=2",
            'reward.parts=[{ name = "zero_one" }]', "reward.needs_thinking=false", "reward.overlong_buffer=0",
            "model.num_attention_heads=3", "model.hidden_size=48"]
    run("sft", "tools-cpu", "cpu", more=more)
    shutil.copytree("tools-cpu", "tools-cuda")
    for backend in ("cpu", "cuda"):
        run("rl", f"tools-{backend}", backend, more=more)
    rows = [json.loads(line) for line in pathlib.Path("tools-cuda/metrics.jsonl").open()]
    assert [row["tool/calls"] > 0.3 for row in rows if row["stage"] == "rl"] == [True, True], rows[-1]
    return compare("tools-cpu", "tools-cuda", 2e-5, "tools")


with tempfile.TemporaryDirectory() as parent:
    os.chdir(parent)
    refusals()
    if not stand_in or not pathlib.Path(stand_in).exists():
        print("skipped: the stand-in for a GPU was not built")
        sys.exit(77)
    far = beside(stand_in)
    worst = (0.0, "")
    cases = {"plain": [], "lora": ["lora.rank=3", "model.activations=recomputed"], "gae": ["rl.advantage=gae"],
             "minibatches": ["rl.minibatches=2"], "ahead": ["rl.pipeline=true"], "greedy": ["rl.advantage=remax"],
             "bf16": ["sft.moments=bf16", "rl.moments=bf16"], "int8": INT8}
    for name, more in cases.items():
        for backend in ("cpu", "cuda"):
            for stage in ("sft", "rl"):
                run(stage, f"{name}-{backend}", backend, more=more)
        worst = max(worst, compare(f"{name}-cpu", f"{name}-cuda", 2e-5, name))
    kill_and_resume("")
    kill_and_resume("-int8", [*INT8, "rl.advantage=gae", 'run.offload=["moments"]'])
    offloaded()
    print(too_small())
    sampled("plain-cuda")
    rounded = in_bf16()
    if shutil.which("bwrap"):
        worst = max(worst, turns_with_tools())
    # The CPU goes on from a checkpoint of the other, and says that it is another.
    shutil.copytree("plain-cuda", "switched")
    assert "run.backend" in run("rl", "switched", "cpu", "--resume", more=["rl.steps=5"])
    run("rl", "plain-cuda", "cuda", "--resume", more=["rl.steps=5"])
    compare("switched", "plain-cuda", 2e-5, "switched")

    row = json.dumps({"prompt": [3, 4, 5], "tokens": [6, 7, 8]})
    logps = []
    for binary, backend in ((gppo, "cpu"), (far, "cuda")):
        done = subprocess.run([str(binary), "logprobs", "--backend", backend, "--set", "run.dir=plain-cuda"], input=row, text=True,
                              capture_output=True)
        assert done.returncode == 0, done.stderr
        logps.append(json.loads(done.stdout)["logprobs"])
    assert max(abs(a - b) for a, b in zip(*logps)) < 1e-5, logps
print(f"ok: a model here and one in other memory differ by at most {worst[0]:.1e} ({worst[1]}); in bf16 the sampler's KL to the trainer is {rounded:.1e}")
