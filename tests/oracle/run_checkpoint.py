# SPDX-License-Identifier: Apache-2.0
"""What sft and then rl leave in run.dir: transformers loads the model and every checkpoint, and reads our ids.

argv: the binary, the source directory."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

binary = os.path.abspath(sys.argv[1])
try:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
COMMON = ["run.threads=2", "run.save_every=2", "run.report=false", "model.hidden_size=32", "model.num_hidden_layers=2",
          "model.num_attention_heads=2", "model.num_key_value_heads=1", "model.head_dim=16", "model.intermediate_size=32",
          "task.digits_min=1", "sft.steps=4", "sft.batch=8", "rl.steps=3", "rl.prompts=4", "rl.group=4",
          "rl.max_new_tokens=16", "rl.eval_every=0", "eval.prompts=4", "eval.max_new_tokens=16",
          "reward.overlong_buffer=15"]
TEXTS = ["12+34=", "7-9=", "<think>\n1+2=3\n</think>\\boxed{3}", "<|im_start|>user\n5+5=<|im_end|>\n<|im_start|>assistant\n"]
BYTES = ["Grüße, 世界! 🙂\n\n\t  x", "It's 2024: don't."]


def gppo(*arguments, text="", settings=()):
    sets = [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run([binary, *map(str, arguments), *sets], input=text, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


def check_directory(path, texts, dtype):
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(path)
    stored = load_file(path / "model.safetensors")
    assert type(model).__name__ == "Qwen3ForCausalLM" and AutoConfig.from_pretrained(path).model_type == "qwen3"
    weights = model.state_dict()
    assert set(stored) == {name for name in weights if name in stored}, "a stored tensor has no place in the model"
    assert all(torch.equal(weights[name], value.float()) for name, value in stored.items()), "weights changed on loading"
    assert {value.dtype for value in stored.values()} == {dtype}, dtype
    assert set(weights) - set(stored) <= {"lm_head.weight"}, set(weights) - set(stored)
    ours = gppo("tokenize", "-t", path, text="".join(json.dumps({"text": text}) + "\n" for text in texts))
    for text, line in zip(texts, ours.splitlines(), strict=True):
        ids = tokenizer(text, add_special_tokens=False).input_ids
        assert ids == json.loads(line)["ids"], (text, ids, line)
        assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text
        assert max(ids) < model.config.vocab_size
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits
        assert logits.shape == (1, len(ids), model.config.vocab_size) and torch.isfinite(logits).all(), text
    assert model.config.eos_token_id == tokenizer.eos_token_id == tokenizer.convert_tokens_to_ids("<|im_end|>")
    out = model.generate(torch.tensor([ids]), max_new_tokens=8, do_sample=False)
    assert out.shape[1] > len(ids)
    message = [{"role": "user", "content": "5+5="}]
    rendered = gppo("tokenize", "-t", path, text=json.dumps({"messages": message, "add_generation_prompt": True}))
    assert tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False) == json.loads(rendered)["text"]


with tempfile.TemporaryDirectory() as directory:
    for kind, tied, texts, kept in (("characters", "true", TEXTS, "fp32"), ("bytes", "false", TEXTS + BYTES, "bf16")):
        run = pathlib.Path(directory) / kind
        settings = [*COMMON, f"run.dir={run}", f"tokenizer.kind={kind}", f"model.tie_word_embeddings={tied}",
                    "task.chat_template=true", f"model.weights={kept}"]
        gppo("sft", settings=settings)
        gppo("rl", settings=settings)
        last = max((run / "checkpoints").iterdir(), key=lambda path: int(path.name[5:]))
        for path in (run / "model", last):
            check_directory(path, texts, torch.bfloat16 if kept == "bf16" else torch.float32)
        assert last.name == "step_7"
        assert (run / "model/model.safetensors").read_bytes() == (last / "model.safetensors").read_bytes()
        print(f"{kind}: run.dir/model and {last.name} load, {len(texts)} texts have the same ids")
