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
#include <gppo/bind.hpp>
#include <gppo/clip/cispo.hpp>
#include <gppo/clip/clip_cov.hpp>
#include <gppo/clip/dual.hpp>
#include <gppo/clip/erc.hpp>
#include <gppo/clip/gppo.hpp>
#include <gppo/clip/kl_cov.hpp>
#include <gppo/clip/m2po.hpp>
#include <gppo/clip/mixed.hpp>
#include <gppo/clip/opsm.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/correction/batch_normal.hpp>
#include <gppo/correction/decoupled.hpp>
#include <gppo/correction/icepop.hpp>
#include <gppo/correction/mis.hpp>
#include <gppo/correction/none.hpp>
#include <gppo/correction/product.hpp>
#include <gppo/correction/tis.hpp>
#include <gppo/diagnostics.hpp>
#include <gppo/entropy/bonus.hpp>
#include <gppo/evaluate.hpp>
#include <gppo/kl/k1.hpp>
#include <gppo/kl/k2.hpp>
#include <gppo/kl/k3.hpp>
#include <gppo/kl/none.hpp>
#include <gppo/kl/term.hpp>
#include <gppo/legality.hpp>
#include <gppo/objective.hpp>
#include <gppo/ratio/gmpo.hpp>
#include <gppo/ratio/gspo.hpp>
#include <gppo/ratio/rollout.hpp>
#include <gppo/ratio/sequence.hpp>
#include <gppo/ratio/vespo.hpp>
#include <gppo/surrogate.hpp>
