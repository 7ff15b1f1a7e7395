# SPDX-License-Identifier: Apache-2.0
# slow
"""A model that multiplies by way of Python: calls are made, what the tool says is masked and gets no gradient,
log-probs are the trainer's, a killed run goes on as if it never stopped, conversations with tools train SFT.

argv: the binary. Skips where programs cannot be isolated. Standard library only."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import _kills

binary = os.path.abspath(sys.argv[1])
if not shutil.which("bwrap"):
    print("skipped: no bubblewrap")
    sys.exit(77)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
SUMS = ["run.seed=1", "run.samples=8", "model.max_position_embeddings=192", "task.kind=arithmetic", 'task.operations=["*"]',
        "task.worked=0", "tools.kind=python", "tools.max_calls=3", "tools.seconds=5", "tools.max_output_tokens=40", "sft.schedule=cosine",
        "sft.warmup=10", "rl.max_new_tokens=120", "rl.lr=2e-4", "rl.warmup=3", "rl.beta2=0.999", "rl.advantage=grpo",
        "rl.aggregation=token_mean", 'reward.parts=[{ name = "zero_one" }, { name = "turns" }]', "reward.needs_thinking=false",
        "eval.temperature=0.6", "eval.max_new_tokens=120"]
SMALL = [*SUMS, "run.threads=2", "run.report=false", "run.save_every=1", "sft.steps=140", "sft.batch=16", "sft.lr=1e-2", "rl.steps=4",
         "rl.prompts=4", "rl.group=4", "rl.eval_every=2", "rl.filter_zero_advantage=false", "rl.minibatches=2", "eval.prompts=8",
         "model.hidden_size=48", "model.num_hidden_layers=2", "model.num_attention_heads=3", "model.num_key_value_heads=1",
         "model.head_dim=16", "model.intermediate_size=64", "task.tool_calls=0.9", "task.digits_min=1", "task.digits_max=1",
         "task.held_out=0.2", "rl.policy=gppo", "rl.kl=k3", "rl.kl_coef=0.01", "rl.entropy_coef=0.001",
         "rl.advantage=reinforce_plus_plus", "rl.reward_kl=k1", "rl.reward_kl_coef=0.01"]


def command(stage, directory, *settings, flags=()):
    sets = [part for one in [*SMALL, f"run.dir={directory}", *settings] for part in ("--set", one)]
    return [binary, stage, *sets, *flags]


def run(stage, directory, *settings, flags=(), fails=False, text=None):
    done = subprocess.run(command(stage, directory, *settings, flags=flags), input=text, capture_output=True, text=True, timeout=600)
    if "untrusted programs need" in done.stderr or "no program can be run" in done.stderr:
        print("skipped:", done.stderr.strip())
        sys.exit(77)
    assert (done.returncode != 0) == fails, done.stderr
    return done


def rows(directory):
    return [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]


def trains(directory):
    run("sft", directory)
    assert all(row["tool/masked_tokens"] > 0 for row in rows(directory) if row["stage"] == "sft")
    shutil.copytree(directory, directory.with_name("trained"))
    clock = time.monotonic()
    run("rl", directory)
    seconds = time.monotonic() - clock
    steps = [row for row in rows(directory) if row["stage"] == "rl"]
    assert len(steps) == 4
    for row in steps:
        assert row["tool/calls"] > 0.3 and row["tool/used"] > 0.3 and row["tool/turns"] > 1.3, row
        assert row["tool/masked_tokens"] > 10 * row["tool/calls"], row
        assert row["tool/masked_gradient"] == 0, row
        assert row["rollout/mismatch_max"] < 1e-4, row
        assert "reward/part/1_turns" in row and -0.2001 <= row["reward/part/1_turns"] <= 0.1001, row
    assert any(row["actor/grad_norm"] > 0 for row in steps)
    unmasked = directory.with_name("unmasked")
    shutil.copytree(directory.with_name("trained"), unmasked)
    run("rl", unmasked, "tools.masked=false")
    first = [row for row in rows(unmasked) if row["stage"] == "rl"][0]
    assert first["tool/masked_tokens"] == 0 and first["tool/calls"] == steps[0]["tool/calls"], first
    assert first["rollout/mismatch_max"] < 1e-4 and first["actor/grad_norm"] != steps[0]["actor/grad_norm"], first
    assert any("val/arithmetic/tool/calls" in row for row in rows(directory))
    samples = [json.loads(line) for line in (directory / "samples.jsonl").read_text().splitlines()]
    assert any("```output\n" in sample["completion"] for sample in samples), samples[-3:]
    return seconds


def resumes(reference, work, seconds):
    """The run took so many seconds. Killed at any moment, the run that goes on writes the same bytes."""
    directory = work / "killed"
    shutil.copytree(work / "trained", directory)
    kills = _kills.again_and_again(lambda resume: command("rl", directory, flags=["--resume"] if resume else []), directory,
                                   reference, seconds, random.Random(7), 12)
    assert (directory / "metrics.jsonl").read_bytes() == (reference / "metrics.jsonl").read_bytes(), "the resumed run differs"
    assert (directory / "model/model.safetensors").read_bytes() == (reference / "model/model.safetensors").read_bytes()
    return kills


def samples_from(directory):
    done = run("generate", directory, "eval.samples=2", "eval.greedy=true", text="3*4=\n")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 2 and lines[0] == lines[1] and "```output\n" in lines[0]["completion"], lines
    assert len(lines[0]["logp"]) == len(lines[0]["tokens"])
    evaluation = json.loads(run("eval", directory).stdout)
    assert evaluation["prompts"] == 8


def conversations(work):
    """A row with turns of a tool: what it says is read and not learnt."""
    said = "56088"
    row = {"messages": [{"role": "user", "content": "123*456?"}, {"role": "assistant", "content": "```python\nprint(123*456)\n```"},
                        {"role": "tool", "content": said}, {"role": "assistant", "content": "\\boxed{56088}"}], "answer": said}
    (work / "rows.jsonl").write_text((json.dumps(row) + "\n") * 4)
    more = ["task.kind=jsonl", f'task.train=["{work}/rows.jsonl"]', "task.tool_calls=0", "task.chat_template=true", "sft.steps=1",
            "sft.batch=4", "tokenizer.kind=bytes", "task.max_prompt_tokens=100", "model.max_position_embeddings=400"]
    run("sft", work / "rows", *more)
    # Control tokens are one each: \n <|im_start|> user \n ... <|im_end|> \n <|im_start|> assistant \n
    frame = len("\n") + 1 + len("user\n<tool_response>\n") + len("\n</tool_response>") + 1 + len("\n") + 1 + len("assistant\n")
    assert rows(work / "rows")[0]["tool/masked_tokens"] == 4 * (frame + len(said)), rows(work / "rows")[0]
    refused = run("sft", work / "no_tool", "tools.kind=none", fails=True)
    assert "tools.kind" in refused.stderr, refused.stderr


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    seconds = trains(work / "run")
    count = resumes(work / "run", work, seconds)
    samples_from(work / "run")
    conversations(work)
print(f"tools: 4 steps, {count} kills, the same bytes")
