# SPDX-License-Identifier: Apache-2.0
"""The operators of libgppo_torch_ops against torch autograd over the formulas: values, gradients, opcheck, torch.compile,
what must be refused, several threads, memory.

usage: operators.py libgppo_torch_ops.so SOURCE_DIRECTORY
"""
import math
import os
import random
import sys
import threading

LIBRARY, SOURCE = sys.argv[1:3]
sys.path += [os.path.join(SOURCE, "examples", "torch"), os.path.join(SOURCE, "tests", "oracle")]
try:
    import torch
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import gppo_torch
from _formulas import BOUNDS, CHANGES, DIVERGENCES, POLICIES, binary_kl

gppo_torch.load(LIBRARY)
SEED = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
print(f"GPPO_SEED={SEED}", flush=True)
torch.manual_seed(SEED)
op = torch.ops.gppo


def away_from_kinks(logp, old):
    """Moves tokens on which a formula in double and the library in float may take different sides."""
    for _ in range(100):
        r, change = (logp - old).double().exp(), logp.double().exp() - old.double().exp()
        kl = binary_kl(logp.double(), old.double())
        bad = torch.zeros_like(logp, dtype=torch.bool)
        for x, bounds, by in ((r, BOUNDS, 3e-4), (change, CHANGES, 1e-4), (kl, DIVERGENCES, 1e-3)):
            for bound in bounds:
                bad |= (x - bound).abs() < by * max(1.0, bound)
        if not bad.any():
            return logp
        logp = torch.where(bad, old + 0.5 * torch.randn_like(logp), logp)
    raise SystemExit("no batch away from the kinks")


def batch(rows=6, length=17, per_token=False):
    """Padded: logp, logp_old, advantage, mask."""
    old = -torch.randn(rows, length).abs() * 1.5 - 0.01
    logp = away_from_kinks(old + 0.5 * torch.randn(rows, length), old)
    advantage = torch.randn(rows, length) if per_token else torch.randn(rows)
    mask = torch.arange(length) < torch.randint(1, length + 1, (rows, 1))
    return logp.requires_grad_(), old, advantage, mask


def packed(tensors, mask):
    """The same without padding, and its offsets."""
    offsets = torch.cat([torch.zeros(1, dtype=torch.long), mask.sum(1).cumsum(0)])
    return [x.detach()[mask] if x.dim() == 2 else x for x in tensors], offsets


def close(what, got, want, tolerance=1e-5, scale=1e-30):
    """`scale`: of what fp32 rounds on the way, where the result is what is left of larger numbers."""
    got, want = got.detach().double(), want.detach().double()
    error = ((got - want).abs().max() / want.abs().max().clamp(min=scale)).item() if want.numel() else 0.0
    if got.shape != want.shape or not error <= tolerance:
        raise SystemExit(f"{what}: off by {error:.1e} (seed {SEED})")


def refused(words, work):
    try:
        work()
    except RuntimeError as error:
        assert words in str(error), f"'{words}' is not in '{error}'"
        assert "\n" not in str(error).split("Exception raised from")[0].strip(), error
        return
    raise SystemExit(f"accepted, where an error should say '{words}'")


def in_double(logp):
    return logp.detach().double().requires_grad_()


def mean(per_token, mask, aggregation):
    kept = torch.where(mask, per_token, 0.0)
    if aggregation == "token_mean":
        return kept.sum() / mask.sum()
    return (kept.sum(1) / mask.sum(1)).mean()


