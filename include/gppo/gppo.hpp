// SPDX-License-Identifier: Apache-2.0
//
// The objectives of reinforcement learning for language models, with the standard library only.
// For the CPU backend and the model include <gppo/cpu.hpp>.
#pragma once

#include <gppo/advantage/group_mean.hpp>
#include <gppo/advantage/group_norm.hpp>
#include <gppo/advantage/informative.hpp>
#include <gppo/advantage/rloo.hpp>
#include <gppo/aggregate/positives.hpp>
#include <gppo/aggregate/prompt.hpp>
#include <gppo/aggregate/sequence.hpp>
#include <gppo/aggregate/token.hpp>
#include <gppo/clip/aspo.hpp>
#include <gppo/clip/cispo.hpp>
#include <gppo/clip/dppo_kl.hpp>
#include <gppo/clip/dppo_tv.hpp>
#include <gppo/clip/dro.hpp>
#include <gppo/clip/dual.hpp>
#include <gppo/clip/gppo.hpp>
#include <gppo/clip/importance_sampling.hpp>
#include <gppo/clip/ipo.hpp>
#include <gppo/clip/log_ratio_guard.hpp>
#include <gppo/clip/luffy.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/clip/reinforce.hpp>
#include <gppo/clip/sapo.hpp>
#include <gppo/clip/topr.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/diagnostics.hpp>
#include <gppo/entropy/bonus.hpp>
#include <gppo/evaluate.hpp>
#include <gppo/kl/k1.hpp>
#include <gppo/kl/k2.hpp>
#include <gppo/kl/k3.hpp>
#include <gppo/kl/none.hpp>
#include <gppo/kl/term.hpp>
#include <gppo/objective.hpp>
#include <gppo/surrogate.hpp>
