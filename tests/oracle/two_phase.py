# SPDX-License-Identifier: Apache-2.0
"""gppo loss against torch autograd and TRL: policies that need a sequence or the batch, and corrections.

Each reference is the paper's scalar over whole sequences in double precision, differentiated by torch, with
detach() where the paper stops the gradient: nothing in it works token by token unless the paper does.
GPPO_SEED repeats a run.

usage: two_phase.py path/to/gppo
"""
import collections
import itertools
import json
import math
import random
import subprocess
import sys
import types

from _gppo_loss import Anything, BINARY, SEED, f32, rng, run, torch


class Batch:
    """Random ragged sequences as padded tensors, (B, longest), with `m` 1 where a token trains."""

    def __init__(self, spread, per_token=False, masked=0.0, log_ratios=()):
        groups = [g for g in range(rng.randint(1, 3)) for _ in range(rng.choice([1, 2, 4]))]
        self.lengths = [rng.choice([1, 2, 5, rng.randint(1, 30)]) for _ in groups]
        self.offsets = [0, *itertools.accumulate(self.lengths)]
        tokens = self.offsets[-1]
        ratio = lambda: rng.choice(log_ratios) + rng.random() if log_ratios and rng.random() < 0.2 else rng.gauss(0, spread)
        old = [f32(-abs(rng.gauss(0, 1.5)) - 0.01) for _ in range(tokens)]
        near = lambda x, s: [f32(v + rng.gauss(0, s)) for v in x]
        h = [f32(0.2 + 2 * rng.random()) for _ in range(tokens)]
        advantage = lambda: f32(rng.choice([0.0, rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(0, 1)]))
        self.request = dict(
            logp=[f32(a + ratio()) for a in old], logp_old=old, offsets=self.offsets, groups=groups,
            logp_rollout=near(old, spread), entropy=h, entropy_old=[f32(x * (1 + rng.gauss(0, 0.06))) for x in h],
            off_policy=[int(rng.random() < 0.5) for _ in groups],
            mask=[int(rng.random() >= masked) for _ in range(tokens)],
            advantage=[advantage() for _ in (range(tokens) if per_token else groups)])  # fmt: skip
        if masked == 1.0:
            self.request["mask"] = [0] * tokens
        for key in ("logp", "logp_old", "logp_rollout", "entropy", "entropy_old", "mask"):
            setattr(self, key, self.padded(self.request[key]))
        self.m = self.mask
        self.n = self.m.sum(1, keepdim=True)  # tokens that train
        a = torch.tensor(self.request["advantage"], dtype=torch.float64)
        self.A = self.padded(self.request["advantage"]) if per_token else a[:, None].expand_as(self.m)
        self.off = torch.tensor(self.request["off_policy"])[:, None].bool()
        self.lp = self.logp.requires_grad_()
        self.d = self.lp - self.logp_old

    def padded(self, flat):
        out = torch.zeros(len(self.lengths), max(self.lengths), dtype=torch.float64)
        for s, n in enumerate(self.lengths):
            out[s, :n] = torch.tensor(flat[self.offsets[s] : self.offsets[s] + n], dtype=torch.float64)
        return out

    def flat(self, padded):
        return torch.cat([padded[s, :n] for s, n in enumerate(self.lengths)])

    def mean(self, x):
        return (x * self.m).sum(1, keepdim=True) / self.n.clamp(min=1)


def ppo(r, A, low, high):
    return torch.minimum(r * A, r.clamp(1 - low, 1 + high) * A)


def dual(J, A, cap):
    return torch.where(A < 0, torch.maximum(J, cap * A), J)


def gppo(r, A, low, high):
    return torch.minimum(r * A, torch.clamp(r, (1 - low) / r.detach() * r, (1 + high) / r.detach() * r) * A)


def gspo(b, low, high):
    return ppo(b.mean(b.d).exp(), b.A, low, high)  # the gradient goes through the mean


def gspo_token(b, low, high):
    s = b.mean(b.d).exp().detach() * (b.lp - b.lp.detach()).exp()
    return ppo(s, b.A, low, high)


def gmpo(b, low, high):
    d = torch.where(b.A > 0, b.d.clamp(max=high), b.d.clamp(min=-low))
    return b.mean(d).exp() * b.A


