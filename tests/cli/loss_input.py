# SPDX-License-Identifier: Apache-2.0
"""gppo loss on input that a broken or hostile program sends: it answers with valid JSON, or refuses in one line
and exits with 1. It never crashes, hangs, or prints half an answer. GPPO_SEED repeats a run.

argv: the binary. Only the standard library is used."""

import json
import os
import random
import subprocess
import sys

binary = os.path.abspath(sys.argv[1])
seed = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
print(f"GPPO_SEED={seed}", flush=True)
rng = random.Random(seed)
GOOD = {"logp": [-0.5, -2.0, -1.0], "logp_old": [-1.5, -1.0, -1.0], "offsets": [0, 2, 3], "rewards": [1, 0],
        "groups": [7, 7], "mask": [1, 0, 1], "policy": "gppo", "policy_params": {"low": 0.2}, "kl": "k3",
        "kl_coef": 0.1, "logp_ref": [-1, -1, -1]}  # fmt: skip


def run(text):
    return subprocess.run([binary, "loss"], input=text, capture_output=True, timeout=60)


def check(text, refuse=None, words=()):
    """`refuse` None: either answer will do, as long as it is a whole one."""
    data = text if isinstance(text, bytes) else text.encode()
    done = run(data)
    error = done.stderr.decode(errors="replace")
    what = f"seed {seed}, input {data[:300]!r}\n  status {done.returncode}, stderr {error[:300]!r}"
    if done.returncode == 0:
        assert refuse is not True, what
        answer = json.loads(done.stdout)
        assert len(answer["dlogp"]) >= 1 and not error, what
    else:
        assert refuse is not False and done.returncode == 1 and not done.stdout, what
        assert error.startswith("gppo: ") and error.count("\n") == 1 and len(error) < 2000, what
        assert all(word in error for word in words), f"{what}\n  lacks one of {words}"


check(json.dumps(GOOD), refuse=False)

# not a request at all
for text in ["", " ", "null", "[]", "3", '"logp"', "{", "}", '{"logp": [1', "{'logp': 1}", "\x00", '{"logp": [1]} trailing']:
    check(text, refuse=True)
check(b"\xff\xfe{\x00", refuse=True)
check(b'{"policy": "\xff\xfe", "logp": [0], "logp_old": [0], "advantage": [1]}', refuse=True)
check("[" * 1_000_000, refuse=True)  # parentheses deeper than the stack
check('{"logp": ' + "[" * 200_000 + "]" * 200_000 + "}", refuse=True, words=["logp"])
check('{"a":' * 100_000 + "1" + "}" * 100_000, refuse=True)

# one field spoiled
spoiled = {"type": ["x", None, True, {}, [[]], [None], ["x"], [{}]], "number": [1e400, -1e400, 2**70, -1, 0, 0.5, "nan"]}
for key in GOOD:
    for value in spoiled["type"] + spoiled["number"]:
        check(json.dumps({**GOOD, key: value}).replace("Infinity", "1e999"))
    check(json.dumps({k: v for k, v in GOOD.items() if k != key}))

# what must be named
names = [({"logp": []}, "logp"), ({"offsets": [0, 3, 2]}, "offsets"), ({"offsets": [0, 2, 2**62]}, str(2**62)),
         ({"offsets": [-5, 3]}, "offsets"), ({"offsets": [0, 0, 3]}, "offsets"), ({"mask": [1]}, "mask"),
         ({"rewards": [1]}, "reward"), ({"rewards": ["nan", 1]}, "reward"), ({"policy": "gpo"}, "gppo"),
         ({"policy_params": {"hihg": 1}}, "high"), ({"policy_params": {"low": -1}}, "low"),
         ({"policy_params": {"low": "nan"}}, "low"), ({"groups": [1.5, 2]}, "groups"), ({"lopg": [1]}, "logp"),
         ({"kl_coef": "inf"}, "kl_coef"), ({"advantage": [1]}, "advantage")]  # fmt: skip
for change, word in names:
    check(json.dumps({**GOOD, **change}), refuse=True, words=[word])

# values JSON cannot write are spelled out, counted, and never train
done = run(json.dumps({**GOOD, "logp": ["nan", -2.0, "-inf"]}).encode())
answer = json.loads(done.stdout)
assert answer["dlogp"][0] == 0 and answer["dlogp"][2] == 0, answer

# random damage to the text
text = json.dumps(GOOD)
for _ in range(150):
    damaged = bytearray(text.encode())
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(damaged))
        kind = rng.random()
        if kind < 0.4:
            damaged[place] = rng.randrange(256)
        elif kind < 0.7:
            del damaged[place : place + rng.randint(1, 20)]
        else:
            damaged[place:place] = rng.choice([b"9" * 400, b"[", b"{", b'"', b",", b"\x80", b"1e309", b"null"])
        if not damaged:
            break
    check(bytes(damaged))
print("gppo loss refused or answered everything")
