# SPDX-License-Identifier: Apache-2.0
"""Every published Qwen3 size, without its weights: `gppo inspect` names the tensors and shapes that transformers builds on
the meta device, from config.json in the spelling of transformers 4 (as published) and of 5, and what it would write
builds the same model again.

    python tests/oracle/published.py GPPO_BINARY REPOSITORY
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

#        hidden, intermediate, layers, heads, tied
SIZES = {"0.6B": (1024, 3072, 28, 16, True), "1.7B": (2048, 6144, 28, 16, True), "4B": (2560, 9728, 36, 32, True),
         "8B": (4096, 12288, 36, 32, False), "14B": (5120, 17408, 40, 40, False), "32B": (5120, 25600, 64, 64, False)}
FORMS = {"": (40960, 1e6), "-2507": (262144, 5e6)}


def published(hidden, intermediate, layers, heads, tied, longest, theta):
    """config.json as it stands in the repositories, written by transformers 4.51."""
    return {"architectures": ["Qwen3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 151643,
            "eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu", "hidden_size": hidden, "initializer_range": 0.02,
            "intermediate_size": intermediate, "max_position_embeddings": longest, "max_window_layers": layers,
            "model_type": "qwen3", "num_attention_heads": heads, "num_hidden_layers": layers, "num_key_value_heads": 8,
            "rms_norm_eps": 1e-06, "rope_scaling": None, "rope_theta": int(theta), "sliding_window": None,
            "tie_word_embeddings": tied, "torch_dtype": "bfloat16", "transformers_version": "4.51.0", "use_cache": True,
            "use_sliding_window": False, "vocab_size": 151936}


def newer(config):
    config = dict(config, dtype=config["torch_dtype"], layer_types=["full_attention"] * config["num_hidden_layers"],
                  rope_parameters={"rope_type": "default", "rope_theta": float(config["rope_theta"])})
    return {k: v for k, v in config.items() if k not in ("torch_dtype", "rope_theta", "rope_scaling")}


def built(config, folder):
    """Names and shapes of the parameters transformers makes, which a tied head does not count twice."""
    (folder / "config.json").write_text(json.dumps(config))
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(folder))
    return {name: list(p.shape) for name, p in model.named_parameters()}, model.config


for size, shape in SIZES.items():
    for form, (longest, theta) in FORMS.items():
        old = published(*shape, longest, theta)
        for config in (old, newer(old)):
            with tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                want, theirs = built(config, folder)
                run = subprocess.run([sys.argv[1], "inspect", str(folder)], capture_output=True, text=True)
                assert run.returncode == 0, run.stderr
                got = json.loads(run.stdout)
                assert got["tensors"] == want, f"{size}{form}: shapes differ"
                count = sum(torch.Size(s).numel() for s in want.values())
                assert got["parameters"] == count, (got["parameters"], count)
                again, ours = built(got["config"], folder)
                assert again == want, f"{size}{form}: what is written builds another model"
                for name in ("rope_parameters", "max_position_embeddings", "eos_token_id", "bos_token_id", "rms_norm_eps",
                             "tie_word_embeddings", "head_dim", "num_key_value_heads", "vocab_size", "layer_types"):
                    assert getattr(ours, name) == getattr(theirs, name), (size, name, getattr(ours, name))
    print(f"Qwen3-{size}: {count:,} parameters in {len(want)} tensors, as transformers {transformers.__version__} builds them")
