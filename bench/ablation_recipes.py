# SPDX-License-Identifier: Apache-2.0
"""The recipes at their tiny scale with the mechanism that is their own switched on and off: what it is about, over three seeds.
The stages before the mechanism's are made once and shared. Programs run in the sandbox, which needs bubblewrap."""
import dataclasses
import hashlib
import json
import pathlib
import tomllib

from ablation_page import banded, differences, interval

RECIPES = pathlib.Path(__file__).resolve().parent.parent / "examples/recipes"
COMMON = ["run.threads=1", "run.save_every=0", "run.report=false", "run.tensorboard=false", "run.samples=0", "sandbox.threads=1"]


@dataclasses.dataclass
class Recipe:
    name: str
    title: str
    text: str
    recipe: str                  # the file's name
    first: list                  # stages of the start
    stages: list                 # stages of the arms, after it
    arms: dict                   # name -> settings
    measures: object             # lines of metrics.jsonl -> {key: value}
    columns: list                # [key, label, whether in percent]
    charts: list                 # [metric of metrics.jsonl, title]
    settings: list = dataclasses.field(default_factory=list)
    common: list = dataclasses.field(default_factory=list)  # of the start too
    after: object = None         # another Recipe, whose start this one goes on from
    seeds: int = 3
    sandbox: bool = False

    def file(self):
        return RECIPES / f"{self.recipe}.toml"

    def parsed(self):
        """What the tiny scale follows from, whatever comments and the other scales say."""
        table = tomllib.loads(self.file().read_text())
        return {**table, "scale": table["scale"]["tiny"]}

    def without(self, stages):
        return [f"stage.{stage['name']}.enter.skip=true" for stage in self.parsed()["stage"] if stage["name"] not in stages]

    def begin(self, runner):
        """The directory that the arms start from; where an earlier start is all that this one needs, that one."""
        before = [f"model.path={self.after.begin(runner)}/model"] if self.after else []
        if before and not self.first:
            return self.after.begin(runner)
        settings = [*COMMON, *self.common, *self.without(self.first), "run.seed=1", *before]
        return runner.run(f"start-{self.name}", "run", settings, True, self)

    def one(self, runner, arm, seed):
        """A run of an arm, as numbers."""
        start, policy = self.begin(runner), (self.after or self).begin(runner)
        words = [*COMMON, *self.common, *self.without(self.stages), *self.settings, *self.arms[arm], f"run.seed={seed}",
                 f"model.path={policy}/model"]
        settings = [word.replace("{start}", str(start)) for word in words]
        place = runner.run(f"{self.name}-{arm.replace(' ', '_')}-{seed}", "run", settings, False, self)
        rows = [json.loads(line) for line in (place / "metrics.jsonl").open()]
        curves = {key: [(row["step"], row[key]) for row in rows if key in row and row["stage"] in self.stages]
                  for key, _ in self.charts}
        return {**self.measures(rows), "curves": curves, **json.loads((place / "done.json").read_text())}

    def summary(self, found):
        """`found`: arm -> seed -> one()."""
        arms = []
        for name, by_seed in found.items():
            runs = list(by_seed.values())
            for run in runs:
                run["curves"] = {key: smoothed(curve) for key, curve in run["curves"].items()}
            arm = {"name": name, "seeds": len(runs), "bands": {key: banded(runs, key) for key, _ in self.charts}}
            arm |= {key: interval([run[key] for run in runs]) for key, _, _ in self.columns if all(key in run for run in runs)}
            arms.append(arm)
        scores = [key for key, _, _ in self.columns if all(key in run for runs in found.values() for run in runs.values())]
        runs = {arm: {seed: {key: value for key, value in run.items() if key not in ("curves", "settings")}
                      for seed, run in by_seed.items()} for arm, by_seed in found.items()}
        return {"name": self.name, "title": self.title, "text": self.text, "columns": self.columns, "charts": self.charts, "arms": arms,
                "differences": {score: differences(found, score) for score in scores}, "runs": runs}


