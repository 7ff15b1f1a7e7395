# SPDX-License-Identifier: Apache-2.0
"""A run that is killed at any moment and goes on, again and again, until it is done."""
import glob
import os
import subprocess
import time


def written(directory):
    """How far a run is: the bytes of its lines, here and one folder below (its checkpoints come and go)."""
    return sum(os.path.getsize(name) for pattern in ("*.jsonl", "*/*.jsonl") for name in glob.glob(f"{directory}/{pattern}"))


def again_and_again(command, directory, reference, seconds, dice, most):
    """`command(resume)` starts the run in `directory`; `reference` holds the run that was not killed and took so many seconds.
    A life ends after a random time, or after as many lines as it writes in a random share of the run: of the two the
    first, so that a run is killed on a machine that is suddenly faster too. Says how many kills there were."""
    kills, start = 0, written(directory)
    whole, furthest = written(reference) - start, start
    for life in range(5 * most):
        process = subprocess.Popen(command(life > 0), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if kills < most:
            end = time.monotonic() + dice.uniform(0, 0.5) * seconds
            goal = furthest + dice.uniform(0, 0.3) * whole
            while process.poll() is None and time.monotonic() < end and written(directory) <= goal:
                time.sleep(0.001)
            process.kill()
        _, error = process.communicate(timeout=300)
        furthest = max(furthest, written(directory))
        if process.returncode == 0:
            break
        assert process.returncode < 0, error
        kills += 1
    assert process.returncode == 0 and kills > 0, (process.returncode, kills)
    return kills
