# SPDX-License-Identifier: Apache-2.0
"""Two runs of one configuration that must agree: their metrics, their files, and one of them killed on its way."""
import json
import pathlib
import signal
import time

# Shares of tokens, which one token on the edge of a region moves, and what is a difference of rounding itself.
LOOSE = ("gppo/", "actor/pg_clipfrac", "rollout/mismatch", "rollout/kl_to", "actor/ppo_kl")


def steps(directory):
    return [json.loads(line) for line in (pathlib.Path(directory) / "metrics.jsonl").open()]


def largest_difference(one, other, more_than, what, leave=()):
    """Of a metric, as a part of its size or of 1 where it is smaller, and where; both have more than so many lines."""
    left_rows, right_rows, worst = steps(one), steps(other), (0.0, "")
    assert len(left_rows) == len(right_rows) > more_than, f"{what}: {len(left_rows)} and {len(right_rows)} lines"
    for left, right in zip(left_rows, right_rows):
        assert left.keys() == right.keys(), f"{what}: {left.keys() ^ right.keys()}"
        for name in left:
            if isinstance(left[name], (int, float)) and not name.startswith(tuple(leave)):
                worst = max(worst, (abs(left[name] - right[name]) / max(1.0, abs(left[name])), f"{name} at step {left['step']}"))
    return worst


def kill_after(process, metrics, lines):
    """SIGKILL once the file has so many lines."""
    while process.poll() is None and not (metrics.exists() and metrics.read_bytes().count(b"\n") >= lines):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


def tree(directory):
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(pathlib.Path(directory).rglob("*"))
            if path.is_file() and path.name not in ("timing.jsonl", "config.json", "summary.json")}  # times, run.dir


def same_files(one, other, what):
    left, right = tree(one), tree(other)
    assert left.keys() == right.keys(), f"{what}: {left.keys() ^ right.keys()}"
    differ = [name for name in left if left[name] != right[name]]
    assert not differ, f"{what}: {differ} differ"
