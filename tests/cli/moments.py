# SPDX-License-Identifier: Apache-2.0
"""AdamW's moments in bf16 and in 8 bits: what a checkpoint holds, that a killed run goes on to the same bytes, in sft, rl with a
critic, adapters and the reward model; that two ranks train as one; and that another storage is refused. Standard library only."""
# slow: left out by ./dev test --quick
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

from _two_runs import kill_after, largest_difference, same_files, steps, tree

gppo = str(pathlib.Path(sys.argv[1]).resolve())
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "OMPI_COMM_WORLD_SIZE"):
    os.environ.pop(name, None)
COMMON = ["run.tensorboard=false", "run.report=false", "run.samples=2", "run.threads=2", "run.save_every=1", "model.hidden_size=32",
          "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1", "model.head_dim=16",
          "model.intermediate_size=48", "model.max_position_embeddings=96", "task.digits_min=1", "task.digits_max=1", "sft.batch=8",
          "sft.steps=6", "sft.lr=2e-3", "sft.microbatch_tokens=256", "sft.weight_decay=0.1", "rl.steps=4", "rl.prompts=4",
          "rl.group=4", "rl.max_new_tokens=24", "rl.eval_every=0", "rl.lr=1e-3", "rl.microbatch_tokens=128",
          "rl.filter_zero_advantage=false", "eval.prompts=6", "eval.max_new_tokens=24", "reward.overlong_buffer=22",
          "reward_model.steps=6", "reward_model.prompts=24", "reward_model.batch=4", "reward_model.lr=3e-3",
          "reward_model.microbatch_tokens=200", "reward_model.gap=0.1", "reward_model.held_out=0.2"]
WIDTH = {"F32": 4, "BF16": 2, "I8": 1, "U8": 1}
TYPES = {"fp32": ("F32", "F32"), "bf16": ("BF16", "BF16"), "int8": ("I8", "U8")}


def kept_as(storage):
    return [f"{section}.moments={storage}" for section in ("sft", "rl", "reward_model")]


def command(stage, directory, *flags, more=()):
    return [gppo, stage, *flags] + [part for each in [*COMMON, f"run.dir={directory}", *more] for part in ("--set", each)]


def run(stage, directory, *flags, more=()):
    done = subprocess.run(command(stage, directory, *flags, more=more), capture_output=True, text=True)
    assert done.returncode == 0, f"{stage} {flags} {more}: {done.returncode} {done.stderr}"
    return done.stderr


def header(path):
    data = path.read_bytes()
    size, = struct.unpack_from("<Q", data)
    return {name: entry for name, entry in json.loads(data[8:8 + size]).items() if name != "__metadata__"}


def newest(directory):
    return max((path for path in (pathlib.Path(directory) / "checkpoints").glob("step_*") if "tmp" not in path.name),
               key=lambda path: int(path.name[5:]))


