# SPDX-License-Identifier: Apache-2.0
"""The library's verifiers as reward functions, for TRL and verl alike: the `gppo` binary judges a batch in one call.

    GRPOTrainer(..., reward_funcs=maths_reward, train_dataset=rows with a column "answer")
    verl: reward_model.reward_manager=batch custom_reward_function.path=gppo_rewards.py custom_reward_function.name=verl_maths

GPPO_BINARY names the binary; without it, `gppo` from PATH. An answer that could not be judged within the verifier's budget is
None for TRL, which leaves it out of the mean, and 0 for verl.
"""
import json
import os
import subprocess

REWARDS = {"equal": 1.0, "different": 0.0, "unparsable": 0.0}


def verdicts(golds, answers):
    rows = "".join(json.dumps({"gold": str(gold), "pred": answer}) + "\n" for gold, answer in zip(golds, answers))
    judged = subprocess.run([os.environ.get("GPPO_BINARY", "gppo"), "score", "math"], input=rows, text=True,
                            capture_output=True)
    if judged.returncode != 0:
        raise RuntimeError(judged.stderr.strip())
    return [json.loads(line)["verdict"] for line in judged.stdout.splitlines()]


def text(completion):
    """A completion is a string, or a conversation whose last message counts."""
    return completion if isinstance(completion, str) else completion[-1]["content"]


def maths_reward(completions, answer, **_):
    return [REWARDS.get(verdict) for verdict in verdicts(answer, [text(c) for c in completions])]


def verl_maths(data_sources, solution_strs, ground_truths, extra_infos, **_):
    return [REWARDS.get(verdict, 0.0) for verdict in verdicts(ground_truths, solution_strs)]
