# SPDX-License-Identifier: Apache-2.0
"""gppo plan for a GPU: the figures of every published Qwen3 and of lengths up to 64k against a sheet of paper, what Qwen3-8B takes of
80 and of 139 GiB, and what does not fit is refused with the numbers, before anything is taken. (That a model takes what its
formula says is tests/model/qwen3_pass_memory.test.cpp, and that a run does, tests/cli/cuda_backend.py.)

usage: plan_device.py GPPO SOURCE_DIRECTORY"""
import itertools
import json
import os
import subprocess
import sys
import tempfile

gppo = os.path.abspath(sys.argv[1])
# name: hidden, intermediate, layers, heads, tied; all have 8 key/value heads of width 128 and 151,936 tokens
SIZES = {"Qwen3-0.6B": (1024, 3072, 28, 16, True), "Qwen3-1.7B": (2048, 6144, 28, 16, True),
         "Qwen3-4B-Instruct-2507": (2560, 9728, 36, 32, True), "Qwen3-8B": (4096, 12288, 36, 32, False),
         "Qwen3-14B": (5120, 17408, 40, 40, False), "Qwen3-32B": (5120, 25600, 64, 64, False)}
VOCABULARY, KV, GIB = 151936, 8 * 128, 2**30


def run(*arguments, sets=(), **more):
    command = [gppo, *arguments] + [part for text in sets for part in ("--set", text)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **more)


def plan(sets):
    done = run("plan", "--json", sets=["run.backend=cuda", "run.memory=100000", "tokenizer.kind=bytes", *sets])
    return {stage["stage"]: stage for stage in json.loads(done.stdout)}, done


