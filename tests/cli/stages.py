# SPDX-License-Identifier: Apache-2.0
# slow
"""gppo run: the stages of a recipe in one directory. A run killed after any line of metrics.jsonl and resumed equals one
never killed, byte for byte; two stages are what gppo sft and gppo rl do; entry and exit conditions; what is refused.

argv: the binary, the source directory. GPPO_KILLS: random kills (default 12). Standard library only."""
import json
import os
import pathlib
import random
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


def start(work, *arguments):
    return subprocess.Popen([binary, "run", "-c", "recipe.toml", *arguments], cwd=work, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def run(work, *arguments):
    process = start(work, *arguments)
    out, error = process.communicate(timeout=300)
    return process.returncode, out, error


def lines(work):
    path = work / "run/metrics.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


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


def kills(scratch, reference, seconds):
    """After every line that appends, then at random moments."""
    work, count, longest = fresh(scratch, "every", STAGES), 0, 0
    wanted = tree(reference)
    while True:
        longest = max(longest, lines(work))
        process = start(work, "--scale", "tiny", "--resume")
        while process.poll() is None and lines(work) <= longest + 5 * (longest < 58):  # 60 lines of sft: not each
            time.sleep(0.0005)
        process.kill()
        process.communicate()
        if process.returncode >= 0:
            assert process.returncode == 0, process.returncode
            break
        count += 1
    same(work, wanted, f"{count} kills after a line")
    budget = int(os.environ.get("GPPO_KILLS", 12))
    done, number = 0, 0
    while done < budget:
        work = fresh(scratch, f"random{number}", STAGES)
        number += 1
        for attempt in range(6):
            process = start(work, "--scale", "tiny", "--resume")
            end = time.monotonic() + dice.uniform(0, 1.1) ** 2 * seconds
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.0005)
            process.kill()
            process.communicate()
            done += process.returncode < 0
        assert run(work, "--scale", "tiny", "--resume")[0] == 0
        same(work, wanted, "random kills")
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
    before = tree(reference)
    status, _, error = run(reference, "--scale", "tiny")
    assert status == 1 and "holds a run of stage long" in error and "--resume" in error, error
    status, out, _ = run(reference, "--scale", "tiny", "--resume")
    assert status == 0 and "is finished" in out, out
    same(reference, before, "--resume of a finished run")


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
    after, randomly = kills(scratch, reference, seconds)
    refusals(scratch, reference)
print(f"stages: seed {seed}, {seconds:.1f} s a run, {after} kills after a line, {randomly} at random, all equal")
