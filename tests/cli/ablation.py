# SPDX-License-Identifier: Apache-2.0
# slow
"""bench/ablation.py --quick: every arm has its seeds, a run that is done is not made again and one made again is the same,
the page loads nothing, and the statistics are those of a sheet of paper.

argv: the binary, the source directory. Standard library only."""
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

binary, source = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
sys.path.insert(0, str(source / "bench"))
import ablation_data
import ablation_page


def statistics():
    mean, low, high = ablation_page.interval([1.0, 2.0, 3.0])
    assert mean == 2 and abs(high - 2 - 4.3027 / math.sqrt(3)) < 1e-9 and abs(low + high - 4) < 1e-9
    assert ablation_page.area([(0, 0.0), (2, 1.0), (4, 1.0)]) == 0.75
    runs = {"a": {1: {"final": 0.5}, 2: {"final": 0.6}, 3: {"final": 0.71}}, "b": {1: {"final": 0.4}, 2: {"final": 0.5}, 3: {"final": 0.6}},
            "c": {1: {"final": 0.6}, 2: {"final": 0.4}, 4: {"final": 0.9}}}
    found = {(d["a"], d["b"]): d for d in ablation_page.differences(runs, "final")}
    assert found["a", "b"]["verdict"] == "higher" and found["a", "b"]["seeds"] == 3
    assert found["a", "c"]["verdict"] == "not told apart" and found["a", "c"]["seeds"] == 2  # the seeds that both have
    assert ablation_page.verdict(-0.2, -0.1) == "lower" and ablation_page.verdict(*ablation_page.interval([1.0])[1:]) == "not told apart"


def rows():
    dice = random.Random(1)
    for _ in range(200):
        a, b = dice.randint(0, 999), dice.randint(0, 999)
        text, answer = ablation_data.worked_sum(a, b)
        assert answer == a + b and text.endswith(f"\\boxed{{{a + b}}}"), (a, b, text)
        assert ablation_data.worked_sum(a, b, dice)[1] != a + b, (a, b)
    assert ablation_data.worked_sum(47, 85)[0] == "<think>7+5=12,4+8+1=13</think>\\boxed{132}"
    for problem in ablation_data.problems(dice)[:200]:
        right, broken = (json.loads(ablation_data.program_row(problem, broken)["reward_model"]["ground_truth"])
                         for broken in (False, True))
        assert right["inputs"] == broken["inputs"] and len(right["inputs"]) == 8
        scope = {}
        exec(ablation_data.program(*problem, slip=False), scope)
        assert [scope["f"](*each) for each in right["inputs"]] == right["outputs"] != broken["outputs"], problem


def quick(directory):
    done = subprocess.run([sys.executable, str(source / "bench/ablation.py"), binary, str(directory), "--quick"], capture_output=True,
                          text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    made = int(done.stderr.splitlines()[-1].split()[0])

    def strict(word):
        raise AssertionError(f"{word} is no JSON")
    return made, json.loads((directory / "ablation.json").read_text(), parse_constant=strict)


def recipe(result):
    """A recipe's arms share their start, and differ by the mechanism alone."""
    arms = {arm["name"]: arm for arm in result["arms"]}
    assert list(arms) == ["on", "off"] and all(arm["seeds"] == 2 for arm in arms.values()), arms.keys()
    assert arms["on"]["coefficient"][0] > 0 == arms["off"]["coefficient"][0], arms  # the controller is steered to raise it
    assert [key for key, _, _ in result["columns"]] == list(result["differences"]), result["differences"].keys()
    assert all(arm["bands"]["actor/entropy"] for arm in arms.values())


def check(directory):
    made, results = quick(directory)
    names = [each["name"] for each in results["experiments"]]
    assert names == ["methods", "filter", "sft_easy", "sources", "recipe_skywork"], names
    methods = results["experiments"][0]
    assert [arm["name"] for arm in methods["arms"]] == ["GPPO", "CE-GPPO", "clip-higher", "CISPO", "PPO"]
    recipe(results["experiments"][4])
    for each in results["experiments"][:4]:
        assert all(arm["seeds"] == 2 and len(arm["bands"]["pass"]) >= 3 for arm in each["arms"]), each["name"]
        pairs = len(each["arms"]) * (len(each["arms"]) - 1) // 2
        assert all(len(each["differences"][score]) == pairs for score in ("final", "area"))
    clipped = {name: [run["clipped"] for run in runs.values()] for name, runs in methods["runs"].items()}
    assert max(clipped["GPPO"]) > 0 and max(clipped["CISPO"]) > 0 and max(clipped["clip-higher"] + clipped["PPO"]) == 0, clipped
    assert any(run["final"] > 0 for runs in methods["runs"].values() for run in runs.values()), "nothing was learnt"
    page = (directory / "ablation.html").read_text()
    assert not any(word in page for word in ("http", "<script", "src=", "@import", "url(")) and page.count("<svg") >= 8
    runs = [place for place in (directory / "ablation").iterdir() if place.name.startswith("methods-GPPO")]
    (runs[0] / "done.json").unlink()  # as if it had been killed
    again, same = quick(directory)
    assert made == 28 and again == 1, (made, again)
    for each in results["experiments"] + same["experiments"]:
        for arm in each["runs"].values():
            for run in arm.values():
                del run["seconds"]
    assert same == results, "a run made again is another"


statistics()
rows()
with tempfile.TemporaryDirectory() as scratch:
    check(pathlib.Path(scratch))
print("ablation: the statistics, the rows, and 27 runs of five experiments, none of them twice")
