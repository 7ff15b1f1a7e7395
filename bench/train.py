# SPDX-License-Identifier: Apache-2.0
"""One training step (forward, backward, AdamW) of two small Qwen3 models: ours against transformers + torch.

usage: train.py WORKER OUTPUT_DIRECTORY [--quick]
A: hidden 256, 4 layers, vocabulary 512, 32 x 128 tokens. B: hidden 512, 8 layers, vocabulary 4096, 8 x 512 tokens.
"""
import side_by_side
side_by_side.restart_pinned()
import sys
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM
from side_by_side import Results, Worker, interleave, timed

torch.set_num_threads(int(side_by_side.THREADS))
MODELS = {"A": dict(hidden=256, layers=4, vocab=512, head_dim=32, batch=32, length=128),
          "B": dict(hidden=512, layers=8, vocab=4096, head_dim=64, batch=8, length=512)}


def make(hidden, layers, vocab, head_dim, **_):
    torch.manual_seed(0)
    return Qwen3ForCausalLM(Qwen3Config(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=8, num_key_value_heads=2, head_dim=head_dim,
        intermediate_size=3 * hidden, vocab_size=vocab, tie_word_embeddings=True, max_position_embeddings=4096,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6}, attn_implementation="sdpa",
        pad_token_id=0, bos_token_id=1, eos_token_id=2))


def step_of(shape, compiled=False, autocast=False):
    model = make(**shape).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.0, fused=True)
    ids = torch.randint(0, shape["vocab"], (shape["batch"], shape["length"]))
    advantage = torch.randn(shape["batch"], 1)
    forward = torch.compile(model, dynamic=False) if compiled else model

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            logits = forward(input_ids=ids, use_cache=False).logits[:, :-1].float()
            logp = logits.gather(-1, ids[:, 1:, None]).squeeze(-1) - torch.logsumexp(logits, -1)
            ratio = torch.exp(logp - logp.detach())
            loss = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.28) * advantage).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return step


def main():
    out, quick = sys.argv[2], "--quick" in sys.argv
    workers = {precision: Worker(sys.argv[1], precision) for precision in ("fp32", "bf16")}
    results = Results("train")
    for name, shape in MODELS.items():
        tokens = shape["batch"] * shape["length"]
        sides = {precision: lambda worker=worker: worker.time("train_" + name) for precision, worker in workers.items()}
        sides["eager fp32"] = timed(step_of(shape))
        if not quick:
            sides["torch.compile fp32"] = timed(step_of(shape, compiled=True))
            sides["torch.compile bf16 autocast"] = timed(step_of(shape, compiled=True, autocast=True))
        times = interleave(sides, rounds=3 if quick else 9)
        for precision, worker in workers.items():
            for peer in list(sides)[len(workers):]:
                results.add(f"train {name} {precision}", peer, times[precision], times[peer], work=tokens, unit="tokens/s")
            print(f"  where ours goes, {precision}:", worker.ask("profile_" + name).get("parts"), file=sys.stderr)
    for worker in workers.values():
        worker.close()
    results.save(out)


if __name__ == "__main__":
    main()