def policies_match_their_formulas():
    for policy, (parameters, formula) in POLICIES.items():
        for aggregation, per_token in (("token_mean", False), ("seq_mean_token_mean", True)):
            logp, old, advantage, mask = batch(per_token=per_token)
            ours = gppo_torch.PolicyLoss(policy, parameters, aggregation=aggregation)
            loss, statistics = ours(logp, old, advantage, mask)
            loss.backward()
            lp = in_double(logp)
            A = advantage.double() if per_token else advantage.double()[:, None].expand_as(lp)
            J = formula(lp, old.double(), A)
            want = -sum(mean(x, mask, aggregation) for x in (J if isinstance(J, tuple) else (J,)))
            want.backward()
            close(f"{policy} {aggregation} gradient", logp.grad, torch.where(mask, lp.grad, 0.0))
            assert abs(loss.item() - want.item()) <= 1e-5 * (abs(want.item()) + lp.grad.abs().sum().item()), policy
            assert dict(zip(ours.names, statistics.tolist()))["non_finite"] == 0
            (flat, flat_old, flat_advantage), offsets = packed((logp, old, advantage), mask)
            flat.requires_grad_()
            again, _ = ours(flat, flat_old, flat_advantage, offsets=offsets)
            again.backward()
            close(f"{policy} {aggregation} packed", flat.grad, logp.grad[mask], 1e-6)
            close(f"{policy} {aggregation} packed value", again, loss, 1e-4)


def sequence_policies_match():
    """GSPO's gradient goes through the mean over the sequence; GMPO clips in log space."""
    for policy, parameters, J in (
        ("gspo", {"low": 0.05, "high": 0.04}, lambda d, A, mean: torch.minimum(
            mean(d).exp() * A, mean(d).exp().clamp(0.95, 1.04) * A)),
        ("gmpo", {"low": 0.3, "high": 0.4}, lambda d, A, mean: mean(
            torch.where(A > 0, d.clamp(max=0.4), d.clamp(min=-0.3))).exp() * A),
    ):
        logp, old, advantage, mask = batch()
        loss, _ = gppo_torch.PolicyLoss(policy, parameters, aggregation="seq_mean_token_mean")(logp, old, advantage, mask)
        loss.backward()
        lp = in_double(logp)
        average = lambda x: torch.where(mask, x, 0.0).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
        want = -J(lp - old.double(), advantage.double()[:, None], average).mean()
        want.backward()
        close(policy, logp.grad, lp.grad)
        close(policy + " value", loss, want)


def all_terms_match():
    """Policy, KL, entropy bonus, positives, correction, through a softmax, with an upstream gradient of 3."""
    rows, length, vocabulary = 5, 11, 7
    logits = torch.randn(rows, length, vocabulary, requires_grad=True)
    ids = torch.randint(0, vocabulary, (rows, length, 1))
    other = [torch.randn(rows, length) * 0.2 for _ in range(3)]
    advantage, positive = torch.randn(rows), torch.arange(rows) % 2 == 0
    mask = torch.rand(rows, length) < 0.8
    mask[:, 0] = True

    def parts(x):
        table = torch.log_softmax(x, -1)
        return table.gather(2, ids).squeeze(2), -(table.exp() * table).sum(-1)

    logp, entropy = parts(logits)
    old, reference, rollout = (logp.detach() + x for x in other)
    ours = gppo_torch.PolicyLoss("importance_sampling", kl="k2", kl_coef=0.1, entropy_coef=0.05, positive_coef=0.2,
                                 correction="tis_token", correction_params={"cap": 1.1}, diagnostics=True)
    loss, statistics = ours(logp, old, advantage, mask, logp_ref=reference, entropy=entropy, positive=positive,
                            logp_rollout=rollout)
    (3 * loss).backward(retain_graph=True)
    first = logits.grad.clone()
    loss.backward()
    close("a gradient of one after one of three", logits.grad, first * 4 / 3)
    x = logits.detach().double().requires_grad_()
    lp, h = parts(x)
    tis = (old - rollout).double().exp().clamp(max=1.1)
    per_token = (-(lp - old).exp() * advantage[:, None] * tis + 0.1 * (lp - reference) ** 2 / 2 - 0.05 * h)
    chosen = mask & positive[:, None]
    want = mean(per_token, mask, "token_mean") - 0.2 * torch.where(chosen, lp, 0.0).sum() / chosen.sum()
    want.backward()
    close("all terms, gradient", first, 3 * x.grad)
    close("all terms, value", loss, want, scale=per_token.detach().abs()[mask].mean().item())
    named = dict(zip(ours.names, statistics.tolist()))
    assert named["tokens"] == mask.sum().item() and abs(named["value"] - want.item()) < 1e-5, named