def vespo(b):
    log_w = (b.d.clamp(-20, 20) * b.m).sum(1, keepdim=True).clamp(math.log(1e-8), 20)
    k, lam = torch.where(b.A < 0, 3.0, 2.0), torch.where(b.A < 0, 2.0, 3.0)
    return (lam + k * log_w - lam * log_w.exp()).exp().detach() * b.A * b.lp


def erc(b, J):
    q = (b.entropy + 1e-8) / (b.entropy_old + 1e-8)
    return torch.where((q > 1 - f32(0.05)) & (q < 1 + f32(0.05)), J, J.detach())


def opsm(b, delta):
    drift = b.mean(b.logp_rollout - b.lp).detach()
    return ppo(b.d.exp(), b.A, 0.2, 0.2) * ~((b.A < 0) & (drift > delta))


def m2po(b, threshold):
    square = ((b.logp_old - b.logp_rollout) ** 2 * b.m).detach()
    values = sorted(square[b.m > 0].tolist())
    while values and sum(values) / len(values) > threshold:
        values.pop()
    return ppo(b.d.exp(), b.A, 0.2, 0.2) * (square <= (values[-1] if values else -1))


def covariance(b):
    on = b.m > 0
    mean = lambda x: x[on].mean() if on.any() else 0.0
    return torch.where(on, (b.A - mean(b.A)) * (b.lp.detach() - mean(b.lp.detach())), -torch.inf)


def kl_cov(b, share, coefficient):
    cov = covariance(b)
    chosen = torch.zeros_like(b.m)
    count = max(1, int(share * int(b.m.sum())))
    if b.m.sum() > 0:
        chosen.view(-1)[torch.topk(cov.reshape(-1), count).indices] = 1
    return b.d.exp() * b.A - coefficient * chosen * b.d.abs()


def clip_cov_all(b):
    """With a share of 1 every eligible token is drawn: the one case that is not random."""
    r, cov = b.d.exp(), covariance(b)
    clipped = torch.where(b.A > 0, r > 1.2, (b.A < 0) & (r < 0.8))
    return ppo(r, b.A, 0.2, 0.2) * ~((cov > f32(0.3)) & (cov < f32(5.0)) & ~clipped)


def mixed(b):
    p = b.lp.exp()
    return torch.where(b.off, p / (p + f32(0.1)) * b.A, ppo(b.d.exp(), b.A, 0.2, 0.2))


SEQUENCE = {"low": 0.05, "high": 0.04}
POLICIES = {  # name -> (parameters, J per token as the paper's loss has it, allows an advantage per token)
    "gspo": (SEQUENCE, lambda b: gspo(b, 0.05, 0.04), False),
    "gspo_token": (SEQUENCE, lambda b: gspo_token(b, 0.05, 0.04), True),
    "luspo": (SEQUENCE, lambda b: gspo(b, 0.05, 0.04) * b.n, False),
    "gmpo": ({"low": 0.1, "high": 0.15}, lambda b: gmpo(b, 0.1, 0.15), False),
    "vespo": ({}, vespo, True),
    "gppo_sequence": (SEQUENCE, lambda b: gppo(
        b.mean(b.d).exp().detach() * (b.lp - b.lp.detach()).exp(), b.A, 0.05, 0.04), True),
    "cispo_rollout": ({}, lambda b: (b.lp - b.logp_rollout).exp().clamp(0.8, 1.28).detach() * b.A * b.lp, True),
    "grpo_erc": ({}, lambda b: erc(b, dual(ppo(b.d.exp(), b.A, 0.2, 0.28), b.A, 10.0)), True),
    "gppo_erc": ({}, lambda b: erc(b, dual(gppo(b.d.exp(), b.A, 0.2, 0.28), b.A, 10.0)), True),
    "clip_cov": ({"share": 1.0, "lowest": 0.3}, clip_cov_all, True),
    "kl_cov": ({"share": 0.1, "coefficient": 0.3}, lambda b: kl_cov(b, 0.1, 0.3), True),
    "m2po": ({"threshold": 0.01}, lambda b: m2po(b, 0.01), True),
    "opsm": ({"delta": 0.01}, lambda b: opsm(b, 0.01), True),
    "luffy_mixed": ({}, mixed, True),
}  # fmt: skip


def weight(log_w):
    return log_w.clamp(-20, 20).exp().detach()


def token_w(b):
    return weight(b.logp_old - b.logp_rollout)


def sequence_w(b):
    return weight(((b.logp_old - b.logp_rollout) * b.m).sum(1, keepdim=True))


