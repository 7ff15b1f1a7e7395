# SPDX-License-Identifier: Apache-2.0
"""gppo loss against torch autograd and TRL, on random ragged batches.

Every policy x aggregation x advantage x KL: value and d loss / d logp to 1e-5 relative. The reference
is a few lines of double-precision torch per method, with detach() where the paper has a stop-gradient,
and TRL's own GRPOTrainer._compute_loss where TRL has the loss. GPPO_SEED repeats a run.

usage: loss.py path/to/gppo
"""
import collections
import itertools
import math
import sys
import types

from _formulas import BOUNDS, CHANGES, DIVERGENCES, POLICIES, binary_kl
from _gppo_loss import Anything, SEED, f32, rng, run, torch


def group_advantage(name, params, rewards):
    r = torch.tensor(rewards, dtype=torch.float64)
    if len(r) == 1:
        return r if params.get("singleton") == "raw" else r * 0
    if name == "grpo":
        return (r - r.mean()) / (r.std(correction=params.get("ddof", 1)) + f32(params.get("eps", 1e-6)))
    if name == "dr_grpo":
        return r - r.mean()
    return torch.stack([r[i] - torch.cat([r[:i], r[i + 1 :]]).mean() for i in range(len(r))])


ADVANTAGES = [
    ("grpo", {}),
    ("grpo", {"ddof": 0, "eps": 1e-4, "singleton": "raw"}),
    ("dr_grpo", {}),
    ("rloo", {"singleton": "raw"}),
    ("per sequence", None),
    ("per token", None),
]
AGGREGATIONS = [
    ("token_mean", {}),
    ("token_sum", {}),
    ("seq_mean_token_sum", {}),
    ("seq_mean_token_sum_norm", {}),
    ("seq_mean_token_sum_norm", {"horizon": 32, "batch_mean": False}),
    ("seq_mean_token_mean", {}),
    ("prompt_mean", {}),
]
KLS = {
    "none": lambda x: x * 0,
    "k1": lambda x: x,
    "k2": lambda x: x * x / 2,
    "k3": lambda x: (-x).exp() + x - 1,
}


def aggregate(name, params, per_token, sequence, group, mask):
    """Mean over what `name` says of per_token (T), of the tokens in mask (T, 0 or 1)."""
    sums, lengths = collections.OrderedDict(), {}
    for s in sorted({s for s, m in zip(sequence, mask) if m}):
        here = torch.tensor([float(q == s and m) for q, m in zip(sequence, mask)], dtype=torch.float64)
        sums[s], lengths[s] = torch.where(here > 0, per_token, 0.0).sum(), here.sum()
    if not sums:
        return per_token.sum() * 0
    total = sum(sums.values())
    if name == "token_mean":
        return total / sum(lengths.values())
    if name == "token_sum":
        return total
    if name == "seq_mean_token_sum":
        return total / len(sums)
    if name == "seq_mean_token_sum_norm":
        horizon = params.get("horizon") or max(lengths.values())
        return total / horizon / (len(sums) if params.get("batch_mean", True) else 1)
    if name == "seq_mean_token_mean":
        return sum(sums[s] / lengths[s] for s in sums) / len(sums)
    prompts = {}
    for s in sums:
        value, length = prompts.get(group[s], (0.0, 0.0))
        prompts[group[s]] = (value + sums[s], length + lengths[s])
    return sum(value / length for value, length in prompts.values()) / len(prompts)


# --- random batches -------------------------------------------------------------------------------


def draw_log_ratio(extreme):
    while True:
        d = rng.choice([rng.gauss(0, 0.15), rng.gauss(0, 1.0), rng.uniform(-3, 3)])
        if extreme and rng.random() < 0.3:
            d = rng.choice([-104, -89, -60, -20, 20, 60, 80]) + rng.random()
        if all(abs(math.exp(min(d, 90)) / b - 1) > 1e-4 for b in BOUNDS):
            return d


def on_a_kink(lp, old):
    change, kl = math.exp(lp) - math.exp(old), binary_kl(torch.tensor(lp).double(), torch.tensor(old).double())
    return (any(abs(math.exp(lp - old) / x - 1) < 3e-5 for x in BOUNDS) or any(abs(change - x) < 1e-5 for x in CHANGES)
            or any(abs(kl.item() - x) < 1e-3 for x in DIVERGENCES))  # fmt: skip