def coefficients_may_be_given():
    """With counts of the whole step, micro-batches and processes add up to it."""
    logp, old, advantage, mask = batch(rows=8)
    whole, _ = gppo_torch.PolicyLoss("gppo")(logp, old, advantage, mask)
    whole.backward()
    want, logp.grad = logp.grad, None
    share = torch.full((4,), 1.0 / mask.sum().item())
    total = 0.0
    for half in (slice(0, 4), slice(4, 8)):
        loss, _ = gppo_torch.PolicyLoss("gppo")(logp[half], old[half], advantage[half], mask[half], coefficient=share)
        loss.backward()
        total += loss.item()
    close("two halves", logp.grad, want)
    assert abs(total - whole.item()) < 1e-6


def operators_pass_opcheck():
    logp, old, advantage, mask = batch(3, 5)
    (flat, flat_old, flat_advantage), offsets = packed((logp, old, advantage), mask)
    everything = dict(offsets=offsets, logp_ref=flat_old, entropy=torch.rand_like(flat).requires_grad_(),
                      group=torch.zeros(3, dtype=torch.long), diagnostics=True,
                      objective='{"kl": "k3", "kl_coef": 0.1, "entropy_coef": 0.1}')  # fmt: skip
    h, w = torch.randn(2, 3, 8, requires_grad=True), torch.randn(33, 8, requires_grad=True)
    ids = torch.randint(0, 33, (2, 3))
    logps, entropy, state = op.linear_logprob(h.detach(), w.detach(), ids)
    for operator, arguments, more in (
        (op.policy_loss, (logp, old, advantage, mask), {}),
        (op.policy_loss, (flat.requires_grad_(), flat_old, flat_advantage), everything),
        (op.policy_loss, (logp, old, advantage, mask), {"objective": '{"policy": "gspo", "aggregation": "token_sum"}'}),
        (op.linear_logprob, (h, w, ids), {}),
        (op.linear_logprob, (h, w.detach(), ids, 0.7, False), {}),
        (op.linear_logprob_backward, (logps, None, h.detach(), w.detach(), ids, state, 1.0, True), {}),
    ):
        torch.library.opcheck(operator.default, arguments, more)


def compiles(backend):
    """One graph with the model, for batches of any size."""
    ours = gppo_torch.PolicyLoss("gppo", {"high": 0.3}, entropy_coef=0.01)

    def step(hidden, weight, ids, old, advantage, mask):
        logp, entropy = gppo_torch.linear_logprob(torch.tanh(hidden), weight, ids)
        return ours(logp, old, advantage, mask, entropy=entropy)[0] * 2.0

    compiled = torch.compile(step, backend=backend, fullgraph=True, dynamic=True)
    for rows, length in ((3, 5), (4, 9)):
        weight = torch.randn(50, 8)
        hidden = torch.randn(rows, length, 8)
        ids, advantage = torch.randint(0, 50, (rows, length)), torch.randn(rows)
        old, mask = torch.log(torch.rand(rows, length)), torch.rand(rows, length) < 0.9
        gradients = []
        for run in (step, compiled):
            leaves = [hidden.clone().requires_grad_(), weight.clone().requires_grad_()]
            loss = run(*leaves, ids, old, advantage, mask)
            loss.backward()
            gradients.append([loss, *(x.grad for x in leaves)])
        for eager, other in zip(*gradients):
            close(f"compiled by {backend}", other, eager)


