# SPDX-License-Identifier: Apache-2.0
"""Low-rank adapters against PEFT: random shapes, ranks and target modules.

PEFT's adapters give the same logits here, ours give them there (max |d| <= 1e-4); A and B after three AdamW steps
<= 1e-5; the merged directory is merge_and_unload's (<= 1e-6). The seed is printed; LORA_SEED repeats it.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

dump = os.environ.get("GPPO_LORA_DUMP", "")
if not dump or not Path(dump).exists():
    print("skipped: GPPO_LORA_DUMP does not name the lora_dump executable")
    sys.exit(77)
try:
    import numpy as np
    import peft
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3ForCausalLM
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

torch.set_num_threads(1)
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def make_base(rng, directory):
    kv = rng.choice([1, 2])
    config = Qwen3Config(vocab_size=rng.choice([97, 256]), hidden_size=rng.randrange(17, 70),
                         intermediate_size=rng.randrange(17, 90), num_hidden_layers=rng.choice([1, 2, 3]),
                         num_attention_heads=kv * rng.choice([1, 2]), num_key_value_heads=kv, head_dim=2 * rng.randrange(3, 15),
                         tie_word_embeddings=rng.random() < 0.5, initializer_range=0.1, max_position_embeddings=256,
                         use_cache=False)
    Qwen3ForCausalLM(config).save_pretrained(directory / "base")
    return config.vocab_size


def logits_of(model, case):
    ids = torch.tensor(case["tokens"])
    cuts = case["offsets"]
    return torch.cat([model(ids[None, a:b]).logits[0] for a, b in zip(cuts, cuts[1:])])


def difference(theirs, ours):
    """The largest difference of two files or dictionaries of tensors with the same names."""
    assert theirs.keys() == ours.keys(), sorted(theirs.keys() ^ ours.keys())
    return max(float((theirs[name] - ours[name]).abs().max()) for name in theirs)


def load_base(directory):
    return AutoModelForCausalLM.from_pretrained(directory / "base", dtype=torch.float32, attn_implementation="eager")


def run(rng, directory):
    torch.manual_seed(rng.randrange(1 << 30))
    vocabulary = make_base(rng, directory)
    targets = rng.choice([LINEAR, ["q_proj", "v_proj"], ["self_attn.o_proj", "mlp.down_proj"], rng.sample(LINEAR, 3)])
    config = peft.LoraConfig(task_type="CAUSAL_LM", r=rng.choice([1, 2, 3, 8, 16]), lora_alpha=rng.choice([1, 8, 12.5, 32]),
                             target_modules=targets, use_rslora=rng.random() < 0.3)
    model = peft.get_peft_model(load_base(directory), config)
    # B is zero at first, which would hide A. Where scale B A is far above W, fp32 itself loses the fourth digit: PEFT's
    # logits are then 1e-4 from PEFT's in double.
    scale = config.lora_alpha / (config.r ** 0.5 if config.use_rslora else config.r)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "lora_B" in name:
                p.normal_(0, 0.1 / max(1.0, scale / 4))
    model.save_pretrained(directory / "adapter")
    lengths = [rng.randrange(1, 40) for _ in range(rng.randrange(1, 5))]
    offsets = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
    rows = sorted(rng.sample(range(offsets[-1]), max(1, offsets[-1] * 2 // 3)))
    case = dict(tokens=[rng.randrange(vocabulary) for _ in range(offsets[-1])], offsets=offsets, rows=rows,
                ids=[rng.randrange(vocabulary) for _ in rows], threads=rng.choice([1, 2]), lr=1e-3, eps=1e-4, weight_decay=0.1)
    # eps is far above a gradient's rounding: where a gradient is 0 in exact arithmetic (a query that sees one key), AdamW
    # with a small one would make a step of lr out of the last bit.
    (directory / "case.json").write_text(json.dumps(case))
    subprocess.run([dump, str(directory)], check=True)

    errors = {}
    with torch.no_grad():
        theirs = logits_of(model, case)
        ours = torch.from_numpy(np.fromfile(directory / "logits.bin", np.float32)).reshape(theirs.shape)
        errors["logits"] = float((theirs - ours).abs().max())
        again = peft.PeftModel.from_pretrained(load_base(directory), directory / "ours")
        errors["loaded in PEFT"] = float((logits_of(again, case) - ours).abs().max())
        assert float((logits_of(load_base(directory), case) - ours).abs().max()) > 1e-2  # the adapters do something
        merged = again.merge_and_unload().state_dict()
        saved = AutoModelForCausalLM.from_pretrained(directory / "merged", dtype=torch.float32).state_dict()
        errors["merged"] = difference(merged, saved)

    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=case["lr"], eps=case["eps"], weight_decay=case["weight_decay"])
    model.train()
    for _ in range(3):
        optimizer.zero_grad()
        logp = torch.log_softmax(logits_of(model, case)[torch.tensor(rows)], -1)
        (-logp.gather(1, torch.tensor(case["ids"])[:, None]).mean()).backward()
        optimizer.step()
    model.save_pretrained(directory / "theirs")
    files = {name: load_file(directory / name / "adapter_model.safetensors") for name in ("adapter", "ours", "theirs", "trained", "fresh")}
    errors["trained"] = difference(files["theirs"], files["trained"])
    assert difference(files["adapter"], files["trained"]) > 1e-3
    assert difference(files["adapter"], files["ours"]) == 0
    for name, tensor in files["fresh"].items():  # PEFT's own beginning: uniform within ±1/sqrt(in), and zero
        if "lora_B" in name:
            assert not tensor.any(), name
        else:
            bound = tensor.shape[1] ** -0.5
            assert tensor.abs().max() <= bound and (tensor.numel() < 200 or abs(float(tensor.std()) / bound - 3 ** -0.5) < 0.1), name
    bounds = {"logits": 1e-4, "loaded in PEFT": 1e-4, "merged": 1e-6, "trained": 1e-5}
    bad = [name for name, bound in bounds.items() if not errors[name] <= bound]
    print("FAILED " + ", ".join(bad) if bad else "ok", " ".join(f"{n} {errors[n]:.1e}" for n in bounds),
          f"r {config.r} alpha {config.lora_alpha} {'rs ' if config.use_rslora else ''}{','.join(targets)}")
    return not bad


seed = int(os.environ.get("LORA_SEED", random.randrange(1 << 30)))
print("LORA_SEED", seed)
rng = random.Random(seed)
good = True
for _ in range(8):
    with tempfile.TemporaryDirectory() as work:
        good &= run(rng, Path(work))
sys.exit(0 if good else 1)
