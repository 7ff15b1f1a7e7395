# SPDX-License-Identifier: Apache-2.0
"""gppo data similar --checkpoint: embeddings are transformers' last_hidden_state, averaged; copies go, others stay.

argv: the binary, the source directory. A random Qwen3, a tokenizer of gppo train-tokenizer. The same bits whatever the
batch and the number of threads."""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
torch.set_num_threads(1)
GPPO = sys.argv[1]
CODE = [f"def {name}({a}, {b}):\n    return {a} {op} {b} * {n}\n" for name, a, b in (("add", "x", "y"), ("mix", "left", "right"))
        for op in ("+", "-", "%") for n in (2, 31)]
ROWS = CODE + ["import sys\nprint(sum(map(int, sys.stdin.read().split())))\n" * n for n in (1, 4)] + ["é", "x"] + CODE[2:5] + ["é"]


def gppo(*arguments, fails=""):
    done = subprocess.run([GPPO, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == (1 if fails else 0) and fails in done.stderr, (arguments, done)


def make(work, tied):
    text = work / "text.jsonl"
    text.write_text("".join(json.dumps({"text": row}) + "\n" for row in ROWS))
    directory = work / f"model-{tied}"
    config = transformers.Qwen3Config(
        vocab_size=320, hidden_size=40, intermediate_size=56, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        head_dim=16, max_position_embeddings=128, tie_word_embeddings=tied, initializer_range=0.1)
    torch.manual_seed(5 + tied)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():  # norms start at 1
        for p in model.parameters():
            p.add_(torch.randn_like(p) * 0.05)
    model.save_pretrained(directory)
    gppo("train-tokenizer", text, "-o", work / "tokenizer", "--vocab-size", 300)
    (directory / "tokenizer.json").write_bytes((work / "tokenizer" / "tokenizer.json").read_bytes())
    return directory, model


def embeddings(path):
    return torch.tensor([json.loads(line)["embedding"] for line in path.read_text().splitlines()], dtype=torch.float64)


def compare(work, tied):
    directory, model = make(work, tied)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(directory / "tokenizer.json"))
    rows, out, vectors, report = (work / name for name in ("rows.jsonl", "out.jsonl", "vectors.jsonl", "report.json"))
    rows.write_text("".join(json.dumps({"prompt": row, "n": i}) + "\n" for i, row in enumerate(ROWS)))
    common = ["data", "similar", rows, "-o", out, "--report", report, "--vectors", vectors, "--checkpoint", directory]
    gppo(*common, "--threshold", 0.999999, "--threads", 1)
    theirs, cut = [], 0
    with torch.no_grad():
        for row in ROWS:
            ids = tokenizer(row, add_special_tokens=False)["input_ids"]
            cut += len(ids) > 128
            theirs.append(model.model(torch.tensor([ids[:128]])).last_hidden_state[0].double().mean(0))
    theirs, ours, told = torch.stack(theirs), embeddings(vectors), json.loads(report.read_text())
    worst = ((ours - theirs).abs() / theirs.abs().clamp(min=1)).max().item()
    assert worst < 1e-5, worst
    kept = [json.loads(line)["n"] for line in out.read_text().splitlines()]
    assert kept == list(range(16)), kept
    copies = [(e["row"], e["copy_of_row"], round(e["cosine"], 5)) for e in told["examples"]]
    assert copies == [(17, 3, 1), (18, 4, 1), (19, 5, 1), (20, 15, 1)] and told["truncated"] == cut == 1, told
    first = vectors.read_bytes()
    for more in (["--batch-tokens", 1], ["--batch-tokens", 100, "--threads", 2]):
        gppo(*common, "--threshold", 0.999999, *more)
        assert vectors.read_bytes() == first, more
    # The copies of a threshold are those of theirs, also when the part that all rows share is taken out.
    for more, reference in (([], theirs), (["--centre"], theirs - theirs.mean(0))):
        gppo(*common, "--threshold", 0.93, *more)
        unit, stay = reference / reference.norm(dim=1, keepdim=True), []
        for i, v in enumerate(unit):
            best = max(((v @ unit[k]).item() for k in stay), default=-1)
            assert abs(best - 0.93) > 1e-5, "a cosine too close to the threshold for this test"
            if best < 0.93:
                stay.append(i)
        assert [json.loads(line)["n"] for line in out.read_text().splitlines()] == stay, (more, stay)
    return worst, directory, rows, out


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    compare(work, False)
    worst, model, rows, out = compare(work, True)
    out.unlink()
    gppo("data", "similar", rows, "-o", out, fails="needs --endpoint or --checkpoint, and not both")
    gppo("data", "similar", rows, "-o", out, "--checkpoint", model, "--max-tokens", 129, fails="max_position_embeddings, 128")
    gppo("data", "similar", rows, "-o", out, "--checkpoint", work / "none", fails="none")
    rows.write_text('{"prompt": ""}\n')
    gppo("data", "similar", rows, "-o", out, "--checkpoint", model, fails="row 1 has an empty text")
    assert not out.exists()
print(f"own embeddings: {2 * len(ROWS)} to {worst:.1e} of transformers' mean last_hidden_state")
