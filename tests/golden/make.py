# SPDX-License-Identifier: Apache-2.0
"""Writes objectives.json: what every policy, and every preset, must give on a few fixed tokens.

The numbers come from the papers' formulas in double precision, differentiated by torch with detach() where the paper
stops the gradient; nothing here runs our code. tests/cli/golden.py holds the binary to the file, without torch.

usage: make.py [--check]       (--check: fail if the file is not what this script writes)
"""
import json
import math
import random
import sys
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
FILE = Path(__file__).parent / "objectives.json"
f32 = lambda x: torch.tensor(x, dtype=torch.float32).item()  # what the library reads
sg = lambda x: x.detach()

# --- policies that look at one token: J(lp, old, A) -------------------------------------------------


def clip(r, A, low, high):
    return torch.minimum(r * A, r.clamp(1 - low, 1 + high) * A)


def dual(J, A, cap):
    return torch.where(A < 0, torch.maximum(J, cap * A), J)


def keep(r, A, low, high, beta_low=1.0, beta_high=1.0):
    """GPPO by regions: a clipped token has the value of the bound and its gradient."""
    J = torch.where((A < 0) & (r < 1 - low), beta_low * (1 - low) * A * r / sg(r), r * A)
    return torch.where((A > 0) & (r > 1 + high), beta_high * (1 + high) * A * r / sg(r), J)


def only_high(r, A, low, high):
    return torch.where(A < 0, torch.maximum(r, torch.tensor(1 - low)) * A, keep(r, A, low, high))


def guard(J):
    return lambda lp, old, A: J(old + (lp - old).clamp(-20, 20), old, A)


def weighted(weight, lp, A):
    return sg(weight) * A * lp


def sapo(lp, old, A):
    tau = torch.where(A > 0, 1.0, 1.05)
    return 4 / tau * torch.sigmoid(tau * ((lp - old).exp() - 1)) * A


def aspo(lp, old, A):
    r = (lp - old).exp()
    x = torch.where(A > 0, 1 / r.clamp(max=1.2), r.clamp(min=0.8))  # the weight
    away = torch.where(A > 0, r > 1.2, r < 0.8)
    inside = torch.where(A > 0, sg(x) ** 2 * r, r) * A  # (p / sg p) / sg p
    value = torch.where(away, sg(x) * A, inside)
    return torch.where(x > 3, 3 * A * lp, value)


def tv(lp, old, A, bound):
    change = lp.exp() - old.exp()
    return torch.where(A > 0, change <= bound, change >= -bound)


def dppo_kl(lp, old, A):
    p, q = lp.exp().clamp(max=1), old.exp()
    kl = q * (old - lp) + (1 - q) * torch.log((1 - q + 1e-8) / (1 - p + 1e-8))
    kept = (kl <= 0.05) | torch.where(A > 0, lp <= old, lp >= old)
    return weighted((lp - old).exp().clamp(max=20) * kept, lp, A)


R = lambda J: lambda lp, old, A: J((lp - old).exp(), lp, A)
TOKEN_POLICIES = {
    "ppo": R(lambda r, lp, A: clip(r, A, 0.2, 0.2)),
    "clip_higher": R(lambda r, lp, A: clip(r, A, 0.2, 0.28)),
    "dual_clip": R(lambda r, lp, A: dual(clip(r, A, 0.2, 0.2), A, 3)),
    "cispo": R(lambda r, lp, A: weighted(r.clamp(0.8, 1.28), lp, A)),
    "cispo_cap": R(lambda r, lp, A: weighted(r.clamp(max=5), lp, A)),
    "gppo": R(lambda r, lp, A: keep(r, A, 0.2, 0.28)),
    "gppo_released": R(lambda r, lp, A: dual(keep(r, A, 0.2, 0.28), A, 10)),
    "gppo_only_high": R(lambda r, lp, A: only_high(r, A, 0.2, 0.28)),
    "gppo_only_high_released": R(lambda r, lp, A: dual(only_high(r, A, 0.2, 0.28), A, 10)),
    "ce_gppo": R(lambda r, lp, A: dual(keep(r, A, 0.2, 0.28, 0.5, 1), A, 10)),
    "ppo_guarded": guard(R(lambda r, lp, A: clip(r, A, 0.2, 0.2))),
    "dual_clip_guarded": guard(R(lambda r, lp, A: dual(clip(r, A, 0.2, 0.2), A, 3))),
    "gppo_guarded": guard(R(lambda r, lp, A: dual(keep(r, A, 0.2, 0.28), A, 10))),
    "cispo_masked": R(lambda r, lp, A: weighted(
        r.clamp(0.8, 1.28) * ~torch.where(A > 0, r > 1.28, (A < 0) & (r < 0.8)), lp, A)),
    "roll_tis": R(lambda r, lp, A: weighted(r.clamp(max=1), lp, A)),
    "reinforce": lambda lp, old, A: A * lp,
    "importance_sampling": R(lambda r, lp, A: r * A),
    "sapo": sapo,
    "aspo": aspo,
    "dppo_tv": lambda lp, old, A: weighted((lp - old).exp().clamp(max=20) * tv(lp, old, A, 0.15), lp, A),
    "dppo_tv_prime": lambda lp, old, A: (lp - old).exp() * A * tv(lp, old, A, 0.2) - 1e-3 * (lp - old) ** 2,
    "dppo_kl": dppo_kl,
    "ipo": lambda lp, old, A: (lp - old).exp() * A * ((lp.exp() - old.exp()).abs() <= 0.1) - 1e-3 * (lp - old) ** 2,
    "topr": R(lambda r, lp, A: weighted(torch.where(A > 0, 1.0, r.clamp(max=1)), lp, A)),
    "dro": lambda lp, old, A: A * lp - 0.05 * (lp - old) ** 2,
    "luffy": lambda lp, old, A: A / (1 + 0.1 * (-lp).exp()),  # p / (p + 0.1), which cancels for large p
    "exgrpo": lambda lp, old, A: A / (1 + 0.1 * (old - lp).exp()),
}  # fmt: skip


