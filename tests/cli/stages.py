# SPDX-License-Identifier: Apache-2.0
# slow
"""gppo run: the stages of a recipe in one directory. A run killed after any line of metrics.jsonl and resumed equals one
never killed, byte for byte; two stages are what gppo sft and gppo rl do; entry and exit conditions; what is refused.

argv: the binary, the source directory. GPPO_KILLS: random kills (default 12). Standard library only."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

binary = os.path.abspath(sys.argv[1])
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
seed = int(os.environ.get("GPPO_KILL_SEED") or random.SystemRandom().randrange(1 << 32))
dice = random.Random(seed)
BASE = """
[run]
dir = "run"
threads = 2
save_every = 2
samples = 2
report = false
tensorboard = false
[model]
hidden_size = 32
num_hidden_layers = 2
num_attention_heads = 2
num_key_value_heads = 1
head_dim = 16
intermediate_size = 32
max_position_embeddings = 96
[task]
digits_min = 1
digits_max = 1
operations = ["+"]
worked = 0
held_out = 0.3
[sft]
batch = 16
steps = 60
lr = 1e-2
[rl]
prompts = 4
group = 4
max_new_tokens = 24
lr = 1e-3
eval_every = 3
[reward]
overlong_buffer = 22
[eval]
prompts = 6
max_new_tokens = 24
"""
STAGES = BASE + """
[[stage]]
name = "start"
kind = "sft"
[stage.run]
save_every = 20
[[stage]]
name = "short"
kind = "rl"
until = { pass_rate = 0.01, window = 2 }
[stage.rl]
steps = 40
max_new_tokens = 20
[[stage]]
name = "never"
kind = "rl"
enter = { from = 1.0 }
[[stage]]
name = "long"
kind = "rl"
[stage.rl]
steps = 5
max_new_tokens = 24
entropy_target = 9
[stage.task]
operations = ["+", "-"]
[scale.tiny]
[scale.tiny.stage.long.rl]
minibatches = 2
"""

# Everything that chooses prompts has a state of its own, and so has the rollout that waits for its step.
CHOOSING = BASE.replace("worked = 0", "worked = 0\nrows = 24").replace("steps = 60", "steps = 120") + """
[[stage]]
name = "start"
kind = "sft"
[stage.run]
save_every = 60
[[stage]]
name = "chosen"
kind = "rl"
[stage.rl]
steps = 6
resample_max = 2
filter_channel = "acc"
temperature_end = 0.5
[stage.curriculum]
measure = 4
high = 0.9
refresh = "epoch"
[[stage]]
name = "ahead"
kind = "rl"
[stage.rl]
steps = 6
pipeline = true
temperature_end = 0.5
resample_max = 1
[stage.curriculum]
drop_solved = true
order = "hard_first"
"""

# A reward model between: in a directory of its own, and the reward of the stage after it.
JUDGED = BASE.replace("overlong_buffer = 22", "") + """
[reward_model]
prompts = 24
steps = 8
batch = 4
lr = 3e-3
warmup = 2
held_out = 0.3
eval_every = 3
[[stage]]
name = "start"
kind = "sft"
[stage.run]
save_every = 30
[[stage]]
name = "judge"
kind = "reward"
[stage.eval]
samples = 3
[[stage]]
name = "learnt"
kind = "rl"
[stage.rl]
steps = 4
advantage = "reinforce_plus_plus"
[stage.reward]
parts = [{ name = "model" }, { name = "clamp", low = -2, high = 2 }]
[stage.eval]
samples = 3
"""


def start(work, *arguments):
    return subprocess.Popen([binary, "run", "-c", "recipe.toml", *arguments], cwd=work, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def run(work, *arguments):
    process = start(work, *arguments)
    out, error = process.communicate(timeout=300)
    return process.returncode, out, error


def lines(work):
    paths = (work / "run/metrics.jsonl", work / "run/reward/metrics.jsonl")
    return sum(path.read_bytes().count(b"\n") for path in paths if path.exists())


def tree(work):
    return {str(path.relative_to(work)): path.read_bytes() for path in sorted((work / "run").rglob("*"))
            if path.is_file() and path.name != "timing.jsonl"}


def same(work, wanted, what):
    found = tree(work)
    assert found.keys() == wanted.keys(), f"{what}: files {sorted(found.keys() ^ wanted.keys())}"
    for name in wanted:
        assert found[name] == wanted[name], f"{what}: {name} differs (seed {seed})"


def fresh(scratch, name, text):
    work = scratch / name
    work.mkdir()
    (work / "recipe.toml").write_text(text)
    return work


def kills(scratch, name, text, reference, seconds, sft, *arguments):
    """After every line that appends (of the first stage's `sft` lines every fifth), then at random moments."""
    work, count, longest = fresh(scratch, name + "-every", text), 0, 0
    wanted = tree(reference)
    while True:
        longest = max(longest, lines(work))
        process = start(work, *arguments, "--resume")
        while process.poll() is None and lines(work) <= longest + (sft // 12 if longest < sft - 2 else 0):
            time.sleep(0.0005)
        process.kill()
        process.communicate()
        if process.returncode >= 0:
            assert process.returncode == 0, process.returncode
            break
        count += 1
    same(work, wanted, f"{name}: {count} kills after a line")
    done, number = 0, 0
    while done < int(os.environ.get("GPPO_KILLS", 12)):
        work = fresh(scratch, f"{name}-random{number}", text)
        number += 1
        for attempt in range(6):
            process = start(work, *arguments, "--resume")
            end = time.monotonic() + dice.uniform(0, 1.1) ** 2 * seconds
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.0005)
            process.kill()
            process.communicate()
            done += process.returncode < 0
        assert run(work, *arguments, "--resume")[0] == 0
        same(work, wanted, f"{name}: random kills")
    return count, done


def conditions(reference, out):
    rows = [json.loads(line) for line in (reference / "run/metrics.jsonl").open()]
    stages = [row["stage"] for row in rows if row["stage"] != "eval"]
    assert list(dict.fromkeys(stages)) == ["start", "short", "long"], stages
    assert stages.count("start") == 60 and stages.count("long") == 5, stages
    short = [row for row in rows if row["stage"] == "short"]
    means = [sum(row["critic/score/mean"] for row in short[k - 1:k + 1]) / 2 for k in range(1, len(short))]
    assert 2 <= len(short) < 40 and means[-1] >= 0.01 and all(mean < 0.01 for mean in means[:-1]), means
    assert max(row["response_length/max"] for row in short) <= 20
    assert [row["step"] for row in rows if row["stage"] != "eval"] == list(range(1, len(stages) + 1))
    summary = json.loads((reference / "run/summary.json").read_text())
    assert summary["status"] == "finished stage long", summary
    # "short" begins where "start" was evaluated; the sums of "long" are others.
    assert list(summary["evaluations"]) == ["before start", "after start", "after short", "before long", "long",
                                            "after long"] or \
        list(summary["evaluations"]) == ["before start", "after start", "short", "after short", "before long", "long",
                                         "after long"], list(summary["evaluations"])
    assert "stage never is left out" in out, out


def choices(reference):
    """The rows, the rounds and the temperatures of CHOOSING."""
    rows = [json.loads(line) for line in (reference / "run/metrics.jsonl").open()]
    chosen = [row for row in rows if row["stage"] == "chosen"]
    ahead = [row for row in rows if row["stage"] == "ahead"]
    assert len(chosen) == len(ahead) == 6
    for row in chosen:
        groups = 4 * (1 + row["groups/resampled"])
        trained = groups - row["groups/dropped"]
        assert row["groups/resampled"] <= 2 and 0 <= trained <= 4, row
        assert trained == 4 or row["groups/resampled"] == 2, row  # it stops only where enough differ, or at the bound
        assert abs(row["train/kept_ratio"] - trained / groups) < 1e-12, row
        assert row["curriculum/tried"] == 24 and row["curriculum/rows"] + row["curriculum/dropped"] == 24, row
    assert any(row["groups/resampled"] for row in chosen) and any(row["groups/dropped"] for row in chosen)
    assert chosen[0]["curriculum/dropped"] > 0, "measuring found no row above 0.9"
    assert len({row["curriculum/rows"] for row in chosen}) > 1, "no epoch chose anew"
    for row, step in zip(chosen, range(6)):
        assert abs(row["train/temperature"] - (1 - 0.1 * step)) < 1e-6, row
    # What "chosen" solved last "ahead" leaves out, with no try of its own.
    assert ahead[0]["curriculum/dropped_solved"] == chosen[-1]["curriculum/solved"] > 0, (chosen[-1], ahead[0])
    assert [row["train/staleness"] for row in ahead] == [0, 1, 1, 1, 1, 1]
    moved = [row["rollout/mismatch_max"] for row in ahead if "rollout/mismatch_max" in row]
    assert moved[0] < 1e-4 and max(moved[1:]) > 1e-3, moved  # the ratios are those to the policy that sampled


def judged(scratch, reference, wanted):
    """The reward model learns in run/reward, scores what the last stage samples, and goes with --overwrite."""
    rows = [json.loads(line) for line in (reference / "run/metrics.jsonl").open()]
    inner = [json.loads(line) for line in (reference / "run/reward/metrics.jsonl").open()]
    assert [row["stage"] for row in rows if row["stage"] != "eval"] == ["start"] * 60 + ["learnt"] * 4
    steps = [row for row in inner if row["stage"] == "judge"]
    assert len(steps) == 8 and abs(steps[0]["reward_model/loss"] - 0.693147) < 1e-4, steps[0]
    assert len([row for row in inner if "val/pairs/accuracy" in row]) == 4  # before, at 3 and 6, after
    learnt = [row for row in rows if row["stage"] == "learnt"]
    for row in learnt:
        total = row["reward/part/0_model"] + row["reward/part/1_clamp"]
        assert abs(row["critic/rewards/mean"] - total) < 1e-5, row
    assert any(abs(row["reward/part/0_model"]) > 1e-3 for row in learnt), "the reward model says nothing"
    for last in (rows[-1], inner[-1]):
        assert last["val/arithmetic/acc"] <= last["val/arithmetic/pass_at_n"] and "val/arithmetic/best_of_n" in last, last
    summary = json.loads((reference / "run/summary.json").read_text())
    assert summary["status"] == "finished stage learnt", summary
    work = fresh(scratch, "overwritten", JUDGED)
    assert run(work)[0] == 0
    process = start(work, "--overwrite")
    while process.poll() is None and not 3 <= lines(work) < 40:
        time.sleep(0.0005)
    process.kill()
    process.communicate()
    assert process.returncode < 0 and not list((work / "run/reward").rglob("*")), "the reward model of the run before is left"
    assert run(work, "--resume")[0] == 0
    same(work, wanted, "overwritten, killed and resumed")


def refusals(scratch, reference):
    def refused(text, *arguments, words):
        work = fresh(scratch, f"refused{refused.count}", text)
        refused.count += 1
        status, _, error = run(work, *arguments)
        assert status == 1 and error.count("\n") == 1 and all(word in error for word in words), (words, error)
        assert not (work / "run").exists(), words
    refused.count = 0
    refused(BASE, words=["no [[stage]]"])
    refused(STAGES, words=["pass --scale, one of tiny"])
    refused(STAGES, "--scale", "tony", words=["did you mean 'tiny'"])
    refused(STAGES.replace("[stage.task]", "[stage.taks]"), "--scale", "tiny",
            words=["stage long", "did you mean 'task'"])
    refused(STAGES.replace("entropy_target", "entropy_tarjet"), "--scale", "tiny",
            words=["recipe.toml:", "stage long: unknown key 'rl.entropy_tarjet'; did you mean 'rl.entropy_target'"])
    refused(STAGES.replace("window", "windoe"), "--scale", "tiny", words=["stage short", "did you mean 'until.window'"])
    refused(STAGES.replace("stage.long.rl", "stage.lnog.rl"), "--scale", "tiny", words=["did you mean 'long'"])
    refused(STAGES, "--scale", "tiny", "--set", "stage.long.rl.policy=gpo",
            words=["stage long", "unknown policy 'gpo'; did you mean"])
    refused(STAGES, "--scale", "tiny", "--set", "stage.long.model.hidden_size=64",
            words=["stage long", "model.hidden_size", "first stage"])
    refused(STAGES.replace('name = "never"', 'name = "long"'), "--scale", "tiny", words=["two stages are named 'long'"])
    refused(JUDGED.replace('kind = "reward"', 'kind = "rewards"'), words=["stage judge", "must be sft, reward or rl"])
    refused(JUDGED.replace('kind = "sft"', 'kind = "reward"'), words=["start and judge are both of kind reward"])
    refused(JUDGED, "--set", "stage.judge.until.pass_rate=0.5", words=["stage judge", "until.steps and enter.skip"])
    refused(JUDGED, "--set", "stage.judge.enter.skip=true", words=["stage learnt", "no stage of kind reward comes before"])
    refused(JUDGED, "--set", 'reward.parts=[{name="model"}]', words=["stage judge", "rl stage alone"])
    before = tree(reference)
    status, _, error = run(reference, "--scale", "tiny")
    assert status == 1 and "holds a run of stage long" in error and "--resume" in error, error
    status, out, _ = run(reference, "--scale", "tiny", "--resume")
    assert status == 0 and "is finished" in out, out
    same(reference, before, "--resume of a finished run")
    # As if it had been killed between its last save and the removal of what that replaced.
    checkpoints = sorted((reference / "run/checkpoints").iterdir(), key=lambda path: int(path.name[5:]))
    shutil.copytree(checkpoints[0], reference / "run/checkpoints/step_1")
    assert run(reference, "--scale", "tiny", "--resume")[0] == 0
    same(reference, before, "--resume of a run killed after its last save")


def equals_two_commands(scratch):
    """What the stages sft and rl of a recipe train is what gppo sft and gppo rl do."""
    small = BASE.replace("steps = 60", "steps = 4").replace("[rl]", "[rl]\nsteps = 3")
    recipe = fresh(scratch, "recipe", small + '[[stage]]\nname="sft"\nkind="sft"\n[[stage]]\nname="rl"\nkind="rl"\n')
    plain = fresh(scratch, "plain", small)
    assert run(recipe)[0] == 0
    for stage in ("sft", "rl"):
        done = subprocess.run([binary, stage, "-c", "recipe.toml"], cwd=plain, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    for name in ("metrics.jsonl", "samples.jsonl", "model/model.safetensors"):
        assert (recipe / "run" / name).read_bytes() == (plain / "run" / name).read_bytes(), name


with tempfile.TemporaryDirectory() as directory:
    scratch = pathlib.Path(directory)
    equals_two_commands(scratch)
    reference = fresh(scratch, "reference", STAGES)
    clock = time.monotonic()
    status, out, error = run(reference, "--scale", "tiny")
    seconds = time.monotonic() - clock
    assert status == 0, error
    conditions(reference, out)
    after, randomly = kills(scratch, "stages", STAGES, reference, seconds, 60, "--scale", "tiny")
    refusals(scratch, reference)
    reference = fresh(scratch, "choosing", CHOOSING)
    status, out, error = run(reference)
    assert status == 0, error
    choices(reference)
    more = kills(scratch, "choosing", CHOOSING, reference, seconds, 120)
    reference = fresh(scratch, "judged", JUDGED)
    clock = time.monotonic()
    status, out, error = run(reference)
    assert status == 0, error
    last = kills(scratch, "judged", JUDGED, reference, time.monotonic() - clock, 60)
    judged(scratch, reference, tree(reference))
print(f"stages: seed {seed}, {seconds:.1f} s a run, {after} + {more[0]} + {last[0]} kills after a line, {randomly} + {more[1]} + "
      f"{last[1]} at random, all equal")
