# SPDX-License-Identifier: Apache-2.0
"""gppo loss against the committed numbers of tests/golden/objectives.json, which come from formulas in torch and not
from this binary: every policy and every preset, to 1e-5. Only the standard library is used.

argv: the binary, the source directory."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

binary, source = sys.argv[1], Path(sys.argv[2])
golden = json.loads((source / "tests" / "golden" / "objectives.json").read_text())
wrong = []


def run(*arguments, request=None):
    done = subprocess.run([binary, "loss", *arguments], input=json.dumps(request), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{done.stderr}request: {json.dumps(request)[:500]}")
    return json.loads(done.stdout)


def compare(what, got, want, scale=0.0):
    """`scale`: what a sum of terms of both signs is relative to."""
    if got is None or abs(got - want) > 1e-5 * max(abs(want), scale) + 1e-36:
        wrong.append(f"{what} is {got}, expected {want}")


def check_token(policy, row, want):
    logp, logp_old, advantage = row
    answer = run(request={"policy": policy, "aggregation": "token_sum", "logp": [logp], "logp_old": [logp_old],
                          "advantage": [advantage]})  # fmt: skip
    what = f"{policy} at log-ratio {logp - logp_old:.4g}, A {advantage}"
    compare(f"{what}: value", -answer["pg"], want[0])
    compare(f"{what}: weight", answer["weights"][0], want[1], 1e-6 * abs(want[0]))


def check_batch(what, choice, want):
    answer = run(request={**golden["batch"], **choice})
    largest = max(map(abs, want["dlogp"]))
    for i, (got, expected) in enumerate(zip(answer["dlogp"], want["dlogp"], strict=True)):
        compare(f"{what}: dlogp[{i}]", got, expected, 0.01 * largest)
    compare(f"{what}: value", answer["value"], want["value"], sum(map(abs, want["dlogp"])))
    for i, (got, expected) in enumerate(zip(answer["advantage"], want.get("advantage", answer["advantage"]))):
        compare(f"{what}: advantage[{i}]", got, expected)


methods = run("--list")
known = {**golden["token_policies"], **golden["batch_policies"]}
wrong += [f"policy {name} has no golden numbers: add it to tests/golden/make.py" for name in methods["policy"]
          if name not in known]  # fmt: skip
wrong += [f"preset {name} has no golden numbers: add it to tests/golden/make.py" for name in methods["preset"]
          if name not in golden["presets"]]  # fmt: skip

jobs = []
for policy, rows in golden["token_policies"].items():
    jobs += [(check_token, policy, token, want) for token, want in zip(golden["tokens"], rows, strict=True)]
for policy, want in golden["batch_policies"].items():
    mean = "seq_mean_token_mean" if policy in ("gmpo", "luspo") else "token_mean"
    jobs.append((check_batch, policy, {"policy": policy, "aggregation": mean}, want))
for preset, want in golden["presets"].items():
    jobs.append((check_batch, f"preset {preset}", {"preset": preset}, want))
with ThreadPoolExecutor(2) as pool:
    list(pool.map(lambda job: job[0](*job[1:]), jobs))

# What a request says itself overrides its preset: a parameter, or a method with its own parameters.
batch = golden["batch"]
same = lambda a, b: run(request={**batch, **a})["dlogp"] == run(request={**batch, **b})["dlogp"]
wide = {"preset": "trl_dapo", "policy_params": {"high": 2.0}}
long = {"policy": "clip_higher", "policy_params": {"low": 0.2, "high": 2.0}, "advantage_params": {"eps": 1e-4}}
if not same(wide, long) or same(wide, {"preset": "trl_dapo"}):
    wrong.append("policy_params do not override one parameter of a preset")
if not same({"preset": "verl_grpo", "policy": "reinforce", "kl": "none"},
            {"policy": "reinforce", "advantage_params": {"singleton": "raw"}}):  # fmt: skip
    wrong.append("a method does not override that of a preset")

for line in wrong:
    print(line)
print(f"{len(jobs)} golden rows, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
