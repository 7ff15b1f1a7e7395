# SPDX-License-Identifier: Apache-2.0
# slow: compiles one test file per fault
"""Deliberate faults in the objective, each of which must turn a test red.

usage: mutate.py path/to/gppo source_dir [word]      (only faults whose file contains word)

Without a word it takes 12 faults at random, so that the suite stays quick: GPPO_FAULTS=all takes every one, in
about six minutes of two cores; GPPO_SEED repeats a choice.

Every fault is one replaced string in a copy of include/gppo; the tests named with it are compiled against
the copy and must fail. CXX and CXXFLAGS are honoured.
"""
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FAULTS = [  # header, what, by what, test that must notice
    ("clip/gppo.hpp", "(r == t.ratio ? r : beta * r) * t.advantage;\n        return {value, value};",
     "(r == t.ratio ? r : beta * r) * t.advantage;\n        return {value, t.advantage < T(0) && r != t.ratio ? T(0) : value};",
     "clip/gppo"),  # GPPO's lower region set to zero
    ("clip/gppo.hpp", "t.advantage > T(0) ? T(beta_high) : T(beta_low)", "T(beta_high)", "clip/gppo"),
    ("clip/gppo.hpp", "{value, t.ratio < r ? T(0) : value}", "{value, value}", "clip/gppo"),
    ("clip/ppo.hpp", "r == t.ratio ? value : T(0)", "value", "clip/ppo"),
    ("clip/ppo.hpp", "T(1) + T(high)", "T(1) + T(low)", "clip/ppo"),
    ("clip/region.hpp", "t.advantage > T(0) ? above : below", "t.advantage > T(0) ? below : above", "clip/region"),
    ("clip/cispo.hpp", "{weight * t.logp, weight};\n    }\n\n    constexpr Region region() const noexcept { return {.lowest = 1.0f",
     "{weight, weight};\n    }\n\n    constexpr Region region() const noexcept { return {.lowest = 1.0f", "clip/cispo"),
    ("clip/cispo.hpp", "t.ratio < lowest ? lowest : t.ratio", "t.ratio", "clip/cispo"),
    ("clip/cispo.hpp", "t.ratio > T(cap) ? T(cap) : t.ratio", "t.ratio > T(cap) ? T(0) : t.ratio", "clip/cispo"),
    ("clip/dual.hpp", "(t.ratio > T(cap))", "(t.ratio >= T(cap))", "clip/dual"),
    ("clip/dual.hpp", "(t.advantage < T(0)) &", "(t.advantage != T(0)) &", "clip/dual"),
    ("clip/cispo.hpp", "{kept ? term.value : T(0), kept ? term.weight : T(0)}", "term", "clip/cispo"),
    ("clip/reinforce.hpp", "{t.advantage * t.logp, t.advantage}", "{t.advantage * t.logp, t.advantage * t.ratio}",
     "clip/reinforce"),
    ("clip/reinforce.hpp", "{t.advantage * t.logp,", "{t.advantage,", "clip/reinforce"),
    ("clip/importance_sampling.hpp", "{value, value}", "{value, t.advantage}", "clip/importance_sampling"),
    ("clip/importance_sampling.hpp", "{value, value}", "{value * t.logp, value}", "clip/importance_sampling"),
    ("clip/sapo.hpp", "t.advantage > T(0) ? T(tau_positive) : T(tau_negative)", "T(tau_positive)", "clip/sapo"),
    ("clip/sapo.hpp", "T(4) * gate * (decay * gate)", "T(4) * gate * (T(1) - gate)", "clip/sapo"),  # loses the digits
    ("clip/sapo.hpp", "T(4) / (tau + tau * decay)", "T(4) / (T(1) + decay)", "clip/sapo"),
    ("clip/sapo.hpp", "math::exp_finite(-x)", "math::exp_finite(x)", "clip/sapo"),
    ("clip/aspo.hpp", "beyond ? bounded : inside", "beyond ? T(0) : inside", "clip/aspo"),  # a hard dual clip
    ("clip/aspo.hpp", "T(1) / math::max(r, T(1e-30)) : r", "r : r", "clip/aspo"),  # nothing flipped
    ("clip/aspo.hpp", "bounded * t.logp", "bounded", "clip/aspo"),
    ("clip/dppo_tv.hpp", "t.advantage > T(0) ? change : -change", "change", "clip/dppo_tv"),
    ("clip/dppo_tv.hpp", "math::exp_finite(t.logp_old) * (t.ratio - T(1))", "t.ratio - T(1)", "clip/dppo_tv"),
    ("clip/dppo_tv.hpp", "math::at_most(t.ratio, T(cap))", "t.ratio", "clip/dppo_tv"),
    ("clip/dppo_tv.hpp", "gain - T(2) * T(pull) * d", "gain - T(pull) * d", "clip/dppo_tv"),
    ("clip/dppo_kl.hpp", "math::min(away, beyond)", "beyond", "clip/dppo_kl"),  # drops what moves back
    ("clip/dppo_kl.hpp", "good ? T(high) : T(low)", "T(high)", "clip/dppo_kl"),
    ("clip/dppo_kl.hpp", "(T(1) - p + e) * math::exp_finite", "math::exp_finite", "clip/dppo_kl"),
    ("clip/dppo_kl.hpp", "math::at_most(p_old * t.ratio, T(1))", "p_old * t.ratio", "clip/dppo_kl"),
    ("clip/ipo.hpp", "math::abs(probability_change(t))", "probability_change(t)", "clip/ipo"),
    ("clip/ipo.hpp", "gain - T(2) * T(pull) * d", "gain", "clip/ipo"),
    ("clip/topr.hpp", "t.advantage > T(0) ? T(1) : math::min(t.ratio, T(1))", "math::min(t.ratio, T(1))", "clip/topr"),
    ("clip/topr.hpp", "math::min(t.ratio, T(1))", "t.ratio", "clip/topr"),
    ("clip/dro.hpp", "pull * d / T(2)", "pull * d", "clip/dro"),
    ("clip/dro.hpp", "t.advantage - pull", "t.advantage + pull", "clip/dro"),
    ("clip/luffy.hpp", "gamma / all * share", "share", "clip/luffy"),
    ("clip/luffy.hpp", "math::exp_finite(t.logp)", "t.ratio", "clip/luffy"),
    ("clip/luffy.hpp", "math::exp_finite(t.logp)", "math::exp(t.logp)", "clip/luffy"),  # inf / inf
    ("clip/log_ratio_guard.hpp", "> T(limit) ? T(0) : term.weight", "> T(limit) ? term.weight : term.weight",
     "clip/log_ratio_guard"),
    ("clip/log_ratio_guard.hpp", "math::abs(difference) > T(limit)", "difference > T(limit)", "clip/log_ratio_guard"),
    ("clip/log_ratio_guard.hpp", ", math::exp(-T(limit)))", ", T(0))", "clip/log_ratio_guard"),
    ("clip/log_ratio_guard.hpp", "math::abs(difference) > T(limit)", "math::abs(difference) >= T(limit)",
     "clip/log_ratio_guard"),
    ("kl/k2.hpp", "x * x / T(2), x}", "x * x / T(2), T(1)}", "kl/k2"),
    ("kl/k3.hpp", "near ? x - value", "near ? x + value", "kl/k3"),
    ("advantage/group_norm.hpp", "rewards.size - ddof", "rewards.size", "advantage/group_norm"),
    ("advantage/rloo.hpp", "(size - 1.0)", "size", "advantage/rloo"),
    ("advantage/singleton.hpp", "rule == Singleton::raw", "rule != Singleton::raw", "advantage/singleton"),
    ("aggregate/sequence.hpp", "(static_cast<double>(x.sequences) * static_cast<double>(x.length))",
     "static_cast<double>(x.length)", "aggregate/sequence"),
    ("clip/clip_cov.hpp", "(c[k] > from) & (c[k] < to) &", "(c[k] > from) &", "clip/clip_cov"),
    ("clip/clip_cov.hpp", "(c[k] > from) & (c[k] < to) &", "(c[k] < to) &", "clip/clip_cov"),
    ("clip/clip_cov.hpp", "revise(Token<T>) const noexcept { return {};",
     "revise(Token<T> t) const noexcept { return inner(t);", "clip/clip_cov"),
    ("clip/covariance.hpp", "(x[k] - mean_x)", "x[k]", "clip/covariance"),
    ("clip/covariance.hpp", "+ (d[k] - d[k])", "", "clip/covariance"),  # an infinite log-prob is ranked
    ("clip/erc.hpp", "const T q = now / old;", "const T q = old / now;", "clip/erc"),
    ("clip/kl_cov.hpp", "{value - slope * d, value - slope}", "{value - slope * d, value + slope}", "clip/kl_cov"),
    ("clip/m2po.hpp", "< cut", "> cut", "clip/m2po"),
    ("clip/opsm.hpp", "x.mean() > static_cast<double>(delta)", "x.mean() < static_cast<double>(delta)", "clip/opsm"),
    ("ratio/gmpo.hpp", "advantage[b] > T(0) ? math::min(d, highest)", "advantage[b] < T(0) ? math::min(d, highest)",
     "ratio/gmpo"),
    ("ratio/gspo.hpp", "{length * term.value, length * term.weight}", "{term.value, length * term.weight}", "ratio/gspo"),
    ("ratio/rollout.hpp", "t.ratio = seen(t, place);", "", "ratio/rollout"),
    ("ratio/sequence.hpp", "sequence_ratio<T>(x.mean())", "sequence_ratio<T>(x.sum)", "ratio/sequence"),
    ("correction/batch_normal.hpp", "1.0 / total.mean()", "1.0 / total.sum", "correction/batch_normal"),
    ("correction/decoupled.hpp", "w <= T(cap) ? w : T(0)", "w <= T(cap) ? w : T(cap)", "correction/decoupled"),
    ("correction/icepop.hpp", "? w : T(0)", "? w : T(1)", "correction/icepop"),
    ("correction/icepop.hpp", "(w >= T(lowest)) & ", "", "correction/icepop"),
    ("correction/mis.hpp", "(w >= T(lowest)) & (w <= T(highest))", "(w <= T(highest))", "correction/mis"),
    ("correction/product.hpp", "first(logp_old, logp_rollout) * second(logp_old, logp_rollout)",
     "first(logp_old, logp_rollout) + second(logp_old, logp_rollout)", "correction/product"),
    ("correction/tis.hpp", "T(lowest), T(cap));", "T(0), T(cap));", "correction/tis"),
    ("correction/weight.hpp", "math::clamp(log_weight, -largest_log_weight<T>, largest_log_weight<T>)", "log_weight",
     "correction/weight"),
    ("aggregate/token.hpp", "1.0 / static_cast<double>(x.tokens)", "1.0 / static_cast<double>(x.length)",
     "aggregate/token"),
    ("aggregate/sequence.hpp", "1.0 / static_cast<double>(x.sequences);", "1.0 / static_cast<double>(x.tokens);",
     "aggregate/sequence"),
    ("aggregate/sequence.hpp", "batch_mean ? static_cast<double>(x.sequences) : 1.0", "1.0", "aggregate/sequence"),
    ("aggregate/prompt.hpp", "static_cast<double>(x.prompts) * static_cast<double>(x.prompt_tokens)",
     "static_cast<double>(x.prompt_tokens)", "aggregate/prompt"),
    ("advantage/group_mean.hpp", "static_cast<double>(rewards[i]) - mean", "static_cast<double>(rewards[i]) + mean",
     "advantage/group_mean"),
    ("advantage/informative.hpp", "advantage[b] != T(0)", "advantage[b] > T(0)", "advantage/informative"),
    ("kl/k1.hpp", "{logp - logp_ref, T(1)}", "{logp - logp_ref, logp - logp_ref}", "kl/k1"),
    ("preset/verl.hpp", "Singleton::raw}", "Singleton::zero}", "preset/verl"),
    ("preset/trl.hpp", ".eps = 1e-4f", ".eps = 1e-6f", "preset/trl"),
    ("preset/klear.hpp", "0.75f", "0.5f", "preset/klear"),
    ("preset/systems.hpp", ".ddof = 0", ".ddof = 1", "preset/systems"),
    ("preset/recipes.hpp", "Singleton::raw}", "Singleton::zero}", "preset/recipes"),
    ("objective.hpp", "live += mask[t] != 0 ? 1u : 0u", "live += 1u", "objective"),
    ("objective.hpp", "if (positives_only && (batch.positive.empty() || batch.positive[b] == 0)) continue;", "",
     "objective"),
    ("surrogate.hpp", "+ (difference - difference)", "", "surrogate"),  # a clamp hides the NaN
    ("surrogate.hpp", "s.dlogp[i] = on ? -(s.coefficient", "s.dlogp[i] = true ? -(s.coefficient", "evaluate"),
    ("surrogate.hpp", "math::exp_finite(logp - logp_old)", "math::exp(logp - logp_old)", "evaluate"),
    ("evaluate.hpp", "if (count == 0 && other.count > 0) *this = other;", "*this = other;", "evaluate"),
    ("evaluate.hpp", "batch.offsets[b + 1], last)", "batch.offsets[b + 1], batch.offsets[b + 1])", "evaluate"),
    ("diagnostics.hpp", "x.mass[at] = math::abs(s.dlogp[i])", "x.mass[at] = s.dlogp[i]", "diagnostics"),
    ("diagnostics.hpp", "double(n1) - double(n2)", "double(n1)", "diagnostics"),
    ("ratio/sequence.hpp", "sequence_ratio<T>(x.mean())", "sequence_ratio<T>(x.sum)", "ratio/gspo"),
    ("ratio/gspo.hpp", "length * term.weight", "term.weight", "ratio/gspo"),
    ("ratio/gmpo.hpp", "clipped ? T(0) : value", "value", "ratio/gmpo"),
    ("ratio/gmpo.hpp", "math::min(d, highest) : math::max(d, lowest)", "math::max(d, lowest) : math::min(d, highest)",
     "ratio/gmpo"),
    ("ratio/gmpo.hpp", "clipped + (d - d)", "clipped", "ratio/gmpo"),  # an infinite log-prob is clipped, not left out
    ("ratio/vespo.hpp", "t.advantage < T(0) ? bad : good", "good", "ratio/vespo"),
    ("ratio/vespo.hpp", "lambda + k * log_w", "k * log_w", "ratio/vespo"),
    ("ratio/rollout.hpp", "t.logp_old = rollout;", "", "ratio/rollout"),
    ("ratio/rollout.hpp", "term.value + (rollout - rollout)", "term.value", "ratio/rollout"),
    ("clip/erc.hpp", "kept ? term.weight : T(0)", "term.weight", "clip/erc"),
    ("clip/erc.hpp", "(q > lowest)", "(q >= lowest)", "clip/erc"),
    ("clip/erc.hpp", "batch.entropy.data + first", "batch.entropy.data", "clip/erc"),
    ("clip/opsm.hpp", "drifted & (t.advantage < T(0))", "drifted", "clip/opsm"),
    ("clip/mixed.hpp", "is_off ? off(t) : on(t)", "is_off ? on(t) : off(t)", "clip/mixed"),
    ("clip/covariance.hpp", "(a[k] - mean_a)", "a[k]", "clip/covariance"),
    ("clip/clip_cov.hpp", "& !clipped", "", "clip/clip_cov"),
    ("clip/clip_cov.hpp", "(d <= above) &", "", "clip/clip_cov"),
    ("clip/clip_cov.hpp", "std::max<Index>(1, wanted(cov.tokens))", "wanted(cov.tokens)", "clip/clip_cov"),
    ("clip/clip_cov.hpp", "ranks.insert(j);", "ranks.insert(0);", "clip/clip_cov"),  # not every rank as likely
    ("clip/kl_cov.hpp", "value - slope * d", "value", "clip/kl_cov"),
    ("clip/m2po.hpp", "kept ? term.weight : T(0)", "term.weight", "clip/m2po"),
    ("core/select.hpp", "d = filled, below = before;", "", "core/select"),
    ("core/select.hpp", "std::uint64_t{prefix} + 1", "std::uint64_t{prefix}", "core/select"),
    ("core/pieces.hpp", "static_cast<Index>(count)};", "piece.size};", "core/pieces"),
    ("correction/tis.hpp", "T(lowest), T(cap)", "T(0), T(cap)", "correction/tis"),
    ("correction/mis.hpp", "static_cast<T>(log_weight.mean())", "static_cast<T>(log_weight.sum)", "correction/mis"),
    ("correction/icepop.hpp", "? w : T(0)", "? T(1) : T(0)", "correction/icepop"),
    ("correction/decoupled.hpp", "w <= T(cap) ? w : T(0)", "math::min(w, T(cap))", "correction/decoupled"),
    ("correction/product.hpp", "first(logp_old, logp_rollout) *", "", "correction/product"),
    ("correction/batch_normal.hpp", "scale * inner", "inner", "correction/batch_normal"),
    ("surrogate.hpp", "+ (engine - engine)", "+ T(0)", "correction/tis"),
    ("surrogate.hpp", "factor * term.weight", "term.weight", "correction/tis"),
    ("surrogate.hpp", "return term.value - plain.value;", "return term.value;", "clip/clip_cov"),
    ("bind.hpp", "whole->at(first + b)", "whole->at(b)", "bind"),
    ("diagnostics.hpp", "k3 += x.third[at]", "k3 += d", "diagnostics"),
    ("diagnostics.hpp", "squares += w * w", "squares += w", "diagnostics"),
    ("core/histogram.hpp", "sign * k;", "k;", "core/histogram"),
    ("advantages.hpp", "while (last >= feedback.offsets[b] && !feedback.trained(last)) --last;", "", "advantages"),
    ("advantages.hpp", "if constexpr (FinishesAdvantages<E, T>) estimate.finish(complete, advantage);", "",
     "advantage/gpg"),
    ("advantages.hpp", "expects_finite(\"baseline\", feedback.baseline, \"sequence\");", "", "advantages"),
    ("core/feedback.hpp", "count += trained(t);", "count += 1;", "core/feedback"),
    ("advantage/group_norm.hpp", "deviation > 0.0 ?", "deviation >= 0.0 ?", "advantage/group_norm"),
    ("advantage/whiten.hpp", "if (count == 0.0) first = a;", "", "advantage/whiten"),
    ("advantage/whiten.hpp", "squares / (count - ddof)", "squares / count", "advantage/whiten"),
    ("advantage/whiten.hpp", "1.0 / std::sqrt(variance + e) : 1.0 / (std::sqrt(variance) + e)",
     "1.0 / (std::sqrt(variance) + e) : 1.0 / std::sqrt(variance + e)", "advantage/whiten"),
    ("advantage/whiten.hpp", "counted ? static_cast<T>(d * scale) : T(0)", "static_cast<T>(d * scale)",
     "advantage/whiten"),
    ("advantage/gae.hpp", "if (trained) {", "{", "advantage/gae"),  # observation tokens not skipped
    ("advantage/gae.hpp", "g * decay * sum", "decay * sum", "advantage/gae"),
    ("advantage/gae.hpp", "static_cast<T>(a + static_cast<double>(s.values[t]))", "static_cast<T>(a)", "advantage/gae"),
    ("advantage/value_loss.hpp", "error * error >= kept_error * kept_error", "error * error <= kept_error * kept_error",
     "advantage/value_loss"),
    ("advantage/value_loss.hpp", "plain ? error : T(0)}", "larger}", "advantage/value_loss"),
    ("advantage/reinforce_plus_plus.hpp", "static_cast<double>(gamma) * to_go", "to_go", "advantage/reinforce_plus_plus"),
    ("advantage/reinforce_plus_plus.hpp", "if (trained) to_go", "to_go", "advantage/reinforce_plus_plus"),
    ("advantage/reinforce_plus_plus_baseline.hpp", "GroupMean{singleton}", "GroupMean{}",
     "advantage/reinforce_plus_plus_baseline"),
    ("advantage/reinforce_plus_plus_baseline.hpp", "whiten(feedback, advantage);", "(void)feedback, (void)advantage;",
     "advantage/reinforce_plus_plus_baseline"),
    ("reward/bradley_terry.hpp", "lead > T(0) ? other : positive", "lead > T(0) ? positive : other", "reward/bradley_terry"),
    ("reward/bradley_terry.hpp", "lead > T(0) ? -lead : lead", "-lead", "reward/bradley_terry"),  # overflows
    ("reward/bradley_terry.hpp", "- T(margin)", "+ T(margin)", "reward/bradley_terry"),
    ("reward/model_score.hpp", "response.model_score + shift", "response.model_score", "reward/model_score"),
    ("advantage/remax.hpp", "- group.baselines[i]", "- group.baselines[0]", "advantage/remax"),
    ("advantage/remax.hpp", "group.rewards[i] -", "group.rewards[0] -", "advantage/remax"),
    ("advantage/opo.hpp", "sum += weight * (", "sum += (", "advantage/opo"),
    ("advantage/opo.hpp", "length > 0.0", "true", "advantage/opo"),
    ("advantage/gpg.hpp", "found += r != T(0);", "found += r > T(1);", "advantage/gpg"),
    ("advantage/gpg.hpp", "alpha / static_cast<double>(f_norm)", "alpha", "advantage/gpg"),
    ("advantage/pass_at_k.hpp", "if (i != best &&", "if (i == best &&", "advantage/pass_at_k"),
    ("advantage/pass_at_k.hpp", "scaled ? deviation", "true ? deviation", "advantage/pass_at_k"),
    ("advantage/pass_at_k_training.hpp", "chance_of_none(wrong - 1, size - 1, k - 1)", "chance_of_none(wrong, size, k)",
     "advantage/pass_at_k_training"),
    ("advantage/pass_at_k_training.hpp", "deviation > 0.0 ? 1.0 / deviation : 0.0", "1.0 / deviation",
     "advantage/pass_at_k_training"),
    ("advantage/max_rl.hpp", "mean > 0.0 ? 1.0", "true ? 1.0", "advantage/max_rl"),
    ("advantage/max_rl.hpp", "(mean + static_cast<double>(eps))", "mean", "advantage/max_rl"),
    ("advantage/leave_one_out.hpp", "if (j != i) sum +=", "sum +=", "advantage/leave_one_out"),
    ("advantage/leave_one_out.hpp", "(others - ddof)", "others", "advantage/leave_one_out"),
    ("advantage/gdpo.hpp", "advantages[i] += w * normalised", "advantages[i] += normalised", "advantage/gdpo"),
    ("advantage/gdpo.hpp", "i * channels + c", "c * size + i", "advantage/gdpo"),
    ("kl/abs.hpp", "x < T(0) ? T(-1) : T(0)", "x < T(0) ? T(1) : T(0)", "kl/abs"),
    ("kl/abs.hpp", "x > T(0) ? T(1)", "x >= T(0) ? T(1)", "kl/abs"),
    ("kl/straight_through.hpp", ".value, logp - logp_ref", ".value, logp", "kl/straight_through"),
    ("kl/straight_through.hpp", "penalty(logp, logp_ref).value,", "logp - logp_ref,", "kl/straight_through"),
    ("kl/k3_clamped.hpp", "(kept == x) &", "", "kl/k3_clamped"),
    ("kl/k3_clamped.hpp", "& (k3.value <= T(output))", "", "kl/k3_clamped"),
    ("kl/unbiased.hpp", "k.value + k.weight", "k.weight", "kl/unbiased"),
    ("kl/unbiased.hpp", "return {k.value, logp - logp_ref};", "return k;", "kl/unbiased"),
    ("kl/unbiased.hpp", "math::clamp(ratio * k.weight, -largest, largest)", "ratio * k.weight", "kl/unbiased"),
    ("kl/in_reward.hpp", "token_reward[t] -=", "token_reward[t] +=", "kl/in_reward"),
    ("kl/in_reward.hpp", "means += sum / tokens;", "means += sum;", "kl/in_reward"),
    ("kl/adaptive.hpp", "kl / target - 1.0", "kl / target", "kl/adaptive"),
    ("kl/adaptive.hpp", "factor > 0.0 ?", "true ?", "kl/adaptive"),
    ("entropy/adaptive.hpp", "inclusive ? entropy <= target", "inclusive ? entropy < target", "entropy/adaptive"),
    ("entropy/adaptive.hpp", "below ? step : -step", "step", "entropy/adaptive"),
    ("entropy/adaptive.hpp", "active ? static_cast<float>(coefficient) : 0.0f", "static_cast<float>(coefficient)",
     "entropy/adaptive"),
]  # fmt: skip


