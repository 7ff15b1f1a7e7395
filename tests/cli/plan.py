# SPDX-License-Identifier: Apache-2.0
"""gppo plan: the figures of every published Qwen3 and of lengths up to 64k against a sheet of paper, what does not fit is refused
with the numbers, and a run takes what its plan says.

usage: plan.py GPPO SOURCE_DIRECTORY"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

gppo, source = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
# name: hidden, intermediate, layers, heads, tied; all have 8 key/value heads of width 128 and 151,936 tokens
SIZES = {"Qwen3-0.6B": (1024, 3072, 28, 16, True), "Qwen3-1.7B": (2048, 6144, 28, 16, True),
         "Qwen3-4B-Instruct-2507": (2560, 9728, 36, 32, True), "Qwen3-8B": (4096, 12288, 36, 32, False),
         "Qwen3-14B": (5120, 17408, 40, 40, False), "Qwen3-32B": (5120, 25600, 64, 64, False)}


def run(*arguments, sets=(), directory=None, **more):
    command = [gppo, *arguments] + [part for text in sets for part in ("--set", text)]
    return subprocess.run(command, capture_output=True, text=True, cwd=directory, timeout=120, **more)


def plan(sets, *flags, **more):
    done = run("plan", "--json", *flags, sets=sets, **more)
    assert done.returncode == 0, done.stderr
    return {stage["stage"]: stage for stage in json.loads(done.stdout)}


def on_paper():
    compared = 0
    kept = 4 * 512 * 151936  # logits of the head in one pass
    for name, (d, f, layers, heads, tied) in SIZES.items():
        q, kv = heads * 128, 8 * 128
        matrices = d * (q + 2 * kv) + q * d + 3 * d * f
        parameters = 151936 * d * (1 if tied else 2) + layers * (matrices + 2 * d + 2 * 128) + d
        floats = 3 * d + 2 + (q + 2 * kv) + (q + kv) + (heads + 8) + q + heads + 2 * f  # floats of a token in a layer
        rounded, own = 2 * d + (q + 2 * kv) + (q + kv) + q + 2 * f, (heads + 8) + heads  # in bf16, and still in fp32
        for length in (1024, 4096, 16384, 32768, 65536):
            if length > 40960 and "2507" not in name:
                continue
            for activations in ("kept", "rounded", "recomputed"):
                for precision, width in (("fp32", 4), ("bf16", 2)):
                    rl = plan([f"model.path=models/{name}", f"task.max_prompt_tokens={length // 4}",
                               f"rl.max_new_tokens={length - length // 4}", f"rl.microbatch_tokens={length}",
                               f"task.max_response_tokens={length - length // 4}", f"model.activations={activations}",
                               f"run.precision={precision}", "tokenizer.kind=bytes", "run.memory=100000", "rl.prompts=4",
                               "rl.group=8", "rl.kl=k3", "rl.kl_coef=0.01"])["rl"]
                    beside = 4 * ((f + 2 * d + q + (q + 2 * kv)) + 2 * d)
                    once = 4 * (floats + (layers + 1) * d) + beside  # the reference goes forward only
                    token = {"kept": 4 * (layers * floats + (layers + 1) * d) + beside, "recomputed": once,
                             "rounded": layers * (2 * rounded + 4 * own) + 4 * (floats - own + 2 * d) + beside}[activations]
                    want = {"weights": 4 * parameters, "gradients": 4 * parameters, "moments": 8 * parameters,
                            "activations": length * token + kept, "reference": 4 * parameters + length * once, "critic": 0, "reward_model": 0,
                            "sampler": width * (layers * matrices + 151936 * d), "key_values": 32 * length * 2 * layers * kv * 4,
                            "gathered": 0}
                    want["total"] = sum(want.values())
                    assert rl["parameters"] == parameters and rl["bytes"] == want, (name, length, rl["bytes"], want)
                    compared += 1
    return compared


def others():
    small = ["model.path=Qwen3-0.6B", "run.memory=100000", "tokenizer.kind=bytes"]
    base = plan(small)["rl"]["bytes"]
    with_critic = plan(small + ["rl.advantage=gae"])["rl"]["bytes"]
    kept = 4 * 512 * 151936  # the critic has no vocabulary
    assert with_critic["critic"] == sum(base[k] for k in ("weights", "gradients", "moments", "activations")) - kept, with_critic
    adapters = plan(small + ["lora.rank=8", 'lora.target_modules=["q_proj"]'])["rl"]["bytes"]
    assert adapters["moments"] == 8 * 28 * 8 * (1024 + 2048) and adapters["weights"] == base["weights"], adapters
    for storage, width in (("bf16", 4), ("int8", 2)):  # scales besides: 8 bytes for 256 weights, and some for short tensors
        kept = plan(small + [f"rl.moments={storage}"])["rl"]["bytes"]["moments"]
        assert 0 <= kept - width * base["moments"] // 8 <= (base["moments"] // 256 * 1.01 if width == 2 else 0), (storage, kept)
    served = plan(small + ["rollout.backend=vllm"])["rl"]["bytes"]
    assert served["sampler"] == served["key_values"] == 0, served
    ahead = plan(small + ["rl.pipeline=true"])["rl"]["bytes"]
    assert ahead["sampler"] == base["sampler"] + base["weights"], ahead


def of_ranks():
    """Three ranks, two of them on a machine: the moments are shared out, and so are prompts; rank 0 gathers for a checkpoint."""
    # Qwen3-0.6B by hand: 28 layers of 1024 (2048 + 2 1024) + 2048 1024 + 3 1024 3072 + 2 1024 + 2 128, embeddings, final norm
    parameters = 151936 * 1024 + 28 * (1024 * 4096 + 2048 * 1024 + 3 * 1024 * 3072 + 2 * 1024 + 256) + 1024
    assert parameters == 596_049_920 and parameters % 3 == 2
    share = 198_683_307
    small = ["model.path=Qwen3-0.6B", "run.memory=100000", "tokenizer.kind=bytes", "rl.prompts=4", "rl.group=8", "task.max_prompt_tokens=100",
             "rl.max_new_tokens=100"]
    one = plan(small)["rl"]
    three = plan(small, "--ranks", "3", "--ranks-per-machine", "2")["rl"]
    bytes_of = three["bytes"]
    assert bytes_of["moments"] == 8 * share and bytes_of["gathered"] == 8 * parameters, bytes_of
    assert three["completions_at_once"] == 2 * 8 and bytes_of["key_values"] == 16 * 200 * 2 * 28 * 1024 * 4, three
    for part in ("weights", "gradients", "activations", "sampler"):
        assert bytes_of[part] == one["bytes"][part], part
    held = 4 * parameters * 2 + 8 * share + bytes_of["activations"] + bytes_of["sampler"] + bytes_of["key_values"]
    assert bytes_of["total"] == held + 8 * parameters and three["machine_bytes"] == 2 * held + 8 * parameters, three
    assert one["ranks"] == 1 and one["machine_bytes"] == one["bytes"]["total"] and three["ranks"] == 3
    critic = plan(small + ["rl.advantage=gae"], "--ranks", "3")["rl"]["bytes"]
    assert critic["critic"] == 8 * parameters + 8 * share + critic["activations"] - 4 * 512 * 151936 and critic["gathered"] == 16 * parameters, critic
    adapters = plan(small + ["lora.rank=8", 'lora.target_modules=["q_proj"]'], "--ranks", "2")["rl"]["bytes"]
    assert adapters["moments"] == 8 * 28 * 8 * (1024 + 2048) // 2 and adapters["gathered"] == 8 * 28 * 8 * (1024 + 2048), adapters
    # As a launcher says it, and the refusal.
    started = {**os.environ, "WORLD_SIZE": "3", "LOCAL_WORLD_SIZE": "2"}
    assert plan(small, env=started)["rl"] == three
    mpi = {**os.environ, "OMPI_COMM_WORLD_SIZE": "3", "OMPI_COMM_WORLD_LOCAL_SIZE": "2"}
    assert plan(small, env=mpi)["rl"] == three
    small[1] = f"run.memory={(2 * held + 7 * parameters) / 2**30}"
    done = run("plan", sets=small, env=started)
    assert done.returncode == 1 and "for the 2 ranks of a machine" in done.stderr and "gathered" in done.stderr, done.stderr
    assert run("plan", sets=small, env={**started, "LOCAL_WORLD_SIZE": "1"}).returncode == 0
    done = run("plan", "--ranks", "2", "--ranks-per-machine", "3")
    assert done.returncode == 1 and "--ranks-per-machine" in done.stderr, done.stderr


def refused():
    done = run("plan", sets=["model.path=Qwen3-8B", "tokenizer.kind=bytes", "run.memory=80"])
    assert done.returncode == 1 and "activations" in done.stdout, done
    for words in ("stage sft", "and 80.0 GiB are there", "weights 30.5 GiB", "moments 61.0 GiB", "model.activations"):
        assert words in done.stderr, (words, done.stderr)
    assert done.stderr.count("\n") == 1, done.stderr
    with tempfile.TemporaryDirectory() as directory:
        for command in ("sft", "rl"):
            done = run(command, sets=["model.hidden_size=16384", "model.num_hidden_layers=96", "model.intermediate_size=65536",
                                      f"run.dir={directory}/run"])
            assert done.returncode == 1 and "are there" in done.stderr, done
        assert not os.listdir(directory), "something was written"
        done = run("sft", sets=["run.memory=0.001", f"run.dir={directory}/run"])
        assert done.returncode == 1 and "1.0 MiB are there" in done.stderr, done.stderr
    for scale, text in (("tiny", "fits"), ("full", "takes")):
        done = run("plan", "-c", str(source / "examples/recipes/klear-reasoner.toml"), "--scale", scale, sets=["run.memory=64"])
        assert text in done.stdout + done.stderr, done
    done = run("plan", "--scale", "full")
    assert done.returncode == 1 and "no stages" in done.stderr, done.stderr


def measured():
    """A run's largest resident set against its plan."""
    shape = ["model.hidden_size=384", "model.num_hidden_layers=8", "model.intermediate_size=1536", "model.num_attention_heads=6",
             "model.num_key_value_heads=2", "model.head_dim=64", "sft.steps=1", "sft.batch=64", "sft.microbatch_tokens=4096",
             "eval.prompts=1", "run.report=false", "run.tensorboard=false", "sft.warmup=0"]
    held = plan(shape)["sft"]["bytes"]
    with tempfile.TemporaryDirectory() as directory:
        child = subprocess.Popen([gppo, "sft", *[part for text in shape + [f"run.dir={directory}/run"] for part in ("--set", text)]],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        _, status, usage = os.wait4(child.pid, 0)
        assert status == 0, child.stderr.read()
    peak = usage.ru_maxrss * 1024
    print(f"planned {held['total'] / 2**20:.0f} MiB, taken {peak / 2**20:.0f} MiB", held)
    # Besides: the program, oneDNN or OpenMP, the evaluation's sampler and the batch itself.
    assert 0.6 * held["total"] < peak < 1.25 * held["total"] + (100 << 20), (peak, held)


for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE"):
    os.environ.pop(name, None)
compared = on_paper()
others()
of_ranks()
refused()
measured()
print(f"{compared} plans are what a sheet of paper says")
