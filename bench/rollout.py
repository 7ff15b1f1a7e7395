# SPDX-License-Identifier: Apache-2.0
"""Rollout of models A and B: prompts of 16 tokens, 64 new ones, a batch of 64 and of 1. Ours, with weights packed anew as
after an update, against transformers' generate and a bare decode loop with a key/value cache, each in fp32 and bf16; with
GPPO_LLAMA_BENCH=PROGRAM against llama.cpp's llama-batched-bench as well, which samples nothing. Its sources come with PyPI's
llama-cpp-python (vendor/llama.cpp); PyPI's gguf writes the models. Its weights are arranged when its files are made and
loaded, outside the time, so ours stand beside it with weights packed before, too.

usage: rollout.py WORKER OUTPUT_DIRECTORY [--quick]
"""
import side_by_side
side_by_side.restart_pinned()
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")
import torch
from side_by_side import Results, Worker, interleave, timed
from train import MODELS, make
from transformers import DynamicCache

torch.set_num_threads(int(side_by_side.THREADS))
NEW = 64


def peers(shape, batch, dtype):
    model = make(**shape).eval().to(dtype)
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    ids = torch.randint(3, shape["vocab"], (batch, 16))

    def generate():
        with torch.inference_mode():
            model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW, min_new_tokens=NEW,
                           do_sample=True, temperature=1.0, top_k=0, top_p=1.0)

    def loop():
        with torch.inference_mode():
            cache, last = DynamicCache(config=model.config), ids
            for _ in range(NEW):
                logits = model(input_ids=last, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
                last = torch.multinomial(torch.softmax(logits.float(), -1), 1)
    return generate, loop


def llama_models(directory):
    """A GGUF file for each model and precision."""
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests" / "cli"))
    from _gguf import write_gguf
    files = {}
    for name, shape in MODELS.items():
        place = pathlib.Path(directory, name)
        make(**shape).save_pretrained(place)
        vocabulary = {f"t{i}": i for i in range(shape["vocab"])}
        (place / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}, "added_tokens": []}))
        for precision in ("fp32", "bf16"):
            files[name, precision] = f"{directory}/{name}-{precision}.gguf"
            write_gguf(place, files[name, precision], precision == "bf16")
    return files


def llama(file, batch):
    """Seconds for prompts and new tokens in a process of its own, loading left out."""
    command = [os.environ["GPPO_LLAMA_BENCH"], "-m", file, "-npp", "16", "-ntg", str(NEW), "-npl", str(batch), "-c",
               str(batch * (16 + NEW)), "-b", "2048", "-ub", "2048", "-t", side_by_side.THREADS, "-tb", side_by_side.THREADS, "-fa",
               "--output-format", "jsonl"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OMP_")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment,
                          preexec_fn=lambda: os.sched_setaffinity(0, range(os.cpu_count())))
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or len(rows) != 1:
        sys.exit(f"bench: {' '.join(command)}: {(done.stdout + done.stderr)[-400:]}")
    return rows[0]["t_pp"] + rows[0]["t_tg"]


def main():
    out, quick = sys.argv[2], "--quick" in sys.argv
    results = Results("rollout")
    workers = {precision: Worker(sys.argv[1], precision) for precision in ("fp32", "bf16")}
    models = tempfile.TemporaryDirectory()
    ggufs = llama_models(models.name) if "GPPO_LLAMA_BENCH" in os.environ else {}
    for name, shape in MODELS.items():
        for batch in (64, 1):
            sides = {f"ours {p}": lambda w=w: w.time(f"generate_{name}_{batch}") for p, w in workers.items()}
            if ggufs:
                sides |= {f"ours {p}, packed before": lambda w=w: w.time(f"again_{name}_{batch}") for p, w in workers.items()}
            for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
                generate, loop = peers(shape, batch, dtype)
                sides[f"transformers generate {precision}"] = timed(generate)
                sides[f"bare loop {precision}"] = timed(loop)
                if ggufs:
                    sides[f"llama.cpp {precision}"] = lambda file=ggufs[name, precision], batch=batch: llama(file, batch)
            times = interleave(sides, rounds=3 if quick else 9, warm=1)
            best = min((side for side in sides if not side.startswith(("ours", "llama"))), key=lambda side: statistics.median(times[side]))
            for precision in workers:
                for peer in sides:
                    if not peer.startswith("ours"):
                        results.add(f"rollout {name}, batch {batch}, {precision}", peer + (" (best)" if peer == best else ""),
                                    times[f"ours {precision}"], times[peer], work=batch * NEW, unit="tokens/s")
                    if peer.startswith("llama"):
                        results.add(f"rollout {name}, batch {batch}, {precision}, packed before", peer,
                                    times[f"ours {precision}, packed before"], times[peer], work=batch * NEW, unit="tokens/s")
    for worker in workers.values():
        worker.close()
    results.save(out)


if __name__ == "__main__":
    main()