def run(command):
    return subprocess.run(command, capture_output=True, text=True)


source = Path(sys.argv[2]).resolve()
# Every header with a formula has a fault; the others only name, combine or hold something.
FORMULAS = ["clip", "ratio", "advantage", "aggregate", "correction", "kl", "entropy", "preset"]
NO_FORMULA = ["aggregate/positives.hpp", "correction/none.hpp", "kl/none.hpp", "kl/term.hpp", "entropy/bonus.hpp"]
headers = {f"{folder}/{path.name}" for folder in FORMULAS for path in (source / "include/gppo" / folder).glob("*.hpp")}
without = sorted(headers - {f[0] for f in FAULTS} - set(NO_FORMULA))
if without:
    raise SystemExit(f"no fault is injected in {', '.join(without)}: add one to FAULTS")


def pattern(what):
    return r"\s+".join(map(re.escape, what.split()))  # however it is wrapped


def missing(fault):
    return re.search(pattern(fault[1]), (source / "include/gppo" / fault[0]).read_text()) is None


gone = [f"{f[0]}: '{f[1]}'" for f in FAULTS if missing(f)]  # of all, whichever are chosen below
if gone:
    raise SystemExit("not there any more, update this script:\n" + "\n".join(gone))
word = sys.argv[3] if len(sys.argv) > 3 else ""
faults = [f for f in FAULTS if word in f[0]]
amount = os.environ.get("GPPO_FAULTS", "all" if word else "12")
if amount != "all" and int(amount) < len(faults):
    seed = int(os.environ.get("GPPO_SEED", random.SystemRandom().randrange(2**31)))
    print(f"GPPO_SEED={seed}", flush=True)
    faults = faults[:1] + random.Random(seed).sample(faults[1:], int(amount) - 1)  # GPPO's own always
