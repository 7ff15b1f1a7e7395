# SPDX-License-Identifier: Apache-2.0
"""bench/gpu_demo.py, which ./dev gpu runs, over the stand-in for a GPU's memory: it trains, kills, goes on, and says what came of it.
Standard library only."""
# slow: left out by ./dev test --quick
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

stand_in = os.environ.get("GPPO_FAR_ENGINE")
if not stand_in:
    print("skipped: no stand-in for a GPU's memory")
    sys.exit(77)
source = pathlib.Path(sys.argv[2]).resolve()
SMALL = ["run.threads=2", "run.save_every=2", "model.hidden_size=32", "model.num_hidden_layers=2", "model.intermediate_size=48", "sft.steps=4",
         "sft.batch=8", "rl.steps=6", "rl.prompts=4", "rl.group=4", "rl.eval_every=0", "rl.max_new_tokens=12", "reward.overlong_buffer=10",
         "eval.prompts=8", "eval.max_new_tokens=12"]
words = [word for one in SMALL for word in ("--set", one)]

with tempfile.TemporaryDirectory() as work:
    binary = pathlib.Path(work) / "gppo"
    shutil.copy(sys.argv[1], binary)
    shutil.copy(stand_in, binary.parent / "libgppo_cuda_engine.so")
    for least, status in (("0", 0), ("1.1", 1)):
        done = subprocess.run([sys.executable, source / "bench/gpu_demo.py", binary, source, f"{work}/run", "--least", least, *words],
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == status, (least, done.stdout, done.stderr)
        row, = [json.loads(line) for line in done.stdout.splitlines()]
        assert row["killed"] and 0 <= row["pass@1"] <= 1 and row["us"] > 0, row
    failed = subprocess.run([sys.executable, source / "bench/gpu_demo.py", binary, source, f"{work}/run", "--set", "sft.steps=-1"],
                            capture_output=True, text=True)
    assert failed.returncode == 1 and "gppo sft" in failed.stderr and not failed.stdout, failed
print("killed, resumed, told")
