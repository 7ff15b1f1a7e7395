# SPDX-License-Identifier: Apache-2.0
"""The GPU's peers at tiny sizes on the processor, and the report that puts them beside ours: every peer that is installed runs, each is
found beside the case of ours that it is a peer of.

usage: gpu_report.py GPPO SOURCE     exit code 77: no transformers or TRL, skipped"""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import transformers  # noqa: F401
    import trl  # noqa: F401
except ImportError as missing:
    print(f"skipped: no {missing.name} package")
    sys.exit(77)

source = pathlib.Path(sys.argv[2])
PEERS = {"objective": 2, "head": 3, "training": 1, "decoding": 1}  # of a case

with tempfile.TemporaryDirectory() as work:
    peers = subprocess.run([sys.executable, source / "bench/gpu_peers.py", "--small"], capture_output=True, text=True, timeout=600)
    assert peers.returncode == 0, peers.stderr
    rows = [json.loads(line) for line in peers.stdout.splitlines()]
    for row in rows:
        absent = "liger" in row["peer"] and "No module named 'liger" in row.get("failed", "")
        assert row.get("us", 0) > 0 or absent, row
    cases = [row["case"] for row in rows]
    assert all(cases.count(case) == PEERS[case.split()[0]] for case in cases), cases
    assert {case.split()[0] for case in cases} == PEERS.keys(), cases
    lines, out = pathlib.Path(work) / "lines", pathlib.Path(work) / "gpu.json"
    ours = [json.dumps({"case": case, "us": 50.0}) for case in dict.fromkeys(cases)]
    lines.write_text("\n".join(["a line of a program", *ours]) + "\n" + peers.stdout)
    done = subprocess.run([sys.executable, source / "bench/gpu_report.py", lines, out, "a GPU", "passed"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert report["tests"] == "passed" and len(report["results"]) == len(rows) + len(ours), report
    for row in report["results"]:
        assert ("ours_is_faster" in row) == ("peer" in row and "us" in row), row
        assert "us" not in row or "peer" not in row or abs(row["ours_is_faster"] - row["us"] / 50) < 1e-3, row
    assert all(done.stdout.count(case + " ") == 1 + PEERS[case.split()[0]] for case in set(cases)), done.stdout
print(f"{len(rows)} runs of peers, each beside its case")
