# SPDX-License-Identifier: Apache-2.0
"""What the scripts around `gppo loss` share: the binary, the seed, a request, and a stand-in for TRL's trainer."""
import json
import os
import random
import subprocess
import sys

try:
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

BINARY = sys.argv[1]
SEED = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
print(f"GPPO_SEED={SEED}", flush=True)
rng = random.Random(SEED)
torch.set_num_threads(1)
f32 = lambda x: torch.tensor(x, dtype=torch.float32).item()  # what the library reads


def run(request, fails=None):
    """The answer of `gppo loss`; with `fails`, it must be refused with these words."""
    answer = subprocess.run([BINARY, "loss"], input=json.dumps(request), capture_output=True, text=True)
    if fails is not None:
        assert answer.returncode != 0 and fails in answer.stderr and not answer.stdout, (fails, answer)
        return None
    if answer.returncode != 0:
        raise SystemExit(f"gppo loss failed: {answer.stderr}\nrequest: {json.dumps(request)}")
    return json.loads(answer.stdout)


class Anything:
    """Stands for the parts of the trainer that only log."""

    def __getattr__(self, name):
        return {"num_processes": 1, "sync_gradients": False}.get(name, lambda x, *a, **k: x)
