# SPDX-License-Identifier: Apache-2.0
"""Several ranks train as one does: the same losses, metrics and weights to 1e-6, the same completions, checkpoints that any number
of them goes on from, a critic, policies that look at a whole step, pipelines and servers, a rank that dies, and what is refused. Standard library only; torchrun itself where GPPO_PYTHON has it."""
# slow: left out by ./dev test --quick
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import _ranks
from _ranks import free_port
from _two_runs import largest_difference, steps as steps_of

gppo = str(pathlib.Path(sys.argv[1]).resolve())
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
COMMON = ["run.dir=run", "run.tensorboard=false", "run.report=false", "run.samples=3", "run.threads=1", "run.save_every=2",
          "run.rank_timeout=60", "model.hidden_size=32", "model.num_hidden_layers=2", "model.num_attention_heads=2",
          "model.num_key_value_heads=1", "model.head_dim=16", "model.intermediate_size=48", "model.max_position_embeddings=96",
          "task.digits_min=1", "task.digits_max=1", "sft.batch=8", "sft.steps=6", "sft.lr=2e-4", "sft.eps=1e-6",
          "sft.microbatch_tokens=128", "rl.steps=4", "rl.prompts=5", "rl.group=4", "rl.max_new_tokens=24", "rl.eval_every=2",
          "rl.lr=5e-5", "rl.eps=1e-6", "rl.microbatch_tokens=128", "eval.prompts=7", "eval.max_new_tokens=24",
          "reward.overlong_buffer=22"]
CASES = {
    "plain": [],
    # Everything that reads log-probs again, several steps a rollout, a reference, weight decay, entropies.
    "much": ["rl.minibatches=2", "rl.kl=k3", "rl.kl_coef=0.05", "rl.entropy_coef=0.01", "rl.correction=tis_token", "rl.policy=gspo",
             "rl.weight_decay=0.1", "sft.weight_decay=0.1", "rl.reward_kl=k1", "rl.reward_kl_coef=0.05",
             "rl.advantage=reinforce_plus_plus_baseline", "rl.resample_max=1"],
    "lora": ["lora.rank=3", "rl.advantage=rloo"],
    # A greedy rollout beside the sampled one, a controller that moves every step.
    "remax": ["rl.advantage=remax", "rl.entropy_target=9", "rl.entropy_step=1e-3", "rl.entropy_max=0.1"],
}
# Of gppo rl alone, on what gppo sft left.
PIPELINE = ["rl.pipeline=true"]
RL_CASES = {
    "critic": ["rl.advantage=gae", "rl.critic_lr=5e-5", "rl.minibatches=2"],
    "pipeline": [*PIPELINE, "rl.resample_max=1", "rl.minibatches=2", "rl.correction=tis_token"],
    "clip_cov": ["rl.policy=clip_cov", "rl.policy_params={share = 0.1, lowest = 0.0, highest = 100.0}", "rl.kl=k3", "rl.kl_coef=0.05",
                 "rl.minibatches=2"],
    "kl_cov": [*PIPELINE, "rl.policy=kl_cov", "rl.policy_params={share = 0.1, coefficient = 1.0}"],
    "m2po": [*PIPELINE, "rl.policy=m2po", "rl.policy_params={threshold = 1e-7}"],
}
if (pathlib.Path(gppo).parent / "libgppo_torch_engine.so").exists():
    CASES["torch"] = ["run.backend=torch"]


def command(stage, *flags, more=()):
    return [gppo, stage, *flags] + [part for each in [*COMMON, *more] for part in ("--set", each)]


def start(ranks, stage, where, *flags, more=(), launcher="torchrun"):
    return _ranks.start(command(stage, *flags, more=more), ranks, where, launcher)


def run(ranks, stage, where, *flags, **how):
    return _ranks.finish(start(ranks, stage, where, *flags, **how), where, stage)


def steps(where):
    return steps_of(f"{where}/run")


def compare(one, several, bound=1e-6):
    """The largest difference of a metric (as a part of it where it is above 1), and of a weight."""
    worst = largest_difference(f"{one}/run", f"{several}/run", 8, several)
    weights = _ranks.largest_gap(f"{one}/run/model/model.safetensors", f"{several}/run/model/model.safetensors")
    assert worst[0] <= bound and weights <= bound, f"{several}: metrics {worst}, weights {weights}"
    texts = [(pathlib.Path(where) / "run/samples.jsonl").read_text() for where in (one, several)]
    assert [json.loads(line)["completion"] for line in texts[0].splitlines()] == \
           [json.loads(line)["completion"] for line in texts[1].splitlines()], f"{several}: other completions"
    return worst[0], weights


