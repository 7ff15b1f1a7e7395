# SPDX-License-Identifier: Apache-2.0
"""What a method or a part of a recipe is worth on tasks that a processor learns in a minute: runs of `gppo sft` and `gppo rl`
over seeds, with intervals. Writes ablation.json and ablation.html; a run that is done is not made again.

usage: ablation.py BINARY OUTPUT_DIRECTORY [--only NAME]... [--seeds N] [--jobs N] [--quick] [--list]
--only NAME makes the runs of one experiment; the page has those of the others that are there. Two runs of one thread at a time. --quick: two seeds, few steps, sums only. Programs run in the sandbox, which needs bubblewrap.
Standard library only."""
import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import math
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import threading
import time

import ablation_data as data
import ablation_recipes as recipes
from ablation_page import CHARTS, COLUMNS, area, banded, differences, interval, page

COMMON = ["run.threads=1", "run.save_every=0", "run.report=false", "run.tensorboard=false", "run.samples=0",
          "model.hidden_size=64", "model.num_hidden_layers=3", "model.num_attention_heads=2", "model.num_key_value_heads=1",
          "model.head_dim=32", "model.intermediate_size=192", "model.max_position_embeddings=192", "sft.warmup=10",
          "rl.group=8", "rl.beta2=0.999", "rl.eval_every=5", "eval.samples=1"]
SUMS = ["task.kind=arithmetic", 'task.operations=["+"]', "task.digits_min=1", "task.digits_max=2", "task.held_out=0.2",
        "task.worked=0.5", "rl.max_new_tokens=48", "eval.max_new_tokens=48", "eval.prompts=256"]
ROWS = ["task.kind=jsonl", "tokenizer.kind=bytes", 'task.eval=["{data}/eval.jsonl"]', "task.max_prompt_tokens=80"]
PROGRAMS = [*ROWS, "task.max_response_tokens=96", "rl.max_new_tokens=80", "eval.max_new_tokens=80", "eval.prompts=96",
            "reward.needs_thinking=false", "rl.filter_channel=score"]


@dataclasses.dataclass
class Experiment:
    name: str
    title: str
    text: str
    command: str                 # rl or sft
    settings: list               # of all arms; {data} is the directory of the rows of a seed
    arms: dict                   # name -> settings
    seeds: int
    start: list = None           # settings of the fine-tuning that rl goes on from
    start_rows: object = None    # directory -> None: writes the rows that it needs
    rows: object = None          # (directory, seed) -> None
    sandbox: bool = False


