# SPDX-License-Identifier: Apache-2.0
# slow
"""The recipes: at a size still smaller than tiny each pipeline completes and its mechanism shows in metrics.jsonl; the
full scale is planned for Qwen3-8B and compared with figures made by hand; docs/metrics.md names whatever runs log.

argv: the binary, the source directory. GPPO_RECIPES_TINY=1 runs --scale tiny as it is; GPPO_RECIPE: one of them. Standard library only."""
import fnmatch
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

binary, source = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
tiny = bool(os.environ.get("GPPO_RECIPES_TINY"))
SMALL = ["run.threads=2", "run.report=false", "run.tensorboard=false", "run.save_every=0", "model.hidden_size=64",
         "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1", "model.head_dim=32",
         "model.intermediate_size=128", "task.digits_min=1", "task.digits_max=1", "task.held_out=0.2", "task.worked=0", "sft.steps=240",
         "sft.batch=24", "sft.lr=6e-3", "sft.warmup=5", "rl.steps=4", "rl.prompts=6", "rl.group=4", "rl.eval_every=0",
         "rl.lr=1e-3", "eval.prompts=8"]
logged = set()


def gppo(recipe, *arguments, sets=()):
    words = [word for one in sets for word in ("--set", one)]
    return subprocess.run([binary, "run", "-c", str(source / f"examples/recipes/{recipe}.toml"), *arguments, *words],
                          capture_output=True, text=True, timeout=800)


def stages(directory, recipe, *more):
    """The lines of each stage, in order."""
    clock = time.monotonic()
    done = gppo(recipe, "--scale", "tiny", sets=[f"run.dir={directory / recipe}", *([] if tiny else [*SMALL, *more])])
    if "isolation is only" in done.stderr:
        print("skipped:", done.stderr.strip())
        sys.exit(77)
    assert done.returncode == 0, f"{recipe}: {done.stderr[-2000:]}"
    by_name = {}
    for line in (directory / recipe / "metrics.jsonl").open():
        row = json.loads(line)
        logged.update(row.keys())
        by_name.setdefault(row["stage"], []).append(row)
    for line in (directory / recipe / "timing.jsonl").open():
        logged.update(json.loads(line).keys())
    judge = directory / recipe / "reward/metrics.jsonl"
    for line in judge.open() if judge.exists() else []:
        logged.update(json.loads(line).keys())
    summary = json.loads((directory / recipe / "summary.json").read_text())
    print(f"{recipe}: {time.monotonic() - clock:.0f} s;", ", ".join(
        f"{name} {100 * value['pass@1']:.0f} %" for name, value in summary["evaluations"].items() if " " in name),
        flush=True)
    assert all(row["reward/infra_ratio"] == 0 for rows in by_name.values() for row in rows if "reward/infra_ratio" in row)
    return by_name


def column(rows, name):
    return [row[name] for row in rows if name in row]


def klear(directory):
    by = stages(directory, "klear-reasoner", "rl.minibatches=4")
    assert list(by) == ["eval", "sft", "maths", "code"], list(by)
    loss = column(by["sft"], "train/loss")
    assert loss[-1] < loss[0] / 4, loss
    rows = by["maths"] + by["code"]
    assert max(column(rows, "gppo/grad_share_clipped")) > 0, "GPPO kept no gradient outside the trust region"
    assert max(column(by["maths"], "actor/positive_loss")) > 0
    # Of maths a completion is right or wrong; of code the reward is the share of tests.
    assert all(abs(row["reward/part/0_plus_minus_one"] - (2 * row["critic/score/mean"] - 1)) < 1e-6
               for row in by["maths"])
    assert any(row["reward/passed_ratio"] > row["critic/score/mean"] for row in by["code"]), "no partial reward"
    assert all(row["reward/part/0_code_soft_paper"] == row["reward/passed_ratio"] for row in by["code"])


def skywork(directory):
    # An answer of two characters takes 13 tokens with its end: the first two stages cut it off.
    by = stages(directory, "skywork-or1", *(f"stage.{name}.task.rows=60" for name in ("short", "middle", "long")),
                "stage.short.rl.max_new_tokens=12", "stage.middle.rl.max_new_tokens=12", "sft.steps=300", "rl.steps=6")
    assert list(by) == ["eval", "warmup", "short", "middle", "long"], list(by)
    for name, limit in (("short", 26 if tiny else 12), ("middle", 32 if tiny else 12), ("long", 64)):
        for row in by[name]:
            # The controller looks at the samples, this is the full entropy: they agree but near the target.
            entropy, coefficient = row.get("actor/entropy", 0.12), row["actor/entropy_coef"]
            assert (entropy > 0.12 * 0.6 or coefficient > 0) and (entropy < 0.12 * 1.5 or coefficient == 0), row
            assert abs(coefficient / 1e-3 - round(coefficient / 1e-3)) < 1e-3, row  # steps of 1e-3
        assert max(column(by[name], "response_length/max")) <= limit, name
    coefficient = [row["actor/entropy_coef"] for name in ("short", "middle", "long") for row in by[name]]
    assert len(set(coefficient)) > 2, coefficient
    cut = column(by["short"] + by["middle"], "response_length/clip_ratio")
    punished = column(by["short"] + by["middle"], "reward/part/1_truncation")
    assert max(cut) > 0 and min(punished) < 0 and all((a > 0) == (b < 0) for a, b in zip(cut, punished)), (cut, punished)
    first = by["short"][0]
    assert first["curriculum/tried"] == first["curriculum/rows"] + first["curriculum/dropped"] > 0
    unsolved = first["curriculum/dropped"] - first["curriculum/dropped_solved"]
    assert first["curriculum/dropped"] > 0 and (unsolved > 0 or not tiny), "the offline filter dropped nothing"
    for name, before in (("middle", "short"), ("long", "middle")):
        assert by[name][0]["curriculum/dropped_solved"] == by[before][-1]["curriculum/solved"], name
    assert by["long"][0]["curriculum/dropped_solved"] > 0, "no solved prompt was dropped"


