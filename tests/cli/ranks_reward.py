# SPDX-License-Identifier: Apache-2.0
"""gppo reward with several ranks: the pairs, losses, scores and weights of one to 1e-6, from sampled pairs and from a file, checkpoints
that another number of ranks goes on from, and a rank that dies. Standard library only."""
# slow: left out by ./dev test --quick
import json
import os
import pathlib
import shutil
import sys
import tempfile

import _ranks
from _two_runs import largest_difference, steps

gppo = str(pathlib.Path(sys.argv[1]).resolve())
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
COMMON = ["run.dir=run", "run.tensorboard=false", "run.report=false", "run.samples=3", "run.threads=1", "run.save_every=4",
          "run.rank_timeout=60", "model.hidden_size=32", "model.num_hidden_layers=2", "model.num_attention_heads=2",
          "model.num_key_value_heads=1", "model.head_dim=16", "model.intermediate_size=48", "model.max_position_embeddings=96",
          "task.digits_min=1", "task.digits_max=1", "task.worked=0", "task.held_out=0.2", "sft.batch=16", "sft.steps=60", "sft.lr=1e-2",
          "rl.max_new_tokens=24", "eval.prompts=7", "eval.samples=4", "eval.max_new_tokens=24", "reward.overlong_buffer=22",
          "reward_model.steps=8", "reward_model.prompts=31", "reward_model.batch=7", "reward_model.lr=1e-4", "reward_model.eps=1e-6",
          "reward_model.weight_decay=0.1", "reward_model.eval_every=3", "reward_model.held_out=0.3", "reward_model.microbatch_tokens=150"]


def start(ranks, where, *flags, more=(), stage="reward"):
    words = [part for each in [*COMMON, *more] for part in ("--set", each)]
    return _ranks.start([gppo, stage, *flags, *words], ranks, where)


def run(ranks, where, *flags, **how):
    return _ranks.finish(start(ranks, where, *flags, **how), where, how.get("stage", "reward"))


def compare(one, several, lines=10):
    left, right = pathlib.Path(one) / "run/reward", pathlib.Path(several) / "run/reward"
    worst = largest_difference(left, right, lines, several)
    weights = max(_ranks.largest_gap(left / f"reward_model/{name}.safetensors", right / f"reward_model/{name}.safetensors")
                  for name in ("model", "reward_head"))
    assert worst[0] <= 1e-6 and weights <= 1e-6, f"{several}: metrics {worst}, weights {weights}"
    assert (left / "pairs.jsonl").read_bytes() == (right / "pairs.jsonl").read_bytes(), f"{several}: other pairs"
    scores = [[json.loads(line) for line in (of / "held_out_scores.jsonl").open()] for of in (left, right)]
    assert len(scores[0]) == len(scores[1]) > 3, scores
    for a, b in zip(*scores):
        assert a["prompt_ids"] == b["prompt_ids"] and abs(a["chosen_score"] - b["chosen_score"]) < 1e-6, (a, b)
    return worst[0], weights


def same_as_one():
    largest = (0.0, 0.0)
    for ranks in (1, 2, 3):
        shutil.copytree("begun", f"sampled-{ranks}")
        run(ranks, f"sampled-{ranks}")
        if ranks > 1:
            largest = tuple(map(max, largest, compare("sampled-1", f"sampled-{ranks}")))
    learnt = [row for row in steps("sampled-1/run/reward") if "reward_model/grad_norm" in row]
    assert len(learnt) == 8 and min(row["reward_model/grad_norm"] for row in learnt) > 0, learnt
    # Fewer pairs a step than ranks, which rank 0 alone can read; as text, so no bytes that are not.
    text = [line for line in pathlib.Path("sampled-1/run/reward/pairs.jsonl").read_text().splitlines(True) if "\ufffd" not in line]
    for ranks in (1, 3):
        shutil.copytree("begun", f"file-{ranks}")
        pathlib.Path(f"file-{ranks}/pairs.jsonl").write_text("".join(text))
        run(ranks, f"file-{ranks}", more=['reward_model.pairs=["pairs.jsonl"]', "reward_model.batch=2"])
    return tuple(map(max, largest, compare("file-1", "file-3")))


def resumes_anywhere():
    shutil.copytree("begun", "kept")
    run(2, "kept")
    last = max((pathlib.Path("kept/run/reward/checkpoints")).glob("step_*"), key=lambda path: int(path.name[5:]))
    shutil.rmtree(last)
    for ranks in (1, 2, 3):
        shutil.copytree("kept", f"on-{ranks}")
        said = run(ranks, f"on-{ranks}", "--resume")
        assert ("run.ranks was 2 and is now" in said) == (ranks != 2), said
        compare("sampled-1", f"on-{ranks}")


def a_rank_dies():
    for victim in (0, 1):
        where = pathlib.Path(f"dies-{victim}")
        shutil.copytree("begun", where)
        started = start(2, where, more=["reward_model.steps=100000"])
        metrics = where / "run/reward/metrics.jsonl"
        assert _ranks.kill_one(started, victim, metrics, 6) < 10
        done = max(int(path.name[5:]) for path in (where / "run/reward/checkpoints").glob("step_*") if "." not in path.name)
        run(2, where, "--resume", more=[f"reward_model.steps={done + 2}"])


with tempfile.TemporaryDirectory() as parent:
    os.chdir(parent)
    run(1, "begun", stage="sft")
    metrics, weights = same_as_one()
    resumes_anywhere()
    a_rank_dies()
print(f"ok: 2 and 3 ranks differ from 1 by {metrics:.1e} in metrics, {weights:.1e} in weights")
