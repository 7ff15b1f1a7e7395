# SPDX-License-Identifier: Apache-2.0
"""Qwen3 against transformers: random configs, packed batches of odd lengths; on the CPU backend and, where that was built
(GPPO_QWEN3_TORCH_DUMP), on LibTorch.

logits and log-probs max |d| <= 1e-4, gradient of every tensor <= 1e-3 relative (largest difference over
largest entry), weights after three clipped AdamW steps <= 1e-4. The seed is printed; QWEN3_SEED repeats it.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

dumps = [d for d in (os.environ.get("GPPO_QWEN3_DUMP", ""), os.environ.get("GPPO_QWEN3_TORCH_DUMP", "")) if Path(d).is_file()]
if not dumps:
    print("skipped: GPPO_QWEN3_DUMP does not name the qwen3_dump executable")
    sys.exit(77)
try:
    import numpy as np
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

torch.set_num_threads(2)

FIXED = [  # odd sizes, every head ratio, tied and untied
    dict(vocab_size=97, hidden_size=40, intermediate_size=56, num_hidden_layers=2, num_attention_heads=4,
         num_key_value_heads=2, head_dim=24, tie_word_embeddings=False),
    dict(vocab_size=97, hidden_size=40, intermediate_size=56, num_hidden_layers=2, num_attention_heads=4,
         num_key_value_heads=2, head_dim=24, tie_word_embeddings=True),
    dict(vocab_size=512, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=8,
         num_key_value_heads=1, head_dim=16, tie_word_embeddings=True),
    dict(vocab_size=3001, hidden_size=33, intermediate_size=71, num_hidden_layers=1, num_attention_heads=3,
         num_key_value_heads=3, head_dim=10, tie_word_embeddings=False),
]


def draw(rng):
    kv = rng.choice([1, 2, 3])
    return dict(vocab_size=rng.choice([31, 257, 2500]), hidden_size=rng.randrange(17, 90),
                intermediate_size=rng.randrange(17, 130), num_hidden_layers=rng.choice([1, 2, 3]),
                num_attention_heads=kv * rng.choice([1, 2, 4]), num_key_value_heads=kv,
                head_dim=2 * rng.randrange(3, 20), tie_word_embeddings=rng.random() < 0.5)


def weights_of(model, gradient=False):
    return {n: (p.grad if gradient else p).detach().numpy().copy() for n, p in model.named_parameters()}


def reference(model, case, offsets, tokens, rows, ids, dlogp, dentropy):
    """The loss sum(dlogp logp + dentropy entropy), so that its gradients are the ones given."""
    logits = torch.cat([model(torch.tensor(tokens[a:b]).long()[None]).logits[0] for a, b in zip(offsets, offsets[1:])])
    logp = torch.log_softmax(logits[torch.tensor(rows)] / case["temperature"], -1)
    entropy = -(logp.exp() * logp).sum(-1)
    chosen = logp.gather(1, torch.tensor(ids).long()[:, None])[:, 0]
    return logits, chosen, entropy, (torch.tensor(dlogp) * chosen + torch.tensor(dentropy) * entropy).sum()


def run(rng, shape, directory):
    case = dict(shape, rms_norm_eps=1e-6, rope_theta=rng.choice([1e4, 1e6]), threads=rng.choice([1, 2, 3]),
                activations=rng.choice(["kept", "recomputed"]), temperature=rng.choice([1.0, 0.7, 1.3]), lr=1e-3, eps=1e-6,
                weight_decay=0.1, max_norm=1.0)
    torch.manual_seed(rng.randrange(1 << 30))
    config = Qwen3Config(**shape, rms_norm_eps=1e-6, initializer_range=0.1, max_position_embeddings=512,
                         attention_dropout=0.0, use_cache=False,
                         rope_parameters=dict(rope_type="default", rope_theta=case["rope_theta"]))
    config._attn_implementation = "eager"
    model = Qwen3ForCausalLM(config)
    with torch.no_grad():  # norms too: a gradient at weight 1 hides mistakes
        for name, p in model.named_parameters():
            if p.dim() == 1:
                p.copy_(1 + 0.3 * torch.randn_like(p))
    lengths = [rng.randrange(1, 60) for _ in range(rng.randrange(1, 6))]
    offsets = np.cumsum([0] + lengths)
    total = int(offsets[-1])
    tokens = np.array([rng.randrange(shape["vocab_size"]) for _ in range(total)], np.int32)
    rows = np.array(sorted(rng.sample(range(total), max(1, total * 2 // 3))), np.int64)
    ids = np.array([rng.randrange(shape["vocab_size"]) for _ in rows], np.int32)
    dlogp = np.array([rng.gauss(0, 1) for _ in rows], np.float32) / len(rows)
    dentropy = np.array([rng.gauss(0, 1) for _ in rows], np.float32) / len(rows)
    arrays = dict(weights=np.concatenate([w.ravel() for w in weights_of(model).values()]), tokens=tokens,
                  offsets=offsets.astype(np.int64), rows=rows, ids=ids, dlogp=dlogp, dentropy=dentropy)
    for name, array in arrays.items():
        array.tofile(f"{directory}/{name}.bin")
    Path(f"{directory}/case.json").write_text(json.dumps(case))
    steps = reference_steps(model, case, offsets, tokens, rows, ids, dlogp, dentropy)
    return all([compare(dump, directory, case, steps, total) for dump in dumps])


def reference_steps(model, case, offsets, tokens, rows, ids, dlogp, dentropy):
    """(values of the first pass, gradients of the first step, weights after three) by transformers."""
    # eps 1e-6, not 1e-8: Adam's first step is lr sign(g), so where |g| is itself rounding noise any two correct
    # programs differ by up to 2 lr. tests/kernel/adamw.test.cpp checks the formula with the usual eps.
    optimizer = torch.optim.AdamW(model.parameters(), lr=case["lr"], eps=case["eps"], weight_decay=case["weight_decay"])
    for step in range(3):
        optimizer.zero_grad()
        logits, logp, entropy, loss = reference(model, case, offsets, tokens, rows, ids, dlogp, dentropy)
        loss.backward()
        if step == 0:
            values = dict(logits=logits, logp=logp, entropy=entropy)
            first = {n: v.detach().numpy().ravel() for n, v in values.items()}
            gradients = weights_of(model, gradient=True)
        torch.nn.utils.clip_grad_norm_(model.parameters(), case["max_norm"])
        optimizer.step()
    return first, gradients, weights_of(model)


def compare(dump, directory, case, steps, total):
    subprocess.run([dump, directory], check=True)
    ours = {n: np.fromfile(f"{directory}/{n}.bin", np.float32)
            for n in ("logits", "logp", "entropy", "gradients", "after")}
    first, gradients, weights = steps
    errors = {name: float(np.abs(value - ours[name]).max()) for name, value in first.items()}
    place = 0
    errors["gradient"], errors["weights"] = 0.0, 0.0
    largest = max(np.abs(g).max() for g in gradients.values())
    for name, after in weights.items():
        part = slice(place, place := place + after.size)
        gradient = gradients[name].ravel()
        # Queries and keys of single tokens have none: there, what is not 0 is held to 1e-6 of the largest of all.
        size = np.abs(gradient).max() or 1e-3 * largest
        relative = np.abs(gradient - ours["gradients"][part]).max() / size
        if relative > errors["gradient"]:
            errors["gradient"], errors["worst"] = float(relative), name
        errors["weights"] = max(errors["weights"], float(np.abs(after.ravel() - ours["after"][part]).max()))
    assert place == ours["gradients"].size
    bounds = dict(logits=1e-4, logp=1e-4, entropy=1e-4, gradient=1e-3, weights=1e-4)
    bad = [n for n, bound in bounds.items() if not errors[n] <= bound]
    text = " ".join(f"{n} {errors[n]:.1e}" for n in bounds)
    print(("FAILED " + ",".join(bad) if bad else "ok"), Path(dump).name, text, errors.get("worst"), json.dumps(case),
          f"tokens {total}")
    return not bad


seed = int(os.environ.get("QWEN3_SEED", random.randrange(1 << 30)))
print("QWEN3_SEED", seed)
rng = random.Random(seed)
good = True
for shape in FIXED + [draw(rng) for _ in range(6)]:
    with tempfile.TemporaryDirectory() as directory:
        good &= run(rng, shape, directory)
sys.exit(0 if good else 1)
