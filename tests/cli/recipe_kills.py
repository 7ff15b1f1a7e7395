# SPDX-License-Identifier: Apache-2.0
# slow
"""SIGKILL at random moments of the six recipes, at a size far below tiny: every resume is usable, and what a run leaves in the
end, its metrics first, equals what one leaves that was never killed.

argv: the binary, the source directory. GPPO_KILLS: how many in all (default 12); GPPO_KILL_SEED: where they fall; GPPO_RECIPE:
one of the recipes. Standard library only."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

binary, source = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
wanted_kills = int(os.environ.get("GPPO_KILLS", 12))
seed = int(os.environ.get("GPPO_KILL_SEED") or random.SystemRandom().randrange(1 << 32))
dice = random.Random(seed)
# Every completion has a reward by its length. One in eight ends before its last token, so of a step's 32 some do and it trains.
SMALL = ["run.dir=run", "run.threads=2", "run.report=false", "run.tensorboard=false", "run.save_every=2", "run.samples=2",
         "model.hidden_size=32", "model.num_hidden_layers=1", "model.num_attention_heads=2", "model.num_key_value_heads=1",
         "model.head_dim=16", "model.intermediate_size=32", "sft.steps=8", "sft.batch=8", "sft.lr=1e-2", "rl.steps=3", "rl.prompts=4",
         "rl.group=8", "rl.lr=1e-3", "rl.max_new_tokens=24", "rl.eval_every=2", "rl.filter_zero_advantage=false", "eval.prompts=2",
         "eval.max_new_tokens=16", 'reward.parts=[{ name = "overlong", buffer = 23 }]']
# Pairs come of answers of which some are right: sums of one digit, after enough steps.
JUDGE = ["task.kind=arithmetic", 'task.operations=["+"]', "task.digits_min=1", "task.digits_max=1", "task.worked=0", "task.held_out=0.3",
         "model.num_hidden_layers=2", "sft.steps=60", "sft.batch=16", "stage.sft.run.save_every=15", "reward_model.steps=5",
         "reward_model.batch=2", "reward_model.prompts=32", "reward_model.samples=4", "reward_model.held_out=0.3", "eval.samples=2"]
STAGED = [["run", "--scale", "tiny"]]
RECIPES = {"klear-reasoner": (STAGED, ["rl.minibatches=2"]),
           "skywork-or1": (STAGED, ["rl.entropy_target=9", *(f"stage.{name}.task.rows=8" for name in ("short", "middle", "long"))]),
           "acereason-nemotron": (STAGED, ["stage.maths-24k.curriculum.high=1", "stage.maths-32k.curriculum.high=1",
                                           "stage.maths-8k.curriculum.drop_unsolved=false", "stage.code-hard.task.rows=8",
                                           "stage.code-all.task.rows=8", "task.rows=8"]),
           "deepcoder": (STAGED, []),
           "acecoder": (STAGED, JUDGE),
           "r1-code-interpreter": (STAGED, ["rl.minibatches=2", "task.rows=8", "stage.top25.curriculum.measure=2"])}


def start(recipe, command, work, *flags):
    words = [word for one in [*SMALL, *RECIPES[recipe][1]] for word in ("--set", one)]
    return subprocess.Popen([binary, command[0], "-c", str(source / f"examples/recipes/{recipe}.toml"), *command[1:], *words, *flags],
                            cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def ended(process, what):
    _, error = process.communicate(timeout=600)
    if "isolation is only" in error:
        print("skipped:", error.strip())
        sys.exit(77)
    assert process.returncode == 0, f"{what}: status {process.returncode}: {error} (seed {seed})"


def tree(work):
    return {str(path.relative_to(work)): path.read_bytes() for path in sorted((work / "run").rglob("*"))
            if path.is_file() and path.name != "timing.jsonl"}


def killed(recipe, work, seconds, budget):
    """A run that is killed about `budget` times on its way."""
    kills = 0
    for command, whole in zip(RECIPES[recipe][0], seconds):
        goal = kills + -(-(budget - kills) // (len(seconds) if kills == 0 else 1))
        while True:
            process = start(recipe, command, work, "--resume")
            if kills >= goal:
                ended(process, f"{recipe} after {kills} kills")
                break
            end = time.monotonic() + dice.uniform(0, 1) ** 1.5 * whole
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.0005)
            process.kill()
            _, error = process.communicate()
            if process.returncode == 0:  # it was done before
                break
            assert process.returncode == -9, f"{recipe} after {kills} kills: status {process.returncode}: {error} (seed {seed})"
            kills += 1
    return kills


def same(work, wanted, what):
    found = tree(work)
    for name in ("run/metrics.jsonl", *sorted(wanted)):  # the metrics first: they say where it went wrong
        assert found.get(name) == wanted[name], f"{what}: {name} differs (seed {seed})"
    assert found.keys() == wanted.keys(), f"{what}: files {sorted(found.keys() ^ wanted.keys())} (seed {seed})"


def trained(recipe, work):
    """A run in which nothing happened would be equal to itself as well."""
    rows = [json.loads(line) for line in (work / "run/metrics.jsonl").open()]
    stages = {row["stage"] for row in rows if row.get("actor/grad_norm")}
    every = {row["stage"] for row in rows if row["stage"] != "eval"}
    assert stages == every and len(every) >= 2, f"{recipe}: of the stages {every} only {stages} trained"
    assert recipe != "acecoder" or (work / "run/reward/reward_model/model.safetensors").exists()
    return len(rows)


def check(recipe, scratch, kills):
    reference = scratch / "reference"
    reference.mkdir(parents=True)
    seconds = []
    for command in RECIPES[recipe][0]:
        clock = time.monotonic()
        ended(start(recipe, command, reference), recipe)
        seconds.append(time.monotonic() - clock)
    rows, wanted, done, lives = trained(recipe, reference), tree(reference), 0, 0
    while done < kills:
        work = scratch / f"life{lives}"
        work.mkdir()
        count = killed(recipe, work, seconds, min(10, kills - done))
        same(work, wanted, f"{recipe}, {count} kills")
        shutil.rmtree(work)
        done, lives = done + count, lives + 1
        assert lives < 20 + kills, f"{recipe}: only {done} kills in {lives} runs"
    print(f"{recipe}: {rows} lines, {sum(seconds):.1f} s a run, {done} kills in {lives} runs, all equal", flush=True)
    return done


if not shutil.which("bwrap"):
    print("skipped: no bubblewrap")
    sys.exit(77)
chosen = [name for name in RECIPES if os.environ.get("GPPO_RECIPE", "") in name]
with tempfile.TemporaryDirectory() as directory:
    total = sum(check(name, pathlib.Path(directory) / name, -(-wanted_kills // len(chosen))) for name in chosen)
print(f"recipe_kills: seed {seed}, {total} kills over {len(chosen)} recipes, every resume usable and every end equal")