def draw_batch(extreme):
    prompts = rng.randint(1, 4)
    group = [p * 17 + 3 for p in range(prompts) for _ in range(rng.choice([1, 2, 3, 5]))]
    rng.shuffle(group)
    lengths = [rng.choice([1, 2, 7, rng.randint(1, 40)]) for _ in group]
    offsets = [0, *itertools.accumulate(lengths)]
    sequence = [s for s, n in enumerate(lengths) for _ in range(n)]
    old, lp = [], []
    while len(lp) < offsets[-1]:
        a = f32(-abs(rng.gauss(0, 1.5)))
        b = f32(a + draw_log_ratio(extreme))
        if not on_a_kink(b, a):
            old.append(a), lp.append(b)
    noise = lambda scale: [f32(x + rng.gauss(0, scale)) for x in lp]
    flat = rng.random() < 0.2  # zero variance: every reward the same
    return dict(
        logp=lp, logp_old=old, offsets=offsets, sequence=sequence, group=group,
        rewards=[1.0 if flat else f32(rng.choice([0.0, 1.0, rng.gauss(0, 1)])) for _ in group],
        mask=[int(rng.random() < 0.8) for _ in lp] if rng.random() < 0.5 else [1] * len(lp),
        logp_ref=noise(rng.choice([1e-3, 0.3])), entropy=[f32(abs(x)) for x in noise(0.5)],
        positive=[int(rng.random() < 0.5) for _ in group])  # fmt: skip


def reference(batch, policy, aggregation, advantage, kl, coefs):
    """(value, its magnitude, gradient, scale of each gradient entry), the terms differentiated one by one."""
    leaf = lambda key: torch.tensor(batch[key], dtype=torch.float64)
    lp, old = leaf("logp").requires_grad_(), leaf("logp_old")
    A = torch.tensor(advantage, dtype=torch.float64)
    sequence, group, mask = batch["sequence"], batch["group"], batch["mask"]
    agg = lambda x, m=mask: aggregate(*aggregation, x, sequence, group, m)
    on_positive = [m * batch["positive"][s] for m, s in zip(mask, sequence)]
    parts = POLICIES[policy][1](lp, old, A)
    parts = parts if isinstance(parts, tuple) else (parts,)
    divergence = KLS[kl](lp - leaf("logp_ref"))
    terms = [*(-agg(x) for x in parts), coefs["kl_coef"] * agg(divergence),
             coefs["positive_coef"] * agg(-lp, on_positive)]  # fmt: skip
    # Tokens of both signs may cancel: a sum of floats is as good as the sum of their magnitudes.
    magnitude = sum(agg(x.detach().abs()).item() for x in (*parts, coefs["kl_coef"] * divergence))
    magnitude += coefs["positive_coef"] * agg(lp.detach().abs(), on_positive).item()
    gradients = [torch.autograd.grad(t, lp, allow_unused=True)[0] if t.requires_grad else None for t in terms]
    gradients = [torch.zeros_like(lp) if g is None else g for g in gradients]
    value = [t.item() for t in terms] + [-coefs["entropy_coef"] * agg(leaf("entropy")).item()]
    scale = sum(g.abs() for g in gradients)
    if policy == "sapo":
        scale = scale * (1 + sapo_condition(lp - old))
    magnitude += abs(value[-1])
    return sum(value), magnitude, sum(gradients), scale


def sapo_condition(log_ratio):
    """SAPO's weight falls like e^-r: what float rounds off the ratio counts r times."""
    return 0.1 * log_ratio.detach().exp().clamp(max=100.0)


def compare(what, got, want, scale, tolerance=1e-5):
    for i, (a, b, s) in enumerate(zip(got, want, scale)):
        if abs(b) > 1e37:
            continue
        if a is None or not abs(a - b) <= tolerance * s + 1e-36:
            raise SystemExit(f"{what}: entry {i} is {a}, expected {b} (seed {SEED})")


