# SPDX-License-Identifier: Apache-2.0
"""The demo on the GPU, with the demo's own recipe: fine-tuning, then RL that is killed on its way and goes on. One JSON line: seconds, pass@1
on held-out prompts before and after RL, and whether that is the demo's.

usage: gpu_demo.py GPPO SOURCE DIRECTORY [--least SHARE] [WORD ...]     words go to every command; DIRECTORY is made anew
Exit code 1: pass@1 ends below SHARE (0.6; the CPU's runs end between 0.7 and 0.85)."""
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time


def main(gppo, source, directory, *words):
    least = 0.6
    if words[:1] == ("--least",):
        least, words = float(words[1]), words[2:]
    directory = pathlib.Path(directory)
    shutil.rmtree(directory, ignore_errors=True)
    recipe = ["--config", str(pathlib.Path(source) / "examples/recipes/demo.toml"), "--backend", "cuda", "--set", f"run.dir={directory}"]
    start, metrics = time.monotonic(), directory / "metrics.jsonl"

    def step(stage, *flags):
        return subprocess.Popen([gppo, stage, *recipe, *words, *flags], stdout=sys.stderr, stderr=sys.stderr)

    assert step("sft").wait() == 0, "gppo sft"
    process = step("rl")
    half = json.loads((directory / "config.json").read_text())["rl"]["steps"] // 2
    while process.poll() is None and metrics.read_bytes().count(b'"stage":"rl"') < half:
        time.sleep(0.01)
    killed = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not killed or step("rl", "--resume").wait() == 0, "gppo rl --resume"
    rows = [json.loads(line) for line in metrics.read_text().splitlines()]
    passed = [row[name] for row in rows if row["stage"] == "eval" for name in row if name.endswith("/acc")]
    print(json.dumps({"case": "demo", "us": round(1e6 * (time.monotonic() - start)), "killed": killed,
                      "pass@1 before RL": passed[1], "pass@1": passed[-1]}), flush=True)
    return 0 if killed and passed[-1] >= least else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
