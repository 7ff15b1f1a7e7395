# SPDX-License-Identifier: Apache-2.0
"""Parquet files without Apache Arrow: the binary does not need it to start, and says what to do.

argv: the binary, the source directory. Standard library only; tests/oracle/parquet.py has the rest."""

import pathlib
import subprocess
import sys
import tempfile

GPPO = sys.argv[1]


def refused(environment, *arguments):
    done = subprocess.run([GPPO, *map(str, arguments)], capture_output=True, text=True, env=environment)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done
    return done.stderr


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    linked = subprocess.run(["ldd", GPPO], capture_output=True, text=True).stdout
    assert "arrow" not in linked and "parquet" not in linked, linked
    rows, file, out = work / "rows.jsonl", work / "rows.parquet", work / "out.parquet"
    rows.write_text('{"problem": "1+1", "answer": "2"}\n')
    without = {"GPPO_PARQUET_MODULE": str(work / "none.so")}
    said = refused(without, "data", "check", file)
    assert "rows.parquet: No such file" in said, said
    file.write_text("PAR1")
    for command in (("data", "check", file), ("data", "dedup", file, "-o", work / "out.jsonl"),
                    ("sft", "--set", "task.kind=jsonl", "--set", "tokenizer.kind=bytes", "--set", f'task.train=["{file}"]', "--set", f"run.dir={work}/run")):
        said = refused(without, *command)
        assert f"cannot read {file}" in said and "pip install pyarrow" in said and "-DGPPO_PYTHON" in said, (command, said)
    said = refused(without, "data", "dedup", rows, "-o", out)
    assert f"cannot write {out}" in said and "pip install pyarrow" in said, said
    assert sorted(p.name for p in work.iterdir() if "out" in p.name) == [], list(work.iterdir())