def head_matches():
    for rows, width, vocabulary, temperature in ((700, 24, 5000, 1.0), (1, 8, 3, 0.5), (5, 16, 2049, 1.7)):
        hidden = torch.randn(rows, width, requires_grad=True)
        weight = (0.5 * torch.randn(vocabulary, width)).requires_grad_()
        ids = torch.randint(0, vocabulary, (rows,))
        ids[0] = vocabulary - 1
        c, e = torch.randn(2, rows)
        h, w = in_double(hidden), in_double(weight)
        table = torch.log_softmax(h @ w.T / temperature, -1)
        want_logp = table.gather(1, ids[:, None]).squeeze(1)
        want_entropy = -(table.exp() * table).sum(1)
        for with_entropy in (True, False):
            logp, entropy = gppo_torch.linear_logprob(hidden, weight, ids, temperature, with_entropy)
            logit = (h @ w.T / temperature).abs().max().item()  # a log-prob is a logit less the log-sum-exp
            close("logp", logp, want_logp, 2e-6, logit)
            loss, want = (logp * c).sum(), (want_logp * c).sum()
            if with_entropy:
                close("entropy", entropy, want_entropy, 2e-6, logit)
                loss, want = loss + (entropy * e).sum(), want + (want_entropy * e).sum()
            got = torch.autograd.grad(loss, (hidden, weight))
            expected = torch.autograd.grad(want, (h, w), retain_graph=True)
            pull = (c.abs().max() + e.abs().max()).item() / temperature  # times 1 - p, which may be all but 0
            for x, y, factor in zip(got, expected, (weight, hidden)):
                close(f"head {rows}x{width}x{vocabulary}", x, y, 2e-5, pull * factor.abs().max().item())
        (only,) = torch.autograd.grad(gppo_torch.linear_logprob(hidden, weight.detach(), ids, temperature)[1].sum(), hidden)
        close("entropy alone, frozen weight", only, torch.autograd.grad(want_entropy.sum(), h)[0], 2e-5,
              (weight.abs().max() / temperature).item())


def head_needs_no_logits():
    rows, width, vocabulary = 4096, 32, 30000  # logits would take 469 MiB
    hidden, ids = torch.randn(rows, width, requires_grad=True), torch.randint(0, vocabulary, (rows,))
    weight = torch.randn(vocabulary, width, requires_grad=True)

    def peak():
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024

    gppo_torch.linear_logprob(hidden[:8], weight, ids[:8])[0].sum().backward()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = peak()
    logp, entropy = gppo_torch.linear_logprob(hidden, weight, ids)
    (logp.sum() + entropy.sum()).backward()
    assert peak() - before < 60, f"{peak() - before:.0f} MiB for one pass"


