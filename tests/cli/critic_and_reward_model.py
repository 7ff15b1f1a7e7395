# SPDX-License-Identifier: Apache-2.0
# slow
"""PPO with a critic, ReMax, and reward models: what they log, that a killed run goes on as if it never stopped, that a
reward model learns its pairs, chooses the best of n and rewards.

argv: the binary, the source directory. Standard library only."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import _kills

binary = os.path.abspath(sys.argv[1])
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
SMALL = ["run.threads=2", "run.report=false", "run.save_every=1", "sft.steps=60", "sft.batch=16", "sft.lr=1e-2", "rl.steps=5",
         "rl.prompts=4", "rl.group=4", "rl.eval_every=0", "rl.max_new_tokens=24", "rl.filter_zero_advantage=false",
         "rl.minibatches=2", "rl.microbatch_tokens=128", "eval.prompts=8", "eval.max_new_tokens=24", "model.hidden_size=32",
         "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1", "model.head_dim=16",
         "model.intermediate_size=32", "model.max_position_embeddings=96", "task.digits_min=1", "task.digits_max=1",
         "task.worked=0", "task.held_out=0.2", "task.operations=[\"+\"]", "reward.overlong_buffer=22", "reward_model.steps=30",
         "reward_model.prompts=40", "reward_model.batch=8", "reward_model.lr=3e-3", "reward_model.warmup=2",
         "reward_model.eval_every=10", "reward_model.held_out=0.3", "reward_model.microbatch_tokens=200"]


def command(stage, directory, *settings, flags=()):
    sets = [part for one in [*SMALL, f"run.dir={directory}", *settings] for part in ("--set", one)]
    return [binary, stage, *sets, *flags]


def run(stage, directory, *settings, flags=(), fails=False, text=None):
    done = subprocess.run(command(stage, directory, *settings, flags=flags), input=text, capture_output=True, text=True, timeout=600)
    assert (done.returncode != 0) == fails, done.stderr
    return done


def rows(directory, stage=None):
    all_rows = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    return [row for row in all_rows if stage is None or row["stage"] == stage]


def timed_run(*arguments, **options):
    clock = time.monotonic()
    run(*arguments, **options)
    return time.monotonic() - clock


def goes_on(stage, start, reference, seconds, inner, *settings):
    """A copy of `start`, killed again and again, ends with the bytes of `reference`, which took so many seconds."""
    directory = reference.with_name(reference.name + "_killed")
    shutil.copytree(start, directory)
    kills = _kills.again_and_again(lambda resume: command(stage, directory, *settings, flags=["--resume"] if resume else []),
                                   directory, reference, seconds, random.Random(11), 8)
    for name in ("metrics.jsonl", "model/model.safetensors", *inner):
        assert (directory / name).read_bytes() == (reference / name).read_bytes(), f"{stage}: {name} differs after {kills} kills"
    return kills


def critic(work):
    settings = ["rl.advantage=gae", "rl.advantage_params={lambda=0.95}", "rl.policy=ppo", "rl.critic_lr=1e-2", "rl.steps=8"]
    directory = work / "gae"
    shutil.copytree(work / "sft", directory)
    seconds = timed_run("rl", directory, *settings)
    steps = rows(directory, "rl")
    assert len(steps) == 8
    assert steps[0]["critic/values/mean"] == 0 and abs(steps[0]["critic/vf_explained_var"]) < 1e-9, steps[0]
    for row in steps:
        assert row["critic/vf_loss"] >= 0 and 0 <= row["critic/vf_clipfrac"] <= 1 and row["critic/grad_norm"] > 0, row
        assert row["critic/vf_explained_var"] <= 1, row
    assert steps[-1]["critic/vf_loss"] < steps[0]["critic/vf_loss"], [row["critic/vf_loss"] for row in steps]
    assert steps[1]["critic/values/mean"] != 0
    later = run("rl", work / "later", "rl.steps=1", flags=[])  # a critic cannot join later
    assert later.returncode == 0
    refused = run("rl", work / "later", "rl.steps=3", "rl.advantage=gae", flags=["--resume"], fails=True)
    assert "has no critic" in refused.stderr, refused.stderr
    return goes_on("rl", work / "sft", directory, seconds, [], *settings)


def critic_of_a_recipe(work):
    """A stage that began without a critic cannot get one, whoever asks; the stage after it begins with its own."""
    recipe, directory = work / "stages.toml", work / "stages"
    recipe.write_text("".join(f'[[stage]]\nname = "{name}"\nkind = "rl"\n' for name in ("first", "second")))
    words, gae = ["rl.steps=2", "stage.second.enter.skip=true"], "rl.advantage=gae"
    run("run", directory, *words, flags=["-c", recipe])
    before = (directory / "metrics.jsonl").read_bytes()
    refused = run("run", directory, "rl.steps=4", words[1], gae, flags=["-c", recipe, "--resume"], fails=True)
    assert "has no critic" in refused.stderr and (directory / "metrics.jsonl").read_bytes() == before, refused.stderr
    run("run", directory, words[0], f"stage.second.{gae}", flags=["-c", recipe, "--resume"])
    assert all(("critic/vf_loss" in row) == (row["stage"] == "second") for row in rows(directory) if row["stage"] != "eval")


def greedy_baseline(work):
    directory = work / "remax"
    shutil.copytree(work / "sft", directory)
    run("rl", directory, "rl.advantage=remax", "rl.group=2")
    for row in rows(directory, "rl"):
        mean = row["critic/rewards/mean"] - row["critic/baseline/mean"]
        assert abs(row["critic/advantages/mean"] - mean) < 1e-6, row


def reward_model(work):
    directory = work / "reward_model"
    shutil.copytree(work / "sft", directory)
    nothing = run("rl", directory, 'reward.parts=[{name="model"}]', "reward.overlong_buffer=0", fails=True)
    assert "gppo reward" in nothing.stderr, nothing.stderr
    seconds = timed_run("reward", directory, "eval.samples=4")
    inner = directory / "reward"
    pairs = [json.loads(line) for line in (inner / "pairs.jsonl").read_text().splitlines()]
    assert len(pairs) > 20 and any(pair["held_out"] for pair in pairs)
    held = {pair["prompt"] for pair in pairs if pair["held_out"]}
    assert held.isdisjoint(pair["prompt"] for pair in pairs if not pair["held_out"])
    steps = rows(inner, "reward")
    assert len(steps) == 30 and abs(steps[0]["reward_model/loss"] - 0.693147) < 1e-4, steps[0]
    assert sum(row["reward_model/accuracy"] for row in steps[-5:]) / 5 > 0.65, [row["reward_model/accuracy"] for row in steps]
    evaluation = rows(inner, "eval")[-1]
    assert 0 <= evaluation["val/arithmetic/best_of_n"] <= evaluation["val/arithmetic/pass_at_n"] <= 1, evaluation
    shutil.copytree(directory, work / "reference")
    kills = goes_on("reward", work / "sft", work / "reference", seconds, [
        f"reward/{name}" for name in ("metrics.jsonl", "pairs.jsonl", "held_out_scores.jsonl", "reward_model/model.safetensors",
                                      "reward_model/reward_head.safetensors")], "eval.samples=4")
    evaluated = json.loads(run("eval", directory, "eval.samples=4").stdout)
    assert evaluated["avg@4"] <= evaluated["pass@4"] and evaluated["best@4"] <= evaluated["pass@4"], evaluated
    best = [json.loads(line) for line in run("generate", directory, "eval.samples=6", flags=["--best"], text="1+2=\n3+4=\n").stdout.splitlines()]
    assert len(best) == 2, best
    run("rl", directory, 'reward.parts=[{name="model",scale=0.5,shift=1},{name="clamp",low=-2,high=2}]', "eval.samples=2",
        "reward.overlong_buffer=0", "rl.advantage=reinforce_plus_plus")
    for row in rows(directory, "rl"):
        total = row["reward/part/0_model"] + row["reward/part/1_clamp"]
        assert abs(row["critic/rewards/mean"] - total) < 1e-5, row
    assert "val/arithmetic/best_of_n" in rows(directory, "eval")[-1]
    other = run("eval", work / "sft", f"reward_model.path={directory}/model", "eval.samples=2", fails=True)
    assert "reward_head.safetensors" in other.stderr, other.stderr
    return kills


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    run("sft", work / "sft")
    shutil.copytree(work / "sft", work / "later")
    counts = [critic(work), reward_model(work)]
    critic_of_a_recipe(work)
    greedy_baseline(work)
print(f"critic, ReMax, reward model: as they should be, {counts} kills")
