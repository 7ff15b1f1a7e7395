# SPDX-License-Identifier: Apache-2.0
# slow: one short run a preset
"""`gppo rl` trains two steps under every preset, all with finite numbers.

usage: presets_run.py path/to/gppo source_dir
"""
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

binary = os.path.abspath(sys.argv[1])
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
SMALL = ["run.threads=2", "run.report=false", "run.samples=1", "model.hidden_size=32", "model.num_hidden_layers=1",
         "model.num_attention_heads=2", "model.num_key_value_heads=1", "model.head_dim=16", "model.intermediate_size=32",
         "model.max_position_embeddings=96", "task.digits_min=1", "task.digits_max=1", "sft.steps=0", "sft.eval_every=0",
         "rl.steps=2", "rl.prompts=4", "rl.group=4", "rl.minibatches=2", "rl.max_new_tokens=16", "rl.eval_every=0",
         "rl.lr=1e-3", "eval.prompts=2", "eval.max_new_tokens=8",
         "reward.overlong_buffer=14"]  # rewards that differ among the completions of so small a model

presets = json.loads(subprocess.run([binary, "loss", "--list"], capture_output=True, check=True).stdout)["preset"]
failures = []
with tempfile.TemporaryDirectory() as work:
    for name in presets:
        settings = [part for one in [*SMALL, f"run.dir={work}/{name}", f"rl.preset={name}"] for part in ("--set", one)]
        done = subprocess.run([binary, "rl", *settings], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            failures.append(f"{name}: {done.stderr.strip()}")
            continue
        rows = [json.loads(line) for line in (Path(work) / name / "metrics.jsonl").read_text().splitlines()]
        steps = [row for row in rows if row["stage"] == "rl" and "actor/pg_loss" in row]
        if len(steps) != 2:
            failures.append(f"{name}: {len(steps)} steps that train, 2 wanted")
        for row in steps:
            broken = [k for k, v in row.items() if isinstance(v, float) and not math.isfinite(v)]
            if broken or not row["actor/grad_norm"] > 0:
                failures.append(f"{name}: {broken or 'no gradient'}")
print("\n".join(failures) or f"{len(presets)} presets trained")
sys.exit(bool(failures))