def smoothed(curve, width=4):
    """Means over stretches of steps: every seed then has the same places although steps may train nothing."""
    bins = {}
    for x, y in curve:
        bins.setdefault((x - 1) // width, []).append(y)
    return [(width * (k + 1), sum(ys) / len(ys)) for k, ys in sorted(bins.items())]


# --- what is measured --------------------------------------------------------------------------------------
def mean(rows, name, stages, last=None):
    """Over the steps of these stages that have it, or the last few of them."""
    column = [row[name] for row in rows if row["stage"] in stages and name in row]
    column = column[-last:] if last else column
    return sum(column) / len(column) if column else 0.0


def held_out(rows, what="acc"):
    """Of each evaluation, in order."""
    return [value for row in rows if row["stage"] == "eval" for key, value in row.items()
            if key.startswith("val/") and key.endswith("/" + what)]


def klear(rows):
    return {"final": held_out(rows)[-1], "score": mean(rows, "critic/score/mean", ["maths"]),
            "clipped": mean(rows, "gppo/grad_share_clipped", ["maths"]), "tokens": mean(rows, "actor/pg_clipfrac", ["maths"]),
            "entropy": mean(rows, "actor/entropy", ["maths"])}


SKYWORK = ["short", "middle", "long"]
TARGET = 0.12  # of the tiny scale


def skywork(rows):
    entropy = [row["actor/entropy"] for row in rows if row["stage"] in SKYWORK and "actor/entropy" in row]
    below = [max(0.0, TARGET - value) for value in entropy]
    return {"entropy": sum(entropy) / len(entropy), "late": sum(entropy[-8:]) / len(entropy[-8:]),
            "under": sum(value > 0 for value in below) / len(below), "gap": sum(below) / len(below),
            "coefficient": mean(rows, "actor/entropy_coef", SKYWORK), "final": held_out(rows)[-1]}


def acereason(rows):
    late = ["maths-24k", "maths-32k"]
    dropped = [row.get("curriculum/dropped", 0.0) for row in rows if row["stage"] == late[0]]
    return {"dropped": dropped[0] if dropped else 0.0, "score": mean(rows, "critic/score/mean", late),
            "kept": mean(rows, "train/kept_ratio", late), "early_length": mean(rows, "response_length/mean", ["maths-8k"]),
            "length": mean(rows, "response_length/mean", late), "final": held_out(rows)[-1]}


R1 = ["all"]


def r1(rows):
    return {"masked": mean(rows, "tool/masked_tokens", R1), "used": mean(rows, "tool/used", R1, 5),
            "score": mean(rows, "critic/score/mean", R1), "late": mean(rows, "critic/score/mean", R1, 5),
            "failed": mean(rows, "tool/failed", R1, 10), "final": held_out(rows)[-1]}


def deepcoder(rows):
    return {"clip": mean(rows, "response_length/clip_ratio", ["short"], 5), "length": mean(rows, "response_length/mean", ["short"], 5),
            "kept": mean(rows, "train/kept_ratio", ["short"]), "score": mean(rows, "critic/score/mean", ["short"], 5),
            "begin": mean([row for row in rows if row["stage"] == "long"][:3], "response_length/mean", ["long"]),
            "stale": mean(rows, "train/staleness", ["short", "long"]), "late": mean(rows, "critic/score/mean", ["long"], 5),
            "final": held_out(rows)[-1]}


def acecoder(rows):
    out = {"final": held_out(rows)[-1], "score": mean(rows, "critic/score/mean", ["rl"], 5),
           "passed": mean(rows, "reward/passed_ratio", ["rl"], 5), "first": mean(rows[:8], "reward/passed_ratio", ["rl"]),
           "best": held_out(rows, "best_of_n")[-1] - held_out(rows)[-1]}
    model = [row["reward/part/0_model"] for row in rows if "reward/part/0_model" in row]
    return out | ({"gain": sum(model[-5:]) / 5 - sum(model[:5]) / 5} if model else {})


# --- the six -----------------------------------------------------------------------------------------------
FINAL = ["final", "final pass@1, %", True]


def mathematics():
    klear_reasoner = Recipe("recipe_klear", "Klear-Reasoner: GPPO or clip-higher", "The maths stage, 4 updates a rollout. Clip-higher is "
               "`--set rl.preset=deepcoder --set rl.positive_coef=0.1`, as the recipe says; the SFT loss on right answers stays.",
               "klear-reasoner", ["sft"], ["maths"],
               {"GPPO": [], "clip-higher": ["rl.preset=deepcoder", "rl.positive_coef=0.1"]}, klear,
               [FINAL, ["score", "right in training, %", True], ["clipped", "gradient from outside, share", False],
                ["tokens", "tokens outside, share", False], ["entropy", "entropy, nats", False]],
               [["critic/score/mean", "right in training"], ["gppo/grad_share_clipped", "share of the gradient from outside"]],
               ["stage.maths.eval.prompts=256", "rl.eval_every=0"], sandbox=True)
    return [
        klear_reasoner,
        Recipe("recipe_skywork", "Skywork-OR1: entropy control", f"Target {TARGET} nats a token; the coefficient moves by 0.001, up to "
               "0.02. Off: `--set rl.entropy_target=0`. Strong, chosen after the others had been seen: a target of 0.2, where the "
               "entropy does not stay by itself, in steps of 0.02 up to 0.2. All three stages of length.",
               "skywork-or1", ["warmup"], SKYWORK,
               {"on": [], "off": ["rl.entropy_target=0"],
                "strong": ["rl.entropy_target=0.2", "rl.entropy_step=0.02", "rl.entropy_max=0.2"]}, skywork,
               [["entropy", "entropy, nats", False], ["late", "entropy of the last 8 steps", False],
                ["under", "steps below the target, %", True], ["gap", "mean shortfall, nats", False],
                ["coefficient", "coefficient", False], FINAL],
               [["actor/entropy", "entropy, nats per token"], ["actor/entropy_coef", "coefficient of the bonus"]],
               ["stage.long.eval.prompts=256"]),
        Recipe("recipe_acereason", "AceReason-Nemotron: hard rows in late stages", "The four stages of mathematics, from Klear-Reasoner's "
               "fine-tuned model, 8 completions a prompt. The last two train rows solved at most 6 times in 16, or all: `--set "
               "stage.maths-24k.curriculum.high=1`, and of maths-32k.", "acereason-nemotron", [],
               [f"maths-{length}" for length in ("8k", "16k", "24k", "32k")],
               {"hard rows": [], "all rows": ["stage.maths-24k.curriculum.high=1", "stage.maths-32k.curriculum.high=1"]}, acereason,
               [["dropped", "rows left out at 24k", False], ["score", "right in late training, %", True],
                ["kept", "sequences that train, late, %", True], ["early_length", "tokens a completion at 8k", False],
                ["length", "late", False], FINAL],
               [["critic/score/mean", "right in training"], ["train/kept_ratio", "share of the sequences that train"]],
               ["stage.maths-32k.eval.prompts=256", *(f"stage.maths-{length}.rl.group=8" for length in ("16k", "24k", "32k"))],
               after=klear_reasoner, sandbox=True)]


def programs(start):
    """`start`: a recipe whose model knows sums and programs; its tokens are bytes."""
    return [
        Recipe("recipe_r1", "R1-Code-Interpreter: tool tokens masked", "The last stage, over all rows, 30 steps, directly after "
               "fine-tuning. Off: `--set tools.masked=false`, what Python prints trains as if the model had written it.",
               "r1-code-interpreter", ["sft"], R1, {"masked": [], "not masked": ["tools.masked=false"]}, r1,
               [FINAL, ["score", "right in training, %", True], ["late", "of the last 5 steps", True],
                ["used", "calls the tool, last 5, %", True], ["failed", "failed calls, last 10, share", False],
                ["masked", "masked tokens a step", False]],
               [["critic/score/mean", "right in training"], ["tool/used", "share of completions that call the tool"]],
               ["rl.steps=30", "eval.prompts=192"], sandbox=True),
        Recipe("recipe_deepcoder", "DeepCoder: one-off pipelining", "Two stages of length, the first too short for some programs, of 12 "
               "and 8 steps with 8 prompts, from Klear-Reasoner's fine-tuned model. Off: `--set rl.pipeline=false`, every rollout by the "
               "policy that it trains. What it is for, time, is `./dev bench pipeline`.", "deepcoder", [], ["short", "long"],
               {"pipelined": [], "not pipelined": ["rl.pipeline=false"]}, deepcoder,
               [FINAL, ["score", "right at the end of short, %", True], ["late", "right at the end of long, %", True],
                ["kept", "sequences that train, short, %", True], ["stale", "mean staleness", False]],
               [["critic/score/mean", "right in training"], ["response_length/clip_ratio", "share of completions cut off"]],
               ["rl.eval_every=0", "rl.prompts=8", "stage.short.rl.steps=12", "stage.long.rl.steps=8", "stage.long.eval.prompts=128"],
               common=["tokenizer.kind=bytes"], after=start, sandbox=True),
        Recipe("recipe_overlong", "DeepCoder: truncated completions masked", "On sums, since the programs of one problem are alike "
               "length, and a group that is cut off as a whole has no advantage either way. Answers with working do not fit into the 20 "
               "tokens of the first stage, guesses do; the second has 64. Off: `--set reward.truncated=keep`, what is cut off is wrong.",
               "deepcoder", [], ["short", "long"], {"masked": [], "kept": ["reward.truncated=keep"]}, deepcoder,
               [["clip", "cut off at the end of short, %", True], ["length", "tokens there", False],
                ["kept", "sequences that train, short, %", True], ["begin", "tokens at the begin of long", False],
                ["late", "right at the end of long, %", True], FINAL],
               [["response_length/mean", "tokens a completion"], ["critic/score/mean", "right in training"]],
               ["rl.eval_every=0", "task.kind=arithmetic", "task.digits_min=1", "task.digits_max=2", 'reward.parts=[{ name = "zero_one" }]',
                "reward.needs_thinking=true", "stage.short.rl.max_new_tokens=20", "stage.long.rl.max_new_tokens=64",
                "stage.long.eval.prompts=256"], common=["tokenizer.kind=bytes"], after=start, sandbox=True),
        Recipe("recipe_acecoder", "AceCoder: the rule or the reward model as the reward", "REINFORCE++ by the share of tests that pass, or "
               "by the reward model that Bradley-Terry made of pairs, one for all runs, from Klear-Reasoner's fine-tuned model. 20 steps; "
               "best of 8 by the reward model in both.", "acecoder", ["judge"], ["rl"],
               {"rule": [], "reward model": ['stage.rl.reward.parts=[{ name = "model" }, { name = "clamp", low = -3, high = 3 }]']},
               acecoder,
               [FINAL, ["score", "right, last 5 steps, %", True], ["passed", "tests passed, last 5, %", True],
                ["first", "tests passed, first steps, %", True], ["best", "best of 8 less mean, %", True],
                ["gain", "rise of the model's reward", False]],
               [["reward/passed_ratio", "share of the tests that pass"], ["critic/rewards/mean", "reward that trains"]],
               ["reward_model.path={start}/reward/reward_model", "rl.steps=20"], common=["tokenizer.kind=bytes"], after=start,
               sandbox=True)]


def experiments(quick):
    if not quick:
        return [*mathematics(), *programs(mathematics()[0])]
    skywork_alone = mathematics()[1]
    skywork_alone.common = ["model.hidden_size=32", "model.num_hidden_layers=2", "model.head_dim=16", "model.intermediate_size=64",
                            "task.digits_max=1", "task.held_out=0.2", "task.worked=0", "sft.steps=150", "sft.lr=1e-2", "rl.steps=2",
                            "rl.prompts=4", "eval.prompts=8", "curriculum.drop_solved=false",
                            "stage.short.curriculum.drop_unsolved=false", "stage.short.curriculum.measure=0",
                            "rl.filter_zero_advantage=false", "task.rows=60"]
    skywork_alone.settings, skywork_alone.seeds = [], 2
    del skywork_alone.arms["strong"]
    skywork_alone.arms["on"] = ["rl.entropy_target=9"]  # after so few steps it is far above the target
    return [skywork_alone]
