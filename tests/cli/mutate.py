# SPDX-License-Identifier: Apache-2.0
# slow: compiles one test file per fault
"""Deliberate faults in the objective, each of which must turn a test red.

usage: mutate.py path/to/gppo source_dir [word]      (only faults whose file contains word)

Every fault is one replaced string in a copy of include/gppo; the tests named with it are compiled against
the copy and must fail. CXX and CXXFLAGS are honoured.
"""
import os
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
    ("clip/gppo.hpp", "{value, t.advantage < T(0) ? inside : value}", "{value, value}", "clip/gppo"),
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
    ("clip/sapo.hpp", "T(4) * decay * gate * gate", "T(4) * (T(1) - gate) * gate", "clip/sapo"),  # loses the digits
    ("clip/sapo.hpp", "T(4) / (tau + tau * decay)", "T(4) / (T(1) + decay)", "clip/sapo"),
    ("clip/sapo.hpp", "math::min(-x, T(80))", "-x", "clip/sapo"),  # inf * 0
    ("clip/aspo.hpp", "beyond ? bounded : inside", "beyond ? T(0) : inside", "clip/aspo"),  # a hard dual clip
    ("clip/aspo.hpp", "T(1) / math::max(r, T(1e-30)) : r", "r : r", "clip/aspo"),  # nothing flipped
    ("clip/aspo.hpp", "bounded * t.logp", "bounded", "clip/aspo"),
    ("clip/dppo_tv.hpp", "t.advantage > T(0) ? change : -change", "change", "clip/dppo_tv"),
    ("clip/dppo_tv.hpp", "math::exp(t.logp_old) * (t.ratio - T(1))", "t.ratio - T(1)", "clip/dppo_tv"),
    ("clip/dppo_tv.hpp", "math::min(t.ratio, T(cap))", "t.ratio", "clip/dppo_tv"),
    ("clip/dppo_tv.hpp", "gain - T(2) * T(pull) * d", "gain - T(pull) * d", "clip/dppo_tv"),
    ("clip/dppo_kl.hpp", "math::min(away, beyond)", "beyond", "clip/dppo_kl"),  # drops what moves back
    ("clip/dppo_kl.hpp", "good ? T(high) : T(low)", "T(high)", "clip/dppo_kl"),
    ("clip/dppo_kl.hpp", "(T(1) - p + e) * math::exp", "math::exp", "clip/dppo_kl"),
    ("clip/dppo_kl.hpp", "math::min(p_old * t.ratio, T(1))", "p_old * t.ratio", "clip/dppo_kl"),
    ("clip/ipo.hpp", "math::abs(probability_change(t))", "probability_change(t)", "clip/ipo"),
    ("clip/ipo.hpp", "gain - T(2) * T(pull) * d", "gain", "clip/ipo"),
    ("clip/topr.hpp", "t.advantage > T(0) ? T(1) : math::min(t.ratio, T(1))", "math::min(t.ratio, T(1))", "clip/topr"),
    ("clip/topr.hpp", "math::min(t.ratio, T(1))", "t.ratio", "clip/topr"),
    ("clip/dro.hpp", "pull * d / T(2)", "pull * d", "clip/dro"),
    ("clip/dro.hpp", "t.advantage - pull", "t.advantage + pull", "clip/dro"),
    ("clip/luffy.hpp", "gamma / all * share", "share", "clip/luffy"),
    ("clip/luffy.hpp", "math::exp(math::min(t.logp, T(80)))", "t.ratio", "clip/luffy"),
    ("clip/luffy.hpp", "math::min(t.logp, T(80))", "t.logp", "clip/luffy"),  # inf / inf
    ("clip/log_ratio_guard.hpp", "> T(limit) ? T(0) : term.weight", "> T(limit) ? term.weight : term.weight",
     "clip/log_ratio_guard"),
    ("clip/log_ratio_guard.hpp", "math::abs(difference) > T(limit)", "difference > T(limit)", "clip/log_ratio_guard"),
    ("clip/log_ratio_guard.hpp", "math::exp(-T(limit)), math", "T(0), math", "clip/log_ratio_guard"),
    ("clip/log_ratio_guard.hpp", "math::abs(difference) > T(limit)", "math::abs(difference) >= T(limit)",
     "clip/log_ratio_guard"),
    ("kl/k2.hpp", "x * x / T(2), x}", "x * x / T(2), T(1)}", "kl/k2"),
    ("kl/k3.hpp", "near ? x - value", "near ? x + value", "kl/k3"),
    ("advantage/group_norm.hpp", "rewards.size - ddof", "rewards.size", "advantage/group_norm"),
    ("advantage/rloo.hpp", "(size - 1.0)", "size", "advantage/rloo"),
    ("advantage/singleton.hpp", "rule == Singleton::raw", "rule != Singleton::raw", "advantage/singleton"),
    ("aggregate/sequence.hpp", "(static_cast<double>(x.sequences) * static_cast<double>(x.length))",
     "static_cast<double>(x.length)", "aggregate/sequence"),
    ("objective.hpp", "batch.length(b) - std::count(", "batch.length(b) - 0 * std::count(", "objective"),
    ("objective.hpp", "if (positives_only && (batch.positive.empty() || batch.positive[b] == 0)) continue;", "",
     "objective"),
    ("surrogate.hpp", "+ (difference - difference)", "", "surrogate"),  # a clamp hides the NaN
    ("surrogate.hpp", "s.dlogp[i] = on ? -(s.coefficient", "s.dlogp[i] = true ? -(s.coefficient", "evaluate"),
    ("surrogate.hpp", "math::min(difference, largest_log_ratio<T>)", "difference", "evaluate"),
    ("evaluate.hpp", "if (count == 0 && other.count > 0) *this = other;", "*this = other;", "evaluate"),
    ("evaluate.hpp", "batch.offsets[b + 1], last)", "batch.offsets[b + 1], batch.offsets[b + 1])", "evaluate"),
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
    ("clip/covariance.hpp", "advantage_of(b, i) - mean_advantage", "advantage_of(b, i)", "clip/covariance"),
    ("clip/clip_cov.hpp", "& !clipped", "", "clip/clip_cov"),
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
]  # fmt: skip


def run(command):
    return subprocess.run(command, capture_output=True, text=True)


source = Path(sys.argv[2]).resolve()
word = sys.argv[3] if len(sys.argv) > 3 else ""
faults = [f for f in FAULTS if word in f[0]]
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
    pattern = r"\s+".join(map(re.escape, what.split()))  # however it is wrapped
    text, count = re.subn(pattern, lambda _: by, text, count=1)
    if count == 0:
        return f"{header}: '{what}' is not there any more: update this script"
    path.write_text(text)
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
