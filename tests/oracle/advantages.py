# SPDX-License-Identifier: Apache-2.0
"""gppo loss's advantages, returns, value loss and KL against torch, and against TRL's own lines.

Every estimator on random steps with unequal groups, groups of one, zero variance and masks; the reference is
a few lines of double-precision torch each, written from the formula. TRL computes advantages in the middle of
long methods: the lines are cut out of the installed source and run. GPPO_SEED repeats a run.

usage: advantages.py path/to/gppo
"""
import inspect
import itertools
import sys
import textwrap
import types
from math import comb

from _gppo_loss import SEED, f32, rng, run, torch

f64 = lambda x: torch.tensor(x, dtype=torch.float64)


def compare(what, got, want, floor=0.0, tolerance=1e-5):
    assert len(got) == len(want), f"{what}: {len(got)} numbers, expected {len(want)}"
    for i, (a, b) in enumerate(zip(got, want)):
        if not abs(a - b) <= tolerance * abs(b) + floor:
            raise SystemExit(f"{what}: entry {i} is {a}, expected {b} (seed {SEED})")


# --- the formulas --------------------------------------------------------------------------------


class Step:
    """A random optimizer step: B sequences with T tokens."""

    def __init__(self, kind="any"):
        self.group = [5 * p - 2 for p in range(rng.randint(1, 4)) for _ in range(rng.choice([1, 2, 3, 6]))]
        if kind == "equal groups":
            self.group = [p for p in range(3) for _ in range(4)]
        else:
            rng.shuffle(self.group)
        lengths = [rng.choice([1, 2, rng.randint(1, 30)]) for _ in self.group]
        self.offsets = [0, *itertools.accumulate(lengths)]
        self.sequence = [s for s, n in enumerate(lengths) for _ in range(n)]
        T, B = len(self.sequence), len(self.group)
        self.mask = [1] * T if kind != "masked" else [int(rng.random() < 0.6) for _ in range(T)]
        if kind == "nothing":
            self.mask = [0] * T
        draw = lambda: f32(rng.choice([0.0, 1.0, rng.gauss(0, 1)]))
        self.rewards = [f32(0.1)] * B if kind == "flat" else [draw() for _ in range(B)]
        self.binary = [float(rng.random() < 0.4) for _ in range(B)]
        self.baseline = [draw() for _ in range(B)]
        self.channels = [[draw(), f32(100 * rng.random()), f32(0.3)] for _ in range(B)]
        self.token_rewards = [f32(rng.gauss(0, 1)) * m for m in self.mask]
        self.values = [f32(rng.gauss(0, 1)) for _ in range(T)]
        self.values_new = [f32(v + rng.gauss(0, 0.6)) for v in self.values]
        self.logp_old = [f32(-abs(rng.gauss(0, 1.5))) for _ in range(T)]
        self.logp_ref = [f32(x + rng.gauss(0, 0.5)) for x in self.logp_old]

    def lengths(self):
        return [float(sum(self.mask[a:b])) for a, b in itertools.pairwise(self.offsets)]

    def members(self):
        return [[i for i, x in enumerate(self.group) if x == g] for g in dict.fromkeys(self.group)]

    def by_group(self, function, rewards, singleton="zero"):
        """function(rewards of the group, lengths) -> advantages; B of them."""
        out, lengths = [0.0] * len(self.group), self.lengths()
        for members in self.members():
            r = f64([rewards[i] for i in members])
            if len(members) > 1 or singleton is None:
                a = function(r, f64([lengths[i] for i in members]))
            else:
                a = r if singleton == "raw" else r * 0
            for i, x in zip(members, a.tolist()):
                out[i] = x
        return out

    def trained(self):
        """Places of the trained tokens, sequence by sequence."""
        return [[t for t in range(a, b) if self.mask[t]] for a, b in itertools.pairwise(self.offsets)]

    def request(self, **more):
        return dict(logp=self.logp_old, logp_old=self.logp_old, offsets=self.offsets, mask=self.mask,
                    groups=self.group, **more)  # fmt: skip


def whiten(values, weights, ddof=1, eps=1e-8, beside=False):
    """Repeats each value weights[i] times, standardises, and takes one of each."""
    many = f64([v for v, w in zip(values, weights) for _ in range(int(w))])
    if len(many) <= 1 or bool((many == many[0]).all()):
        return [0.0] * len(values)
    mean, var = many.mean(), many.var(correction=ddof)
    scale = 1 / (var.sqrt() + eps) if beside else (var + eps).rsqrt()
    return [((v - mean) * scale).item() if w else 0.0 for v, w in zip(values, weights)]