inside = lambda w, low, high: (w >= f32(low)) & (w <= f32(high))
CORRECTIONS = {  # name -> (parameters, factor)
    "none": ({}, lambda b: torch.ones_like(b.m)),
    "tis_token": ({"cap": 1.1, "lowest": 0.9}, lambda b: token_w(b).clamp(f32(0.9), f32(1.1))),
    "tis_sequence": ({"cap": 1.2}, lambda b: sequence_w(b).clamp(max=f32(1.2)).expand_as(b.m)),
    "mis_token": ({"lowest": 0.9, "highest": 1.1}, lambda b: inside(token_w(b), 0.9, 1.1) * 1.0),
    "mis_sequence": ({"lowest": 0.8, "highest": 1.3}, lambda b: inside(sequence_w(b), 0.8, 1.3) * torch.ones_like(b.m)),
    "mis_geometric": ({"lowest": 0.97, "highest": 1.02}, lambda b: inside(
        weight(b.mean(b.logp_old - b.logp_rollout)), 0.97, 1.02) * torch.ones_like(b.m)),
    "icepop": ({"lowest": 0.9, "highest": 1.2}, lambda b: token_w(b) * inside(token_w(b), 0.9, 1.2)),
    "decoupled": ({}, token_w),
}  # fmt: skip


def aggregate(name, per_token, b):
    live = (b.n > 0).sum().clamp(min=1)
    total = torch.where(b.m > 0, per_token, 0.0).sum(1, keepdim=True)
    if name == "token_mean":
        return total.sum() / b.m.sum().clamp(min=1)
    if name == "seq_mean_token_sum":
        return total.sum() / live
    return (total / b.n.clamp(min=1)).sum() / live


def near_a_kink(b):
    """A token or sequence so close to a bound that float and double may disagree, or whose two terms of KL-Cov's gradient,
    r A and 0.3, cancel to a hundredth and take the digits with them."""
    flat = lambda x: x.detach().reshape(-1)
    ratios = torch.cat([flat(b.d.exp()), flat(b.mean(b.d).exp()), flat((b.lp - b.logp_rollout).exp())])
    weights = torch.cat([flat(token_w(b)), flat(sequence_w(b)), flat(weight(b.mean(b.logp_old - b.logp_rollout)))])
    log_ratios, q = flat(b.d), flat((b.entropy + 1e-8) / (b.entropy_old + 1e-8))
    drift, cov = flat(b.mean(b.logp_rollout - b.lp)), flat(covariance(b))
    top = sorted(cov[cov > -torch.inf].tolist())
    ties = [y - x for x, y in zip(top, top[1:])]
    close = lambda x, bounds, by: any(((x - c).abs() < by).any() for c in bounds)
    return (close(ratios, [0.8, 1.2, 1.28, 0.95, 1.04, 10.0], 3e-5) or close(log_ratios, [-0.1, 0.15], 1e-5)
            or close(flat(b.d.exp() * b.A.abs()), [0.3], 3e-3)
            or close(q, [0.95, 1.05], 1e-5) or close(drift, [0.01], 1e-5) or close(cov, [0.3, 5.0], 1e-4)
            or close(weights, [0.8, 0.9, 0.97, 1.02, 1.1, 1.2, 1.3], 1e-5) or min(ties, default=1) < 1e-6)  # fmt: skip


def draw(spread, **options):
    while True:
        batch = Batch(spread, **options)
        if not near_a_kink(batch):
            return batch


def compare(what, got, want, scale, tolerance=1e-5):
    for i, (a, b, s) in enumerate(zip(got, want, scale)):
        if a is None or not abs(a - b) <= tolerance * s + 1e-30:
            raise SystemExit(f"{what}: entry {i} is {a}, expected {b} (seed {SEED})")