def check(batch, policy, aggregation, estimator, kl):
    name, params = estimator
    request = {k: batch[k] for k in ("logp", "logp_old", "offsets", "mask", "logp_ref", "entropy", "positive")}
    request["groups"] = batch["group"]
    request.update(policy=policy, policy_params=POLICIES[policy][0], kl=kl, aggregation=aggregation[0],
                   aggregation_params=aggregation[1])  # fmt: skip
    coefs = {"kl_coef": f32(rng.choice([0.0, 0.001, 0.5])), "positive_coef": f32(rng.choice([0.0, 0.1])),
             "entropy_coef": f32(rng.choice([0.0, 0.01]))}  # fmt: skip
    request.update(coefs)
    if name == "per token":
        request["advantage"] = advantage = [f32(rng.choice([0, rng.gauss(0, 1)])) for _ in batch["logp"]]
    else:
        if name == "per sequence":
            request["advantage"] = per_sequence = [f32(rng.choice([0, rng.gauss(0, 1)])) for _ in batch["group"]]
        else:
            request.update(rewards=batch["rewards"], advantage_estimator=name, advantage_params=params)
            per_sequence = [0.0] * len(batch["group"])
            for g in set(batch["group"]):
                members = [i for i, x in enumerate(batch["group"]) if x == g]
                found = group_advantage(name, params, [batch["rewards"][i] for i in members])
                for i, a in zip(members, found.tolist()):
                    per_sequence[i] = a
        advantage = [per_sequence[s] for s in batch["sequence"]]
    answer = run(request)
    what = f"{policy} {aggregation} {estimator} {kl} {coefs}"
    value, magnitude, gradient, scale = reference(batch, policy, aggregation, advantage, kl, coefs)
    # Advantages are rounded to float, so a group whose rewards nearly cancel may be off by that much.
    floor = 3e-7 * float(scale.max()) if name in ("grpo", "dr_grpo", "rloo") else 0.0
    compare(what + " dlogp", answer["dlogp"], gradient.tolist(), (scale + floor).tolist())
    if magnitude < 1e37:
        # What float rounds off a logarithm counts that often in the value.
        magnitude += float((scale * (1 + torch.tensor(batch["logp"]).abs())).sum())
        compare(what + " value", [answer["value"]], [value], [magnitude])


# --- TRL's own loss ---------------------------------------------------------------------------------


def trl_loss(trainer, batch, advantage, loss_type, delta, beta, unbiased=False):
    count, longest = len(batch["group"]), max(b - a for a, b in itertools.pairwise(batch["offsets"]))

    def padded(key):
        out = torch.zeros(count, longest, dtype=torch.float64)
        for s, (a, b) in enumerate(itertools.pairwise(batch["offsets"])):
            out[s, : b - a] = torch.tensor(batch[key][a:b], dtype=torch.float64)
        return out

    lp, mask = padded("logp").requires_grad_(), padded("mask")
    high = 5.0 if loss_type == "cispo" else 0.28
    args = types.SimpleNamespace(delta=delta, use_bias_correction_kl=unbiased, steps_per_generation=1,
                                 sapo_temperature_pos=1.0, sapo_temperature_neg=1.05)  # fmt: skip
    self = types.SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (lp, padded("entropy"), None), aux_loss_enabled=False,
        top_entropy_quantile=1.0, off_policy_mask_threshold=None, importance_sampling_level="token", beta=beta,
        loss_type=loss_type, epsilon_low=0.2, epsilon_high=high, args=args, use_vllm=False, accelerator=Anything(),
        model=types.SimpleNamespace(training=True), current_gradient_accumulation_steps=1, max_completion_length=32,
        vllm_importance_sampling_correction=False, _entropy_bonus_enabled=False,
        _metrics=collections.defaultdict(lambda: collections.defaultdict(list)))  # fmt: skip
    tokens = torch.zeros(count, longest, dtype=torch.long)
    inputs = dict(prompt_ids=tokens[:, :1], prompt_mask=tokens[:, :1], completion_ids=tokens, completion_mask=mask,
                  advantages=torch.tensor(advantage, dtype=torch.float64), old_per_token_logps=padded("logp_old"),
                  ref_per_token_logps=padded("logp_ref"), num_items_in_batch=mask.sum())  # fmt: skip
    loss = trainer._compute_loss(self, None, inputs)
    loss.backward()
    rows = [lp.grad[s, : b - a] for s, (a, b) in enumerate(itertools.pairwise(batch["offsets"]))]
    return loss.item(), torch.cat(rows).tolist()


