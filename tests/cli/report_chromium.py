# SPDX-License-Identifier: Apache-2.0
"""Renders the report of a made-up run in headless Chromium: every curve is there, with and without JavaScript, the page
asks for nothing from elsewhere, and the script has no error.

usage: report_chromium.py GPPO [SOURCE [KEEP]]     exit code 77: no Chromium, skipped
"""
import html.parser
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HOSTILE = "</script><script>document.title='broken'</script><img src=x onerror=\"throw 1\">\u2028&amp; a<b"
SFT_STEPS, RL_STEPS = 220, 60


def synthetic_run(directory):
    """The files of an SFT + RL run with every metric the trainer names."""
    rng = random.Random(1)
    metrics, timing, samples = [], [], []

    def write(step, stage, values, seconds):
        metrics.append({"step": step, "stage": stage, **values})
        timing.append({"step": step, "stage": stage, **seconds})

    write(0, "eval", {"val/arithmetic/acc": 0.0, "val/arithmetic/response_length": 128.0}, {"timing_s/eval": 1.0})
    for step in range(SFT_STEPS):
        loss = 0.12 + 3.4 * math.exp(-step / 30) + 0.03 * rng.random()
        write(step, "sft",
              {"sft/loss": loss, "actor/entropy": 0.1 + 2.7 * math.exp(-step / 35), "actor/lr": 2e-3 * (1 - step / SFT_STEPS),
               "actor/grad_norm": 0.3 + rng.random() + (40 if step == 90 else 0)},
              {"timing_s/step": 0.5 + 0.02 * rng.random(), "perf/throughput": 21000 + 900 * rng.random()})
    write(SFT_STEPS - 1, "eval", {"val/arithmetic/acc": 0.412}, {"timing_s/eval": 1.1})
    for step in range(RL_STEPS):
        share = 1 - math.exp(-step / 22)
        passed = 0.41 + 0.4 * share + 0.03 * rng.gauss(0, 1)
        clipped = [0.004 * rng.random() + 0.004, 0.011 + 0.01 * share, 0.009 + 0.008 * share, 0.003]
        gradient = [0.01, 0.09 + 0.05 * share, 0.07 + 0.03 * share, 0.012]
        names = ["r1", "r2", "r3", "r4"]
        values = {"critic/rewards/mean": passed, "critic/score/mean": passed - 0.01, "critic/rewards/max": 1.0, "critic/rewards/min": 0.0,
                  "actor/entropy": 0.3 - 0.12 * share + 0.01 * rng.gauss(0, 1), "actor/pg_loss": 0.01 * rng.gauss(0, 1),
                  "actor/grad_norm": 0.2 + 0.1 * rng.random(), "actor/lr": 5e-5,
                  "actor/ppo_kl": 2e-4 * (1 + rng.random()), "actor/pg_clipfrac": clipped[1] + clipped[2],
                  "actor/pg_clipfrac_lower": 0.0005, "gppo/grad_share_clipped": gradient[1] + gradient[2],
                  "response_length/mean": 46 + 3 * rng.gauss(0, 1), "response_length/max": 80 + rng.randrange(40),
                  "response_length/min": 30 + rng.randrange(4), "response_length/clip_ratio": 0.02 * rng.random(),
                  "rollout/logp_diff_max": 4e-6 * (1 + rng.random()), "rollout/logp_diff_mean": 2e-7 * (1 + rng.random())}
        values |= {f"gppo/count/{name}": v for name, v in zip(names, clipped)}
        values["gppo/count/in_range"] = 1 - sum(clipped)
        values |= {f"gppo/grad/{name}": v for name, v in zip(names, gradient)}
        values["gppo/grad/in_range"] = 1 - sum(gradient)
        if step == 7:
            values["actor/pg_loss"] = None
            values["warnings"] = ["actor/pg_loss"]
        if step == 9:
            values["a/metric nobody \"knows\" </script>"] = 1.5
        write(step, "rl", values,
              {"timing_s/gen": 1.6, "timing_s/reward": 0.02, "timing_s/old_log_prob": 0.4, "timing_s/adv": 0.01,
               "timing_s/update_actor": 1.1, "timing_s/step": 3.13, "perf/throughput": 9000 + 500 * rng.random()})
    write(RL_STEPS - 1, "eval", {"val/arithmetic/acc": 0.795}, {"timing_s/eval": 1.0})
    for stage, step, p in [("before sft", 0, 0.0), ("after sft", 219, 0.4), ("after rl", 59, 0.8)]:
        for k in range(8):
            a, b = 17 + 31 * k, 203 + 47 * k
            right = k < 8 * p
            answer = a + b if right else a + b - 10
            text = "<think>7+3=10, write 0 carry 1\n1+0+1=2</think>\n\\boxed{%d}" % answer if p else "4=9+</think>7" * 3
            samples.append({"step": step, "stage": stage, "prompt": f"{a}+{b}=", "completion": HOSTILE if k == 5 else text,
                            "gold": str(a + b), "extracted": str(answer) if p else "", "reward": float(right),
                            "reward_parts": {"correct": float(right), "format": 1.0}, "tokens": len(text),
                            "truncated": p == 0})
    os.makedirs(directory)
    for name, rows in [("metrics", metrics), ("timing", timing), ("samples", samples)]:
        with open(os.path.join(directory, name + ".jsonl"), "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
            file.write('{"step": 99, "sta')  # the run is still going
    with open(os.path.join(directory, "summary.json"), "w") as file:
        json.dump({"status": "done", "seed": 1, "parameters": 1049216, "policy": "gppo", "wall_seconds": 312.4,
                   "evaluations": {"before sft": {"pass@1": 0.0, "low": 0.0, "high": 0.004},
                                   "after sft": {"pass@1": 0.412, "low": 0.381, "high": 0.443},
                                   "after rl": {"pass@1": 0.795, "low": 0.768, "high": 0.819}}}, file)
    with open(os.path.join(directory, "config.json"), "w") as file:
        json.dump({"run": {"dir": "runs/demo", "seed": 1, "threads": 2},
                   "model": {"hidden_size": 128, "num_hidden_layers": 4, "path": ""},
                   "sft": {"steps": SFT_STEPS, "batch": 64, "lr": 2e-3, "schedule": "cosine"},
                   "rl": {"steps": RL_STEPS, "prompts": 64, "group": 8, "policy": "gppo", "high": 0.28}}, file)
    names = {name for row in metrics + timing for name in row} - {"step", "stage", "warnings"}
    return names, len(samples)


class Page(html.parser.HTMLParser):
    """Collects what the test asks about."""

    def __init__(self, text):
        super().__init__()
        self.curves, self.root, self.addresses, self.rows, self.dots, self.buttons = {}, {}, [], 0, 0, 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "html":
            self.root = values
        if "data-name" in values:
            self.curves[values["data-name"]] = values.get("d", "")
        if tag == "path" and values.get("class", "").startswith("dots"):
            self.dots += bool(values["d"])
        self.rows += tag == "tr"
        self.buttons += tag == "button"
        self.addresses += [v for k, v in attributes if k in ("src", "href", "srcset", "action") and v != "data:,"]


def chromium(*arguments):
    with tempfile.TemporaryDirectory() as profile:
        command = [shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"),
                   "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--user-data-dir=" + profile, "--virtual-time-budget=5000", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_page(text, names, samples, drawn_by_script):
    page = Page(text)
    assert set(page.curves) == names, set(page.curves) ^ names
    number = r"-?\d+(\.\d+)?(e-?\d+)?"
    for name, path in page.curves.items():
        assert re.match(rf"M{number} {number}", path), (name, path[:40])
        assert "NaN" not in path and "nan" not in path and "inf" not in path, (name, path)
    assert page.curves["critic/rewards/mean"].count("L") > 30, "the reward has too few points"
    assert page.dots >= 1, "the held-out evaluations are drawn as dots"
    assert page.rows == samples + 1, page.rows
    assert page.addresses == [], page.addresses
    assert page.root.get("data-errors") is None, page.root["data-errors"]
    assert ("data-ready" in page.root) == drawn_by_script, page.root
    assert page.buttons == (8 if drawn_by_script else 0), page.buttons
    assert "&lt;/script&gt;" in text and "<img" not in text
    for value in ("0.0", "41.2", "79.5"):
        assert f">{value}<small>%" in text, value
    assert "+38.3</span> points" in text
    assert "actor/pg_loss is not finite" in text
    return page


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as work:
        return check(binary, os.path.join(os.path.abspath(sys.argv[3] if sys.argv[3:] else work), "run"))


def check(binary, run):
    names, samples = synthetic_run(run)
    subprocess.run([binary, "report", run], check=True, stdout=subprocess.DEVNULL)
    path = os.path.join(run, "report.html")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert len(text) < 1_000_000, len(text)
    assert not re.search(r"https?://", text), "an external address"
    static = check_page(text, names, samples, drawn_by_script=False)
    if not (shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")):
        print("skipped: no Chromium; the page without JavaScript is as it should be")
        return 77
    rendered = check_page(chromium("--dump-dom", "file://" + path), names, samples, drawn_by_script=True)
    # The script draws what the page already showed: the same picture within a pixel or two.
    for name in ("sft/loss", "actor/grad_norm", "critic/rewards/mean", "timing_s/gen"):
        first = [list(map(float, re.findall(r"[\d.]+", page.curves[name])))[:2] for page in (static, rendered)]
        assert all(abs(a - b) < 12 for a, b in zip(*first)), (name, first)
    # A page whose script fails must not pass: the check sees errors.
    broken = path.replace("report.html", "broken.html")
    with open(broken, "w", encoding="utf-8") as file:
        file.write(text.replace("redraw();\nroot.dataset.ready", "undefined_name();\nroot.dataset.ready"))
    assert "data-errors=" in chromium("--dump-dom", "file://" + broken)
    os.remove(broken)
    # Another run beside it.
    shutil.copytree(run, run + "2")
    subprocess.run([binary, "report", run, "--compare", run + "2"], check=True, stdout=subprocess.DEVNULL)
    page = Page(chromium("--dump-dom", "file://" + path))
    assert page.root.get("data-errors") is None, page.root["data-errors"]
    other = {name for name in page.curves if name.endswith(" · run2")}
    assert "critic/rewards/mean · run2" in other and len(other) > 15, other
    assert all(page.curves[name].startswith("M") for name in other)
    assert page.curves["sft/loss · run2"] == page.curves["sft/loss"]
    print(f"{len(names)} curves, {samples} samples, no error")
    return 0


if __name__ == "__main__":
    sys.exit(main())
