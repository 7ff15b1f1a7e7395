# SPDX-License-Identifier: Apache-2.0
"""A run killed with SIGKILL at any moment and resumed equals one never killed, byte for byte.

argv: the binary, the source directory. GPPO_KILLS: random kills in all (default 32, beside those after every line of
metrics.jsonl); GPPO_KILL_SEED: where they fall. GPPO_KILL_KEEP=DIR keeps the runs there. Standard library only."""
# slow: left out by ./dev test --quick

import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

binary = os.path.abspath(sys.argv[1])
seed = int(os.environ.get("GPPO_KILL_SEED") or random.SystemRandom().randrange(1 << 32))
random_kills = int(os.environ.get("GPPO_KILLS", 32))
dice = random.Random(seed)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin stall each other on a shared machine
failures = []
checks = 0

COMMON = ["run.dir=run", "run.threads=2", "run.save_every=2", "run.samples=3", "model.hidden_size=32",
          "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1", "model.head_dim=16",
          "model.intermediate_size=32", "model.max_position_embeddings=96", "task.digits_min=1", "task.digits_max=1",
          "sft.batch=8", "sft.steps=7", "sft.eval_every=3", "sft.microbatch_tokens=256", "rl.steps=6", "rl.prompts=4",
          "rl.group=4", "rl.max_new_tokens=24", "rl.eval_every=3", "rl.microbatch_tokens=128", "rl.lr=1e-3",
          "eval.prompts=6", "eval.max_new_tokens=24",
          # A reward that differs among the completions of so small a model: short ones are better.
          "reward.overlong_buffer=22"]
# What a case must have had an effect on, or it would show nothing.
CASES = {
    "minibatches": (["rl.minibatches=2", "rl.schedule=cosine", "rl.warmup=2"], "actor/grad_norm"),
    "lora": (["lora.rank=3", "rl.kl=k3", "rl.kl_coef=0.05"], "actor/kl_loss"),
    "kl": (["rl.kl=k3", "rl.kl_coef=0.05", "run.keep=1"], "actor/kl_loss"),
    "entropy": (["rl.entropy_coef=0.01", "rl.policy=clip_higher", "rl.advantage=rloo", "run.save_every=1",
                 "model.tie_word_embeddings=false", "tokenizer.kind=bytes", "task.chat_template=true"], "actor/entropy"),
    # Both controllers move every step, so a state that was not saved would show.
    "controllers": (["rl.reward_kl=k1", "rl.reward_kl_coef=0.05", "rl.reward_kl_target=1e-4", "rl.reward_kl_horizon=20",
                     "rl.entropy_target=9", "rl.entropy_step=1e-3", "rl.entropy_max=0.1", "rl.correction=tis_token",
                     "rl.advantage=reinforce_plus_plus", "rl.minibatches=2"], "actor/reward_kl_coef"),
    # Enough supervised steps that some completions are right.
    "positives": (["rl.positive_coef=0.1", "task.worked=0", "sft.steps=90", "sft.batch=16", "sft.lr=1e-2",
                   "run.save_every=30", "rl.steps=4", "sft.eval_every=0", "task.operations=[\"+\"]",
                   "task.held_out=0.3"], "actor/positive_loss"),
}


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        failures.append(what)
        print("FAILED:", what, flush=True)
    return condition


def start(stage, case, work, *flags, more=()):
    settings = [part for setting in [*COMMON, *CASES[case][0], *more] for part in ("--set", setting)]
    return subprocess.Popen([binary, stage, *settings, *flags], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, preexec_fn=lambda: [signal.signal(s, signal.SIG_DFL)
                                                           for s in (signal.SIGINT, signal.SIGTERM)])


