# SPDX-License-Identifier: Apache-2.0
"""Greedy generation against transformers: random configs, 64 new tokens, prompts of different lengths.

Token ids must be identical, log-probs within 1e-4. Where the two disagree on a token, the gap between
transformers' two best logits is printed: a gap above rounding is a defect, and any difference fails.
The seed is printed; GENERATE_SEED repeats it.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

dump = os.environ.get("GPPO_GENERATE_DUMP", "")
if not dump or not Path(dump).exists():
    print("skipped: GPPO_GENERATE_DUMP does not name the generate_dump executable")
    sys.exit(77)
try:
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

torch.set_num_threads(1)
NEW_TOKENS = 64


def random_config(rng):
    kv_heads = rng.choice([1, 2, 3])
    return dict(
        vocab_size=rng.randint(50, 700), hidden_size=rng.randint(9, 70), intermediate_size=rng.randint(11, 120),
        num_hidden_layers=rng.randint(1, 4), num_attention_heads=kv_heads * rng.randint(1, 9),
        num_key_value_heads=kv_heads, head_dim=2 * rng.randint(3, 20), tie_word_embeddings=rng.random() < 0.5,
        rope_theta=rng.choice([1e4, 1e6]), rms_norm_eps=rng.choice([1e-6, 1e-5]))


def run(number, rng):
    shape = random_config(rng)
    torch.manual_seed(rng.randrange(2**31))
    # A wide initial range: with the usual one the logits of a random model are nearly flat.
    config = Qwen3Config(**shape, max_position_embeddings=512, initializer_range=0.3, attn_implementation="eager",
                         bos_token_id=None, eos_token_id=None, pad_token_id=0)
    model = Qwen3ForCausalLM(config).float().eval()
    for name, weight in model.named_parameters():
        if weight.dim() == 1:
            torch.nn.init.uniform_(weight, 0.5, 1.5)
    prompts = [[rng.randrange(shape["vocab_size"]) for _ in range(rng.choice([1, 2, 15, 33, 100, 300]))]
               for _ in range(5)]
    with tempfile.TemporaryDirectory() as directory:
        model.save_pretrained(directory)
        Path(directory, "prompts.json").write_text(json.dumps(
            dict(prompts=prompts, new_tokens=NEW_TOKENS, slots=rng.randint(1, 6), threads=rng.randint(1, 2))))
        subprocess.run([dump, directory], check=True, env={**os.environ, "OMP_WAIT_POLICY": "passive"})
        done = json.loads(Path(directory, "completions.json").read_text())
    worst, wrong = 0.0, 0
    for prompt, ours in zip(prompts, done, strict=True):
        ids = torch.tensor([prompt])
        theirs = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS, do_sample=False)
        theirs = theirs[0, len(prompt):].tolist()
        assert len(theirs) == NEW_TOKENS == len(ours["tokens"])
        with torch.no_grad():
            logits = model(torch.tensor([prompt + theirs])).logits[0, len(prompt) - 1:-1]
        if theirs != ours["tokens"]:
            at = next(i for i in range(NEW_TOKENS) if theirs[i] != ours["tokens"][i])
            best = logits[at].topk(2).values
            print(f"case {number}: token {at} is {ours['tokens'][at]}, transformers has {theirs[at]}; "
                  f"its two best logits are {best[0] - best[1]:.2e} apart")
            wrong += 1
            continue
        logp = torch.log_softmax(logits, -1)[torch.arange(NEW_TOKENS), torch.tensor(theirs)]
        worst = max(worst, (logp - torch.tensor(ours["logp"])).abs().max().item())
    print(f"case {number}: {len(prompts)} prompts x {NEW_TOKENS} tokens, {wrong} differ, logp max |d| {worst:.1e}")
    return wrong == 0 and worst <= 1e-4


seed = int(os.environ.get("GENERATE_SEED", random.randrange(10**6)))
print(f"seed {seed}")
rng = random.Random(seed)
results = [run(number, rng) for number in range(6)]
sys.exit(0 if all(results) else 1)
