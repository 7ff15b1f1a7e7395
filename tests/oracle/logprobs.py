# SPDX-License-Identifier: Apache-2.0
"""gppo logprobs against transformers on a model that gppo made: token ids and text, log-probs and entropies within 1e-4,
with its weights in fp32 and in bf16.
What gppo generate wrote, scored again, has the same log-probs to the bit. LOGPROBS_SEED repeats a run.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

gppo = sys.argv[1]
seed = int(os.environ.get("LOGPROBS_SEED", random.SystemRandom().randrange(2**31)))
print(f"LOGPROBS_SEED={seed}")
rng = random.Random(seed)
torch.set_num_threads(1)


def call(*arguments, rows=(), fails=False):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run([gppo, *arguments], input=text, capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        sys.exit(f"gppo {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stderr if fails else [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


for kept in ("fp32", "bf16"):
    with tempfile.TemporaryDirectory() as parent:
        sets = [f"run.dir={parent}/run", "sft.steps=2", "sft.batch=4", "eval.prompts=8", "run.report=false", "run.tensorboard=false",
                "model.num_hidden_layers=2", "model.hidden_size=48", "tokenizer.kind=bytes", f"model.weights={kept}"]
        call("sft", *(part for each in sets for part in ("--set", each)))
        directory = Path(parent, "run", "model")
        model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
        tokenizer = AutoTokenizer.from_pretrained(directory)
        use = ["--set", f"model.path={directory}", "--set", f"model.weights={kept}"]

        rows, vocabulary = [], model.config.vocab_size
        for index in range(40):
            ids = lambda n: [rng.randrange(vocabulary) for _ in range(n)]
            rows.append({"id": index, "prompt": ids(rng.randint(1, 60)), "tokens": ids(rng.randint(1, 60))})
        rows.append({"prompt": "12+34=", "completion": "<think>2+4=6,1+3=4</think>\\boxed{46}", "kept": 12345678901234567890123})
        temperature = rng.choice([0.6, 1.0, 1.7])
        scored = call("logprobs", *use, "--temperature", str(temperature), "--microbatch-tokens", "200", rows=rows)
        assert len(scored) == len(rows)
        worst = 0.0
        for row, ours in zip(rows, scored):
            assert {key: ours[key] for key in row} == row, "a field was lost"
            as_ids = lambda x: x if isinstance(x, list) else tokenizer.encode(x, add_special_tokens=False)
            prompt, completion = as_ids(row["prompt"]), as_ids(row.get("tokens", row.get("completion")))
            with torch.inference_mode():
                logits = model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1].double() / temperature
            logp = torch.log_softmax(logits, -1)
            want = logp[range(len(completion)), completion]
            entropy = -(logp.exp() * logp).sum(-1)
            worst = max(worst, (torch.tensor(ours["logprobs"]) - want).abs().max().item(),
                        (torch.tensor(ours["entropies"]) - entropy).abs().max().item(),
                        abs(ours["logprob_sum"] - want.sum().item()) / len(completion))
        assert worst < 1e-4, f"worst difference {worst}"

        made = call("generate", *use, "--set", "eval.max_new_tokens=20", "--set", "eval.samples=3", "-p", "12+34=", "-p", "5+6=")
        again = call("logprobs", *use, rows=made)
        assert all(row["logp"] == row["logprobs"] for row in again), "sampling and scoring differ"

        for bad, word in (({"prompt": [1], "tokens": [vocabulary]}, "no token of this model"), ({"prompt": [1]}, "completion"),
                          ({"prompt": [], "tokens": [1]}, "empty"), ({"prompt": 5, "tokens": [1]}, "neither text nor"),
                          ({"prompt": [1], "tokens": [1.5]}, "no token"), ({"prompt": [1] * 600, "tokens": [1]}, "max_position")):
            error = call("logprobs", *use, rows=[rows[0], bad], fails=True)
            assert word in error and ":2:" in error and error.count("\n") == 1, (bad, error)
    print(f"weights in {kept}: {len(rows)} rows, worst difference {worst:.1e} (bar 1e-4)")