def run(stage, case, work, *flags, more=()):
    """(exit status, stdout, stderr)"""
    process = start(stage, case, work, *flags, more=more)
    out, error = process.communicate(timeout=300)
    return process.returncode, out, error


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def kill_when(process, condition):
    """SIGKILL once the condition holds; False if the process ended before."""
    while process.poll() is None and not condition():
        time.sleep(0.0005)
    process.kill()
    _, error = process.communicate()
    check(process.returncode in (0, -signal.SIGKILL), f"status {process.returncode}: {error}")
    return process.returncode == -signal.SIGKILL


def tree(directory):
    """name -> content of every file but those that hold times."""
    content = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_file() and not name.startswith("events.out.") and name not in ("timing.jsonl", "report.html"):
            content[name] = path.read_bytes()
    return content


def event_records(path, last):
    """The records of a TensorBoard file; a killed process may leave half of one."""
    data, place, count = path.read_bytes(), 0, 0
    while place < len(data):
        whole = place + 12 <= len(data)
        size = struct.unpack_from("<Q", data, place)[0] if whole else 0
        if not whole or place + 16 + size > len(data):
            check(not last, f"{path.name} ends in half a record")
            break
        place += 16 + size
        count += 1
    return count


def last_checkpoint_only(content):
    steps = {int(name.split("/")[1][5:]) for name in content if name.startswith("checkpoints/")}
    return {name: data for name, data in content.items()
            if not name.startswith("checkpoints/") or name.startswith(f"checkpoints/step_{max(steps)}/")}


def compare(reference, work, what, all_checkpoints=True):
    wanted, found = tree(reference / "run"), tree(work / "run")
    if not all_checkpoints:  # a signal saves at its own step
        wanted, found = last_checkpoint_only(wanted), last_checkpoint_only(found)
    check(wanted.keys() == found.keys(), f"{what}: files differ: {sorted(wanted.keys() ^ found.keys())}")
    for name in wanted.keys() & found.keys():
        check(wanted[name] == found[name], f"{what}: {name} differs")
    for suffix in ("metrics.jsonl", "samples.jsonl", "summary.json", "model/model.safetensors"):
        check(suffix in wanted, f"{what}: the reference lacks {suffix}")
    for part in ("model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"):
        check(any(name.startswith("checkpoints/") and name.endswith(part) for name in wanted), f"{what}: no {part}")
    steps = [[(row["step"], row["stage"]) for row in map(json.loads, (place / "run/timing.jsonl").open())]
             for place in (reference, work)]
    check(steps[0] == steps[1], f"{what}: timing.jsonl has other steps")
    check(not list((work / "run").rglob("*tmp-*")), f"{what}: temporary files are left")
    check((work / "run/report.html").stat().st_size > 1000, f"{what}: no report")
    events = sorted((work / "run").glob("events.out.tfevents.*"))
    check(sum(event_records(path, path == events[-1]) for path in events) > lines(work / "run/metrics.jsonl"),
          f"{what}: TensorBoard files lack records")


def after_every_line(case, work):
    """Kills the run each time metrics.jsonl has grown by one line more than when it was killed last."""
    metrics, kills, longest = work / "run/metrics.jsonl", 0, 0
    for stage in ("sft", "rl"):
        while True:
            longest = max(longest, lines(metrics))  # it is cut to the checkpoint first, then grows again
            if not kill_when(start(stage, case, work, "--resume"), lambda: lines(metrics) > longest):
                break
            kills += 1
    return kills


def at_random(case, work, seconds, budget):
    """Kills anywhere in the time of a stage; mostly soon after the start, or none would be killed often."""
    kills = 0
    for stage in ("sft", "rl"):
        goal, again = kills + budget // 2, []
        while True:
            process = start(stage, case, work, *again)
            again = ["--resume"]
            if kills >= goal:
                out, error = process.communicate(timeout=300)
                check(process.returncode == 0, f"{stage} does not end: {process.returncode} {error}")
                break
            end = time.monotonic() + dice.uniform(0, 1.1) ** 2 * seconds[stage]
            if kill_when(process, lambda: time.monotonic() > end):
                kills += 1
            elif dice.random() < 0.5:  # it was done: kill it once more while it says so, or go on
                break
    return kills


