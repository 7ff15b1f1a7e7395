// SPDX-License-Identifier: Apache-2.0
//
// The objectives of reinforcement learning for language models, with the standard library only.
// For the CPU backend and the model include <gppo/cpu.hpp>.
#pragma once

#include <gppo/advantage/gae.hpp>
#include <gppo/advantage/gdpo.hpp>
#include <gppo/advantage/gpg.hpp>
#include <gppo/advantage/group_mean.hpp>
#include <gppo/advantage/group_norm.hpp>
#include <gppo/advantage/informative.hpp>
#include <gppo/advantage/leave_one_out.hpp>
#include <gppo/advantage/max_rl.hpp>
#include <gppo/advantage/opo.hpp>
#include <gppo/advantage/pass_at_k.hpp>
#include <gppo/advantage/pass_at_k_training.hpp>
#include <gppo/advantage/reinforce_plus_plus.hpp>
#include <gppo/advantage/reinforce_plus_plus_baseline.hpp>
#include <gppo/advantage/remax.hpp>
#include <gppo/advantage/rloo.hpp>
#include <gppo/advantage/value_loss.hpp>
#include <gppo/advantage/whiten.hpp>
#include <gppo/advantages.hpp>
#include <gppo/aggregate/positives.hpp>
#include <gppo/aggregate/prompt.hpp>
#include <gppo/aggregate/sequence.hpp>
#include <gppo/aggregate/token.hpp>
#include <gppo/clip/cispo.hpp>
#include <gppo/clip/dual.hpp>
#include <gppo/clip/gppo.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/diagnostics.hpp>
#include <gppo/entropy/adaptive.hpp>
#include <gppo/entropy/bonus.hpp>
#include <gppo/evaluate.hpp>
#include <gppo/kl/abs.hpp>
#include <gppo/kl/adaptive.hpp>
#include <gppo/kl/in_reward.hpp>
#include <gppo/kl/k1.hpp>
#include <gppo/kl/k2.hpp>
#include <gppo/kl/k3.hpp>
#include <gppo/kl/k3_clamped.hpp>
#include <gppo/kl/none.hpp>
#include <gppo/kl/straight_through.hpp>
#include <gppo/kl/term.hpp>
#include <gppo/kl/unbiased.hpp>
#include <gppo/objective.hpp>
#include <gppo/surrogate.hpp>