def tokens():
    """Ratios on both sides of every bound, log-ratios beyond what float's exponential holds."""
    old = f32(-3.0)
    ratios = [math.log(x) for x in (0.5, 1.0, 1.5, 4.0, 12.0)]
    rows = [(f32(old + d), old, A) for A in (0.75, -1.25) for d in (-104.0, -20.5, *ratios, 20.5, 80.0)]
    return rows + [(f32(old + math.log(x)), old, 0.0) for x in (0.5, 4.0)]


def token_row(J, row):
    lp, old, A = (torch.tensor([x]) for x in row)
    lp.requires_grad_()
    value = J(lp, old, A)
    weight = torch.autograd.grad(value.sum(), lp)[0] if value.requires_grad else torch.zeros(1)
    return [value.item(), weight.item()]


# --- a ragged batch: a group of one, one without variance, masked tokens, a masked sequence ----------


class Batch:
    def __init__(self, seed):
        rng = random.Random(seed)
        groups = [4, 9, 4, 2, 9, 4, 4]  # 2 is alone, 9 has equal rewards, completions are not neighbours
        lengths = [3, 5, 1, 4, 2, 6, 3]
        offsets = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
        count = offsets[-1]
        noise = lambda x, by: [f32(v + rng.gauss(0, by)) for v in x]
        old = [f32(-0.1 - abs(rng.gauss(0, 1.2))) for _ in range(count)]
        entropy = [f32(0.3 + 2 * rng.random()) for _ in range(count)]
        self.data = dict(
            logp=noise(old, 0.35), logp_old=old, logp_ref=noise(old, 0.4), logp_rollout=noise(old, 0.15),
            entropy=entropy, entropy_old=[f32(h * (1 + rng.gauss(0, 0.06))) for h in entropy], offsets=offsets,
            groups=groups, rewards=[1.0, 1.0, 0.0, 1.0, 1.0, f32(0.25), 1.0],
            mask=[int(rng.random() < 0.85 and not offsets[6] <= t) for t in range(count)])  # fmt: skip
        d = self.data
        # Every region of every preset: clipped on both sides and signs, beyond 5, 10 and e^20.
        for t, log_ratio in ((0, 0.9), (1, -0.6), (15, -1.2), (16, 1.8), (17, 2.6), (18, -21.0), (19, 0.5)):
            d["logp"][t], d["mask"][t] = f32(old[t] + log_ratio), 1
        d["logp_ref"][7] = f32(d["logp"][7] + 3.5)  # k3 above its clamp
        d["positive"] = [int(r == 1.0) for r in d["rewards"]]
        d["off_policy"] = [int(i % 3 == 1) for i in range(len(groups))]
        tensor = lambda key: torch.tensor(d[key], dtype=torch.float64)
        for key in ("logp_old", "logp_ref", "logp_rollout", "entropy", "entropy_old", "rewards", "mask"):
            setattr(self, key, tensor(key))
        self.lp = tensor("logp").requires_grad_()
        self.sequence = torch.tensor([s for s, n in enumerate(lengths) for _ in range(n)])
        self.one = torch.nn.functional.one_hot(self.sequence).T.double() * self.mask  # (B, T)
        self.n = self.one.sum(1)  # tokens that train, by sequence
        self.positive = torch.tensor(d["positive"])[self.sequence] * self.mask
        self.off = torch.tensor(d["off_policy"])[self.sequence].bool()
        self.groups = torch.tensor(groups)

    def by_sequence(self, x):
        return self.one @ torch.where(self.mask > 0, x, 0.0)

    def mean(self, x):
        """Of each token's sequence."""
        return (self.by_sequence(x) / self.n.clamp(min=1))[self.sequence]