def check(policy, aggregation, correction, mask_correction, normal, batch):
    params, J, _ = POLICIES.get(policy) or ({}, lambda b: ppo(b.d.exp(), b.A, 0.2, 0.2), True)
    factor = CORRECTIONS[correction][1](batch) * CORRECTIONS[mask_correction][1](batch)
    if normal and (correction, mask_correction) != ("none", "none"):
        mean = factor[batch.m > 0].mean() if batch.m.any() else torch.tensor(0.0)
        factor = factor / mean if mean > 0 else factor * 0
    loss = -aggregate(aggregation, J(batch) * factor, batch)
    (gradient,) = torch.autograd.grad(loss, batch.lp) if loss.requires_grad else (torch.zeros_like(batch.lp),)
    answer = run({**batch.request, "policy": policy, "policy_params": params, "aggregation": aggregation,
                  "correction": correction, "correction_params": CORRECTIONS[correction][0],
                  "correction_mask": mask_correction, "correction_mask_params": CORRECTIONS[mask_correction][0],
                  "correction_batch_normal": normal})  # fmt: skip
    what = f"{policy} {aggregation} {correction} {mask_correction} {normal}"
    want = torch.where(batch.flat(batch.m) > 0, batch.flat(gradient), 0.0)
    # A log-ratio rounded to float is off by 6e-8 of its size, and a sequence adds many up.
    size = batch.flat(gradient.abs() * (1 + (batch.d.detach().abs() * batch.m).sum(1, keepdim=True) / 100))
    compare(what + " dlogp", answer["dlogp"], want.tolist(), (size + 1e-7 * want.abs().max()).tolist())
    magnitude = aggregate(aggregation, (J(batch) * factor).detach().abs(), batch).item()
    compare(what + " value", [answer["value"]], [loss.item()], [magnitude + float(want.abs().sum())])
    assert all(x == 0 for x, m in zip(answer["dlogp"], batch.request["mask"]) if not m), what


def check_all():
    cases = 0
    for policy, (_, _, per_token) in POLICIES.items():
        for aggregation in ("token_mean", "seq_mean_token_sum", "seq_mean_token_mean"):
            if policy in ("gmpo", "luspo") and aggregation != "seq_mean_token_mean":
                continue
            for masked in (0.0, 0.2, 1.0):
                batch = draw(rng.choice([0.02, 0.1, 0.3]), masked=masked, per_token=per_token and rng.random() < 0.4)
                check(policy, aggregation, "none", "none", False, batch)
                cases += 1
    for correction, mask_correction, normal in itertools.product(CORRECTIONS, CORRECTIONS, (False, True)):
        for policy in ("ppo", rng.choice(["gspo_token", "gppo_erc", "opsm", "kl_cov", "clip_cov"])):
            check(policy, "token_mean", correction, mask_correction, normal, draw(rng.choice([0.02, 0.1]), masked=0.1))
            cases += 1
    extreme = [-104, -89, -60, -20, 20, 40]
    for policy in ("gspo", "gmpo", "vespo", "opsm", "m2po", "gspo_token", "grpo_erc", "luffy_mixed"):
        check(policy, "seq_mean_token_mean", "none", "none", False, draw(0.1, log_ratios=extreme))
        cases += 1
    return cases


def check_refusals():
    """The same table as at compile time, in words, before anything is computed."""
    batch = Batch(0.1).request
    for wrong, word in (
        ({"policy": "gmpo", "aggregation": "token_mean"}, "SequenceMeanTokenMean"),
        ({"policy": "luspo", "aggregation": "token_sum"}, "GSPO with SequenceMeanTokenSum"),
        ({"policy": "cispo_rollout", "correction": "tis_token"}, "twice"),
        ({"policy": "vespo", "correction_mask": "mis_token"}, "VESPO"),
        ({"policy": "gspo", "advantage": [1.0] * len(batch["logp"])}, "one advantage per sequence"),
        ({"policy": "grpo_erc", "entropy_old": []}, "entropy_old"),
        ({"correction": "icepop", "logp_rollout": []}, "logp_rollout"),
        ({"policy": "luffy_mixed", "off_policy": []}, "off_policy"),
        ({"correction": "tis"}, "did you mean"),
    ):
        if len(batch["logp"]) == len(batch["groups"]) and "advantage" in wrong:
            continue
        answer = subprocess.run([BINARY, "loss"], input=json.dumps({**batch, **wrong}), capture_output=True, text=True)
        assert answer.returncode != 0 and answer.stdout == "", wrong
        assert word in answer.stderr and answer.stderr.count("\n") == 1, (wrong, answer.stderr)


# --- TRL's own loss ---------------------------------------------------------------------------------