def experiments(binary, quick):
    start = [*SUMS, "sft.steps=600", "sft.batch=48", "sft.lr=3e-3"]
    sums = [*SUMS, "rl.steps=80", "rl.prompts=24", "rl.lr=5e-5", "rl.minibatches=8", "rl.eval_every=8"]
    wide = "rl.policy_params={low=0.2,high=0.28}"
    policies = {"GPPO": ["rl.policy=gppo", wide], "CE-GPPO": ["rl.policy=ce_gppo", wide],
                "clip-higher": ["rl.policy=clip_higher", wide], "CISPO": ["rl.policy=cispo", wide], "PPO": ["rl.policy=ppo"]}
    methods, fast = (Experiment(
        name, f"GPPO, CE-GPPO, clip-higher, CISPO, PPO at a learning rate of {rate}", "One fine-tuned checkpoint, 8 updates a rollout; "
        "bounds 0.2 and 0.28, of PPO 0.2. Sums of one and two digits.", "rl", [*sums, f"rl.lr={rate}"], policies, 8, start)
        for name, rate in (("methods", "5e-5"), ("methods_fast", "1e-4")))
    zero = Experiment(
        "filter", "Zero-advantage filter", "GPPO with and without groups whose completions are all right or all wrong. They have no "
        "policy gradient; what they change is the mean over tokens, and how full the eight updates are.", "rl",
        [*sums, "rl.policy=gppo", wide],
        {"on": ["rl.filter_zero_advantage=true"], "off": ["rl.filter_zero_advantage=false"]}, 8, start)
    held, count = 192, 1500
    sft = [*ROWS, "sft.steps=500", "sft.batch=32", "sft.lr=3e-3", "sft.eval_every=100", "eval.max_new_tokens=64",
           f"eval.prompts={held}"]
    answers = {"correct only": ['task.train=["{data}/correct.jsonl"]'], "mixed": ['task.train=["{data}/mixed.jsonl"]']}
    easy, hard = (Experiment(
        f"sft_{kind}", f"Fine-tuning on right answers or on all, {kind} sums",
        f"Sums of {digits} digits, two answers each, of which {100 * wrong:.0f} % hold a slip in one column; the same number of steps. "
        "Correct only leaves the wrong ones out, and so has fewer rows.", "sft", [*sft, *longer], answers, 6,
        rows=lambda directory, seed, digits=digits, wrong=wrong: data.mixed_and_correct(directory, seed, digits, count, wrong, held))
        for kind, digits, wrong, longer in (("easy", 2, 0.2, []), ("hard", 3, 0.6, ["sft.steps=800"])))
    sources = Experiment(
        "sources", "The best two of four sources, or all", "Sums of 3 digits; of the sources' answers 0, 10, 40 and 70 % hold a slip. "
        "`gppo data filter --rule top_sources` chose. The same number of steps.", "sft", sft,
        {"top 2": ['task.train=["{data}/top.jsonl"]'], "all": ['task.train=["{data}/all.jsonl"]']}, 6,
        rows=lambda directory, seed: data.sources(directory, seed, binary, 3, count // 2, held, [0, 0.1, 0.4, 0.7], 2))
    code_start = [*PROGRAMS, 'task.train=["{data}/train.jsonl"]', "sft.steps=900", "sft.batch=32", "sft.lr=3e-3"]
    code = [*PROGRAMS, "rl.steps=30", "rl.prompts=8", "rl.lr=2e-4", "rl.policy=gppo", wide, "rl.minibatches=2",
            "rl.eval_every=10"]
    trained = ['task.train=["{data}/all.jsonl"]', 'reward.parts=[{name="code_soft_paper"}]']
    reward = Experiment(
        "reward", "Soft or hard reward for programs", "The share of the tests that pass, or all or nothing. Half of the answers that the "
        "start was fine-tuned on hold a slip.", "rl", code,
        {"soft": trained, "hard": [trained[0], 'reward.parts=[{name="code_hard"}]']}, 4, code_start,
        lambda directory: data.programs_to_start(directory, 96),
        lambda directory, seed: data.programs_to_train(directory, seed, binary, 96, 400, 0), True)
    tests = Experiment(
        "tests", "Broken tests filtered out or not", "In half of the rows the tests hold what a wrong program gives. "
        "`gppo data filter --rule tests` leaves out rows whose tests the solution fails.", "rl", code,
        {"filtered": ['task.train=["{data}/kept.jsonl"]', trained[1]], "as they are": trained}, 4, code_start,
        lambda directory: data.programs_to_start(directory, 96),
        lambda directory, seed: data.programs_to_train(directory, seed, binary, 96, 400, 0.5), True)
    if not quick:
        return [methods, fast, zero, easy, hard, sources, reward, tests, *recipes.experiments(quick)]
    few = ["sft.steps=150", "sft.lr=1e-2", "eval.prompts=10", "model.hidden_size=32", "model.num_hidden_layers=2", "model.head_dim=16",
           "model.intermediate_size=64"]
    for each in (methods, zero):
        each.start, each.settings = ([*settings, *few, "task.digits_max=1", "task.worked=0"] for settings in (start, each.settings))
        each.settings += ["rl.steps=4", "rl.prompts=8", "rl.eval_every=2", "rl.max_new_tokens=24", "rl.lr=1e-3"]
    for each in (easy, sources):
        each.settings = [*sft, *few, "sft.steps=20", "sft.eval_every=10", "eval.max_new_tokens=16"]
    for each in (methods, zero, easy, sources):
        each.seeds = 2
    return [methods, zero, easy, sources, *recipes.experiments(quick)]


class NotThere(Exception):
    """A run that would have to be made."""


class Runner:
    """Runs of the binary under `root`. A directory is named by a hash of everything that its run follows from. Without `makes`
    nothing is run."""

    def __init__(self, binary, root, makes=True):
        self.binary, self.root, self.makes = binary, root, makes
        self.version = hashlib.sha256(pathlib.Path(binary).read_bytes()).hexdigest()[:12]
        self.lock, self.locks = threading.Lock(), {}
        self.made = 0

    def expects_to_make(self):
        if not self.makes:
            raise NotThere

    def only_one(self, place):
        with self.lock:
            return self.locks.setdefault(place, threading.Lock())

    def rows(self, write, words):
        """The directory that `write` has filled."""
        place = self.root / f"rows-{digest(words, source_of_rows())}"
        with self.only_one(place):
            if not (place / "done").exists():
                self.expects_to_make()
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir(parents=True)
                write(place)
                (place / "done").touch()
        return place

    def run(self, name, command, settings, keep, recipe=None):
        """The directory of a finished run; only one of equal ones is made."""
        known = [command, settings] + ([recipe.parsed()] if recipe else [])
        place = self.root / f"{name}-{digest(*known)}"
        file = ["-c", str(recipe.file()), "--scale", "tiny"] if recipe else []
        with self.only_one(place):
            if not (place / "done.json").exists():
                self.expects_to_make()
                self.start(place, [command, *file], settings)
                for unneeded in () if keep else ("checkpoints", "model"):
                    shutil.rmtree(place / unneeded)
        return place

    def start(self, place, command, settings):
        """`command`: words."""
        words = [word for one in [*settings, f"run.dir={place}"] for word in ("--set", one)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_PROC_BIND": "false"}
        clock = time.monotonic()
        done = subprocess.run([self.binary, *command, "--overwrite", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, env=environment)
        if done.returncode != 0:
            raise SystemExit(f"ablation: {place.name}: {done.stderr[-2000:]}")
        seconds = time.monotonic() - clock
        (place / "done.json").write_text(json.dumps({"binary": self.version, "seconds": seconds, "settings": settings}) + "\n")
        with self.lock:
            self.made += 1
        print(f"{place.name}: {seconds:.0f} s", file=sys.stderr, flush=True)

    def one(self, experiment, arm, seed):
        """A run of an arm, as numbers."""
        if isinstance(experiment, recipes.Recipe):
            return experiment.one(self, arm, seed)
        settings = [*COMMON, *experiment.settings, *experiment.arms[arm], f"run.seed={seed}"]
        if experiment.start:
            settings.append(f"model.path={self.begin(experiment) / 'model'}")
        if experiment.rows:
            place = self.rows(lambda directory: experiment.rows(directory, seed), ["run", experiment.name, seed, experiment.text])
            settings = [one.replace("{data}", str(place)) for one in settings]
        name = f"{experiment.name}-{arm.replace(' ', '_')}-{seed}"
        return numbers(self.run(name, experiment.command, settings, keep=False))

    def begin(self, experiment):
        if isinstance(experiment, recipes.Recipe):
            return experiment.begin(self)
        settings = [*COMMON, *experiment.start, "run.seed=1"]
        if experiment.start_rows:
            place = self.rows(experiment.start_rows, ["start", experiment.start])
            settings = [one.replace("{data}", str(place)) for one in settings]
        return self.run("start", "sft", settings, keep=True)


def digest(*words):
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:10]


def source_of_rows():
    return pathlib.Path(data.__file__).read_text()


def numbers(place):
    """What metrics.jsonl of a run says, and the binary that wrote it."""
    rows = [json.loads(line) for line in (place / "metrics.jsonl").open()]
    passes = [(row["step"], value) for row in rows for name, value in row.items()
              if name.startswith("val/") and name.endswith("/acc")]
    steps = [row for row in rows if row["stage"] != "eval"]
    curves = {"pass": list(dict(passes).items())}
    out = {"final": passes[-1][1], "area": area(curves["pass"]), "curves": curves,
           **json.loads((place / "done.json").read_text())}
    for key, name in (("entropy", "actor/entropy"), ("clipped", "gppo/grad_share_clipped"), ("tokens", "actor/pg_clipfrac")):
        column = [(row["step"], row[name]) for row in steps if name in row]
        if column and steps[0]["stage"] == "rl":
            out[key] = sum(value for _, value in column) / len(column)
            curves[key] = column
    return out


def smoothed(curve, width=5):
    """Means over stretches of steps, so that every seed has the same places although steps may train nothing."""
    bins = {}
    for x, y in curve:
        bins.setdefault((x - 1) // width, []).append(y)
    return [(width * (k + 1), sum(ys) / len(ys)) for k, ys in sorted(bins.items())]


def summary(experiment, found):
    """`found`: arm -> seed -> numbers()."""
    if isinstance(experiment, recipes.Recipe):
        return experiment.summary(found)
    arms = []
    for name, by_seed in found.items():
        runs = list(by_seed.values())
        for run in runs:
            run["curves"] = {key: curve if key == "pass" else smoothed(curve) for key, curve in run["curves"].items()}
        arm = {"name": name, "seeds": len(runs), "bands": {key: banded(runs, key) for key in ("pass", "entropy", "clipped")}}
        arm |= {key: interval([run[key] for run in runs]) for key in ("final", "area", "entropy", "clipped", "tokens")
                if all(key in run for run in runs)}
        arms.append(arm)
    return {"name": experiment.name, "title": experiment.title, "text": experiment.text, "arms": arms, "columns": COLUMNS,
            "charts": CHARTS, "differences": {score: differences(found, score) for score in ("final", "area")},
            "runs": {arm: {seed: {key: run[key] for key in run if key not in ("curves", "settings")} | {"pass": run["curves"]["pass"]}
                           for seed, run in by_seed.items()} for arm, by_seed in found.items()}}


def said(result):
    """For the terminal."""
    print(f'\n{result["title"]}')
    for arm in result["arms"]:
        line = "  ".join(f"{key} {mean:.3f} [{low:.3f}, {high:.3f}]" for key, _, _ in result["columns"] if key in arm
                         for mean, low, high in [arm[key]])
        print(f'  {arm["name"]:12} {arm["seeds"]} seeds  {line}')
    for score, found in result["differences"].items():
        for d in found:
            print(f'  {score:6} {d["a"]} - {d["b"]}: {d["mean"]:+.3f} [{d["low"]:+.3f}, {d["high"]:+.3f}]  {d["verdict"]}')


def begin_together(runner, chosen, jobs):
    """The starts of the recipes, of which one alone would keep one thread busy."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for start in [pool.submit(runner.begin, each) for each in chosen if isinstance(each, recipes.Recipe)]:
            start.result()


def made(runner, experiment, seeds, jobs):
    found = {arm: {} for arm in experiment.arms}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = {(arm, seed): pool.submit(runner.one, experiment, arm, seed)
                   for seed in range(1, seeds + 1) for arm in experiment.arms}
        try:
            for (arm, seed), run in waiting.items():
                found[arm][seed] = run.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return found


def there(runner, experiment):
    """What earlier calls have made of it."""
    found = {arm: {} for arm in experiment.arms}
    for seed in range(1, experiment.seeds + 1):
        for arm in experiment.arms:
            try:
                found[arm][seed] = runner.one(experiment, arm, seed)
            except NotThere:
                pass
    return found


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []:
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def options():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binary")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--only", action="append")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def possible(chosen):
    """Those that can run here."""
    if shutil.which("bwrap"):
        return chosen
    for each in chosen:
        if each.sandbox:
            print(f"skipped: {each.name} runs programs, which needs bubblewrap", file=sys.stderr)
    return [each for each in chosen if not each.sandbox]


def main():
    asked = options()
    binary = os.path.abspath(asked.binary)
    all_of_them = experiments(binary, asked.quick)
    names = [each.name for each in all_of_them]
    if asked.list:
        return print("\n".join(names))
    for name in asked.only or []:
        if name not in names:
            raise SystemExit(f"ablation: no {name}; there are {', '.join(names)}")
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    asked.out.mkdir(parents=True, exist_ok=True)
    runner, results = Runner(binary, asked.out.resolve() / "ablation"), []
    earlier = Runner(binary, runner.root, makes=False)
    chosen = possible([each for each in all_of_them if not asked.only or each.name in asked.only])
    begin_together(runner, chosen, asked.jobs)
    for each in all_of_them:
        seeds = min(asked.seeds or each.seeds, each.seeds)
        found = made(runner, each, seeds, asked.jobs) if each in chosen else there(earlier, each)
        if not all(found.values()):
            continue
        results.append(summary(each, found))
        if each in chosen:
            said(results[-1])
        write(asked.out, results)
    print(f"{runner.made} runs made, the others were there", file=sys.stderr)


def known(value):
    """JSON has no infinity: an end of an interval that is not known is null."""
    if isinstance(value, dict):
        return {key: known(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [known(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(out, results):
    binaries = sorted({run["binary"] for result in results for arm in result["runs"].values() for run in arm.values()})
    machine = f"{processor()}, one thread a run; the trainer's SHA-256 begins with {', '.join(binaries)}."
    (out / "ablation.json").write_text(json.dumps(known({"machine": machine, "experiments": results}), indent=1) + "\n")
    (out / "ablation.html").write_text(page(results, machine))


if __name__ == "__main__":
    main()
