# SPDX-License-Identifier: Apache-2.0
"""What rollouts one step ahead of the update save: the same RL steps with rl.pipeline on and off, in alternating rounds, the
median seconds of a step. Two cases: sums, where sampling and training both compute, and the programs of DeepCoder's tiny
scale, where sampling also waits for the sandbox. Both sides have the same cores, so that where all of them are busy without
it nothing is left to gain. On a machine that does something else the figures say nothing: without it all threads wait for the
slowest in every product, with it each half goes its own way. Writes pipeline.json.

usage: pipeline.py BINARY OUTPUT_DIRECTORY [--rounds N] [--steps N] [--only CASE] [--quick]
Standard library only; without bubblewrap only the sums."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

RECIPE = pathlib.Path(__file__).resolve().parent.parent / "examples/recipes/deepcoder.toml"
QUIET = ["run.save_every=0", "run.report=false", "run.tensorboard=false", "run.samples=0", "rl.eval_every=0", "eval.prompts=1",
         "rl.filter_zero_advantage=false", "stage.long.enter.skip=true"]
SUMS = ["task.kind=arithmetic", "task.digits_min=1", "task.digits_max=2", "task.worked=1", 'reward.parts=[{ name = "zero_one" }]',
        "rl.max_new_tokens=64"]
CASES = {"sums": (SUMS, 120), "programs": (["sandbox.tests=8"], 300)}  # settings, steps of fine-tuning


def run(binary, place, *settings):
    words = [word for one in [*QUIET, *settings, f"run.dir={place}"] for word in ("--set", one)]
    # A thread that samples would inherit the first one's core.
    environment = {key: value for key, value in os.environ.items() if key not in ("OMP_PROC_BIND", "OMP_PLACES")}
    done = subprocess.run([binary, "run", "-c", str(RECIPE), "--scale", "tiny", "--overwrite", *words], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"pipeline: {done.stderr[-2000:]}")


def begin(binary, place, settings, steps):
    """A model whose completions end, so that they have lengths like those of a run."""
    if not (place / "model").exists():
        run(binary, place, *settings, "stage.short.enter.skip=true", f"sft.steps={steps}")
    return place / "model"


def seconds(binary, place, settings, model, steps, ahead):
    """Of each step but the first, which has no rollout that waits, and the last, which makes none."""
    run(binary, place, *settings, "stage.warmup.enter.skip=true", f"model.path={model}", f"rl.steps={steps}",
        f"rl.pipeline={'true' if ahead else 'false'}")
    rows = [json.loads(line) for line in (place / "timing.jsonl").open()]
    steps = [row for row in rows if "timing_s/update_actor" in row][1:-1]
    return {name: [row[f"timing_s/{name}"] for row in steps] for name in ("step", "gen", "update_actor")}


def spread(values):
    return [statistics.median(values), min(values), max(values)]


def case(binary, out, name, rounds, steps, quick):
    settings, fine_tuning = CASES[name]
    settings, fine_tuning = ([*settings, "rl.prompts=4"], fine_tuning // 4) if quick else (settings, fine_tuning)
    model = begin(binary, out / f"pipeline-{name}-{fine_tuning}", settings, fine_tuning)
    found = {True: [], False: []}
    for number in range(rounds):
        for ahead in ((True, False) if number % 2 else (False, True)):
            one = seconds(binary, out / "pipeline-run", settings, model, steps, ahead)
            found[ahead].append({key: statistics.median(column) for key, column in one.items()})
    row = {"case": name, "rounds": rounds, "steps": steps, "threads": os.environ.get("OMP_NUM_THREADS", "all"), "load": os.getloadavg()}
    for ahead, word in ((False, "off"), (True, "on")):
        row |= {f"{word}_{key}": spread([one[key] for one in found[ahead]]) for key in found[ahead][0]}
    row["speed_up"] = spread([off["step"] / on["step"] for off, on in zip(found[False], found[True])])
    return row


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binary")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=14)
    parser.add_argument("--only", choices=list(CASES))
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    rounds, steps = (2, 5) if asked.quick else (asked.rounds, asked.steps)
    asked.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in [asked.only] if asked.only else CASES:
        if name == "programs" and not shutil.which("bwrap"):
            print("skipped: programs, which need bubblewrap", file=sys.stderr)
            continue
        rows.append(case(os.path.abspath(asked.binary), asked.out.resolve(), name, rounds, steps, asked.quick))
        print(json.dumps(rows[-1]), flush=True)
    (asked.out / "pipeline.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