def wrong_inputs_are_named():
    logp, old, advantage, mask = batch(4, 6)
    loss = lambda *tensors, **more: op.policy_loss(*tensors, **more)
    refused("logp has elements of type Double", lambda: loss(logp.double(), old, advantage))
    refused("logp_old has elements of type BFloat16, expected float32", lambda: loss(logp, old.bfloat16(), advantage))
    refused("mask has elements of type Float, expected bool or uint8", lambda: loss(logp, old, advantage, mask.float()))
    refused("logp is not contiguous (sizes [6, 4], strides [1, 6])", lambda: loss(logp.t(), old, advantage))
    refused("advantage is not contiguous", lambda: loss(logp, old, torch.randn(8)[::2]))
    refused("logp_old has the layout Sparse", lambda: loss(logp, old.to_sparse(), advantage))
    refused("batch.logp_old has 18 elements, expected 24", lambda: loss(logp, old[:3], advantage))
    refused("batch.advantage has 3 elements", lambda: loss(logp, old, advantage[:3]))
    refused("offsets has elements of type Int, expected int64",
            lambda: loss(logp, old, advantage, offsets=torch.tensor([0, 24], dtype=torch.int32)))
    refused("batch.offsets[1] is 0", lambda: loss(logp, old, advantage, offsets=torch.tensor([0, 0, 24])))
    named = lambda **keys: gppo_torch.PolicyLoss(**keys)(logp, old, advantage, mask)
    refused("unknown policy 'gppoo'; did you mean 'gppo'?", lambda: named(policy="gppoo"))
    refused("unknown parameter 'hihg'; did you mean 'high'?", lambda: named(policy="gppo", policy_params={"hihg": 1}))
    refused("unknown key 'agregation'; did you mean 'aggregation'?", lambda: named(agregation="token_mean"))
    refused("objective is not JSON", lambda: loss(logp, old, advantage, objective="gppo"))
    refused("SequenceMeanTokenMean", lambda: named(policy="gmpo"))
    refused("the KL term needs batch.logp_ref", lambda: named(kl="k3", kl_coef=0.1))
    refused("needs batch.logp_rollout", lambda: named(correction="tis_token"))
    value = loss(logp, old, advantage)[0]
    refused("first derivative only", lambda: torch.autograd.grad(value, logp, create_graph=True))
    hidden, weight, ids = torch.randn(3, 4), torch.randn(9, 4), torch.tensor([0, 8, 2])
    refused("ids has 9, outside of the vocabulary of 9", lambda: op.linear_logprob(hidden, weight, ids + 1))
    refused("ids has -1", lambda: op.linear_logprob(hidden, weight, ids - 1))
    refused("hidden is [3, 4] and weight [4, 9]", lambda: op.linear_logprob(hidden, weight.t().contiguous(), ids))
    refused("ids is [2] for hidden [3, 4]", lambda: op.linear_logprob(hidden, weight, ids[:2]))
    refused("weight is not contiguous", lambda: op.linear_logprob(hidden, torch.randn(4, 9).t(), ids))
    refused("temperature", lambda: op.linear_logprob(hidden, weight, ids, 0.0))
    refused("hidden has elements of type BFloat16", lambda: op.linear_logprob(hidden.bfloat16(), weight, ids))


def broken_numbers_are_counted():
    logp, old, advantage, mask = batch(4, 6)
    ours = gppo_torch.PolicyLoss("gppo", diagnostics=True)
    with torch.no_grad():
        logp[1, 0], logp[2, 0] = math.nan, -math.inf
    loss, statistics = ours(logp, old, advantage, mask)
    loss.backward()
    assert dict(zip(ours.names, statistics.tolist()))["non_finite"] == 2 and math.isfinite(loss.item())
    assert logp.grad[1, 0] == 0 and logp.grad[2, 0] == 0 and logp.grad.isfinite().all()
    with torch.inference_mode():
        assert ours(logp, old, advantage, mask)[0].item() == loss.item()


def threads_do_not_mix():
    """Each with its own policy and batch, all at once, forward and backward."""
    names = ["gppo", "cispo", "sapo", "gspo_token"]
    batches = {name: batch(8, 400) for name in names}

    def gradient(name):
        logp = batches[name][0].detach().clone().requires_grad_()
        gppo_torch.PolicyLoss(name)(logp, *batches[name][1:])[0].backward()
        hidden = logp.detach()[:, :16].contiguous().requires_grad_()
        gppo_torch.linear_logprob(hidden, logp.detach()[:, 16:32].contiguous(), torch.arange(8))[0].sum().backward()
        return logp.grad, hidden.grad

    want = {name: gradient(name) for name in names}
    wrong = []

    def work(name):
        for _ in range(50):
            if not all(torch.equal(x, y) for x, y in zip(gradient(name), want[name])):
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in names for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong


policies_match_their_formulas()
sequence_policies_match()
all_terms_match()
coefficients_may_be_given()
head_matches()
head_needs_no_logits()
wrong_inputs_are_named()
broken_numbers_are_counted()
threads_do_not_mix()
operators_pass_opcheck()
compiles("aot_eager")
compiles("inductor")
print(f"{len(POLICIES) + 2} policies, all terms and the head agree with torch autograd; opcheck and torch.compile pass")
