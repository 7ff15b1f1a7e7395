# SPDX-License-Identifier: Apache-2.0
"""Bad input to the gppo binary: one line on stderr that names the thing, exit status not 0, nothing lost.

argv: the binary. Only the standard library is used, so the hostile files are made here byte by byte."""

import json
import math
import os
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import tempfile

binary = os.path.abspath(sys.argv[1])
failures = []
count = 0


def run(*arguments, stdin="", limit=None):
    """The finished process; `limit` is the largest file it may write, in bytes."""
    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and children inherit that
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return subprocess.run([binary, *map(str, arguments)], input=stdin, capture_output=True, text=True,
                          errors="replace", timeout=300, preexec_fn=prepare)


def check(condition, what):
    global count
    count += 1
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def refuses(words, *arguments, status=1, **options):
    """The command fails with one line that holds every one of `words`."""
    done = run(*arguments, **options)
    what = f"gppo {' '.join(map(str, arguments))}\n  status {done.returncode}, stderr: {done.stderr!r}"
    # The progress line and warnings may come before; the error is one line, the last.
    errors = [line for line in done.stderr.splitlines() if line.startswith("gppo: ") and "warning" not in line]
    check(done.returncode == status and len(errors) == 1 and done.stderr.rstrip("\n").endswith(errors[0]), what)
    check(errors and all(str(word) in errors[0] for word in words), f"{what}\n  lacks one of {words}")


# --- a small model directory, written by hand ----------------------------------------------------------------

CONFIG = {"model_type": "qwen3", "vocab_size": 304, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
          "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4, "max_position_embeddings": 128,
          "tie_word_embeddings": True, "rms_norm_eps": 1e-6, "rope_theta": 10000.0}
SHAPES = {"model.embed_tokens.weight": (304, 8), "model.norm.weight": (8,)}
for name, shape in {"self_attn.q_proj": (8, 8), "self_attn.k_proj": (4, 8), "self_attn.v_proj": (4, 8),
                    "self_attn.o_proj": (8, 8), "self_attn.q_norm": (4,), "self_attn.k_norm": (4,),
                    "mlp.gate_proj": (8, 8), "mlp.up_proj": (8, 8), "mlp.down_proj": (8, 8),
                    "input_layernorm": (8,), "post_attention_layernorm": (8,)}.items():
    SHAPES[f"model.layers.0.{name}.weight"] = shape


def safetensors(values=None, header_change=lambda header: header):
    header, data = {}, b""
    for name, shape in SHAPES.items():
        numbers = [0.01 * ((7 * i) % 13 - 6) for i in range(math.prod(shape))]
        for position, value in (values or {}).get(name, {}).items():
            numbers[position] = value
        start = len(data)
        data += struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, len(data)]}
    text = header_change(json.dumps(header)).encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(text)) + text + data


def model_directory(path, weights=None, config=None):
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(json.dumps(config if config is not None else CONFIG))
    (path / "model.safetensors").write_bytes(weights if weights is not None else safetensors())
    return path


# --- the cases -----------------------------------------------------------------------------------------------

def configuration(work):
    def file(text):
        path = work / "run.toml"
        path.write_text(text)
        return path

    refuses(["run.toml:2", "'rl.temprature'", "'rl.temperature'"], "config", "-c", file("[rl]\ntemprature = 1\n"))
    refuses(["run.toml:1", "'lr'", "did you mean"], "config", "-c", file("lr = 1\n"))
    refuses(["run.toml:1", "'modle'", "'model'"], "config", "-c", file("[modle]\nhidden_size = 1\n"))
    refuses(["run.toml:3", "rl.lr", "number"], "config", "-c", file("[rl]\nsteps = 3\nlr = 'x'\n"))
    refuses(["run.toml:2", "rl.group", "at least 1"], "config", "-c", file("[rl]\ngroup = 0\n"))
    refuses(["run.toml:1"], "config", "-c", file("[rl\n"))
    refuses(["run.toml"], "config", "-c", file("\x00\x01"))
    refuses(["missing.toml", "No such file"], "config", "-c", work / "missing.toml")
    refuses([work, "Is a directory"], "config", "-c", work)
    refuses(["--set rl.lrr=1", "'rl.lr'"], "config", "--set", "rl.lrr=1")
    refuses(["expected section.key=value"], "config", "--set", "rl.lr")
    refuses(["'confg'", "'config'"], "confg", status=2)
    refuses(["--wrong"], "config", "--wrong", status=2)
    refuses(["subcommand"], status=2)
    check(run("--help").returncode == 0 and run("config", "--help").returncode == 0, "--help succeeds")
    for command in ("sft", "rl"):
        refuses(["'rl.temprature'", "'rl.temperature'"], command, "-c", file("[rl]\ntemprature = 1\n"))
        refuses(["missing.toml"], command, "-c", work / "missing.toml")


