# SPDX-License-Identifier: Apache-2.0
"""Judging programs on one core: ours, with everything isolated, against a fresh process for each test, as most code rewards
do it: plain python3 (no isolation at all) and python3 inside bubblewrap.

usage: sandbox.py WORKER OUTPUT_DIRECTORY [--quick]
"""
import os
import subprocess
import sys

from side_by_side import Results, Worker, interleave, timed

PYTHON = ["/usr/bin/python3", "-I", "-S"]
BUBBLEWRAP = ["/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/usr",
              "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--symlink", "usr/bin", "/bin",
              "--proc", "/proc", "--tmpfs", "/tmp", "--chdir", "/tmp"]
PROGRAM = "print(2 * int(input()))\n"


def fresh(prefix, tests):
    """A process for each test, like subprocess.run in a reward function."""
    def judge():
        for i in range(tests):
            done = subprocess.run([*prefix, *PYTHON, "-c", PROGRAM], input=f"{i}\n", capture_output=True, text=True, timeout=60)
            assert done.stdout == f"{2 * i}\n", done
    return timed(judge)


def main():
    worker, results = Worker(sys.argv[1]), Results("sandbox")
    rounds = 5 if "--quick" in sys.argv else 15
    os.sched_setaffinity(0, {0})
    many = 20

    def ours(kind, tests, candidates=1):
        return lambda: worker.time(f"{kind} {tests} {candidates}")
    times = interleave({"one": ours("stdin", 1, many), "plain": fresh([], many), "bubblewrap": fresh(BUBBLEWRAP, many)}, rounds)
    for peer, name in (("plain", "a python3 for each test, not isolated"), ("bubblewrap", "a bwrap and python3 for each test")):
        results.add("candidates of one test a second and core", name, times["one"], times[peer], work=many, unit="runs/s", bar=40)
    times = interleave({**{kind: ours(kind, 16) for kind in ("stdin", "call", "script", "cpp")}, "plain": fresh([], 16),
                        "bubblewrap": fresh(BUBBLEWRAP, 16)}, rounds)
    for kind in ("stdin", "call", "script", "cpp"):
        for peer, name in (("plain", "16 python3, not isolated"), ("bubblewrap", "16 bwrap and python3")):
            more = {"bar": 80} if kind != "cpp" else {"note": "with compiling"}
            results.add(f"a candidate of 16 tests, {kind}", name, times[kind], times[peer], **more)
    worker.close()
    results.save(sys.argv[2])


main()
