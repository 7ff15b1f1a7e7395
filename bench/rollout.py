# SPDX-License-Identifier: Apache-2.0
"""Rollout of models A and B: prompts of 16 tokens, 64 new ones, a batch of 64 and of 1. Ours, with weights packed anew as
after an update, against transformers' generate and a bare decode loop with a key/value cache, each in fp32 and bf16.

usage: rollout.py WORKER OUTPUT_DIRECTORY [--quick]
"""
import side_by_side
side_by_side.restart_pinned()
import statistics
import sys
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


def main():
    out, quick = sys.argv[2], "--quick" in sys.argv
    results = Results("rollout")
    workers = {precision: Worker(sys.argv[1], precision) for precision in ("fp32", "bf16")}
    for name, shape in MODELS.items():
        for batch in (64, 1):
            sides = {f"ours {p}": lambda w=w: w.time(f"generate_{name}_{batch}") for p, w in workers.items()}
            for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
                generate, loop = peers(shape, batch, dtype)
                sides[f"transformers generate {precision}"] = timed(generate)
                sides[f"bare loop {precision}"] = timed(loop)
            times = interleave(sides, rounds=3 if quick else 9, warm=1)
            best = min((side for side in sides if not side.startswith("ours")), key=lambda side: statistics.median(times[side]))
            for precision in workers:
                for peer in sides:
                    if not peer.startswith("ours"):
                        results.add(f"rollout {name}, batch {batch}, {precision}", peer + (" (best)" if peer == best else ""),
                                    times[f"ours {precision}"], times[peer], work=batch * NEW, unit="tokens/s")
    for worker in workers.values():
        worker.close()
    results.save(out)


if __name__ == "__main__":
    main()