def up(n, multiple):
    return -(-n // multiple) * multiple


def tensors(name):
    """Sizes of all tensors; every offset but those of k_norm is a multiple of 256, and k_norm begins half a block later."""
    d, f, layers, heads, tied = SIZES[name]
    q = heads * 128
    layer = [q * d, KV * d, KV * d, d * q, 128, 128, f * d, f * d, d * f, d, d]
    return [VOCABULARY * d] + layer * layers + [d] + ([] if tied else [VOCABULARY * d])


def moments(name, storage):
    parameters = sum(tensors(name))
    if storage == "int8":
        return 2 * up(parameters, 64) + 2 * up(4 * sum(up(n, 256) // 256 for n in tensors(name)), 64)
    return parameters * (8 if storage == "fp32" else 4)


def one_pass(name, tokens, longest, activations, precision, backward=True, log_probs=True):
    """Bytes of a pass of so many tokens, each of them a target. Going back, a GiB of logits is kept, in rows of a multiple of 64."""
    d, f, layers, heads, _ = SIZES[name]
    q = heads * 128
    kept = 3 * d + 2 + (q + 2 * KV) + (q + KV) + (heads + 8) + q + heads + 2 * f  # floats of a token in a layer
    rounded, own = 2 * d + (q + 2 * KV) + (q + KV) + q + 2 * f, (heads + 8) + heads  # in bf16, and still in fp32
    by_layer = {"kept": layers * kept, "recomputed": kept, "rounded": layers * (rounded / 2 + own) + kept - own}[activations]
    inputs = 2 if activations == "rounded" else layers + 1
    floats = tokens * (int(by_layer) + inputs * d + f)  # layers, what goes from one to the next, SwiGLU's output
    floats += tokens * (2 * d + 1) + 2 * min(tokens, longest) * 128  # the final norm, rope
    integers = 8 * tokens + 8 * (tokens + 1) + 8 * tokens  # tokens and positions, offsets, rows
    if backward:
        floats += tokens * (2 * d + q + (q + 2 * KV))
        # shares of the norms' gradients: of 16 tokens a row, and of 64 tokens each head
        floats += max(up(tokens, 16) // 16 * d, up(tokens, 64) // 64 * (heads + 8) * 128)
        integers += 4 * (VOCABULARY + 1) + 4 * tokens
    if log_probs:
        floats += (min(tokens, 2**28 // VOCABULARY // 64 * 64) * VOCABULARY if backward else min(tokens, 2048) * 16384) + 6 * tokens
        integers += 4 * tokens
        if precision == "bf16":  # hidden states of a chunk's rows, and the gradients of a tile
            rows = min(tokens, 2**28 // VOCABULARY // 64 * 64 if backward else 2048)
            integers += 2 * (rows * d + (min(tokens, 2048) * 16384 if backward else 0))
    return 4 * floats + integers


def paged(completions, length, layers, memory, width=4):
    """Keys and values in pages of 32 positions, of as many completions as a third of the memory holds; in slabs of 64 pages, then half as
    many again as there are."""
    position = 2 * layers * KV * width
    slots = min(completions, max(1, min(256, memory // 3 // (position * (length + 32)))))
    pages = 0
    while pages < slots * up(length, 32) // 32:
        pages += max(64, pages // 2)
    return slots, pages * 32 * position


def filled(rows):
    """Rows of a step: 8, 16, 32, then multiples of 64."""
    return next((n for n in (8, 16, 32) if rows <= n), up(rows, 64))


def decoding(name, at_once, completions, length, prompt, bf16=False):
    """A step of 512 prompt tokens beside all completions, or prompts of 256 tokens and more in one, 8192 of them or the longest: the residual
    stream, queries with keys and values, attention's output; of 2048 of them a norm and the feed-forward; a log-sum for each head; attention
    in up to 16 parts; logits and weights of 2^25 words."""
    d, f, layers, heads, _ = SIZES[name]
    q, step = heads * 128, filled(at_once + 512)
    whole = max(prompt, min(8192, at_once * prompt)) if prompt >= 256 else 0
    rows = max(step, filled(whole)) if whole else step
    some, parts = min(rows, 2048), next(n for n in (1, 2, 4, 8, 16) if n >= min(16, (-(-length // 32) + 8) // 8))
    shares, teams = step * heads * parts, step * parts * 8 * -(-heads // 8 // 4)  # four heads at a time of those with one key
    floats = rows * (d + q + 2 * KV + q) + some * (d + 3 * f) + whole * heads + shares * (128 + 2) + min(teams, 2048) * 4 * (8 * (32 + 128) + 128)
    floats += 2 * min(completions, 2**25 // VOCABULARY) * VOCABULARY
    return 4 * floats + (2 * some * max(d, q, f) + 2 * whole * 2 * (q + KV) if bf16 else 0)


def quarter(n, least):
    """Up to a step of a quarter of the power of two below n."""
    return up(n, max(least, 2 ** (n.bit_length() - 1) // 4))


def cudnn(name, tokens):
    """Attention in bf16 over one sequence: q, k, v, the output and the gradients of all, and what backward works in: sums, and the scores of as
    many heads as stay below 2 GiB, at least those of one of the 8 keys (of 4 queries, if it is not to begin between 16 bytes)."""
    d, f, layers, heads, _ = SIZES[name]
    fixed = 4 * quarter(tokens, 256) * heads * 257
    group, chosen = heads // 8, 8
    for n in (4, 2, 1):
        if n * group % 4 == 0 and fixed + chosen * group * 2 * quarter(tokens, 64) ** 2 > 2**31:
            chosen = n
    return 8 * tokens * (heads * 128 + KV) + fixed + chosen * group * 2 * quarter(tokens, 64) ** 2


def on_paper():
    compared = 0
    for name, (d, f, layers, heads, _) in SIZES.items():
        q, parameters = heads * 128, sum(tensors(name))
        matrices = d * (q + 2 * KV) + q * d + 3 * d * f
        lengths = [n for n in (1024, 4096, 16384, 32768, 65536) if n <= 40960 or "2507" in name]
        # Weights in bf16 where activations are recomputed.
        ways = [*itertools.product(("kept", "recomputed"), ("fp32", "bf16", "int8")), ("rounded", "bf16")]
        for length, (activations, storage) in itertools.product(lengths, ways):
            precision, kept = "bf16" if storage == "bf16" else "fp32", "bf16" if activations == "recomputed" else "fp32"
            stages, _ = plan([f"model.path=models/{name}", f"task.max_prompt_tokens={length // 4}",
                              f"rl.max_new_tokens={length - length // 4}", f"rl.microbatch_tokens={length}",
                              f"task.max_response_tokens={length - length // 4}", f"model.activations={activations}",
                              f"run.precision={precision}", f"model.weights={kept}", "rl.prompts=4", "rl.group=8", "rl.kl=k3", "rl.kl_coef=0.01",
                              "rl.advantage=gae", f"rl.moments={storage}", "run.device_memory=100000"])
            # Weights in the other precision than that of products are copied for them, the largest of a layer at a time, and all to sample.
            largest = 0 if kept == precision else max(2 * f, q + 2 * KV, 16384) * d
            rounded = 4 * largest
            if precision == "bf16":
                rounded = 2 * (length * max(2 * f, q + 2 * KV, q, d) + max(largest, length * max(d, q, f))) + cudnn(name, length)
            norms = 0 if kept == "fp32" else 4 * (layers * (2 * d + 2 * 128) + d) + 24 * (4 * layers + 1)  # copies, and where they lie
            policy = (4 if kept == "fp32" else 2) * parameters + norms
            copies = 0 if kept == precision else (2 if precision == "bf16" else 4) * (layers * matrices + VOCABULARY * d)
            want = {"weights": policy, "gradients": 4 * parameters, "moments": moments(name, storage),
                    "activations": one_pass(name, length, length, activations, precision),
                    "reference": policy + one_pass(name, length, length, "recomputed", precision, backward=False),
                    "critic": 8 * parameters + one_pass(name, length, length, activations, precision, log_probs=False), "reward_model": 0,
                    "sampler": copies + norms,
                    "key_values": paged(32, length, layers, 100000 * GIB, 2 if precision == "bf16" else 4)[1],
                    "decoding": decoding(name, 32, 32, length, length // 4, precision == "bf16"),
                    "workspace": 2**25 + 4 * (4096 * 512 + length * heads) + rounded + 4 * (up(parameters, 4096) // 4096) + 64}
            want["total"] = sum(want.values())
            assert stages["rl"]["device_bytes"] == want, (name, length, stages["rl"]["device_bytes"], want)
            host = stages["rl"]["bytes"]
            assert host["activations"] == host["key_values"] == host["sampler"] == 0 == host["gradients"], host
            assert host["weights"] == host["reference"] == policy - norms and host["moments"] == moments(name, storage), host
            assert host["critic"] == 8 * parameters + moments(name, storage), host
            compared += 1
    return compared


def offloaded():
    """What waits in the host's memory is not counted, but for its turn."""
    sets = ["model.path=Qwen3-1.7B", "rl.kl=k3", "rl.kl_coef=0.01", "rl.advantage=gae", "run.device_memory=100000", "rl.prompts=4",
            "rl.max_new_tokens=1000", "rl.microbatch_tokens=2048"]
    here = plan(sets)[0]["rl"]["device_bytes"]
    parts = {name: value for name, value in here.items() if name != "total"}
    assert here["total"] == sum(parts.values())
    stays = here["weights"] + here["sampler"]
    learning = max(here["gradients"] + here["activations"], here["key_values"] + here["decoding"])
    for offload in (["moments"], ["reference"], ["critic"], ["moments", "reference", "critic"]):
        there = plan([*sets, f"run.offload={json.dumps(offload)}"])[0]["rl"]["device_bytes"]
        moved = sum(there[name] if name not in offload else 0 for name in ("reference", "critic"))
        turn = max([learning] + [there[name] for name in offload if name != "moments"])
        assert there["total"] == stays + there["moments"] + there["workspace"] + moved + turn, (offload, there)
        assert there["moments"] == (0 if "moments" in offload else here["moments"]), there
        assert there["workspace"] - here["workspace"] == \
            (8 * 2**24 if "moments" in offload else 0), there
        assert there["total"] < here["total"], (offload, there["total"], here["total"])
    ahead = plan([*sets, "rl.pipeline=true", 'run.offload=["moments"]'])[0]["rl"]["device_bytes"]  # samples while it trains
    assert ahead["total"] == sum(value for name, value in ahead.items() if name != "total"), ahead
    for memory in (8, 30, 2000):  # fewer completions at once where memory is short
        some = plan(["model.path=Qwen3-1.7B", f"run.device_memory={memory}", "rl.prompts=64", "task.max_prompt_tokens=96",
                     "rl.max_new_tokens=4000"])[0]["rl"]
        slots, held = paged(512, 4096, 28, memory * GIB)
        assert (some["completions_at_once"], some["device_bytes"]["key_values"]) == (slots, held), (memory, some, slots)
    assert slots == 256
    torch = plan(["run.backend=torch", "run.device=cuda", "model.path=Qwen3-1.7B"])[0]["rl"]  # samples on this processor
    assert torch["device_bytes"]["key_values"] == 0 < torch["bytes"]["key_values"] and torch["device_bytes"]["weights"] > 0, torch
    adapters = plan(["model.path=Qwen3-1.7B", "lora.rank=8"])[0]["rl"]  # which this process steps
    assert adapters["device_bytes"]["moments"] == 0 < adapters["bytes"]["moments"] and adapters["bytes"]["gradients"] > 0, adapters
    done = run("plan", sets=['run.offload=["moments"]'])
    assert done.returncode == 1 and "run.backend cuda" in done.stderr, done.stderr


def qwen3_8b():
    """Which ways to train Qwen3-8B fit on one GPU."""
    rows = []
    for kept, storage, activations, length, offload in itertools.product(("fp32", "bf16"), ("fp32", "bf16", "int8"),
                                                                         ("kept", "rounded", "recomputed"), (8192, 32768), ([], ["moments"])):
        if kept == "bf16" and activations == "kept":
            continue
        sets = ["model.path=Qwen3-8B", f"task.max_prompt_tokens={length // 4}", f"task.max_response_tokens={length - length // 4}",
                f"sft.microbatch_tokens={length}", f"sft.moments={storage}", f"model.activations={activations}", f"model.weights={kept}",
                f"run.offload={json.dumps(offload)}", "rl.max_new_tokens=1", "rl.prompts=1", "rl.group=1", "rl.microbatch_tokens=1"]
        stages, _ = plan([*sets, "run.device_memory=100000"])
        total = stages["sft"]["device_bytes"]["total"]
        fits = []
        for gib in (80, 139):
            done = plan([*sets, f"run.device_memory={gib}"])[1]
            assert ("stage sft" not in done.stderr) == (total <= gib * GIB), (sets, total, done.stderr)
            fits.append(total <= gib * GIB)
        rows.append((kept, storage, activations, length, bool(offload), total / GIB, *fits))
    by = {row[:5]: row[5:] for row in rows}
    assert by["fp32", "bf16", "recomputed", 8192, False][2] and not by["fp32", "bf16", "recomputed", 8192, False][1], by
    assert by["fp32", "bf16", "rounded", 8192, False][2] and not by["fp32", "bf16", "kept", 8192, False][2], by
    assert by["bf16", "int8", "recomputed", 8192, False][1] and by["bf16", "fp32", "recomputed", 32768, True][1], by
    return rows


def refused():
    done = run("plan", sets=["run.backend=cuda", "model.path=Qwen3-8B", "tokenizer.kind=bytes", "run.memory=1000",
                             "run.device_memory=80"])
    assert done.returncode == 1 and "on the GPU" in done.stdout and "workspace" in done.stdout, done
    for words in ("stage sft", "of the GPU and 80.0 GiB are there", "weights 30.5 GiB", "moments 61.0 GiB", "run.offload",
                  "run.device_memory"):
        assert words in done.stderr, (words, done.stderr)
    assert done.stderr.count("\n") == 1, done.stderr
    done = run("plan", sets=["run.backend=cuda", "run.device_memory=80"])
    assert done.returncode == 0 and "80.0 GiB on the GPU" in done.stdout, done
    with tempfile.TemporaryDirectory() as directory:
        done = run("sft", sets=["run.offload=[\"moments\"]", f"run.dir={directory}/run"])
        assert done.returncode == 1 and "run.offload" in done.stderr and not os.listdir(directory), done.stderr


for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE"):
    os.environ.pop(name, None)
compared = on_paper()
offloaded()
refused()
for kept, storage, activations, length, offload, total, small, large in qwen3_8b():
    print(f"Qwen3-8B sft, {kept} weights, {storage} moments{', offloaded' if offload else ''}, activations {activations}, {length} tokens: "
          f"{total:.1f} GiB, 80 {'yes' if small else 'no'}, 139 {'yes' if large else 'no'}")
print(f"{compared} plans of a GPU are what a sheet of paper says")
