// SPDX-License-Identifier: Apache-2.0
//
// Objectives on tensors: the log-probs of any torch::nn or exported model, without a copy.
//
//   gppo::TensorBatch batch{.logp_old = old, .offsets = offsets, .group = group};
//   gppo::prepare(objective, rewards, batch);                    // advantage and coefficient
//   const gppo::Loss loss = gppo::backward(objective, logp, batch);  // and model gradients
//
// The loss never becomes a node of the graph: its gradient is known in closed form, so the graph
// is entered at logp (and entropy) with it.
#pragma once

#include <gppo/backend/torch/aten_threads.hpp>
#include <gppo/backend/torch/tensor_view.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/feedback.hpp>
#include <gppo/evaluate.hpp>
#include <gppo/objective.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

namespace gppo {

/// gppo::Batch as tensors, less logp, which comes from the model. Undefined: absent. Sequences are
/// packed one after another; any shape with T elements in that order will do, so a padded (B, L)
/// tensor is a batch of B sequences of L tokens with a mask.
struct TensorBatch {
    at::Tensor logp_old{};     ///< under the policy that sampled        // (T) float32
    at::Tensor offsets{};      ///< starts at 0, ends at T, increasing   // (B + 1) int64
    at::Tensor group{};        ///< equal ids: completions of a prompt   // (B) int64
    at::Tensor advantage{};    ///< written by prepare()                 // (B) or (T) float32
    at::Tensor coefficient{};  ///< written by prepare()                 // (B) float32
    at::Tensor mask{};         ///< 0: the token does not train          // (T) bool or uint8
    at::Tensor logp_ref{};     ///< under the reference policy           // (T) float32
    at::Tensor entropy{};      ///< may be part of the graph             // (T) float32
    at::Tensor positive{};     ///< 1: the auxiliary SFT loss applies    // (B) bool or uint8
    at::Tensor positive_coefficient{};  ///< written by prepare()                 // (B) float32
    at::Tensor logp_rollout{};          ///< by the engine that sampled           // (T) float32
    at::Tensor entropy_old{};           ///< under the policy of logp_old         // (T) float32
    at::Tensor off_policy{};  ///< 1: another policy wrote the sequence // (B) bool or uint8

    /// Views of the same memory. `logp` may be undefined where only the layout is read. Throws
    /// Error naming the tensor that is of another type, device or layout.
    Batch<> view(const at::Tensor& logp) const {
        return {
            .logp = view_of_optional<const float>("logp", logp),
            .logp_old = view_of_optional<const float>("logp_old", logp_old),
            .offsets = view_of<const Index>("offsets", offsets),
            .group = view_of_optional<const Index>("group", group),
            .advantage = view_of_optional<float>("advantage", advantage),
            .coefficient = view_of_optional<float>("coefficient", coefficient),
            .mask = view_of_optional<const std::uint8_t>("mask", mask),
            .logp_ref = view_of_optional<const float>("logp_ref", logp_ref),
            .entropy = view_of_optional<const float>("entropy", entropy),
            .positive = view_of_optional<const std::uint8_t>("positive", positive),
            .positive_coefficient =
                view_of_optional<float>("positive_coefficient", positive_coefficient),
            .logp_rollout = view_of_optional<const float>("logp_rollout", logp_rollout),
            .entropy_old = view_of_optional<const float>("entropy_old", entropy_old),
            .off_policy = view_of_optional<const std::uint8_t>("off_policy", off_policy),
        };
    }
};

/// A loss and its gradients, which are not part of any graph.
struct TensorLoss {
    Loss loss;
    at::Tensor dlogp{};     ///< d loss / d logp, in the shape of logp
    at::Tensor dentropy{};  ///< in the shape of batch.entropy; undefined where there is none
};

/// Fills batch.advantage and batch.coefficient (and positive_coefficient where there is
/// `positive`), made here unless the caller gave them, of a batch that is a whole optimizer step.
template <class O>
void prepare(const O& objective, const at::Tensor& rewards /*(B)*/, TensorBatch& batch) {
    const View<const float> reward = view_of<const float>("rewards", rewards);
    const auto options = rewards.options().requires_grad(false);
    const Index sequences = batch.view({}).sequences();
    for (at::Tensor* per_sequence : {&batch.advantage, &batch.coefficient})
        if (!per_sequence->defined()) *per_sequence = at::empty({sequences}, options);
    if (batch.positive.defined() && !batch.positive_coefficient.defined())
        batch.positive_coefficient = at::empty({sequences}, options);
    objective.prepare(reward, batch.view({}));
}

/// gppo::evaluate into tensors of the caller: overwrites dlogp, and dentropy where it is defined.
template <class O>
Loss evaluate(const O& objective, const at::Tensor& logp /*(T)*/, const TensorBatch& batch,
              const at::Tensor& dlogp /*(T)*/, const at::Tensor& dentropy /*(T) or undefined*/) {
    const View<const float> read = view_of<const float>("logp", logp);
    Batch<> views = batch.view({});
    views.logp = read;
    return evaluate(aten_threads, objective, views, view_of<float>("dlogp", dlogp),
                    view_of_optional<float>("dentropy", dentropy));
}

/// The same into new tensors, so that a training loop need not keep any.
template <class O>
TensorLoss evaluate(const O& objective, const at::Tensor& logp /*(T)*/, const TensorBatch& batch) {
    view_of<const float>("logp", logp);
    TensorLoss out{.loss = {}, .dlogp = at::empty_like(logp.detach()), .dentropy = {}};
    if (batch.entropy.defined()) out.dentropy = at::empty_like(batch.entropy.detach());
    out.loss = evaluate(objective, logp, batch, out.dlogp, out.dentropy);
    return out;
}

/// Evaluates and adds the gradients of the loss to those of every parameter that logp, and
/// batch.entropy if it is part of a graph, were computed from.
template <class O>
Loss backward(const O& objective, const at::Tensor& logp /*(T)*/, const TensorBatch& batch) {
    expects(logp.defined() && logp.requires_grad(),
            "logp does not require a gradient: backward() needs the log-probs a model computed "
            "outside of no_grad; evaluate() gives the gradient alone");
    const TensorLoss out = evaluate(objective, logp, batch);
    if (out.dentropy.defined() && batch.entropy.requires_grad())
        // One walk through the graph that both come from.
        at::dot(logp.reshape(-1), out.dlogp.reshape(-1))
            .add(at::dot(batch.entropy.reshape(-1), out.dentropy.reshape(-1)))
            .backward();
    else
        logp.backward(out.dlogp);
    return out.loss;
}

}  // namespace gppo
