# SPDX-License-Identifier: Apache-2.0
"""The lines that the benchmarks of ./dev gpu printed, ours and the peers', as a table and as one JSON file.

usage: gpu_report.py LINES OUTPUT GPU TESTS"""
import datetime
import json
import pathlib
import sys

lines, output, gpu, tests = sys.argv[1:]
rows = [json.loads(line) for line in pathlib.Path(lines).read_text().splitlines() if line.startswith("{")]
ours = {row["case"]: row for row in rows if "peer" not in row}
for row in rows:
    if "us" in row and "peer" in row and row["case"] in ours:
        row["ours_is_faster"] = round(row["us"] / ours[row["case"]]["us"], 3)
pathlib.Path(output).write_text(json.dumps(
    {"gpu": gpu, "when": f"{datetime.datetime.now():%F %T}", "tests": tests, "results": rows}, indent=1) + "\n")
print(f"{gpu}; tests {tests}")
print(f"{'case':48} {'who':36} {'ms':>10}  beside")
for case in dict.fromkeys(row["case"] for row in rows):
    for row in (row for row in rows if row["case"] == case):
        extra = {name: value for name, value in row.items() if name not in ("case", "peer", "us")}
        beside = f"{extra.pop('ours_is_faster'):.2f} x ours" if "ours_is_faster" in extra else ""
        took = f"{row['us'] / 1000:10.3f}" if "us" in row else " " * 10
        print(f"{case:48} {row.get('peer', 'gppo'):36} {took}  {beside:12} {', '.join(f'{k} {v}' for k, v in extra.items())}".rstrip())
