# SPDX-License-Identifier: Apache-2.0
"""Several processes of one run, started as torchrun or mpirun start them."""
import os
import pathlib
import socket
import struct
import subprocess
import time

for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "OMPI_COMM_WORLD_SIZE"):
    os.environ.pop(name, None)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(command, ranks, where, launcher="torchrun"):
    """A process for each rank: rank 0 in `where`, the others in a directory without any file."""
    port, started = free_port(), []
    for rank in range(ranks):
        named = {"RANK": rank, "WORLD_SIZE": ranks, "LOCAL_RANK": rank, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        if launcher == "mpirun":
            named = {"OMPI_COMM_WORLD_RANK": rank, "OMPI_COMM_WORLD_SIZE": ranks, "OMPI_COMM_WORLD_LOCAL_SIZE": ranks,
                     "MASTER_PORT": port}
        place = pathlib.Path(where) if rank == 0 else pathlib.Path(where) / "elsewhere"
        place.mkdir(parents=True, exist_ok=True)
        started.append(subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **{k: str(v) for k, v in named.items() if ranks > 1}}))
    return started


def finish(started, where, what):
    """All end well, rank 0 alone prints and writes. What that said on stderr."""
    results = [process.communicate(timeout=300) for process in started]
    for rank, (process, (out, error)) in enumerate(zip(started, results)):
        assert process.returncode == 0, f"{what}, rank {rank} of {len(started)}: {process.returncode} {error}"
        assert rank == 0 or not out, f"rank {rank} printed {out!r}"
    assert len(started) == 1 or not list((pathlib.Path(where) / "elsewhere").glob("*")), "another rank than 0 wrote files"
    return results[0][1]


def expects_lost(process, rank, other):
    """The rank that is left ends with one line that says why."""
    error = process.communicate(timeout=60)[1]
    error = "".join(line for line in error.splitlines(True) if line.startswith("gppo:"))  # no progress
    assert process.returncode == 1 and error.count("\n") == 1, error
    assert f"rank {rank} lost rank {other}" in error and "--resume" in error, error


def floats(path):
    """All that a safetensors file of F32 holds."""
    data = pathlib.Path(path).read_bytes()
    size, = struct.unpack_from("<Q", data)
    return struct.unpack(f"<{(len(data) - 8 - size) // 4}f", data[8 + size:])


def largest_gap(one, other):
    """Between the numbers of two such files."""
    left, right = floats(one), floats(other)
    assert len(left) == len(right) > 0, f"{one} and {other}: {len(left)} and {len(right)} numbers"
    return max(abs(a - b) for a, b in zip(left, right))


def kill_one(started, victim, metrics, lines):
    """SIGKILL of one of two ranks once the file has more than so many lines; the other stops and says why, in so many seconds."""
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") > lines):
        assert all(process.poll() is None for process in started), [p.communicate() for p in started]
        time.sleep(0.01)
    started[victim].kill()
    began = time.monotonic()
    expects_lost(started[1 - victim], 1 - victim, victim)
    seconds = time.monotonic() - began
    started[victim].communicate()
    return seconds