def checkpoint_holds(directory, file, storage):
    """Every moment with the type and the shape it should have; returns the bytes of all moments."""
    entries, total = header(newest(directory) / file), 0
    assert not [name for name in entries if name.startswith("exp_avg_scale.")] or storage == "int8", entries.keys()
    weights = [name.removeprefix("exp_avg.") for name in entries if name.startswith("exp_avg.")]
    assert len(weights) > 10, entries.keys()
    for name in weights:
        for prefix, dtype in zip(("exp_avg.", "exp_avg_sq."), TYPES[storage]):
            entry = entries[prefix + name]
            count = 1
            for extent in entry["shape"]:
                count *= extent
            assert entry["dtype"] == dtype, (name, entry)
            assert entry["data_offsets"][1] - entry["data_offsets"][0] == WIDTH[dtype] * count, (name, entry)
            total += WIDTH[dtype] * count
        if storage == "int8":
            for prefix in ("exp_avg_scale.", "exp_avg_sq_scale."):
                entry = entries[prefix + name]
                assert entry["dtype"] == "F32" and -(-count // 256) <= entry["shape"][0] <= count // 256 + 2, (name, entry)
    return total


def killed_and_resumed(storage):
    """sft, rl with a critic, the reward model, and adapters: a run that is killed ends with the bytes of one that is not."""
    adapters = ["lora.rank=3", "model.activations=recomputed"]
    cases = {"gae": (("sft", 4), ("rl", 10), ["rl.advantage=gae", "rl.critic_lr=1e-3"]), "lora": (("sft", 4), ("rl", 10), adapters)}
    for name, (*stages, more) in cases.items():
        more = [*more, *kept_as(storage)]
        whole, killed = f"{name}-{storage}", f"{name}-{storage}-killed"
        for stage, lines in stages:
            run(stage, whole, more=more)
            process = subprocess.Popen(command(stage, killed, more=more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            kill_after(process, pathlib.Path(killed) / "metrics.jsonl", lines)
            run(stage, killed, "--resume", more=more)
        for directory in (whole, killed):  # it names run.dir
            (pathlib.Path(directory) / "adapter/adapter_config.json").unlink(missing_ok=True)
        same_files(whole, killed, f"{name} {storage} killed and resumed")
        checkpoint_holds(whole, "optimizer.safetensors", storage)
    return checkpoint_holds(f"gae-{storage}", "scores.safetensors", storage)


def reward_model(storage):
    more = [*kept_as(storage), "sft.steps=60", "sft.lr=1e-2", "sft.batch=16", "task.operations=[\"+\"]", "task.worked=0",
            "task.held_out=0.2", "run.save_every=1"]
    whole, killed = f"reward-{storage}", f"reward-{storage}-killed"
    run("sft", whole, more=[*more, "run.save_every=0"])
    shutil.copytree(whole, killed)
    run("reward", whole, more=more)
    process = subprocess.Popen(command("reward", killed, more=more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kill_after(process, pathlib.Path(killed) / "reward/metrics.jsonl", 4)
    run("reward", killed, "--resume", more=more)
    left, right = ({name: data for name, data in tree(directory).items() if not name.endswith(("state.json", "manifest.json"))}
                   for directory in (whole, killed))  # a state names the model that its stage began with, in run.dir
    differ = [name for name in left.keys() | right.keys() if left.get(name) != right.get(name)]
    assert not differ and "reward/checkpoints/step_6/scores.safetensors" in left, f"reward model {storage}: {differ} differ"
    checkpoint_holds(f"{whole}/reward", "scores.safetensors", storage)


def refused():
    """Nothing is changed, and the line says what to do."""
    for key, stage, directory, more in (("rl.moments", "rl", "gae-int8", ["rl.advantage=gae"]), ("rl.moments", "rl", "lora-bf16",
                                                                                                ["lora.rank=3"])):
        before = tree(directory)
        done = subprocess.run(command(stage, directory, "--resume", more=[*more, "rl.steps=6"]), capture_output=True, text=True)
        held = directory.split("-")[1]
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        for word in (f'{key} is "fp32"', f"are {held}", "set it back", "--overwrite", "step_10"):
            assert word in done.stderr, (word, done.stderr)
        assert tree(directory) == before, "a command that was refused changed files"
    # Another stage begins with moments of its own.
    shutil.copytree("gae-int8", "other")
    shutil.rmtree("other/checkpoints/step_10"), shutil.rmtree("other/checkpoints/step_8", ignore_errors=True)
    run("sft", "begun", more=kept_as("int8"))
    run("rl", "begun", more=kept_as("bf16"))
    checkpoint_holds("begun", "optimizer.safetensors", "bf16")
    done = subprocess.run(command("sft", "refused", more=["sft.moments=fp16"]), capture_output=True, text=True)
    assert done.returncode == 1 and "sft.moments" in done.stderr and "int8" in done.stderr, done.stderr


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def on_two_ranks(storage):
    """The largest difference of a metric from one rank. A last bit of a sum can turn a rounding, and so move a moment by a place."""
    more = [*kept_as(storage), "run.threads=1", "sft.lr=2e-4", "sft.eps=1e-6", "rl.lr=5e-5", "rl.eps=1e-6", "rl.advantage=gae",
            "rl.critic_lr=5e-5"]
    for stage in ("sft", "rl"):
        run(stage, f"one-{storage}", more=more)
        port, started = free_port(), []
        for rank in range(2):
            environment = {**os.environ, "RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            where = f"two-{storage}" if rank == 0 else f"elsewhere-{storage}"
            started.append(subprocess.Popen(command(stage, where, more=more), env=environment, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.PIPE, text=True))
        for process in started:
            error = process.communicate(timeout=300)[1]
            assert process.returncode == 0, error
    assert checkpoint_holds(f"two-{storage}", "optimizer.safetensors", storage) == \
        checkpoint_holds(f"one-{storage}", "optimizer.safetensors", storage)
    texts = [pathlib.Path(f"{n}-{storage}/samples.jsonl").read_text().splitlines() for n in ("one", "two")]
    assert [json.loads(line)["completion"] for line in texts[0]] == [json.loads(line)["completion"] for line in texts[1]]
    # Two ranks' checkpoint goes on with one.
    assert "run.ranks was 2" in run("rl", f"two-{storage}", "--resume", more=[*more, "rl.steps=5"])
    run("rl", f"one-{storage}", "--resume", more=[*more, "rl.steps=5"])
    return largest_difference(f"one-{storage}", f"two-{storage}", 8, storage)


with tempfile.TemporaryDirectory() as parent:
    os.chdir(parent)
    sizes = {storage: killed_and_resumed(storage) for storage in ("fp32", "bf16", "int8")}
    assert sizes["fp32"] == 2 * sizes["bf16"] == 4 * sizes["int8"], sizes
    losses = {storage: [line["train/loss"] for line in steps(f"gae-{storage}") if "train/loss" in line] for storage in sizes}
    apart = {storage: max(abs(a - b) for a, b in zip(losses[storage], losses["fp32"])) for storage in ("bf16", "int8")}
    assert losses["fp32"] and losses["bf16"] != losses["fp32"] != losses["int8"], losses
    assert apart["bf16"] < 1e-4 and apart["int8"] < 1e-3, apart
    for storage in ("bf16", "int8"):
        reward_model(storage)
    refused()
    worst = {storage: on_two_ranks(storage) for storage in ("bf16", "int8")}
    assert max(value for value, _ in worst.values()) < 1e-5, worst
print(f"ok: losses of 6 steps differ from fp32's by {apart}; two ranks from one by {worst}")
