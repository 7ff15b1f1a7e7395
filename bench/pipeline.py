# SPDX-License-Identifier: Apache-2.0
"""What rollouts one step ahead of the update save: the same RL steps with rl.pipeline on and off, in alternating rounds, the
median seconds of a step. Three cases: sums, where sampling and training both compute; the programs of DeepCoder's tiny
scale, where sampling also waits for the sandbox; and sums whose completions come from a server that answers each after
0.3 s, a stand-in for one on another machine. In the first two both sides have the same cores, so that where all of them are busy without
it nothing is left to gain. On a machine that does something else the figures say nothing: without it all threads wait for the
slowest in every product, with it each half goes its own way. Writes pipeline.json.

usage: pipeline.py BINARY OUTPUT_DIRECTORY [--rounds N] [--steps N] [--only CASE] [--quick]
Standard library only; without bubblewrap only the sums."""
import argparse
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading
import time
import zlib

RECIPE = pathlib.Path(__file__).resolve().parent.parent / "examples/recipes/deepcoder.toml"
QUIET = ["run.save_every=0", "run.report=false", "run.tensorboard=false", "run.samples=0", "rl.eval_every=0", "eval.prompts=1",
         "rl.filter_zero_advantage=false", "stage.long.enter.skip=true"]
SUMS = ["task.kind=arithmetic", "task.digits_min=1", "task.digits_max=2", "task.worked=1", 'reward.parts=[{ name = "zero_one" }]',
        "rl.max_new_tokens=64"]
BY_LENGTH = [one for one in SUMS if not one.startswith("reward")] + ['reward.parts=[{name="overlong",buffer=60}]']
CASES = {"sums": (SUMS, 120), "programs": (["sandbox.tests=8"], 300), "server": (BY_LENGTH, 120)}  # settings, steps of fine-tuning


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """vLLM's calls. A completion is made of nothing and takes 0.3 s and none of our processor."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body, answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "null"), {}
        if self.path == "/v1/completions":
            size = 8 + zlib.crc32(str(body["seed"]).encode()) % 32
            tokens = [3 + zlib.crc32(f"{body['seed']} {i}".encode()) % 9 for i in range(size)]
            answer = {"choices": [{"index": 0, "token_ids": tokens, "logprobs": {"token_logprobs": [-2.0] * size},
                                   "finish_reason": "stop"}]}
            time.sleep(0.3)
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Listener(http.server.ThreadingHTTPServer):
    request_queue_size = 256


@contextlib.contextmanager
def elsewhere(name):
    """The settings that a case needs while it runs."""
    if name != "server":
        yield []
        return
    with Listener(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield ["rollout.backend=vllm", f"rollout.url=http://127.0.0.1:{server.server_address[1]}", "rollout.connections=128"]
        server.shutdown()


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
    with elsewhere(name) as more:
        for number in range(rounds):
            for ahead in ((True, False) if number % 2 else (False, True)):
                one = seconds(binary, out / "pipeline-run", [*settings, *more], model, steps, ahead)
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
