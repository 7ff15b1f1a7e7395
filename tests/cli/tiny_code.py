# SPDX-License-Identifier: Apache-2.0
# slow
"""A few steps of examples/recipes/tiny-code.toml: programs are run, rewards are made by part, verdicts are counted,
the soft and the hard reward differ where they should, and the same seed gives the same metrics."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

binary, source = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
if not shutil.which("bwrap"):
    print("skipped: no bubblewrap")
    sys.exit(77)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
SMALL = ["run.threads=2", "run.report=false", "sft.steps=4", "sft.batch=4", "rl.steps=3", "rl.prompts=4", "rl.group=4",
         "rl.eval_every=0", "rl.filter_zero_advantage=false", "eval.prompts=8", "model.hidden_size=32",
         "model.num_hidden_layers=1", "model.num_attention_heads=2", "model.num_key_value_heads=1", "model.head_dim=16",
         "model.intermediate_size=32"]
VERDICTS = ["pass", "wrong", "runtime_error", "timeout", "memory", "output_limit", "compile_error", "format_error",
            "infra_error"]


def run(stage, directory, *settings):
    sets = [part for one in [*SMALL, f"run.dir={directory}", *settings] for part in ("--set", one)]
    done = subprocess.run([binary, stage, "-c", str(source / "examples/recipes/tiny-code.toml"), *sets],
                          capture_output=True, text=True, timeout=600)
    if "isolation is only" in done.stderr:
        print("skipped:", done.stderr.strip())
        sys.exit(77)
    return done


def rows(directory):
    return [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    one, two = work / "one", work / "two"
    for directory in (one, two):
        for stage in ("sft", "rl"):
            done = run(stage, directory)
            assert done.returncode == 0, done.stderr
    assert (one / "metrics.jsonl").read_bytes() == (two / "metrics.jsonl").read_bytes(), "the same seed, other metrics"
    steps = [row for row in rows(one) if row["stage"] == "rl"]
    assert len(steps) == 3
    for row in steps:
        assert sum(row[f"reward/verdict/{name}"] for name in VERDICTS) == 16, row
        assert row["reward/verdict/infra_error"] == 0 and row["reward/infra_ratio"] == 0, row
        assert row["reward/part/0_code_soft_paper"] == row["critic/rewards/mean"] == row["reward/passed_ratio"], row
    evaluation = [row for row in rows(one) if row["stage"] == "eval"][-1]
    assert sum(evaluation[f"val/programs/verdict/{name}"] for name in VERDICTS) == 8, evaluation
    wrong = run("rl", work / "three", 'reward.parts=[{name="code_soft_papre"}]')
    assert wrong.returncode != 0 and "did you mean 'code_soft_paper'" in wrong.stderr, wrong.stderr
print("tiny_code: 2 runs of 3 steps, 16 programs each, all counted")