def by_signal(case, work):
    """SIGINT and SIGTERM: the step is finished and saved, the status says that it was not the end."""
    metrics, stops = work / "run/metrics.jsonl", 0
    for stage, number in (("sft", signal.SIGTERM), ("rl", signal.SIGINT)):
        for attempt in range(3):
            target = lines(metrics) + 1 + attempt
            process = start(stage, case, work, *(["--resume"] if attempt else []))
            while process.poll() is None and lines(metrics) < target:
                time.sleep(0.0005)
            process.send_signal(number)
            out, error = process.communicate(timeout=300)
            if process.returncode == 0:  # past its last step already
                break
            stops += 1
            check(process.returncode == 128 + number and "--resume" in out, f"signal: {process.returncode} {out} {error}")
            checkpoints = [int(path.name[5:]) for path in (work / "run/checkpoints").iterdir()]
            last = json.loads(metrics.read_text().splitlines()[-1])["step"]
            check(max(checkpoints) == last, f"stopped at {last}, saved at {checkpoints}")
        status, out, error = run(stage, case, work, "--resume")
        check(status == 0, f"{stage} after a signal: {error}")
    return stops


def questions(case, work):
    """What is refused, what needs no flag; nothing changes where nothing is to be done."""
    def refused(words, stage, *flags, more=()):
        before = tree(work / "run")
        status, out, error = run(stage, case, work, *flags, more=more)
        what = f"gppo {stage} {flags} {more}: {status} {error!r}"
        errors = [line for line in error.splitlines() if "warning" not in line]
        check(status == 1 and len(errors) == 1 and all(word in errors[0] for word in words), what)
        check(tree(work / "run") == before, f"{what} changed files")

    def unchanged(stage):
        before = tree(work / "run")
        status, out, error = run(stage, case, work, "--resume")
        check(status == 0 and "is finished" in out, f"{stage} --resume when done: {status} {out} {error}")
        check(tree(work / "run") == before, f"{stage} --resume when done changed files")

    # A first step that fails leaves nothing that needs a flag.
    status, _, error = run("sft", case, work, more=["model.max_position_embeddings=8"])
    check(status == 1 and "max_position_embeddings" in error, error)
    check(run("sft", case, work, more=["sft.steps=3"])[0] == 0, "a second start after a failed first step")
    refused(["stage sft at step 3", "--resume", "--overwrite"], "sft", more=["sft.steps=3"])
    # More steps are asked for than when it ended: it goes on.
    check(run("sft", case, work, "--resume", more=["sft.steps=5"])[0] == 0, "sft is extended")
    check(json.loads((work / "run/summary.json").read_text())["steps"] == 5, "sft is extended to 5 steps")
    check(run("sft", case, work, "--overwrite")[0] == 0, "--overwrite starts over")
    unchanged("sft")
    for key, value in {"task.digits_max": 2, "run.seed": 2, "task.held_out": 0.2, "task.operations": '["+"]',
                       "model.hidden_size": 16, "model.num_hidden_layers": 1, "model.tie_word_embeddings": "false",
                       "tokenizer.kind": "bytes", "task.chat_template": "true"}.items():
        refused([key, "checkpoints/step_7"], "sft", "--resume", more=["sft.steps=9", f"{key}={value}"])
    for key, value in {"model.hidden_size": 16, "tokenizer.kind": "bytes", "task.held_out": 0.2}.items():
        refused([key, "checkpoints/step_7"], "rl", more=[f"{key}={value}"])
    refused(["--resume and --overwrite"], "rl", "--resume", "--overwrite")

    process = start("rl", case, work, more=["rl.steps=100000"])  # needs no flag
    while process.poll() is None and lines(work / "run/metrics.jsonl") < 14:
        time.sleep(0.001)
    check(process.poll() is None, "rl on a finished sft needs no flag")
    refused_while_running = run("rl", case, work, "--resume", more=["rl.steps=100000"])
    check(refused_while_running[0] == 1 and "in use by another gppo process" in refused_while_running[2],
          f"two processes in one directory: {refused_while_running}")
    process.kill()
    process.communicate()
    refused(["stage rl", "--resume", "--overwrite"], "rl")
    refused(["stage rl", "no way back to sft"], "sft", "--resume")
    refused(["rl.kl"], "rl", "--resume", more=["rl.kl=k3", "rl.kl_coef=0.1"])
    check(run("rl", case, work, "--resume")[0] == 0, "rl ends")
    unchanged("rl")
    refused(["stage rl", "--resume", "--overwrite"], "rl")
    # A kill after the last checkpoint: the results are written by the next --resume.
    before = tree(work / "run")
    for name in ("summary.json", "model/model.safetensors", "report.html"):
        (work / "run" / name).unlink()
    (work / "run/model/.model.safetensors.tmp-999999999-3").write_text("half")
    check(run("rl", case, work, "--resume")[0] == 0 and tree(work / "run") == before, "results are completed")