def aggregate(b, x, how, mask=None):
    mask = b.mask if mask is None else mask
    one = b.one * mask
    sums, n = one @ torch.where(mask > 0, x, 0.0), one.sum(1)
    live = (n > 0).sum()
    if how == "token_mean":
        return sums.sum() / n.sum()
    if how == "sequence_mean":
        return (sums / n.clamp(min=1)).sum() / live
    length = n.max() if how == "longest" else how  # dr_grpo: a constant
    return sums.sum() / (live * length)


def advantage(b, how, ddof=1, eps=1e-6, raw=False):
    out = torch.zeros_like(b.rewards)
    for g in b.groups.unique():
        at = (b.groups == g).nonzero()[:, 0]
        r = b.rewards[at]
        if len(r) == 1:
            out[at] = r if raw else 0.0
        elif how == "others":
            for i in range(len(r)):
                rest = torch.cat([r[:i], r[i + 1 :]])
                std = rest.std() if len(rest) > 1 and rest.std() > 0 else None
                out[at[i]] = (r[i] - rest.mean()) / (1.0 if std is None else std + eps)
        else:
            std = r.std(correction=ddof)
            out[at] = (r - r.mean()) / ((std + eps) if how == "grpo" else 1.0) if std > 0 else 0.0
    if how == "gpg":
        out = out * len(out) / (b.rewards != 0).sum()
    return out


# --- policies that need a sequence or the batch: J(b, A) ---------------------------------------------

ratio = lambda b: (b.lp - b.logp_old).exp()
sequence_ratio = lambda b: b.mean(b.lp - b.logp_old).exp()
through_token = lambda b: sg(sequence_ratio(b)) * (b.lp - sg(b.lp)).exp()


def gmpo(b, A, bound=0.4):
    d = b.lp - b.logp_old
    return b.mean(torch.where(A > 0, d.clamp(max=bound), d.clamp(min=-bound))).exp() * A


def vespo(b, A):
    log_w = b.by_sequence(b.lp - b.logp_old)[b.sequence]
    k, rate = torch.where(A < 0, 3.0, 2.0), torch.where(A < 0, 2.0, 3.0)
    return weighted((rate + k * log_w - rate * log_w.exp()).exp(), b.lp, A)


def erc(b, J):
    q = (b.entropy + 1e-8) / (b.entropy_old + 1e-8)
    return torch.where((q > 0.95) & (q < 1.05), J, sg(J))


def covariance(b, A):
    on = b.mask > 0
    return torch.where(on, (A - A[on].mean()) * sg(b.lp - b.lp[on].mean()), -torch.inf)


def clip_cov(b, A):
    r, cov = ratio(b), covariance(b, A)
    clipped = torch.where(A > 0, r > 1.2, r < 0.8)
    drawn = (cov > 1) & (cov < 5) & ~clipped
    assert drawn.sum() == 1, "which of several tokens is drawn is random: take a seed with one"
    return clip(r, A, 0.2, 0.2) * ~drawn


def kl_cov(b, A):
    chosen = torch.zeros_like(A)
    chosen[covariance(b, A).argmax()] = 1  # max(1, 2e-4 of the tokens)
    return ratio(b) * A - 0.1 * chosen * (b.lp - b.logp_old).abs()


def m2po(b, A):
    square = torch.where(b.mask > 0, (b.logp_old - b.logp_rollout) ** 2, torch.inf)
    values = sorted(square[b.mask > 0].tolist())
    while sum(values) / len(values) > 0.04:
        values.pop()
    return clip(ratio(b), A, 0.2, 0.2) * (square <= values[-1])


def opsm(b, A):
    drift = sg(b.mean(b.logp_rollout - b.lp))
    return clip(ratio(b), A, 0.2, 0.2) * ~((A < 0) & (drift > 1e-4))


