# SPDX-License-Identifier: Apache-2.0
"""Loading a checkpoint of Qwen3-0.6B's shape (random weights, written once by transformers) into fp32 weights: ours against
transformers' from_pretrained, and against reading the files' bytes into memory. The files are in the page cache.

usage: load.py WORKER OUTPUT_DIRECTORY [--quick]
"""
import side_by_side
side_by_side.restart_pinned()
import os
import sys
import tempfile
import torch
from pathlib import Path
from side_by_side import Results, Worker, interleave, timed
from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3ForCausalLM

torch.set_num_threads(int(side_by_side.THREADS))
SHAPE = dict(vocab_size=151_936, hidden_size=1024, intermediate_size=3072, num_hidden_layers=28, num_attention_heads=16,
             num_key_value_heads=8, head_dim=128, tie_word_embeddings=True)


def read_files(directory):
    """Every byte of the weights into fresh memory."""
    for path in Path(directory).glob("*.safetensors"):
        with open(path, "rb", buffering=0) as file:
            buffer = bytearray(os.path.getsize(path))
            file.readinto(buffer)


def main():
    out, quick = sys.argv[2], "--quick" in sys.argv
    results = Results("load")
    shape = dict(SHAPE, num_hidden_layers=6) if quick else SHAPE
    for name, dtype in (("BF16", torch.bfloat16), ("F32", torch.float32)):
        with tempfile.TemporaryDirectory(dir=out) as directory:
            torch.manual_seed(0)
            with torch.device("meta"):
                model = Qwen3ForCausalLM(Qwen3Config(**shape)).to(dtype)
            model = model.to_empty(device="cpu")
            for parameter in model.parameters():
                parameter.data.normal_(0, 0.02)
            model.tie_weights()
            model.save_pretrained(directory)
            count = sum(p.numel() for p in model.parameters())
            del model
            worker = Worker(sys.argv[1], directory)

            def transformers():  # an F32 file stays mapped until a weight is read: read one on every page
                model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
                sum(float(p.data.view(-1)[::1024].sum()) for p in model.parameters())
            sides = {"ours": lambda: worker.time("load"), "transformers": timed(transformers),
                     "reading the bytes": timed(lambda: read_files(directory))}
            times = interleave(sides, rounds=3 if quick else 5, warm=1)
            for peer in ("transformers", "reading the bytes"):
                results.add(f"load {count / 1e6:.0f} M, {name}", peer, times["ours"], times[peer], work=count / 1e6,
                            unit="M parameters/s")
            worker.close()
    results.save(out)


if __name__ == "__main__":
    main()