def acereason(directory):
    names = ["maths-8k", "maths-16k", "maths-24k", "maths-32k", "code-hard", "code-all"]
    by = stages(directory, "acereason-nemotron", *(f"stage.{name}.task.rows={24 if 'all' in name else 60}"
                                                  for name in names if "code" not in name),
                "stage.code-hard.task.rows=24", "stage.code-all.task.rows=24", "stage.maths-8k.rl.max_new_tokens=12",
                "stage.code-all.rl.steps=6", "stage.warmup.task.correct=1")
    assert list(by) == ["eval", "warmup", *names], list(by)
    for name in names:
        # One update a rollout: the policy is the one that sampled.
        assert all(abs(value - 1) < 1e-3 for value in column(by[name], "actor/ratio/max")), name
        assert all(value == 0 for value in column(by[name], "actor/pg_clipfrac")), name
    assert by["maths-8k"][0]["curriculum/dropped"] > 0, "no row failed every time"
    early, late = by["maths-16k"][0], by["maths-24k"][0]
    assert late["curriculum/dropped"] > 0 and "curriculum/dropped" not in early, (early, late)
    means = [sum(column(by[name], "critic/score/mean")) / len(by[name]) for name in ("maths-16k", "maths-24k")]
    assert means[1] < means[0] or not tiny, f"late rows are no harder: {means}"
    warm = column(by["code-all"], "train/temperature")
    assert abs(warm[0] - 0.6) < 1e-6 and abs(warm[-1] - 1.0) < 1e-6 and warm == sorted(warm), warm
    assert by["code-all"][-1]["curriculum/epoch"] > 0


def deepcoder(directory):
    by = stages(directory, "deepcoder", "sft.steps=360")
    assert list(by) == ["eval", "warmup", "short", "long"], list(by)
    for name in ("short", "long"):
        rows = by[name]
        assert column(rows, "train/staleness") == [0] + [1] * (len(rows) - 1), name
        for row in rows:
            assert row["critic/rewards/max"] in (0, 1) and row["critic/rewards/min"] in (0, 1), row
            assert row["train/kept_ratio"] <= 1 - row["response_length/clip_ratio"] + 1e-9, row
    assert max(column(by["short"], "response_length/clip_ratio")) > 0, "nothing was cut off"
    assert max(column(by["short"], "response_length/max")) <= 52 < max(column(by["long"], "response_length/max"))
    assert any(column(by["short"] + by["long"], "train/kept_ratio")), "nothing trained"


def acecoder(directory):
    by = stages(directory, "acecoder", "sft.steps=360", "reward_model.prompts=40", "reward_model.samples=6", "reward_model.steps=12",
                "reward_model.batch=4", "reward_model.lr=2e-3", "eval.samples=4", "reward_model.gap=0.3", "reward_model.chosen_from=0.5")
    assert list(by) == ["eval", "sft", "rl"], list(by)
    inner = [json.loads(line) for line in (directory / "acecoder/reward/metrics.jsonl").open()]
    learnt = [row for row in inner if row["stage"] == "judge"]
    assert abs(learnt[0]["reward_model/loss"] - 0.693147) < 1e-4, learnt[0]
    assert min(column(learnt, "reward_model/loss")) < 0.69 and max(column(learnt, "reward_model/accuracy")) > 0.5
    assert column(inner, "val/pairs/accuracy"), "no held-out pair was measured"
    for row in [inner[-1], by["eval"][-1]]:  # the best by the reward model, among all of them
        assert row["val/programs/best_of_n"] <= row["val/programs/pass_at_n"], row
    for row in by["rl"]:  # by the rule
        assert abs(row["critic/rewards/mean"] - row["reward/part/0_code_soft_paper"]) < 1e-6, row


