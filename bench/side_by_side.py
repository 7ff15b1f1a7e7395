# SPDX-License-Identifier: Apache-2.0
"""Times our worker process and a Python peer in one run: pinned threads, interleaved rounds, medians.

A case is (name, unit, ours, peer): `ours` is a worker case, `peer` a callable; both do the same work.
Prints one JSON line a case and writes build/bench/NAME.json. `ratio` is peer / ours for times: above 1 we win.
"""
import json
import os
import platform
import statistics
import subprocess
import sys
import time

THREADS = os.environ.get("OMP_NUM_THREADS", "2")
PINNED = {"OMP_NUM_THREADS": THREADS, "MKL_NUM_THREADS": THREADS, "OMP_PROC_BIND": "close", "OMP_PLACES": "cores",
          "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1",
          "TOKENIZERS_PARALLELISM": "false"}
# The friendliest allocator settings for eager torch: pages are not given back between tensors.
TUNED = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "34359738368", "MALLOC_TOP_PAD_": "268435456",
         "THP_MEM_ALLOC_ENABLE": "1"}


def restart_pinned():
    """Thread and allocator settings only count when set before the process starts."""
    if os.environ.get("GPPO_BENCH") != "1":
        os.environ.update(PINNED, GPPO_BENCH="1")
        if os.environ.get("GPPO_BENCH_ALLOCATOR", "tuned") == "tuned":
            os.environ.update(TUNED)
        os.execv(sys.executable, [sys.executable] + sys.argv)


class Worker:
    """Our side: a process that runs a named case once per line on its standard input."""

    def __init__(self, path, *arguments):
        environment = {k: v for k, v in os.environ.items() if k not in TUNED}
        self.process = subprocess.Popen([path, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment, preexec_fn=lambda: os.sched_setaffinity(
                                            0, range(os.cpu_count())))

    def ask(self, case):
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"bench: the worker died on case {case}")
        return json.loads(line)

    def time(self, case):
        return self.ask(case)["seconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(work):
    def run():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
    return run


def interleave(sides, rounds, warm=2):
    """sides: name -> callable that returns seconds. Returns name -> sorted list of seconds."""
    times = {name: [] for name in sides}
    for name, side in sides.items():
        for _ in range(warm):
            side()
    for _ in range(rounds):
        for name, side in sides.items():
            times[name].append(side())
    return {name: sorted(values) for name, values in times.items()}


class Results:
    def __init__(self, name):
        self.name, self.rows = name, []

    def add(self, case, peer_name, ours, peer, work=None, unit="ms", **more):
        """ours, peer: lists of seconds. work: units of work a run, then figures are work per second."""
        def figure(seconds):
            return work / seconds if work else seconds * 1e3
        row = {"case": case, "ours": round(figure(statistics.median(ours)), 3),
               "peer": round(figure(statistics.median(peer)), 3), "unit": unit,
               "ratio": round(statistics.median(peer) / statistics.median(ours), 3), "peer_name": peer_name,
               "ours_spread": [round(figure(ours[0]), 3), round(figure(ours[-1]), 3)],
               "peer_spread": [round(figure(peer[0]), 3), round(figure(peer[-1]), 3)], "rounds": len(ours), **more}
        print(json.dumps(row), flush=True)
        self.rows.append(row)

    def save(self, directory):
        os.makedirs(directory, exist_ok=True)
        about = {"when": time.strftime("%F %T"), "machine": machine(), "threads": int(THREADS),
                 "allocator": os.environ.get("GPPO_BENCH_ALLOCATOR", "tuned")}
        with open(os.path.join(directory, self.name + ".json"), "w") as file:
            json.dump({**about, "results": self.rows}, file, indent=1)


def machine():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return f"{line.split(':')[1].strip()}, {os.cpu_count()} cores"
    return platform.processor()
