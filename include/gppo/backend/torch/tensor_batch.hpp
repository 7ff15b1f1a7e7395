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

    /// Views of the same memory; what belongs to a token is on `device`, what belongs to a
    /// sequence is the host's. `logp` may be undefined where only the layout is read. Throws Error
    /// naming the tensor that is of another type, device or layout.
    Batch<> view(const at::Tensor& logp, at::Device device = at::kCPU) const {
        const auto tokens = [device](const char* name, const at::Tensor& tensor) {
            return view_of_optional<const float>(name, tensor, device);
        };
        const View<const Index> starts = view_of<const Index>("offsets", offsets);
        const bool each_sequence = advantage.defined() && advantage.numel() + 1 == starts.size;
        return {
            .logp = tokens("logp", logp),
            .logp_old = tokens("logp_old", logp_old),
            .offsets = starts,
            .group = view_of_optional<const Index>("group", group),
            .advantage = view_of_optional<float>("advantage", advantage,
                                                 each_sequence ? at::Device(at::kCPU) : device),
            .coefficient = view_of_optional<float>("coefficient", coefficient),
            .mask = view_of_optional<const std::uint8_t>("mask", mask, device),
            .logp_ref = tokens("logp_ref", logp_ref),
            .entropy = tokens("entropy", entropy),
            .positive = view_of_optional<const std::uint8_t>("positive", positive),
            .positive_coefficient =
                view_of_optional<float>("positive_coefficient", positive_coefficient),
            .logp_rollout = tokens("logp_rollout", logp_rollout),
            .entropy_old = tokens("entropy_old", entropy_old),
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

/// What pass(dlogp, dentropy) makes of a loss, in new tensors.
template <class F>
TensorLoss in_new_tensors(const at::Tensor& logp /*(T)*/, const TensorBatch& batch, F pass) {
    TensorLoss out{.loss = {}, .dlogp = at::empty_like(logp.detach()), .dentropy = {}};
    if (batch.entropy.defined()) out.dentropy = at::empty_like(batch.entropy.detach());
    out.loss = pass(out.dlogp, out.dentropy);
    return out;
}

/// Adds the gradients of `found` to those of every parameter that logp, and entropy if it is part
/// of a graph, were computed from.
inline void add_gradients(const TensorLoss& found, const at::Tensor& logp /*(T)*/,
                          const at::Tensor& entropy /*(T) or undefined*/) {
    if (found.dentropy.defined() && entropy.requires_grad())
        // One walk through the graph that both come from.
        at::dot(logp.reshape(-1), found.dlogp.reshape(-1))
            .add(at::dot(entropy.reshape(-1), found.dentropy.reshape(-1)))
            .backward();
    else
        logp.backward(found.dlogp);
}
inline void expects_gradient(const at::Tensor& logp) {
    expects(logp.defined() && logp.requires_grad(),
            "logp does not require a gradient: backward() needs the log-probs a model computed "
            "outside of no_grad; evaluate() gives the gradient alone");
}

/// evaluate() into new tensors, so that a training loop need not keep any.
template <class O>
TensorLoss evaluate(const O& objective, const at::Tensor& logp /*(T)*/, const TensorBatch& batch) {
    view_of<const float>("logp", logp);
    return in_new_tensors(logp, batch, [&](const at::Tensor& dlogp, const at::Tensor& dentropy) {
        return evaluate(objective, logp, batch, dlogp, dentropy);
    });
}

/// Evaluates and adds the gradients of the loss to those of every parameter that logp, and
/// batch.entropy if it is part of a graph, were computed from.
template <class O>
Loss backward(const O& objective, const at::Tensor& logp /*(T)*/, const TensorBatch& batch) {
    expects_gradient(logp);
    const TensorLoss out = evaluate(objective, logp, batch);
    add_gradients(out, logp, batch.entropy);
    return out.loss;
}

}  // namespace gppo