def check_trl(trainer):
    batch = draw_batch(False)
    batch["mask"] = [1] * len(batch["logp"])
    advantage = [f32(rng.gauss(0, 1)) for _ in batch["group"]]
    common = {k: batch[k] for k in ("logp", "logp_old", "offsets", "logp_ref")}
    common.update(advantage=advantage, kl="k3")
    for loss_type, policy, delta, aggregation, params in (
        ("dapo", "clip_higher", None, "token_mean", {}),
        ("bnpo", "clip_higher", None, "token_mean", {}),
        ("grpo", "clip_higher", None, "seq_mean_token_mean", {}),
        ("dr_grpo", "clip_higher", None, "seq_mean_token_sum_norm", {"horizon": 32}),
        ("dapo", "dual_clip", 3.0, "token_mean", {}),
        ("cispo", "cispo_cap", None, "token_mean", {}),
        ("sapo", "sapo", None, "seq_mean_token_mean", {}),
    ):
        for beta in (0.0, f32(0.04)):
            want, gradient = trl_loss(trainer, batch, advantage, loss_type, delta, beta)
            answer = run({**common, "policy": policy, "aggregation": aggregation, "aggregation_params": params,
                          "policy_params": {"high": 0.28} if policy == "dual_clip" else {}, "kl_coef": beta})  # fmt: skip
            floor = max(map(abs, gradient))
            scale = [abs(g) + (0.05 * floor if beta else 0) for g in gradient]
            if policy == "sapo":  # beyond r = 37 the 1 - sigmoid of TRL is 0 in double, where ours goes on falling
                condition = sapo_condition(torch.tensor(batch["logp"]) - torch.tensor(batch["logp_old"])).tolist()
                scale = [s * (1 + c) + 1e-9 * floor for s, c in zip(scale, condition)]
            compare(f"TRL {loss_type} {delta} {beta} dlogp", answer["dlogp"], gradient, scale)
            compare(f"TRL {loss_type} {delta} {beta} value", [answer["value"]], [want], [abs(want) + floor])
    beta = f32(0.04)  # DeepSeek-V3.2's KL
    want, gradient = trl_loss(trainer, batch, advantage, "dapo", None, beta, True)
    answer = run({**common, "kl": "k3_unbiased", "policy": "clip_higher", "kl_coef": beta})
    floor = max(map(abs, gradient))
    compare("TRL unbiased KL dlogp", answer["dlogp"], gradient, [abs(g) + 0.05 * floor for g in gradient])
    compare("TRL unbiased KL value", [answer["value"]], [want], [abs(want) + floor])


def check_non_finite():
    """A NaN or infinity anywhere: that token is silent, named, and the others are as they were."""
    batch = draw_batch(False)
    request = {k: batch[k] for k in ("logp", "logp_old", "offsets")}
    request["advantage"] = [f32(rng.gauss(0, 1)) for _ in batch["group"]]
    clean = {name: run({**request, "policy": name})["dlogp"] for name in POLICIES}
    token = rng.randrange(len(batch["logp"]))
    for name, key, bad in itertools.product(POLICIES, ("logp", "logp_old"), ("nan", "inf", "-inf")):
        broken = {**request, "policy": name, key: [*request[key][:token], bad, *request[key][token + 1 :]]}
        answer = run(broken)
        expected = [0.0 if i == token else x for i, x in enumerate(clean[name])]
        found = answer["diagnostics"]["non_finite"]
        assert answer["dlogp"] == expected, f"{name} {key} {bad}: seed {SEED}"
        assert answer["value"] is not None
        assert (found["count"], found["token"], found["sequence"]) == (1, token, batch["sequence"][token])


cases = 0
for policy, aggregation, estimator, kl in itertools.product(POLICIES, AGGREGATIONS, ADVANTAGES, KLS):
    check(draw_batch(extreme=cases % 3 == 0), policy, aggregation, estimator, kl)
    cases += 1
for _ in range(5):
    check_non_finite()
print(f"{cases} combinations agree with torch autograd")
try:
    from trl import GRPOTrainer
except ImportError as error:
    print(f"TRL not compared: {error}")
    sys.exit(0)
for _ in range(10):
    check_trl(GRPOTrainer)
print("seven TRL losses, with and without KL, agree on 10 batches")