def normalised(r, ddof=1, eps=f32(1e-6)):
    return (r - r.mean()) / (r.std(correction=ddof) + eps) if bool((r != r[0]).any()) else r * 0


def leave_one_out(r):
    out = []
    for i in range(len(r)):
        rest = torch.cat([r[:i], r[i + 1 :]])
        a = r[i] - rest.mean()
        varied = len(rest) > 1 and bool((rest != rest[0]).any())
        out.append(a / (rest.std() + f32(1e-6)) if varied else a)
    return torch.stack(out) if bool((r != r[0]).any()) else r * 0


def pass_at_k(r):
    best, second = r.sort(descending=True).values[:2]
    a = torch.zeros_like(r)
    a[r.argmax()] = (best - second) / (r.std() + f32(1e-6))
    return a


def pass_at_k_training(r, k):
    G, N = len(r), int((r <= 0).sum())
    mean = 1 - comb(N, k) / comb(G, k)
    std = (mean * (1 - mean)) ** 0.5
    if std == 0:
        return r * 0
    wrong = (1 - mean - comb(N - 1, k - 1) / comb(G - 1, k - 1)) / std if N else 0.0
    return f64([(1 - mean) / std if x > 0 else wrong for x in r.tolist()])


def opo(r, lengths):
    return r - (r * lengths).sum() / lengths.sum() if lengths.sum() > 0 else r * 0


def reward_to_go(step, gamma):
    """(T): discounted by the number of trained tokens between."""
    out = [0.0] * len(step.mask)
    for places in step.trained():
        for i, t in enumerate(places):
            out[t] = sum(gamma**j * step.token_rewards[u] for j, u in enumerate(places[i:]))
    return out


def gae(step, gamma, lam):
    """(T): the weighted sum of temporal differences, written out."""
    out = [0.0] * len(step.mask)
    for places in step.trained():
        V = [step.values[t] for t in places] + [0.0]
        delta = [step.token_rewards[t] + gamma * V[i + 1] - V[i] for i, t in enumerate(places)]
        for i, t in enumerate(places):
            out[t] = sum((gamma * lam) ** (j - i) * delta[j] for j in range(i, len(places)))
    return out


def gdpo(step, weights, norm):
    total = [0.0] * len(step.group)
    for c, w in enumerate(weights):
        column = step.by_group(lambda r, l: norm(r), [row[c] for row in step.channels])
        total = [a + w * b for a, b in zip(total, column)]
    return total


# --- estimators against the formulas ---------------------------------------------------------------


def check_groups(step):
    """Estimators that give a sequence one number."""
    lengths, rewards = step.lengths(), step.rewards
    nonzero = sum(r != 0 for r in rewards)
    varied = sum(len(m) for m in step.members() if len({rewards[i] for i in m}) > 1)
    centred = lambda rule: step.by_group(lambda r, l: r - r.mean() if bool((r != r[0]).any()) else r * 0, rewards, rule)
    gpg = lambda n: [a * len(rewards) / max(n, 1) for a in centred("zero")]
    expected = {
        ("leave_one_out", ()): step.by_group(lambda r, l: leave_one_out(r), rewards),
        ("pass_at_k", ()): step.by_group(lambda r, l: pass_at_k(r) if bool((r != r[0]).any()) else r * 0, rewards),
        ("opo", ()): step.by_group(opo, rewards),
        ("opo", (("singleton", "raw"),)): step.by_group(opo, rewards, "raw"),
        ("gpg", ()): gpg(nonzero),
        ("gpg", (("count", "varied_groups"), ("f_norm", 0.5))): [2 * a for a in gpg(varied)],
        ("reinforce_plus_plus_baseline", ()): whiten(centred("zero"), lengths),
        ("reinforce_plus_plus_baseline", (("singleton", "raw"), ("whiten_ddof", 0))):
            whiten(centred("raw"), lengths, 0),
    }  # fmt: skip
    for (name, params), want in expected.items():
        answer = run(step.request(rewards=rewards, advantage_estimator=name, advantage_params=dict(params)))
        compare(f"{name} {params}", answer["advantage"], want, 1e-6 * max(map(abs, want), default=0))
        for members in step.members():  # a group without variance: exactly 0, before any whitening
            if len({rewards[i] for i in members}) == 1 and "plus" not in name and "raw" not in dict(params).values():
                assert all(answer["advantage"][i] == 0 for i in members), name