def interpreter(directory):
    shares = {"top25": 6, "top50": 12, "top75": 18, "all": 24}
    by = stages(directory, "r1-code-interpreter", 'task.operations=["*"]', "task.tool_calls=0.7", "task.rows=24",
                "stage.top25.curriculum.measure=4")
    assert list(by) == ["eval", "sft", *shares], list(by)
    for name, rows in shares.items():
        for row in by[name]:
            # Of a turn that called there is an answer, and none of its tokens is learnt from.
            assert row["tool/calls"] > 0 and row["tool/masked_tokens"] > 0 == row["tool/masked_gradient"], row
            assert -0.2001 <= row["reward/part/1_turns"] <= 0.1001, row
            assert name == "all" or row["curriculum/rows"] == (96 * rows // 24 if tiny else rows), (name, row)
            assert name == "all" or row["curriculum/tried"] == row["curriculum/rows"] + row["curriculum/dropped"], row
    used = [sum(column(by[name], "tool/used")) / len(by[name]) for name in shares]
    assert used[-1] > used[0] or not tiny, f"RL did not find out that the tool pays: {used}"


def planned():
    """--scale full --check, against a sheet of paper."""
    parameters = 1244659712 + 36 * (33554432 + 8388608 + 150994944 + 8448) + 4096
    longest = 4096 + 32768
    token = 4 * (52298 + 37 * 4096 + 30720 + 8192)  # one layer is kept, every layer's input, the scratch, the head
    for recipe, names in {"klear-reasoner": ["sft", "maths", "code"], "skywork-or1": ["short", "middle", "long"],
                          "acereason-nemotron": ["maths-8k", "maths-16k", "maths-24k", "maths-32k", "code-hard", "code-all"],
                          "deepcoder": ["short", "long"],
                          "acecoder": ["judge", "rl"],
                          "r1-code-interpreter": ["sft", "top25", "top50", "top75", "all"]}.items():
        done = gppo(recipe, "--scale", "full", "--check")
        assert done.returncode == 0, done.stderr
        plan = json.loads(done.stdout)
        assert [stage["stage"] for stage in plan] == names, plan
        for stage in plan:
            assert stage["parameters"] == parameters == 8190735360, stage
            assert stage["model"] == {
                "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36,
                "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 40960,
                "tie_word_embeddings": False}, stage
            held = stage["bytes"]
            assert held["weights"] == 4 * parameters, held
            judge = stage["kind"] == "reward"  # the policy only samples, the model that judges trains
            assert held["critic"] == (16 * parameters if judge else 0), held
            assert held["gradients"] == held["moments"] / 2 == (0 if judge else 4 * parameters), held
            assert stage["key_value_bytes_per_token"] == 2 * 36 * 8 * 128 * 4 == 294912
            assert stage["activation_bytes_per_token"] == token == 971048
            assert held["total"] == sum(value for name, value in held.items() if name != "total"), held
            assert stage["files_not_there_yet"], stage
        assert not pathlib.Path("runs").exists() or not pathlib.Path(f"runs/{recipe}-8b").exists()
        if recipe == "klear-reasoner":
            maths = plan[1]
            assert maths["longest_sequence"] == maths["microbatch_tokens"] == longest, maths
            assert maths["optimizer_steps"] == 8 * 3437 and maths["sequences_per_step"] == 1024, maths
            assert maths["bytes"]["activations"] == longest * token + 4 * 512 * 151936 == 36107878400, maths
            assert maths["bytes"]["key_values"] == 64 * longest * 294912 == 695784701952, maths
            assert maths["bytes"]["sampler"] == 2 * (622329856 + 36 * 192937984) == 15136194560, maths
    for setting, words in {"rl.lrr=1": "did you mean 'rl.lr'", "rl.max_new_tokens=40000": "the model's context is 40960",
                           "model.path=models/Qwen3-9B": "no published size", "rl.policy=gpo": "did you mean 'ppo'"}.items():
        done = gppo("klear-reasoner", "--scale", "full", "--check", sets=[setting])
        assert done.returncode == 1 and words in done.stderr, done.stderr


def page():
    """Every name a run logs stands in docs/metrics.md: in full, or after the name before it as `mean`, `max`."""
    text = (source / "docs/metrics.md").read_text().split("# Metrics of a run")[1]
    patterns = {"step", "stage"}
    for line in text.splitlines():
        prefix = ""
        for name in re.findall(r"`([^`]+)`", line.split("|")[1]) if line.startswith("| `") else []:
            pattern = re.sub(r"NAME|TASK|…|\b[RN]$", "*", name)
            patterns.update({pattern, prefix + pattern})
            if "/" in name and not prefix or re.match(r"(perf|timing_s|groups|curriculum|val)/", name):
                prefix = pattern[:pattern.rindex("/") + 1]
    missing = sorted(name for name in logged if not any(fnmatch.fnmatchcase(name, p) for p in patterns))
    assert not missing, f"docs/metrics.md does not name {missing}"


clock = time.monotonic()
planned()
if not shutil.which("bwrap"):
    print("skipped: no bubblewrap; the plans of the full scales were compared")
    sys.exit(77)
with tempfile.TemporaryDirectory() as directory:
    wanted = os.environ.get("GPPO_RECIPE", "")
    for recipe in (klear, skywork, acereason, deepcoder, acecoder, interpreter):
        if wanted not in recipe.__name__:
            continue
        recipe(pathlib.Path(directory))
page()
print("recipes: 6 pipelines, each with its mechanism in the metrics; 21 full stages planned")