def main(scratch):
    began, total, stops, every = time.monotonic(), 0, 0, 0
    for index, case in enumerate(CASES):
        reference = scratch / case / "reference"
        reference.mkdir(parents=True)
        seconds = {}
        for stage in ("sft", "rl"):
            clock = time.monotonic()
            status, out, error = run(stage, case, reference)
            seconds[stage] = time.monotonic() - clock
            check(status == 0, f"{case}: {stage}: {error}")
        rows = [json.loads(line) for line in (reference / "run/metrics.jsonl").open()]
        check(any(row.get(CASES[case][1]) for row in rows), f"{case}: {CASES[case][1]} is 0 at every step")
        check(any(row.get("actor/grad_norm") for row in rows if row["stage"] == "rl"), f"{case}: RL learnt nothing")

        work = scratch / case / "again"  # the same without a kill, else a difference would blame the kills
        work.mkdir()
        for stage in ("sft", "rl"):
            run(stage, case, work)
        compare(reference, work, f"{case}, run twice")

        if case != "positives":  # there a line is 30 ms of a long stage; the others have every moment
            work = scratch / case / "every"
            work.mkdir()
            kills = after_every_line(case, work)
            compare(reference, work, f"{case}, {kills} kills, one after every line")
            check(kills >= len(rows) // 2, f"{case}: only {kills} kills for {len(rows)} lines")
            every += kills
        done = 0
        share = random_kills // len(CASES) + (index < random_kills % len(CASES))
        while done < share:
            work = scratch / case / f"random{done}"
            work.mkdir()
            kills = at_random(case, work, seconds, min(8, max(2, share - done)))
            compare(reference, work, f"{case}, {kills} random kills (seed {seed})")
            done += max(kills, 1)
        total += done
        work = scratch / case / "signal"
        work.mkdir()
        stops += by_signal(case, work)
        compare(reference, work, f"{case}, stopped by signals", all_checkpoints=False)
        print(f"{case}: {len(rows)} lines, sft {seconds['sft']:.2f} s, rl {seconds['rl']:.2f} s, {done} random kills; "
              f"{time.monotonic() - began:.0f} s so far", flush=True)
    work = scratch / "questions"
    work.mkdir()
    questions("minibatches", work)
    check(every + total >= 40, f"only {every + total} kills")
    print(f"seed {seed}: {every} kills after a line, {total} at random, {stops} signals")


print(f"GPPO_KILL_SEED={seed}", flush=True)
if os.environ.get("GPPO_KILL_KEEP"):
    main(pathlib.Path(os.environ["GPPO_KILL_KEEP"]))
else:
    with tempfile.TemporaryDirectory() as directory:
        main(pathlib.Path(directory))
print(f"{checks} checks, {len(failures)} failed")
sys.exit(1 if failures else 0)
