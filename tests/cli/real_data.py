# SPDX-License-Identifier: Apache-2.0
"""Files of rows through data, sft and rl: the loss falls, and rewards follow from the gold answers.

argv: the binary, the source directory. Uses ../shared/data/gsm8k too where it is present. Standard library only."""
# slow: left out by ./dev test --quick

import json
import os
import pathlib
import subprocess
import sys
import tempfile

binary, source = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
SMALL = ["model.hidden_size=48", "model.num_hidden_layers=2", "model.num_attention_heads=2", "model.num_key_value_heads=1",
         "model.head_dim=24", "model.intermediate_size=96", "run.threads=2", "run.save_every=0"]


def gppo(*arguments, settings=()):
    sets = [part for setting in settings for part in ("--set", str(setting))]
    done = subprocess.run([binary, *map(str, arguments), *sets], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, (arguments, settings, done.stderr[-2000:])
    return done


def rows(path):
    return [json.loads(line) for line in path.open()]


def files(train, evaluation):
    return [f'task.train=["{train}"]', f'task.eval=["{evaluation}"]']


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def loss_falls(run, factor):
    losses = [row["train/loss"] for row in rows(run / "metrics.jsonl") if row["stage"] == "sft"]
    first, last = mean(losses[:3]), mean(losses[-3:])
    assert last < factor * first, (first, last)
    return f"loss {first:.3f} -> {last:.3f} in {len(losses)} steps"


def rewards(run):
    steps = [row for row in rows(run / "metrics.jsonl") if row["stage"] == "rl"]
    for row in steps:
        assert "warnings" not in row, row  # NaN or infinite values are named there
    return [row["critic/rewards/mean"] for row in steps], [row["critic/score/mean"] for row in steps]


def made_up(work):
    """Questions with so few answers that a small model is right now and then, as GSM8K writes them."""
    def row(i):
        a, b = i % 8, i // 8
        return {"question": f"Tom has {a} of {b} apples. Is it 2 or 3?", "answer": f"So <<1+1=2>>it is.\n#### {2 + i % 2}"}
    train, held_out = [row(i) for i in range(64) if i % 5], [row(i) for i in range(64) if i % 5 == 0]
    for name, content in (("train", train), ("test", held_out)):
        (work / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in content))
        gppo("data", "verl", work / f"{name}.jsonl", "-o", work / f"verl-{name}.jsonl", "--split", name)
    common = [*SMALL, "tokenizer.kind=bytes", "task.kind=jsonl", "task.chat_template=true", "task.max_prompt_tokens=128",
              "eval.prompts=8", "eval.max_new_tokens=64", "model.max_position_embeddings=256"]
    sft = work / "sft"
    gppo("sft", settings=[*common, *files(work / "train.jsonl", work / "test.jsonl"), f"run.dir={sft}", "sft.steps=80",
                          "sft.batch=16", "sft.lr=1e-2"])
    print("made up:", loss_falls(sft, 0.2))
    for name, more in (("rows", files(work / "train.jsonl", work / "test.jsonl")),
                       ("verl", files(work / "verl-train.jsonl", work / "verl-test.jsonl"))):
        rl = work / ("rl-" + name)
        gppo("rl", settings=[*common, *more, f"run.dir={rl}", f"model.path={sft / 'model'}", "tokenizer.kind=file",
                             "rl.steps=6", "rl.prompts=8", "rl.group=4", "rl.max_new_tokens=64"])
        reward, score = rewards(rl)
        assert max(reward) > 0 and reward == score, (reward, score)
        # The score of each sample follows from its text and the gold answer of its question.
        gold = {r["question"]: r["answer"].split("#### ")[1] for r in train + held_out}
        held = {r["question"] for r in held_out}
        samples = rows(rl / "samples.jsonl")
        for sample in samples:
            question = sample["prompt"].split("user\n")[1].split("<|im_end|>")[0]
            assert sample["gold"] == gold[question], sample
            right = sample["extracted"].strip() == sample["gold"] and sample["reward_parts"]["format"] == 1
            assert sample["reward"] == (1 if right else 0), sample
            assert (question in held) == (sample["stage"] != "rl"), sample
        assert any(sample["reward"] for sample in samples) and not all(sample["reward"] for sample in samples)
        print(f"made up, {name}: rewards {reward}")
    verl, plain = work / "rl-verl", work / "rl-rows"
    # The same questions in another schema: the same run.
    assert (verl / "model/model.safetensors").read_bytes() == (plain / "model/model.safetensors").read_bytes()


def gsm8k(data, work):
    for name in ("train", "test"):
        gppo("data", "verl", data / f"{name}.jsonl", "-o", work / f"verl-{name}.jsonl", "--split", name)
    common = ["model.hidden_size=64", *SMALL[1:], "run.report=false", "eval.prompts=4", "eval.max_new_tokens=64"]
    done = gppo("sft", "-c", source / "examples/recipes/gsm8k-sft.toml",
                settings=[*common, *files(data / "train.jsonl", data / "test.jsonl"), f"run.dir={work / 'sft'}", "sft.steps=12",
                          "sft.batch=8", "sft.lr=1e-2", "sft.warmup=2"])
    assert "rows of task.train have prompts over 512 tokens and are left out" in done.stderr, done.stderr
    print("GSM8K:", loss_falls(work / "sft", 0.8))
    gppo("rl", "-c", source / "examples/recipes/gsm8k-rl.toml",
         settings=[*common, *files(work / "verl-train.jsonl", work / "verl-test.jsonl"), f"run.dir={work / 'rl'}",
                   f"model.path={work / 'sft/model'}", "rl.steps=2", "rl.prompts=4", "rl.group=2", "rl.max_new_tokens=64"])
    reward, _ = rewards(work / "rl")
    golds = {row["prompt"][0]["content"]: row["reward_model"]["ground_truth"]
             for name in ("train", "test") for row in rows(work / f"verl-{name}.jsonl")}
    for sample in rows(work / "rl/samples.jsonl"):
        question = sample["prompt"].removeprefix("<|im_start|>user\n").split("<|im_end|>")[0]
        assert sample["gold"] == golds[question], sample
    print("GSM8K: rewards", reward)


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    made_up(work)
    data = source.parent / "shared/data/gsm8k"
    if (data / "train.jsonl").exists():
        (work / "gsm8k").mkdir()
        gsm8k(data, work / "gsm8k")
    else:
        print("no ../shared/data/gsm8k: left out")