def check_others(step):
    """Estimators of right and wrong, with a baseline, and with channels."""
    answer = run(step.request(rewards=step.binary, advantage_estimator="maxrl"))
    maxrl = lambda r, l: (r - r.mean()) / (r.mean() + f32(1e-6)) if r.sum() > 0 else r * 0
    compare("maxrl", answer["advantage"], step.by_group(maxrl, step.binary), 1e-12)
    k = min(map(len, step.members()))
    signs = [2 * x - 1 for x in step.binary]
    answer = run(step.request(rewards=signs, advantage_estimator="pass_at_k_training", advantage_params={"k": k}))
    want = step.by_group(lambda r, l: pass_at_k_training(r, k), signs, None)
    compare("pass_at_k_training", answer["advantage"], want, 1e-12)
    answer = run(step.request(rewards=step.rewards, baseline=step.baseline, advantage_estimator="remax"))
    compare("remax", answer["advantage"], [a - b for a, b in zip(step.rewards, step.baseline)], 1e-6)
    answer = run(step.request(reward_channels=step.channels, advantage_estimator="gdpo",
                              advantage_params={"weights": [1.0, 0.5, 3.0]}))  # fmt: skip
    total = gdpo(step, [1.0, 0.5, 3.0], normalised)
    # Whitening divides what fp32 rounded by the spread: totals a rounding apart become tenths.
    spread = f64([v for v, n in zip(total, step.lengths()) for _ in range(int(n))]).var().nan_to_num().add(1e-8).sqrt().item()
    compare("gdpo", answer["advantage"], whiten(total, step.lengths()), 1e-5 + 2e-7 * max(map(abs, total)) / spread)
    # A constant channel is silent whatever its weight.
    other = run(step.request(reward_channels=[row[:2] for row in step.channels], advantage_estimator="gdpo",
                             advantage_params={"weights": [1.0, 0.5]}))  # fmt: skip
    assert other["advantage"] == answer["advantage"]


def check_tokens(step):
    """Estimators that give every token its own number, the returns and the value loss."""
    gamma, lam = f32(0.97), f32(0.9)
    common = dict(token_rewards=step.token_rewards, advantage_estimator="reinforce_plus_plus")
    answer = run(step.request(**common, advantage_params={"gamma": gamma}))
    want = whiten(reward_to_go(step, gamma), step.mask)
    compare("reinforce_plus_plus", answer["advantage"], want, 1e-6 * max(map(abs, want)))

    raw, floor = gae(step, gamma, lam), 1e-6
    common = dict(token_rewards=step.token_rewards, values=step.values, advantage_estimator="gae")
    params = {"gamma": gamma, "lambda": lam, "whitened": False}
    answer = run(step.request(**common, advantage_params=params))
    compare("gae", answer["advantage"], raw, floor * max(map(abs, raw)))
    returns = [a + v for a, v in zip(raw, step.values)]
    compare("gae returns", answer["returns"], returns, floor * max(map(abs, returns)))
    answer = run(step.request(**common, advantage_params={**params, "returns_lambda": 1.0}))
    returns = [a + v for a, v in zip(gae(step, gamma, 1.0), step.values)]
    compare("gae returns_lambda", answer["returns"], returns, floor * max(map(abs, returns)))

    answer = run(step.request(**common, advantage_params={"gamma": gamma, "lambda": lam},
                              values_new=step.values_new, value_clip=0.4))  # fmt: skip
    want = whiten(raw, step.mask)
    compare("gae whitened", answer["advantage"], want, floor * max(map(abs, want)))
    V, R, old = f64(step.values_new).requires_grad_(), f64(answer["returns"]), f64(step.values)
    clip = f32(0.4)
    loss = 0.5 * torch.maximum((V - R) ** 2, (torch.maximum(torch.minimum(V, old + clip), old - clip) - R) ** 2)
    mask = f64(step.mask)
    mean = (loss * mask).sum() / mask.sum().clamp(min=1)
    mean.backward()
    compare("value loss", [answer["value_loss"]], [mean.item()], 1e-6)
    compare("dvalues", answer["dvalues"], V.grad.tolist(), 1e-6)


