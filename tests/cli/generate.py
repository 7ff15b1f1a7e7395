# SPDX-License-Identifier: Apache-2.0
"""gppo generate: stop strings end a completion and nothing else changes, --best is the likeliest, min_p = 1 is greedy."""
import json
import pathlib
import subprocess
import sys
import tempfile

gppo = sys.argv[1]


def run(command, directory, *sets, flags=(), fails=False):
    all_sets = [f"run.dir={directory}", "run.threads=1", "model.hidden_size=32", "model.num_hidden_layers=1", "run.tensorboard=false",
                "run.report=false", *sets]
    parts = [gppo, command, *flags] + [part for each in all_sets for part in ("--set", each)]
    done = subprocess.run(parts, capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        sys.exit(f"{' '.join(parts)}\nended with {done.returncode}: {done.stderr}")
    return done.stderr if fails else [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


with tempfile.TemporaryDirectory() as parent:
    directory = pathlib.Path(parent) / "run"
    run("sft", directory, "sft.steps=1", "eval.prompts=4")
    prompts = ("--prompt", "12+34=", "--prompt", "5-3=")
    sampling = ("eval.samples=6", "eval.max_new_tokens=60")
    free = run("generate", directory, *sampling, flags=prompts)
    assert len(free) == 12

    texts = [row["completion"] for row in free]
    stop = next(text[i:i + 2] for text in texts for i in range(3, len(text) - 1) if text[i:i + 2].isascii())  # does occur
    stopped = run("generate", directory, *sampling, f"eval.stop={json.dumps([stop, 'never there'])}", flags=prompts)
    for before, after in zip(free, stopped):
        at = before["completion"].find(stop)
        if at < 0:
            assert before == after
            continue
        assert after["finish"] == "stop" and after["completion"].endswith(stop) and after["completion"].find(stop) == at, (before, after)
        assert before["tokens"][:len(after["tokens"])] == after["tokens"] and before["logp"][:len(after["logp"])] == after["logp"]
    refused = run("generate", directory, *sampling, 'eval.stop=[""]', flags=prompts, fails=True)
    assert "stop strings" in refused, refused

    best = run("generate", directory, *sampling, flags=(*prompts, "--best"))

    def mean(row):
        return sum(row["logp"]) / len(row["logp"])
    assert best == [max(free[:6], key=mean), max(free[6:], key=mean)]

    greedy = run("generate", directory, "eval.max_new_tokens=60", "eval.greedy=true", flags=prompts)
    certain = run("generate", directory, "eval.max_new_tokens=60", "eval.min_p=1", flags=prompts)
    assert [row["tokens"] for row in greedy] == [row["tokens"] for row in certain]
print("ok")
