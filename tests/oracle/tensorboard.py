# SPDX-License-Identifier: Apache-2.0
"""What TensorBoard's own reader finds in our event files: every scalar and text, bit for bit in float32.

usage: tensorboard.py GPPO [SOURCE]     exit code 77: the tensorboard package is not installed, skipped
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

sys.path.pop(0)  # this file has the package's name
try:
    from tensorboard.backend.event_processing import event_file_loader
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util
except ImportError:
    print("skipped: no tensorboard package")
    sys.exit(77)

VALUES = [0.0, -0.0, 1.0, 0.1, 1e-7, 3.4e38, 1e-45, -123.456, 16777217.0, 5e-324]


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def write_run(run, first, last):
    os.makedirs(run, exist_ok=True)
    with open(os.path.join(run, "metrics.jsonl"), "w") as metrics, open(os.path.join(run, "timing.jsonl"), "w") as timing:
        for step in range(first, last):
            row = {"step": step, "stage": "rl", "actor/pg_loss": VALUES[step % len(VALUES)], "ä <&> 名": step * 0.3}
            if step == 5:
                row |= {"actor/grad_norm": None, "warnings": ["actor/grad_norm"]}
            metrics.write(json.dumps(row) + "\n")
            timing.write(json.dumps({"step": step, "stage": "rl", "perf/throughput": 1234.5 + step}) + "\n")
    with open(os.path.join(run, "samples.jsonl"), "w") as samples:
        samples.write(json.dumps({"step": first, "stage": "rl", "prompt": "1+1=", "completion": "é\n\\boxed{2}"}) + "\n")


def convert(binary, run, events):
    done = subprocess.run([binary, "report", run, "--tensorboard", events], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as work:
        run, events = os.path.join(work, "run"), os.path.join(work, "events")
        write_run(run, 1, 41)
        path = convert(binary, run, events)

        # Record by record: the loader checks both checksums and stops at a wrong one.
        records = list(event_file_loader.RawEventFileLoader(path).Load())
        assert len(records) == 2 + 40 * 3 + 1 + 1, len(records)

        read = EventAccumulator(events, size_guidance={"scalars": 0, "tensors": 0})
        read.Reload()
        assert set(read.Tags()["scalars"]) == {"actor/pg_loss", "ä <&> 名", "perf/throughput", "actor/grad_norm"}, read.Tags()
        loss = read.Scalars("actor/pg_loss")
        assert [e.step for e in loss] == list(range(1, 41))
        for event in loss:
            want = float32(VALUES[event.step % len(VALUES)])
            assert struct.pack("<d", event.value) == struct.pack("<d", want), (event, want)
        assert [e.value for e in read.Scalars("ä <&> 名")] == [float32(step * 0.3) for step in range(1, 41)]
        assert [e.value for e in read.Scalars("perf/throughput")] == [float32(1234.5 + step) for step in range(1, 41)]
        (nan,) = read.Scalars("actor/grad_norm")
        assert nan.step == 5 and nan.value != nan.value
        (text,) = read.Tensors("sample/rl")
        assert text.step == 1
        assert tensor_util.make_ndarray(text.tensor_proto).item().decode() == "1+1=\n\né\n\\boxed{2}"
        assert read.SummaryMetadata("sample/rl").plugin_data.plugin_name == "text"

        # A run resumed at step 31 writes a second file, and what the first says from there on is dropped.
        write_run(run, 31, 51)
        second = convert(binary, run, events)
        assert second != path and len(os.listdir(events)) == 2
        read = EventAccumulator(events, size_guidance={"scalars": 0, "tensors": 0})
        read.Reload()
        assert [e.step for e in read.Scalars("actor/pg_loss")] == list(range(1, 51))

        # A reader that accepts anything would make all of the above worthless.
        data = bytearray(open(path, "rb").read())
        data[200] ^= 1
        broken = os.path.join(work, "broken", os.path.basename(path))
        os.makedirs(os.path.dirname(broken))
        open(broken, "wb").write(data)
        kept = []
        try:
            for record in event_file_loader.RawEventFileLoader(broken).Load():
                kept.append(record)
        except Exception:  # some versions raise, some only stop
            pass
        assert len(kept) < len(records)
    print("124 records, 3 scalars, 1 text, 1 restart")
    return 0


if __name__ == "__main__":
    sys.exit(main())