def check_reward_kl(step):
    """KL off the reward of each token, then any estimator."""
    x = f64(step.logp_old) - f64(step.logp_ref)
    for name, kl in (("k1", x), ("k2", x * x / 2), ("k3", (-x).exp() + x - 1), ("abs", x.abs())):
        beta, mask = f32(0.05), f64(step.mask)
        request = step.request(rewards=step.rewards, logp_ref=step.logp_ref, reward_kl=name, reward_kl_coef=beta)
        answer = run({**request, "advantage_estimator": "dr_grpo"})
        expected = -beta * kl * mask
        for places, reward in zip(step.trained(), step.rewards):
            if places:
                expected[places[-1]] += reward
        compare(f"reward_kl {name}", answer["token_rewards"], expected.tolist(), 1e-6)
        means = [torch.stack([kl[t] for t in places]).mean().item() for places in step.trained() if places]
        compare(f"mean KL {name}", [answer["reward_kl"]], [sum(means) / max(len(means), 1)], 1e-6)
        sums = [sum(expected[t].item() for t in range(a, b)) for a, b in itertools.pairwise(step.offsets)]
        want = step.by_group(lambda r, l: r - r.mean(), sums)
        compare(f"dr_grpo after {name}", answer["advantage"], want, 3e-6)


# --- KL in the loss ----------------------------------------------------------------------------------


def straight_through(value, x):
    return (x * x / 2) - (x * x / 2).detach() + value.detach()


def k3(x):
    return (-x).exp() + x - 1


KLS = {
    "k1": lambda x: x, "k2": lambda x: x * x / 2, "k3": k3, "abs": torch.abs,
    "k1+": lambda x: straight_through(x, x), "k3+": lambda x: straight_through(k3(x), x),
    "k3_clamped": lambda x: k3(x.clamp(-20, 20)).clamp(-10, 10),
    "k3_on_policy": lambda x: k3(x) * (x - x.detach()).exp(),
}  # fmt: skip


def check_kl():
    """With no advantage the gradient is the KL's alone."""
    x = [f32(v) for v in (-60, -19.5, -5, -2.7, -2.5, -0.3, -1e-3, 0, 1e-3, 0.3, 4, 10.5, 11.5, 19.5, 25, 104)]
    x += [f32(rng.gauss(0, 1)) for _ in range(20)]
    for name, kl in KLS.items():
        lp = f64(x).requires_grad_()
        values = kl(lp)
        values.sum().backward()
        request = dict(logp=x, logp_old=x, logp_ref=[0.0] * len(x), advantage=[0.0], kl=name, kl_coef=1.0)
        answer = run({**request, "aggregation": "token_sum"})
        gradient = lp.grad.tolist()
        if name == "k3_on_policy":  # e^-x - e^-x + x, of which autograd keeps nothing at -60
            gradient = [v if v < -20 else g for g, v in zip(gradient, x)]
        compare(f"{name} dlogp", answer["dlogp"], gradient, 1e-6)
        compare(f"{name} value", [answer["kl"]], [values.sum().item()], 1e-5)
    lp, old = f64(x).requires_grad_(), [f32(v + min(max(rng.gauss(0, 2), -9), 9)) for v in x]
    near = [abs(v) < 15 for v in x]  # further out autograd loses x beside e^-x
    values = k3(lp) * (lp - f64(old)).exp()
    values.sum().backward()
    answer = run({**request, "logp_old": old, "kl": "k3_unbiased", "aggregation": "token_sum"})
    pairs = [(a, b) for a, b, n in zip(answer["dlogp"], lp.grad.tolist(), near) if n]
    compare("k3_unbiased dlogp", *zip(*pairs), 1e-6)
    for v, o, a in zip(x, old, answer["dlogp"]):
        compare("k3_unbiased r x", [a], [torch.tensor(v - o, dtype=torch.float64).exp().item() * v], 1e-6)
    request["kl"], request["kl_params"] = "k3_clamped", {"input": 3.0, "output": 5.0}
    lp = f64(x).requires_grad_()
    k3(lp.clamp(-3, 3)).clamp(-5, 5).sum().backward()
    compare("k3_clamped 3 5", run({**request, "aggregation": "token_sum"})["dlogp"], lp.grad.tolist(), 1e-6)


# --- what must be refused ------------------------------------------------------------------------------


