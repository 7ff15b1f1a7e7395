# SPDX-License-Identifier: Apache-2.0
"""Several ranks whose models are in memory that is not theirs, over the stand-in of tests/backend/far_engine.cpp, whose devices reach
each other or do not: the numbers of one rank to 1e-6, checkpoints that the CPU and any number of ranks go on from, a rank that dies.
Standard library only."""
# slow: left out by ./dev test --quick
import os
import pathlib
import shutil
import sys
import tempfile

import _ranks
from _two_runs import largest_difference

gppo = pathlib.Path(sys.argv[1]).resolve()
stand_in = os.environ.get("GPPO_FAR_ENGINE")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
COMMON = ["run.dir=run", "run.tensorboard=false", "run.report=false", "run.samples=3", "run.threads=1", "run.save_every=2",
          "run.rank_timeout=60", "run.backend=cuda", "model.hidden_size=32", "model.num_hidden_layers=2", "model.num_attention_heads=2",
          "model.num_key_value_heads=1", "model.head_dim=16", "model.intermediate_size=48", "model.max_position_embeddings=96",
          "task.digits_min=1", "task.digits_max=1", "sft.batch=8", "sft.steps=5", "sft.lr=2e-4", "sft.eps=1e-6", "sft.weight_decay=0.1",
          "sft.microbatch_tokens=128", "rl.steps=4", "rl.prompts=5", "rl.group=4", "rl.max_new_tokens=24", "rl.eval_every=0",
          "rl.lr=5e-5", "rl.eps=1e-6", "rl.microbatch_tokens=128", "rl.kl=k3", "rl.kl_coef=0.05", "eval.prompts=7",
          "eval.max_new_tokens=24", "reward.overlong_buffer=22"]


def start(ranks, stage, where, *flags, more=()):
    words = [part for each in [*COMMON, *more] for part in ("--set", each)]
    return _ranks.start([str(far), stage, *flags, *words], ranks, where)


def run(ranks, stage, where, *flags, more=()):
    said = _ranks.finish(start(ranks, stage, where, *flags, more=more), where, stage)
    joined = ranks > 1 and not {"lora.rank=3", "run.backend=cpu"} & set(more) and "GPPO_FAR_APART" not in os.environ
    assert (f"far memory of {ranks} ranks" in said) == joined, said
    return said


def compare(one, several, bound=1e-6):
    worst = largest_difference(f"{one}/run", f"{several}/run", 6, several)
    weights = _ranks.largest_gap(f"{one}/run/model/model.safetensors", f"{several}/run/model/model.safetensors")
    assert worst[0] <= bound and weights <= bound, f"{several}: metrics {worst}, weights {weights}"
    return worst[0], weights


def same_as_one():
    largest = (0.0, 0.0)
    for name, more, counts in (("plain", [], (2, 3)), ("lora", ["lora.rank=3"], (2,)),
                               ("gae", ["rl.advantage=gae", 'run.offload=["moments", "critic"]'], (2,))):
        for ranks in (1, *counts):
            for stage in ("sft", "rl"):
                run(ranks, stage, f"{name}-{ranks}", more=more)
            if ranks > 1:
                largest = tuple(map(max, largest, compare(f"{name}-1", f"{name}-{ranks}")))
    # Stored moments: a last bit of a sum can turn a rounding. Parts are cut where blocks end, which is much of a model so small.
    for storage in ("bf16", "int8"):
        more = [f"{stage}.moments={storage}" for stage in ("sft", "rl")]
        for ranks in (1, 3):
            for stage in ("sft", "rl"):
                run(ranks, stage, f"{storage}-{ranks}", more=more)
        run(2, "rl", f"{storage}-3", "--resume", more=[*more, "rl.steps=5"])
        run(1, "rl", f"{storage}-1", "--resume", more=[*more, "rl.steps=5"])
        compare(f"{storage}-1", f"{storage}-3", 1e-5)
    # Where the devices do not reach each other, gradients come to the host.
    os.environ["GPPO_FAR_APART"] = "1"
    for stage in ("sft", "rl"):
        run(2, stage, "apart-2")
    shutil.copytree("apart-2", "apart")
    shutil.rmtree("apart/run/checkpoints/step_9")
    run(3, "rl", "apart", "--resume")
    del os.environ["GPPO_FAR_APART"]
    compare("plain-1", "apart")
    return tuple(map(max, largest, compare("plain-1", "apart-2")))


def resumes_anywhere():
    """A checkpoint of two ranks goes on with one, two and three."""
    shutil.copytree("plain-2", "kept")
    shutil.rmtree("kept/run/checkpoints/step_9")
    for ranks in (1, 2, 3):
        shutil.copytree("kept", f"on-{ranks}")
        run(ranks, "rl", f"on-{ranks}", "--resume")
        compare("plain-1", f"on-{ranks}")
    shutil.copytree("kept", "on-cpu")
    run(2, "rl", "on-cpu", "--resume", more=["run.backend=cpu"])
    compare("plain-1", "on-cpu", 2e-5)


def a_rank_dies():
    for victim in (0, 1):
        # Long in the memory of devices, where the other is most of the time.
        started = start(2, "sft", f"dies-{victim}", more=["sft.steps=100000", "model.intermediate_size=3000", "run.save_every=0"])
        metrics = pathlib.Path(f"dies-{victim}/run/metrics.jsonl")
        assert _ranks.kill_one(started, victim, metrics, 5) < 10


with tempfile.TemporaryDirectory() as parent:
    os.chdir(parent)
    if not stand_in or not pathlib.Path(stand_in).exists():
        print("skipped: the stand-in for a GPU was not built")
        sys.exit(77)
    far = pathlib.Path("far/gppo").resolve()
    far.parent.mkdir()
    shutil.copy(gppo, far)
    shutil.copy(stand_in, far.parent / "libgppo_cuda_engine.so")
    metrics, weights = same_as_one()
    resumes_anywhere()
    a_rank_dies()
print(f"ok: 2 and 3 ranks differ from 1 by {metrics:.1e} in metrics, {weights:.1e} in weights")