def both_stages(ranks, where, more, **how):
    run(ranks, "sft", where, more=more, **how)
    run(ranks, "rl", where, more=more, **how)


def same_as_one():
    largest = [0.0, 0.0]
    for name, more in CASES.items():
        both_stages(1, f"{name}-1", more)
        learnt = [line["actor/grad_norm"] for line in steps(f"{name}-1") if "actor/pg_loss" in line]
        assert learnt and min(learnt) > 0, f"{name}: rl learnt nothing: {learnt}"
        for ranks in (2, 3) if name == "much" else (2,):
            both_stages(ranks, f"{name}-{ranks}", more, launcher="mpirun" if name == "lora" else "torchrun")
            largest = [max(pair) for pair in zip(largest, compare(f"{name}-1", f"{name}-{ranks}"))]
    return largest


def rl_same_as_one():
    largest = [0.0, 0.0]
    run(1, "sft", "begun")
    for name, more in RL_CASES.items():
        for ranks in (1, 3) if name == "critic" else (1, 2):
            shutil.copytree("begun", f"{name}-{ranks}")
            run(ranks, "rl", f"{name}-{ranks}", more=more)
        largest = [max(pair) for pair in zip(largest, compare(f"{name}-1", f"{name}-{ranks}"))]
    # What the policy chooses depends on the step alone, not on how it is cut.
    for name in ("clip_cov", "m2po"):
        shutil.copytree("begun", f"{name}-whole")
        run(1, "rl", f"{name}-whole", more=[*RL_CASES[name], "rl.microbatch_tokens=100000"])
        compare(f"{name}-whole", f"{name}-2")
    return largest


def resumes_anywhere():
    """A checkpoint of two ranks, a critic and a rollout that waits among it, goes on with one, two and three, and all end alike."""
    whole = ["rl.steps=4", "rl.eval_every=0", "rl.advantage=gae", "rl.critic_lr=5e-5", *PIPELINE]
    shutil.copytree("begun", "kept")
    run(2, "rl", "kept", more=whole)
    shutil.rmtree("kept/run/checkpoints/step_10")
    assert pathlib.Path("kept/run/checkpoints/step_8/ahead.bin").exists()
    for ranks in (1, 2, 3):
        shutil.copytree("kept", f"on-{ranks}")
        said = run(ranks, "rl", f"on-{ranks}", "--resume", more=whole)
        assert ("run.ranks was 2 and is now" in said) == (ranks != 2), said
    for ranks in (1, 3):
        compare("on-2", f"on-{ranks}")
    shutil.copytree("begun", "straight")
    run(1, "rl", "straight", more=whole)
    rows = {where: {line["step"]: line for line in steps(where) if "actor/pg_loss" in line} for where in ("straight", "on-2")}
    for step in (9, 10):
        for key in ("actor/pg_loss", "actor/grad_norm", "actor/entropy", "critic/grad_norm"):
            a, b = rows["straight"][step][key], rows["on-2"][step][key]
            assert abs(a - b) < 1e-6, f"step {step} {key}: {a} in one go, {b} after a resume"


