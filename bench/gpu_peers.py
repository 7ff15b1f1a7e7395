# SPDX-License-Identifier: Apache-2.0
"""What torch takes on the GPU for the cases of bench_cuda_objective and bench_cuda_model: the objective eagerly and compiled, the head
eagerly in chunks, by TRL's kernels and by Liger's where these are installed, Qwen3's layers in training and decoding by transformers. One
JSON line a case, named as ours is. What is not installed, or does not run, is said in a line of its own.

usage: gpu_peers.py [--small]   small: tiny sizes on the processor, to see that it runs"""
import json
import statistics
import sys
import time
import torch
import torch.nn.functional as F
from peer_losses import cispo_cap, clip_higher, gppo

SMALL = "--small" in sys.argv
DEVICE = "cpu" if SMALL else "cuda"
POLICIES = {"gppo": gppo, "clip_higher": clip_higher, "cispo": cispo_cap}


def microseconds(work, rounds=9, warm=3):
    """The median of `rounds`, by events of the device."""
    for _ in range(warm):
        work()
    taken = []
    for _ in range(rounds):
        if DEVICE == "cpu":
            start = time.perf_counter()
            work()
            taken.append(1e6 * (time.perf_counter() - start))
            continue
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        taken.append(1e3 * begin.elapsed_time(end))
    return statistics.median(taken)


def report(case, peer, work, **options):
    """Runs and prints one case; another's failure is told, and loses nothing."""
    if DEVICE == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    try:
        line = {"case": case, "peer": peer, "us": round(microseconds(work(), **options), 2)}
    except Exception as error:  # a peer that is missing or too old is not our failure
        line = {"case": case, "peer": peer, "failed": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
    if DEVICE == "cuda":
        line["peak_MiB"] = (torch.cuda.max_memory_allocated() - before) >> 20
    print(json.dumps(line), flush=True)


def objective(tokens):
    """Forward and backward to log-probs; sequences of 4,096 tokens, one advantage each."""
    length = min(4096, tokens)
    draw = torch.Generator(device=DEVICE).manual_seed(7)
    old = -5 * torch.rand(tokens // length, length, device=DEVICE, generator=draw)
    logp = (old + torch.rand(old.shape, device=DEVICE, generator=draw) - 0.5).requires_grad_(True)
    advantage = torch.randn(old.shape[0], 1, device=DEVICE, generator=draw)
    mask = torch.ones_like(old)
    for name, loss in POLICIES.items():
        for peer, of in (("torch eager", loss), ("torch.compile", torch.compile(loss, dynamic=False))):
            def work(of=of):
                def step():
                    logp.grad = None
                    of(logp, old, advantage, mask).backward()
                return step
            report(f"objective {name}, {tokens} tokens", peer, work)


def eager_head(hidden, weight, ids, chunk):
    """Log-prob and entropy and both gradients, `chunk` rows at a time; dW in the type of W, as autograd sums it."""
    dlogp = torch.ones(chunk, device=DEVICE)

    def step():
        weight.grad = hidden.grad = None
        for first in range(0, hidden.shape[0], chunk):
            rows = slice(first, first + chunk)
            logp = F.log_softmax(F.linear(hidden[rows], weight).float(), -1)
            loss = (logp.gather(1, ids[rows, None]).squeeze(1) * dlogp).sum() - (logp.exp() * logp).sum()
            loss.backward()
    return step


def trl_head(hidden, weight, ids):
    from trl.kernels import ChunkedLogProbFunction

    def step():
        weight.grad = hidden.grad = None
        logp, entropy, *_ = ChunkedLogProbFunction.apply(hidden, weight, None, ids, 1.0, 32768, None, 1.0, ("entropy",))
        (logp.sum() + entropy.sum()).backward()
    return step


def liger_head(hidden, weight, ids, rows):
    from liger_kernel.chunked_loss import LigerFusedLinearGRPOLoss
    loss = LigerFusedLinearGRPOLoss(beta=0.0, use_ref_model=False)
    batch = rows // min(1024, rows)
    length = rows // batch
    advantages = torch.randn(batch, device=DEVICE)
    mask = torch.ones(batch, length, device=DEVICE)

    def step():
        weight.grad = hidden.grad = None
        loss(hidden.view(batch, length, -1), weight, ids.view(batch, length), mask, advantages)[0].backward()
    return step


def head(rows, width, vocabulary):
    case = f"head {rows} x {width} x {vocabulary}"
    hidden = torch.randn(rows, width, device=DEVICE, dtype=torch.bfloat16, requires_grad=True)
    weight = (torch.randn(vocabulary, width, device=DEVICE, dtype=torch.bfloat16) * 0.02).requires_grad_(True)
    ids = torch.arange(rows, device=DEVICE) * 7919 % vocabulary
    few = {"rounds": 5, "warm": 2}
    report(case, "torch eager, chunks of 2048 rows", lambda: eager_head(hidden, weight, ids, min(rows, 2048)), **few)
    report(case, "trl ChunkedLogProbFunction", lambda: trl_head(hidden, weight, ids), **few)
    report(case, "liger fused linear grpo", lambda: liger_head(hidden, weight, ids, rows), **few)


def layers(count):
    """The layers that bench_cuda_model has: Qwen3-8B's with a vocabulary of 1,024."""
    from transformers import Qwen3Config, Qwen3ForCausalLM
    sizes = dict(hidden_size=32, intermediate_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=8) if SMALL else dict(
        hidden_size=4096, intermediate_size=12288, num_attention_heads=32, num_key_value_heads=8, head_dim=128)
    config = Qwen3Config(**sizes, num_hidden_layers=count, vocab_size=1024, max_position_embeddings=40960, attn_implementation="sdpa")
    torch.manual_seed(1)
    return Qwen3ForCausalLM(config).to(DEVICE, torch.bfloat16)


def training(count, sequences, length):
    def work():
        model = layers(count)
        tokens = torch.arange(sequences * length, device=DEVICE).view(sequences, length) * 31 % 1024

        def step():
            model.zero_grad(set_to_none=True)
            model(tokens, use_cache=False, logits_to_keep=1).logits.float().logsumexp(-1).sum().backward()
        return step
    report(f"training {count} layers, {sequences} x {length}", "transformers, sdpa", work, rounds=5, warm=2)


def decoding(count, batch, length):
    def work():
        from transformers import DynamicCache
        model = layers(count).eval()
        cache = DynamicCache()
        with torch.no_grad():
            model(torch.ones(batch, length - 1, dtype=torch.long, device=DEVICE), past_key_values=cache, use_cache=True, logits_to_keep=1)
        token = torch.ones(batch, 1, dtype=torch.long, device=DEVICE)

        def step():
            with torch.no_grad():
                model(token, past_key_values=cache, use_cache=True)
                cache.crop(-1)
        return step
    report(f"decoding {count} layers, {batch} x {length}", "transformers", work, rounds=5, warm=2)


if DEVICE == "cuda" and not torch.cuda.is_available():
    sys.exit("torch sees no GPU")
for tokens in [512] if SMALL else [1 << 20, 1 << 24, 1 << 26]:
    objective(tokens)
head(*([64, 16, 70] if SMALL else [16384, 4096, 151936]))
for sequences in (8, 1):
    training(2 if SMALL else 4, sequences, (64 if SMALL else 8192) // sequences)
for batch in (1, 32, 64):
    decoding(2 if SMALL else 4, batch, 16 if SMALL else 1024)