def check_errors():
    step = Step()
    nan = ["nan", *step.rewards[1:]]
    run(step.request(rewards=nan), "reward of sequence 0 is nan")
    run(step.request(rewards=step.rewards, baseline=["inf", *step.baseline[1:]]), "baseline of sequence 0")
    run(step.request(token_rewards=["nan", *step.token_rewards[1:]], advantage_estimator="gae"), "token 0 is nan")
    run(step.request(reward_channels=[["nan"], *[[0.0]] * (len(step.group) - 1)]), "channel entry 0 is nan")
    run(step.request(rewards=step.rewards, advantage_estimator="remax"), "needs a baseline")
    run(step.request(rewards=step.rewards, advantage_estimator="gdpo"), "needs reward channels")
    run(step.request(rewards=step.rewards, advantage_estimator="gae"), "value of every token")
    run(step.request(rewards=[-1.0] * len(step.group), advantage_estimator="maxrl"), "negative")
    masked = dict(logp=[-1.0, -1.0], logp_old=[-1.0, -1.0], mask=[1, 0], token_rewards=[0.0, 1.0])
    run({**masked, "advantage_estimator": "reinforce_plus_plus"}, "put it on token 0")


# --- TRL's own lines ---------------------------------------------------------------------------------


def cut(method, first, last):
    """The lines of a method from `first` to `last`, both included, as code."""
    lines = inspect.getsource(method).splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip().startswith(first))
    end = next(i for i, line in enumerate(lines) if i > start and line.strip().startswith(last))
    return compile(textwrap.dedent("\n".join(lines[start : end + 1])), "trl", "exec")


def check_trl(grpo, rloo, grpo_code, rloo_code):
    step = Step("equal groups")
    if rng.random() < 0.3:
        step.rewards[:4] = [1.0] * 4  # zero variance
    rewards, channels = f64(step.rewards), f64(step.channels)

    def trl(code, module, per_function, **settings):
        here = dict(vars(module), rewards_per_func=per_function, num_generations=4, device="cpu",
                    unscorable_mask=torch.zeros(12, dtype=torch.bool), rewards=per_function[:, 0],
                    self=types.SimpleNamespace(reward_weights=torch.ones(per_function.shape[1]),
                                               reward_funcs=[None] * per_function.shape[1], **settings))  # fmt: skip
        exec(code, here)
        return here["advantages"].tolist()

    for scale, name, params in (("group", "grpo", {"eps": 1e-4}), ("none", "dr_grpo", {})):
        want = trl(grpo_code, grpo, rewards[:, None], multi_objective_aggregation="sum_then_normalize",
                   scale_rewards=scale)  # fmt: skip
        answer = run(step.request(rewards=step.rewards, advantage_estimator=name, advantage_params=params))
        compare(f"TRL {name}", answer["advantage"], want, 1e-9)
    want = trl(grpo_code, grpo, channels[:, :2], multi_objective_aggregation="normalize_then_sum",
               scale_rewards="group")  # fmt: skip
    params = {"eps": 1e-4, "whiten_over": "sequences", "whiten_eps": 1e-4, "whiten_eps_at": "beside_root"}
    answer = run(step.request(reward_channels=[row[:2] for row in step.channels], advantage_estimator="gdpo",
                              advantage_params=params))  # fmt: skip
    compare("TRL normalize_then_sum", answer["advantage"], want, 1e-6)
    want = trl(rloo_code, rloo, rewards[:, None], normalize_advantages=False)
    answer = run(step.request(rewards=step.rewards, advantage_estimator="rloo"))
    compare("TRL rloo", answer["advantage"], want, 1e-9)


KINDS = ("any", "masked", "flat", "nothing", "equal groups")
for _, kind in itertools.product(range(8), KINDS):
    for check in (check_groups, check_others, check_tokens, check_reward_kl):
        check(Step(kind))
for _ in range(5):
    check_kl()
    check_errors()
print(f"{8 * len(KINDS)} steps of every estimator and {len(KLS)} KL estimators agree with torch")
try:
    from trl.trainer import grpo_trainer, rloo_trainer
except ImportError as error:
    print(f"TRL not compared: {error}")
    sys.exit(0)
grpo_lines = cut(grpo_trainer.GRPOTrainer._generate_and_score_completions,
                 "if self.multi_objective_aggregation", "advantages = torch.nan_to_num")  # fmt: skip
rloo_lines = cut(rloo_trainer.RLOOTrainer._generate_and_score_completions,
                 "grouped_rewards = rewards.view", "advantages = torch.nan_to_num")  # fmt: skip
for _ in range(10):
    check_trl(grpo_trainer, rloo_trainer, grpo_lines, rloo_lines)
print("TRL's group, none, normalize_then_sum and RLOO advantages agree on 10 steps")