class Fake(http.server.BaseHTTPRequestHandler):
    """vLLM's calls; completions depend on prompt, seed and weights, as a deterministic server's do."""

    loads, asked, lock = 0, [], threading.Lock()
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "null")
        answer = {}
        with self.lock:
            if self.path == "/collective_rpc":
                type(self).loads += 1
            if self.path == "/v1/completions":
                self.asked.append((body["seed"], self.client_address))
                size = 1 + zlib.crc32(str(body["seed"] + self.loads).encode()) % body["max_tokens"]
                tokens = [3 + zlib.crc32(f"{body['prompt']} {body['seed']} {i}".encode()) % 9 for i in range(size)]
                answer = {"choices": [{"index": 0, "token_ids": tokens, "logprobs": {"token_logprobs": [-0.5] * size},
                                       "finish_reason": "length"}]}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Listener(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def asks_a_server():
    """Each rank asks for its part, rank 0 alone has the server load the weights."""
    with Listener(("127.0.0.1", 0), Fake) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        more = ["rollout.backend=vllm", f"rollout.url=http://127.0.0.1:{server.server_address[1]}", "rollout.connections=2"]
        seen = []
        for ranks in (1, 2):
            Fake.loads, Fake.asked = 0, []
            shutil.copytree("begun", f"server-{ranks}")
            run(ranks, "rl", f"server-{ranks}", more=more)
            seen.append((Fake.loads, sorted(seed for seed, _ in Fake.asked)))
        server.shutdown()
    assert seen[0] == seen[1] and seen[0][0] > 3, [(loads, len(asked)) for loads, asked in seen]
    return compare("server-1", "server-2")


def a_rank_dies():
    """SIGKILL of either rank: the other stops within seconds, says why, and the run goes on with --resume."""
    slowest = 0.0
    for victim in (0, 1):
        where = pathlib.Path(f"dies-{victim}")
        started = start(2, "sft", where, more=["sft.steps=100000"])
        metrics = where / "run/metrics.jsonl"
        slowest = max(slowest, _ranks.kill_one(started, victim, metrics, 5))
        done = max(int(path.name[5:]) for path in (where / "run/checkpoints").glob("step_*") if "." not in path.name)
        run(2, "sft", where, "--resume", more=[f"sft.steps={done + 2}"])
    assert slowest < 10, f"the other rank took {slowest} s to stop"
    return slowest


def a_signal_stops_all():
    started = start(2, "sft", "signal", more=["sft.steps=100000"])
    metrics = pathlib.Path("signal/run/metrics.jsonl")
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") > 3):
        time.sleep(0.01)
    started[1].send_signal(signal.SIGTERM)  # to the one that writes nothing
    started[1].wait(60)
    last = steps("signal")[-1]["step"]  # a launcher kills the rest when one ends: by then all is saved
    assert (pathlib.Path("signal/run/checkpoints") / f"step_{last}").exists(), f"not saved at {last}"
    results = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [128 + signal.SIGTERM] * 2, results
    assert "--resume" in results[0][0], results


def refused(words, ranks, stage, more=(), environment=None):
    shutil.rmtree("refused", ignore_errors=True)
    if environment is None:
        started = start(ranks, stage, "refused", more=more)
    else:
        pathlib.Path("refused").mkdir()
        started = [subprocess.Popen(command(stage, more=more), cwd="refused", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True, env={**os.environ, **environment})]
    for process in started:
        _, error = process.communicate(timeout=60)
        assert process.returncode == 1 and error.count("\n") == 1, f"{more}: {process.returncode} {error!r}"
        # Those that did not find it themselves lost the rank that did.
        assert all(word in error for word in words) or "lost rank" in error, f"{more}: {error!r}"
    assert not (pathlib.Path("refused") / "run").exists(), f"{more} left a run"


def refusals():
    world = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    refused(["only 1 of 2 came", "run.rank_timeout"], 1, "sft", ["run.rank_timeout=1"], world)
    refused(["rank 0 is not at 127.0.0.1"], 1, "sft", ["run.rank_timeout=1"], {**world, "RANK": "1"})
    refused(["RANK is 'one'"], 1, "sft", environment={**world, "RANK": "one"})
    refused(["RANK is '2'", "from 0 to 1"], 1, "sft", environment={**world, "RANK": "2"})
    refused(["MASTER_ADDR"], 1, "sft", environment={**world, "MASTER_ADDR": ""})
    refused(["MASTER_PORT is ''"], 1, "sft", environment={**world, "MASTER_PORT": ""})
    # Another configuration is found before anything is learnt.
    port = str(free_port())
    started = []
    for rank, lr in enumerate(("1e-3", "2e-3")):
        pathlib.Path(f"differs-{rank}").mkdir()
        started.append(subprocess.Popen(command("sft", more=[f"sft.lr={lr}"]), cwd=f"differs-{rank}", stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **world, "RANK": str(rank), "MASTER_PORT": port}))
    errors = [process.communicate(timeout=60)[1] for process in started]
    assert "another configuration" in errors[1] and "lost rank 1" in errors[0], errors


def under_torchrun():
    python = os.environ.get("GPPO_PYTHON")
    torchrun = pathlib.Path(python).parent / "torchrun" if python else None
    if not torchrun or not torchrun.exists():
        return "torchrun not there"
    pathlib.Path("torchrun").mkdir()
    for stage in ("sft", "rl"):
        done = subprocess.run([str(torchrun), "--standalone", "--nproc-per-node=2", "--no-python", *command(stage)], cwd="torchrun",
                              capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=300)
        assert done.returncode == 0, done.stderr
    compare("plain-1", "torchrun")
    return "torchrun too"


with tempfile.TemporaryDirectory() as parent:
    os.chdir(parent)
    metrics, weights = map(max, same_as_one(), rl_same_as_one(), asks_a_server())
    resumes_anywhere()
    slowest = a_rank_dies()
    a_signal_stops_all()
    refusals()
    launched = under_torchrun()
print(f"ok: 2 and 3 ranks differ from 1 by {metrics:.1e} in metrics, {weights:.1e} in weights; {launched}; a dead rank is "
      f"noticed in {slowest:.1f} s")