BATCH_POLICIES = {
    "gspo": lambda b, A: clip(sequence_ratio(b), A, 3e-4, 4e-4),
    "gspo_token": lambda b, A: clip(through_token(b), A, 3e-4, 4e-4),
    "luspo": lambda b, A: clip(sequence_ratio(b), A, 3e-4, 4e-4) * b.n[b.sequence],
    "gmpo": gmpo,
    "vespo": vespo,
    "gppo_sequence": lambda b, A: keep(through_token(b), A, 0.2, 0.28),
    "cispo_rollout": lambda b, A: weighted((b.lp - b.logp_rollout).exp().clamp(0.8, 1.28), b.lp, A),
    "grpo_erc": lambda b, A: erc(b, dual(clip(ratio(b), A, 0.2, 0.28), A, 10)),
    "gppo_erc": lambda b, A: erc(b, dual(keep(ratio(b), A, 0.2, 0.28), A, 10)),
    "clip_cov": clip_cov,
    "kl_cov": kl_cov,
    "m2po": m2po,
    "opsm": opsm,
    "luffy_mixed": lambda b, A: torch.where(b.off, A / (1 + 0.1 * (-b.lp).exp()), clip(ratio(b), A, 0.2, 0.2)),
}

# --- presets: advantage, J, denominator, KL, what else ----------------------------------------------

token = lambda J: lambda b, A: J(b.lp, b.logp_old, A)
named = lambda name: token(TOKEN_POLICIES[name])
verl = dict(eps=1e-6, raw=True)
trl = dict(eps=1e-4)
vanilla = lambda high, cap: token(guard(R(lambda r, lp, A: dual(clip(r, A, 0.2, high), A, cap))))
klear = lambda high, beta: token(R(lambda r, lp, A: dual(keep(r, A, 0.2, high, beta, 1), A, 10)))
PRESETS = {
    "verl_grpo": dict(adv=("grpo", verl), J=vanilla(0.2, 3), kl=0.001),
    "verl_dapo": dict(adv=("grpo", verl), J=vanilla(0.28, 10)),
    "verl_dr_grpo": dict(adv=("mean", verl), J=vanilla(0.2, 3), agg="longest"),
    "verl_cispo": dict(adv=("grpo", verl), kl=0.001,
                       J=token(R(lambda r, lp, A: weighted(r.clamp(1 - 10, 1 + 0.2), lp, A)))),
    "verl_sapo": dict(adv=("grpo", verl), J=named("sapo"), agg="sequence_mean"),
    "verl_gspo": dict(adv=("grpo", verl), J=BATCH_POLICIES["gspo_token"], agg="sequence_mean"),
    "verl_gmpo": dict(adv=("grpo", verl), J=gmpo, agg="sequence_mean"),
    "verl_gpg": dict(adv=("gpg", verl), J=named("reinforce")),
    "verl_clip_cov": dict(adv=("grpo", verl), J=clip_cov),
    "verl_kl_cov": dict(adv=("grpo", verl), J=kl_cov),
    "trl_grpo": dict(adv=("grpo", trl), J=named("ppo"), agg="sequence_mean"),
    "trl_dapo": dict(adv=("grpo", trl), J=named("clip_higher")),
    "trl_dr_grpo": dict(adv=("mean", trl), J=named("ppo"), agg=512),
    "trl_cispo": dict(adv=("grpo", trl), J=named("cispo_cap")),
    "trl_sapo": dict(adv=("grpo", trl), J=named("sapo"), agg="sequence_mean"),
    "trl_gspo": dict(adv=("grpo", trl), J=BATCH_POLICIES["gspo"], agg="sequence_mean"),
    "trl_vespo": dict(adv=("grpo", trl), J=vespo),
    "klear_math": dict(adv=("grpo", verl), J=klear(0.28, 1), positive=0.1),
    "klear_code": dict(adv=("grpo", verl), J=klear(0.28, 1), positive=0.1),
    "ce_gppo_1_5b": dict(adv=("grpo", verl), J=klear(0.2, 0.5)),
    "ce_gppo_7b": dict(adv=("grpo", verl), J=klear(0.2, 0.75)),
    "klear_gppo_erc": dict(adv=("grpo", verl), J=lambda b, A: erc(b, klear(0.2, 1)(b, A)), positive=0.1),
    "klear_grpo_erc": dict(adv=("grpo", verl), J=BATCH_POLICIES["grpo_erc"], positive=0.1),
    "skywork_or1": dict(adv=("grpo", verl), J=named("ppo")),
    "acereason": dict(adv=("grpo", verl), J=named("ppo")),
    "deepcoder": dict(adv=("grpo", verl), J=named("clip_higher")),
    "archer_aspo": dict(adv=("grpo", verl), J=named("aspo")),
    "openrlhf_grpo": dict(adv=("grpo", dict(eps=1e-9)), J=named("ppo_guarded")),
    "openrlhf_dr_grpo": dict(adv=("mean", {}), J=named("ppo_guarded")),
    "nemo_grpo": dict(adv=("others", {}), J=named("ppo"), kl=0.01),
    "slime_grpo": dict(adv=("grpo", {}), J=named("clip_higher"), agg="sequence_mean"),
    "skyrl_grpo": dict(adv=("grpo", {}), J=named("ppo_guarded")),
    "skyrl_cispo": dict(adv=("grpo", {}), J=token(R(lambda r, lp, A: weighted(r.clamp(0, 5), lp, A)))),
    "areal_grpo": dict(adv=("grpo", dict(eps=1e-5)), J=lambda b, A: clip(ratio(b), A, 0.2, 0.2) * (
        lambda w: w * (w <= 5))((b.logp_old - b.logp_rollout).exp())),
    "roll_cispo": dict(adv=("grpo", {}), agg="sequence_mean",
                       J=token(R(lambda r, lp, A: weighted(r.clamp(0.9, 1.1), lp, A)))),
    "roll_topr": dict(adv=("grpo", {}), J=named("topr"), agg="sequence_mean"),
    "prime_rl": dict(adv=("mean", {}), J=named("dppo_tv_prime")),
    "rllm_grpo": dict(adv=("grpo", dict(ddof=0, raw=True)), J=vanilla(0.2, 3)),
}  # fmt: skip