def weights(work):
    out = work / "out"

    def bad(words, weights=None, config=None):
        refuses(words, "convert", model_directory(work / "model", weights, config), out)
        check(not out.exists(), f"{words}: something was written")

    sound = safetensors()
    refuses(["nowhere/config.json", "No such file"], "convert", work / "nowhere", out)
    for size in (0, 7, 8, 100, len(sound) // 2, len(sound) - 1):
        bad(["model.safetensors", "HeaderTooSmall" if size < 8 else "truncated"], sound[:size])
    bad(["model.safetensors", "HeaderTooLarge"], struct.pack("<Q", 10_000_000_000) + b"{}")
    bad(["model.safetensors", "HeaderTooLarge"], b"\xff" * 64)
    bad(["model.safetensors", "InvalidHeaderStart"], struct.pack("<Q", 8) + b"        ")
    bad(["twice"], safetensors(header_change=lambda h: h.replace("mlp.up_proj", "mlp.gate_proj")))
    bad(["InvalidOffset"], safetensors(header_change=lambda h: h.replace("[0, 9728]", "[4, 9728]")))
    bad(["ValidationOverflow"], safetensors(header_change=lambda h: h.replace("[304, 8]", "[4611686018427387904, 8]")))
    bad(["InvalidHeaderDeserialization"], safetensors(header_change=lambda h: h.replace("304", "-304")))
    bad(["(InvalidHeader)"], safetensors(header_change=lambda h: h.replace("model.norm", "\udcff")))
    bad(["'model.norm.weight'", "dtype"], safetensors(header_change=lambda h: h.replace('F32", "shape": [8], "data_offsets": [9728', 'I32", "shape": [8], "data_offsets": [9728')))
    bad(["'model.norm.weight' is NaN at [5]"], safetensors({"model.norm.weight": {5: math.nan}}))
    bad(["'model.embed_tokens.weight' is infinite at [3, 2]"], safetensors({"model.embed_tokens.weight": {26: -math.inf}}))
    bad(["config.json", "'model_type'"], config={k: v for k, v in CONFIG.items() if k != "model_type"})
    bad(["config.json", "\"llama\""], config=CONFIG | {"model_type": "llama"})
    bad(["config.json", "num_key_value_heads"], config=CONFIG | {"num_attention_heads": 3, "num_key_value_heads": 2})
    bad(["has shape", "config.json asks for"], config=CONFIG | {"intermediate_size": 9})
    for command in ("sft", "rl"):
        nan = model_directory(work / "nan", safetensors({"model.norm.weight": {5: math.nan}}))
        refuses(["'model.norm.weight' is NaN at [5]"], command, "--set", f"model.path={nan}", "--set",
                "tokenizer.kind=bytes", "--set", f"run.dir={work / 'run_nan'}")


def disk_full(work):
    source, out = model_directory(work / "sound"), work / "converted"
    check(run("convert", source, out).returncode == 0, "a sound model converts")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    refuses(["model.safetensors", "File too large"], "convert", source, out, limit=4096)
    check({path.name: path.read_bytes() for path in out.iterdir()} == before, "a full disk changed the output")
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary, "config"], stdout=full, stderr=subprocess.PIPE, text=True)
    check(done.returncode == 1 and done.stderr == "gppo: cannot write standard output\n", f"/dev/full: {done.stderr}")