def trl_loss(trainer, b, loss_type, level="sequence", factor=None, opsm_delta=None, high=0.04):
    args = types.SimpleNamespace(delta=None, use_bias_correction_kl=False, steps_per_generation=1, vespo_k_pos=2.0,
                                 vespo_lambda_pos=3.0, vespo_k_neg=3.0, vespo_lambda_neg=2.0)  # fmt: skip
    self = types.SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (b.lp, b.entropy, None), aux_loss_enabled=False,
        top_entropy_quantile=1.0, off_policy_mask_threshold=opsm_delta, importance_sampling_level=level, beta=0.0,
        loss_type=loss_type, epsilon_low=0.05, epsilon_high=high, args=args, use_vllm=factor is not None,
        accelerator=Anything(), model=types.SimpleNamespace(training=True), current_gradient_accumulation_steps=1,
        max_completion_length=32, vllm_importance_sampling_correction=factor is not None,
        _entropy_bonus_enabled=False, get_gamma_weights=getattr(trainer, "get_gamma_weights", None),
        get_off_policy_mask=getattr(trainer, "get_off_policy_mask", None),
        _metrics=collections.defaultdict(lambda: collections.defaultdict(list)))  # fmt: skip
    tokens = torch.zeros(b.m.shape, dtype=torch.long)
    inputs = dict(prompt_ids=tokens[:, :1], prompt_mask=tokens[:, :1], completion_ids=tokens, completion_mask=b.m,
                  advantages=torch.tensor(b.request["advantage"], dtype=torch.float64), num_items_in_batch=b.m.sum(),
                  old_per_token_logps=b.logp_old, sampling_per_token_logps=b.logp_rollout)  # fmt: skip
    if factor is not None:
        inputs["importance_sampling_ratio"] = factor
    loss = trainer._compute_loss(self, None, inputs)
    (gradient,) = torch.autograd.grad(loss, b.lp)
    return loss.item(), b.flat(gradient).tolist()


def check_trl(trainer):
    b = draw(0.1)
    request = {k: b.request[k] for k in ("logp", "logp_old", "offsets", "logp_rollout", "advantage")}
    seq_w, tok_w = sequence_w(b), token_w(b)
    band = {"policy": "ppo", "policy_params": SEQUENCE, "aggregation": "token_mean"}
    sequence = {"policy_params": SEQUENCE, "aggregation": "seq_mean_token_mean"}
    for what, ours, theirs in (
        ("GSPO grpo", {**sequence, "policy": "gspo"}, dict(loss_type="grpo")),
        ("GSPO dapo", {**band, "policy": "gspo"}, dict(loss_type="dapo")),
        ("LUSPO", {**sequence, "policy": "luspo"}, dict(loss_type="luspo")),
        ("LUSPO as GSPO", {**sequence, "policy": "gspo", "aggregation": "seq_mean_token_sum"},
         dict(loss_type="luspo")),
        ("VESPO", {"policy": "vespo", "aggregation": "token_mean"}, dict(loss_type="vespo")),
        ("OPSM", {**band, "policy": "opsm", "policy_params": {**SEQUENCE, "delta": 0.01}},
         dict(loss_type="dapo", level="token", opsm_delta=0.01)),
        ("token_truncate", {**band, "correction": "tis_token", "correction_params": {"cap": 1.1}},
         dict(loss_type="dapo", level="token", factor=tok_w.clamp(max=f32(1.1)))),
        ("token_mask", {**band, "correction": "icepop", "correction_params": {"lowest": 0.0, "highest": 1.1}},
         dict(loss_type="dapo", level="token", factor=tok_w.masked_fill(tok_w > f32(1.1), 0.0))),
        ("sequence_truncate", {**band, "correction": "tis_sequence", "correction_params": {"cap": 1.2}},
         dict(loss_type="dapo", level="token", factor=seq_w.clamp(max=f32(1.2)))),
        ("sequence_mask", {**band, "correction": "tis_sequence", "correction_params": {"cap": 1.2},
                           "correction_mask": "mis_sequence",
                           "correction_mask_params": {"lowest": 0.0, "highest": 1.2}},
         dict(loss_type="dapo", level="token", factor=seq_w.masked_fill(seq_w > f32(1.2), 0.0))),
    ):  # fmt: skip
        want, gradient = trl_loss(trainer, b, **theirs)
        answer = run({**request, **ours})
        scale = max(map(abs, gradient))
        compare(f"TRL {what} dlogp", answer["dlogp"], gradient, [abs(g) + 0.01 * scale for g in gradient])
        compare(f"TRL {what} value", [answer["value"]], [want], [abs(want) + sum(map(abs, gradient))])


check_refusals()
print(f"{check_all()} combinations agree with torch autograd")
try:
    from trl import GRPOTrainer
except ImportError as error:
    print(f"TRL not compared: {error}")
    sys.exit(0)
for _ in range(10):
    check_trl(GRPOTrainer)
print("ten losses of TRL agree on 10 batches")