def clamped_k3(b):
    """verl's low_var_kl: clamps on the difference and on the value, no gradient outside."""
    x = (b.lp - b.logp_ref).clamp(-20, 20)
    return ((-x).exp() + x - 1).clamp(-10, 10)


def batch_row(b, A, J, agg="token_mean", kl=0.0, positive=0.0):
    loss = -aggregate(b, J(b, A[b.sequence]), agg)
    loss = loss + kl * aggregate(b, clamped_k3(b), agg) + positive * aggregate(b, -b.lp, agg, b.positive)
    (gradient,) = torch.autograd.grad(loss, b.lp)
    return {"value": loss.item(), "dlogp": torch.where(b.mask > 0, gradient, 0.0).tolist()}


def make():
    b = Batch(seed=31)
    out = {"about": "written by tests/golden/make.py, from the formulas; [value, weight] a token", "tokens": tokens()}
    out["token_policies"] = {name: [token_row(J, row) for row in out["tokens"]] for name, J in TOKEN_POLICIES.items()}
    out["batch"] = b.data
    A = advantage(b, "grpo")
    agg = lambda name: "sequence_mean" if name in ("gmpo", "luspo") else "token_mean"
    out["batch_policies"] = {name: batch_row(b, A, J, agg(name)) for name, J in BATCH_POLICIES.items()}
    out["presets"] = {}
    for name, p in PRESETS.items():
        A = advantage(b, p["adv"][0], **p["adv"][1])
        rest = {key: p[key] for key in ("agg", "kl", "positive") if key in p}
        out["presets"][name] = {"advantage": A.tolist(), **batch_row(b, A, p["J"], **rest)}
    return out


def written(tree):
    """One line an entry, eight significant digits: what a reader of a difference can follow."""
    def short(x):
        if isinstance(x, float):
            return float(f"{x:.8g}")
        if isinstance(x, dict):
            return {k: short(v) for k, v in x.items()}
        return [short(v) for v in x] if isinstance(x, (list, tuple)) else x

    lines = []
    for key, value in tree.items():
        if isinstance(value, dict):
            rows = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v if key == 'batch' else short(v))}" for k, v in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{rows}\n}}")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


text = written(make())
if "--check" in sys.argv:
    old, new = json.loads(FILE.read_text()), json.loads(text)

    def near(a, b):
        if isinstance(a, float) or isinstance(b, float):
            return math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-40)
        if isinstance(a, dict):
            return a.keys() == b.keys() and all(near(a[k], b[k]) for k in a)
        return len(a) == len(b) and all(map(near, a, b)) if isinstance(a, list) else a == b

    sys.exit(0 if near(old, new) else f"{FILE} is not what make.py writes")
FILE.write_text(text)
print(f"{FILE}: {len(text)} bytes")