TINY = ["model.hidden_size=16", "model.num_hidden_layers=1", "model.intermediate_size=16", "model.head_dim=8",
        "model.num_attention_heads=2", "model.num_key_value_heads=1", "sft.steps=3", "sft.batch=2", "rl.steps=1",
        "rl.prompts=2", "rl.group=2", "eval.prompts=2", "run.save_every=1", "run.threads=1"]


def settings(*more):
    return [part for setting in [*TINY, *map(str, more)] for part in ("--set", setting)]


def data(work):
    def rows(*lines):
        path = work / "rows.jsonl"
        path.write_text("".join(line + "\n" for line in lines))
        return path

    def bad(words, path, *more):
        for command in ("sft", "rl"):
            refuses(words, command, *settings(f"task.train={path}", "task.kind=jsonl", "tokenizer.kind=bytes",
                                              f"run.dir={work / ('run_' + command)}", *more))

    row = json.dumps({"question": "How much is 2 + 2, exactly?", "answer": "It is <<2+2=4>>4.\n#### 4"})
    bad(["rows.jsonl"], rows())
    bad(["rows.jsonl"], rows("", ""))
    bad(["rows.jsonl"], rows("not json", "nor this"))
    bad(["none.jsonl", "No such file"], work / "none.jsonl")
    bad(["rows.jsonl", "task.max_prompt_tokens"], rows(row), "task.max_prompt_tokens=8")
    bad(["max_position_embeddings"], rows(row), "model.max_position_embeddings=16", "task.max_prompt_tokens=256")


def training(work):
    run_dir = work / "run"
    common = settings(f"run.dir={run_dir}", "sft.steps=400")
    done = run("sft", *settings(f"run.dir={run_dir}"))
    check(done.returncode == 0, f"a sound run succeeds: {done.stderr}")
    checkpoints = run_dir / "checkpoints"
    before = {path: path.read_bytes() for path in checkpoints.rglob("*") if path.is_file()}
    check(before, "checkpoints exist")
    if not before:
        return

    # The disk is full at the next checkpoint: the last one is still there, and the run goes on from it.
    refuses(["safetensors", "File too large"], "sft", "--resume", *common, limit=8192)
    check(all(path.read_bytes() == content for path, content in before.items()), "a full disk changed a checkpoint")
    check(not list(checkpoints.glob("*.tmp-*")), "a full disk left a temporary directory")
    done = run("sft", "--resume", *settings(f"run.dir={run_dir}", "sft.steps=5"))
    check(done.returncode == 0, f"the run goes on after a full disk: {done.stderr}")

    # The newest checkpoint is damaged: one warning, and the older one is used. All damaged: no silent restart.
    newest, *older = sorted(checkpoints.iterdir(), key=lambda path: -int(path.name[5:]))
    weights = (newest / "model.safetensors").read_bytes()
    (newest / "model.safetensors").write_bytes(weights[:-1])
    done = run("sft", "--resume", *settings(f"run.dir={run_dir}", "sft.steps=5"))
    check(done.returncode == 0 and newest.name in done.stderr and "warning" in done.stderr,
          f"a damaged checkpoint is passed over: {done.stderr}")
    for path in checkpoints.iterdir():
        (path / "state.json").write_text("")
    refuses(["no usable checkpoint"], "sft", "--resume", *settings(f"run.dir={run_dir}"))


with tempfile.TemporaryDirectory() as scratch:
    for part in (configuration, weights, disk_full, data, training):
        if len(sys.argv) > 3 and part.__name__ not in sys.argv[3:]:
            continue
        directory = pathlib.Path(scratch) / part.__name__
        directory.mkdir()
        part(directory)
print(f"{count} checks, {len(failures)} failed")
sys.exit(1 if failures else 0)