compiler = shlex.split(os.environ.get("CXX", "g++"))
if shutil.which(compiler[0]) is None:
    print(f"skipped: no compiler {compiler[0]}")
    sys.exit(77)
flags = ["-std=c++20", "-O0", *shlex.split(os.environ.get("CXXFLAGS", "")), "-I", str(source / "tests")]


def build(test, include, work, main):
    """Compiles and runs tests/<test>.test.cpp; (compiled, passed, output)."""
    binary = work / "test"
    built = run([*compiler, *flags, "-I", str(include), str(source / "tests" / f"{test}.test.cpp"), *main,
                 "-o", str(binary)])  # fmt: skip
    if built.returncode != 0:
        return False, False, built.stderr
    ran = run([str(binary)])
    return True, ran.returncode == 0, ran.stdout[-2000:]


def survives(fault, work, main):
    header, what, by, test = fault
    shutil.copytree(source / "include", work / "include")
    path = work / "include" / "gppo" / header
    text = path.read_text()
    path.write_text(re.sub(pattern(what), lambda _: by, text, count=1))
    compiled, passed, output = build(test, work / "include", work, main)
    if not compiled and "static assertion failed" not in output:
        return f"{header}: the fault does not compile: {output[:500]}"
    return f"{header}: nobody noticed '{what}' -> '{by}' in {test}" if compiled and passed else None


with tempfile.TemporaryDirectory() as temporary:
    root = Path(temporary)
    main = [str(root / "main.o")]
    made = run([*compiler, *flags, "-c", str(source / "tests" / "catch_main.cpp"), "-o", main[0]])
    if made.returncode != 0:
        raise SystemExit(made.stderr)
    if "catch_test_macros" in run([*compiler, *flags, "-E", str(source / "tests" / "catch.hpp")]).stdout:
        main.append("-lCatch2Main"), main.append("-lCatch2")
    for test in sorted({f[3] for f in faults}):  # they must be green without a fault
        (root / "clean").mkdir(exist_ok=True)
        compiled, passed, output = build(test, source / "include", root / "clean", main)
        if not passed:
            raise SystemExit(f"{test} fails without a fault:\n{output}")
    directories = [root / str(i) for i in range(len(faults))]
    for directory in directories:
        directory.mkdir()
    with ThreadPoolExecutor(2) as pool:
        survivors = [x for x in pool.map(survives, faults, directories, [main] * len(faults)) if x]
for line in survivors:
    print(line)
print(f"{len(faults) - len(survivors)} of {len(faults)} faults caught")
sys.exit(1 if survivors else 0)
