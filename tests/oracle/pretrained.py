# SPDX-License-Identifier: Apache-2.0
"""Model directories go both ways between transformers and `gppo convert`, bit for bit.

argv: the gppo binary. Random small Qwen3 models, tied and untied, odd sizes; one file and shards; F32,
BF16 and F16; config.json in the spelling of transformers 5 and of 4. Exits 77 when a library is missing."""

import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
    import transformers
    from safetensors import safe_open
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

binary = sys.argv[1]
transformers.utils.logging.disable_progress_bar()


def make(seed, tied, heads, kv_heads, head_dim, hidden, vocab, layers, dtype):
    torch.manual_seed(seed)
    config = transformers.Qwen3Config(
        vocab_size=vocab, hidden_size=hidden, intermediate_size=hidden + 3, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=kv_heads, head_dim=head_dim,
        max_position_embeddings=77, tie_word_embeddings=tied, eos_token_id=[3, 1], pad_token_id=0,
        rope_parameters={"rope_type": "default", "rope_theta": 12345.0})
    model = transformers.AutoModelForCausalLM.from_config(config).to(dtype)
    with torch.no_grad():  # norms start at 1: make every tensor its own
        for p in model.parameters():
            p.add_(torch.randn_like(p) * 0.1)
    return model


def convert(*arguments):
    run = subprocess.run([binary, "convert", *map(str, arguments)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def load(path):
    model, info = transformers.AutoModelForCausalLM.from_pretrained(path, output_loading_info=True, dtype="auto")
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not info[kind], (kind, info[kind])
    return model


def same(a, b, what):
    x, y = a.state_dict(), b.state_dict()
    assert x.keys() == y.keys(), what
    for name in x:
        assert torch.equal(x[name].float(), y[name].float()), f"{what}: {name}"


def same_config(a, b):
    x, y = a.to_dict(), b.to_dict()
    for name in ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                 "num_key_value_heads", "head_dim", "max_position_embeddings", "rms_norm_eps",
                 "initializer_range", "tie_word_embeddings", "rope_parameters", "hidden_act", "layer_types",
                 "pad_token_id", "attention_bias", "sliding_window", "use_sliding_window"):
        assert x.get(name) == y.get(name), f"{name}: {x.get(name)} became {y.get(name)}"


def old_spelling(path):
    """config.json as transformers 4 wrote it."""
    config = json.loads((path / "config.json").read_text())
    config["torch_dtype"] = config.pop("dtype", "float32")
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["rope_scaling"] = None
    (path / "config.json").write_text(json.dumps(config))


def check(work, seed, tied, shape, dtype, sharded, old):
    model = make(seed, tied, *shape, dtype)
    theirs, ours, shards, back = (work / name for name in ("theirs", "ours", "shards", "back"))
    model.save_pretrained(theirs, max_shard_size="1KB" if sharded else "5GB")
    assert (theirs / "model.safetensors.index.json").exists() == sharded
    if old:
        old_spelling(theirs)

    out = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}[dtype]
    convert(theirs, ours, "--dtype", out)
    again = load(ours)
    assert again.dtype == dtype, again.dtype
    same(model, again, "one file")
    same_config(model.config, again.config)
    tokens = torch.tensor([[1, 4, 2, 5, 3, 6]])
    with torch.no_grad():
        # Not `model` itself: .to(bfloat16) rounds its RoPE table, which from_pretrained leaves in float32.
        assert torch.equal(load(theirs)(tokens).logits, again(tokens).logits)
    with safe_open(ours / "model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}

    convert(ours, shards, "--dtype", out, "--max-shard-bytes", 900)
    assert not (shards / "model.safetensors").exists()
    same(model, load(shards), "shards")
    load(shards).save_pretrained(back, max_shard_size="4KB")
    convert(back, work / "last", "--dtype", out)
    assert (work / "last" / "model.safetensors").read_bytes() == (ours / "model.safetensors").read_bytes()


shapes = [(4, 2, 8, 16, 31, 2), (3, 1, 6, 10, 17, 1), (5, 5, 2, 7, 23, 3)]
count = 0
for (seed, shape), tied, sharded in itertools.product(enumerate(shapes), (True, False), (True, False)):
    for dtype, old in ((torch.float32, False), (torch.bfloat16, True), (torch.float16, False)):
        with tempfile.TemporaryDirectory() as work:
            check(pathlib.Path(work), seed, tied, shape, dtype, sharded, old)
        count += 1
print(f"{count} models went to transformers {transformers.__version__} and back unchanged")
