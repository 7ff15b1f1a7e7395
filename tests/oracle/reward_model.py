# SPDX-License-Identifier: Apache-2.0
"""A reward model that gppo trained scores as transformers' Qwen3ForSequenceClassification does, and its loss is torch's.

argv: the binary, the source directory."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
    from safetensors.torch import load_file
    from transformers import Qwen3ForSequenceClassification
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

binary = os.path.abspath(sys.argv[1])
torch.set_num_threads(1)
SETTINGS = ["run.threads=1", "run.report=false", "sft.steps=20", "sft.batch=8", "reward_model.steps=12", "reward_model.batch=8",
            "reward_model.held_out=0.3", "reward_model.lr=3e-3", "model.hidden_size=48", "model.num_hidden_layers=2", "model.head_dim=16",
            "model.num_attention_heads=3", "model.num_key_value_heads=1", "model.intermediate_size=64", "eval.prompts=4",
            "eval.max_new_tokens=8"]


def run(stage, work, *more):
    sets = [part for one in [*SETTINGS, f"run.dir={work}/run", *more] for part in ("--set", one)]
    done = subprocess.run([binary, stage, *sets], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


with tempfile.TemporaryDirectory() as work:
    pairs = [{"prompt": f"{a}+{b}=", "chosen": f"<think></think>\\boxed{{{a + b}}}", "rejected": f"<think></think>\\boxed{{{a + b + 1}}}"}
             for a in range(10, 18) for b in range(20, 28)]
    path = pathlib.Path(work) / "pairs.jsonl"
    path.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    run("sft", work)
    run("reward", work, f'reward_model.pairs=["{path}"]')
    directory = f"{work}/run/reward/reward_model"
    model = Qwen3ForSequenceClassification.from_pretrained(directory, num_labels=1, dtype=torch.float32).eval()
    head = load_file(f"{directory}/reward_head.safetensors")["score.weight"]
    assert head.shape == model.score.weight.shape and head.abs().max() > 0, head.shape
    model.score.weight.data = head
    rows = [json.loads(line) for line in open(f"{work}/run/reward/held_out_scores.jsonl")]
    assert len(rows) > 5
    worst, leads = 0.0, []
    with torch.no_grad():
        for row in rows:
            theirs = []
            for side in ("chosen", "rejected"):
                hidden = model.model(torch.tensor([row["prompt_ids"] + row[f"{side}_ids"]])).last_hidden_state
                theirs.append(model.score(hidden[0, -1]).item())
                worst = max(worst, abs(theirs[-1] - row[f"{side}_score"]))
            leads.append(theirs[0] - theirs[1])
    assert worst < 1e-4, worst
    logged = [json.loads(line) for line in open(f"{work}/run/reward/metrics.jsonl")]
    last = [row for row in logged if "val/pairs/loss" in row][-1]
    loss = -torch.nn.functional.logsigmoid(torch.tensor(leads)).mean().item()
    accuracy = sum(lead > 0 for lead in leads) / len(leads)
    assert abs(last["val/pairs/loss"] - loss) < 1e-4 and abs(last["val/pairs/accuracy"] - accuracy) < 1e-6, (last, loss, accuracy)
print(f"reward model: {2 * len(rows)} scores to {worst:.1e} of transformers, loss {loss:.4f} as torch's")
