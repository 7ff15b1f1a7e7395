// SPDX-License-Identifier: Apache-2.0
//
// The operators as PyTorch sees them: schemas, shapes for torch.compile, gradients.
//
//   torch.ops.load_library("libgppo_torch_ops.so")
//   loss, dlogp, dentropy, statistics = torch.ops.gppo.policy_loss(logp, logp_old, advantage)
#include "linear_logprob.hpp"
#include "policy_loss_op.hpp"

#include <ATen/TensorSubclassLikeUtils.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>
#include <tuple>

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using HeadOutputs = std::tuple<Tensor, Tensor, Tensor>;
using HeadGradients = std::tuple<Tensor, Tensor>;

constexpr const char* policy_loss_schema =
    "policy_loss(Tensor logp, Tensor logp_old, Tensor advantage, Tensor? mask=None, "
    "Tensor? offsets=None, Tensor? coefficient=None, Tensor? group=None, Tensor? logp_ref=None, "
    "Tensor? entropy=None, Tensor? logp_rollout=None, Tensor? entropy_old=None, "
    "Tensor? positive=None, Tensor? off_policy=None, str objective=\"{}\", "
    "bool diagnostics=False) -> (Tensor loss, Tensor dlogp, Tensor dentropy, Tensor statistics)";
constexpr std::size_t logp_place = 0, entropy_place = 8;

/// Shapes only.
PolicyLossOutputs policy_loss_meta(const Tensor& logp, const Tensor&, const Tensor&,
                                   const MaybeTensor&, const MaybeTensor&, const MaybeTensor&,
                                   const MaybeTensor&, const MaybeTensor&,
                                   const MaybeTensor& entropy, const MaybeTensor&,
                                   const MaybeTensor&, const MaybeTensor&, const MaybeTensor&,
                                   std::string_view, bool diagnostics) {
    const auto count = static_cast<std::int64_t>(statistics_names(diagnostics).size());
    return {at::empty({}, logp.options()), at::empty_like(logp),
            entropy ? at::empty_like(*entropy) : at::empty({0}, logp.options()),
            at::empty({count}, logp.options().dtype(at::kDouble))};
}

/// gradient of the loss times d loss / d x; in a plain backward of the loss itself, nothing to do.
Tensor scaled(const Tensor& gradient, const Tensor& of_loss) {
    const bool plain = gradient.device().is_cpu() && !at::isTensorSubclassLike(gradient) &&
                       !at::isTensorSubclassLike(of_loss) && !at::GradMode::is_enabled();
    if (plain && gradient.item<float>() == 1.0f) return of_loss;
    return at::mul(of_loss, gradient);
}

/// The gradient was computed with the loss: backward() multiplies.
struct PolicyLoss : torch::autograd::Function<PolicyLoss> {
    template <class... Inputs>
    static variable_list forward(AutogradContext* context, const Inputs&... inputs) {
        static const auto op = c10::Dispatcher::singleton()
                                   .findSchemaOrThrow("gppo::policy_loss", "")
                                   .typed<decltype(policy_loss_op<&policy_loss>)>();
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto [loss, dlogp, dentropy, statistics] = op.call(inputs...);
        context->save_for_backward({dlogp, dentropy});
        context->mark_non_differentiable({dlogp, dentropy, statistics});
        context->set_materialize_grads(false);  // no zeros for what is not differentiable
        const auto& entropy = std::get<entropy_place>(std::tie(inputs...));
        context->saved_data["inputs"] = static_cast<std::int64_t>(sizeof...(inputs));
        context->saved_data["entropy"] = entropy && entropy->requires_grad();
        return {loss, dlogp, dentropy, statistics};
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        TORCH_CHECK(!at::GradMode::is_enabled(),
                    "gppo::policy_loss has a first derivative only: no create_graph");
        const variable_list saved = context->get_saved_variables();
        variable_list out(static_cast<std::size_t>(context->saved_data["inputs"].toInt()));
        if (!gradients[0].defined()) return out;
        out[logp_place] = scaled(gradients[0], saved[0]);
        if (context->saved_data["entropy"].toBool())
            out[entropy_place] = scaled(gradients[0], saved[1]);
        return out;
    }
};

PolicyLossOutputs policy_loss_autograd(const Tensor& logp, const Tensor& logp_old,
                                       const Tensor& advantage, const MaybeTensor& mask,
                                       const MaybeTensor& offsets, const MaybeTensor& coefficient,
                                       const MaybeTensor& group, const MaybeTensor& logp_ref,
                                       const MaybeTensor& entropy, const MaybeTensor& logp_rollout,
                                       const MaybeTensor& entropy_old, const MaybeTensor& positive,
                                       const MaybeTensor& off_policy, std::string_view objective,
                                       bool diagnostics) {
    const auto out = PolicyLoss::apply(logp, logp_old, advantage, mask, offsets, coefficient, group,
                                       logp_ref, entropy, logp_rollout, entropy_old, positive,
                                       off_policy, objective, diagnostics);
    return {out[0], out[1], out[2], out[3]};
}

HeadOutputs linear_logprob_meta(const Tensor& hidden, const Tensor&, const Tensor& ids, double,
                                bool entropy) {
    const Tensor logp = at::empty_symint(ids.sym_sizes(), hidden.options());
    return {logp, entropy ? at::empty_like(logp) : at::empty({0}, hidden.options()),
            at::empty_symint({ids.sym_numel(), 4}, hidden.options())};
}

HeadGradients linear_logprob_backward_meta(const MaybeTensor&, const MaybeTensor&,
                                           const Tensor& hidden, const Tensor& weight,
                                           const Tensor&, const Tensor&, double,
                                           bool weight_gradient) {
    return {at::empty_like(hidden),
            weight_gradient ? at::empty_like(weight) : at::empty({0}, weight.options())};
}

struct LinearLogprob : torch::autograd::Function<LinearLogprob> {
    static variable_list forward(AutogradContext* context, const Tensor& hidden,
                                 const Tensor& weight, const Tensor& ids, double temperature,
                                 bool entropy) {
        static const auto op = c10::Dispatcher::singleton()
                                   .findSchemaOrThrow("gppo::linear_logprob", "")
                                   .typed<decltype(linear_logprob)>();
        const at::AutoDispatchBelowADInplaceOrView below;
        const auto [logp, sum, state] = op.call(hidden, weight, ids, temperature, entropy);
        context->save_for_backward({hidden, weight, ids, state});
        context->mark_non_differentiable(entropy ? variable_list{state}
                                                 : variable_list{sum, state});
        context->set_materialize_grads(false);
        context->saved_data["temperature"] = temperature;
        context->saved_data["entropy"] = entropy;
        return {logp, sum, state};
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        TORCH_CHECK(!at::GradMode::is_enabled(),
                    "gppo::linear_logprob has a first derivative only: no create_graph");
        static const auto op = c10::Dispatcher::singleton()
                                   .findSchemaOrThrow("gppo::linear_logprob_backward", "")
                                   .typed<decltype(linear_logprob_backward)>();
        const auto maybe = [](const Tensor& x) {
            return x.defined() ? MaybeTensor(x) : std::nullopt;
        };
        const variable_list saved = context->get_saved_variables();
        const bool weight_gradient = context->needs_input_grad(1);
        const bool entropy = context->saved_data["entropy"].toBool();
        const auto [dhidden, dweight] = op.call(
            maybe(gradients[0]), entropy ? maybe(gradients[1]) : std::nullopt, saved[0], saved[1],
            saved[2], saved[3], context->saved_data["temperature"].toDouble(), weight_gradient);
        return {dhidden, weight_gradient ? dweight : Tensor(), {}, {}, {}};
    }
};

HeadOutputs linear_logprob_autograd(const Tensor& hidden, const Tensor& weight, const Tensor& ids,
                                    double temperature, bool entropy) {
    const auto out = LinearLogprob::apply(hidden, weight, ids, temperature, entropy);
    return {out[0], out[1], out[2]};
}

}  // namespace

TORCH_LIBRARY(gppo, library) {
    library.def(policy_loss_schema);
    library.def("statistics_names(bool diagnostics=False) -> str[]", &statistics_names);
    library.def(
        "linear_logprob(Tensor hidden, Tensor weight, Tensor ids, float temperature=1.0, "
        "bool entropy=True) -> (Tensor logp, Tensor entropy, Tensor state)");
    library.def(
        "linear_logprob_backward(Tensor? dlogp, Tensor? dentropy, Tensor hidden, Tensor weight, "
        "Tensor ids, Tensor state, float temperature, bool weight_gradient) -> (Tensor dhidden, "
        "Tensor dweight)");
}
// For every backend that has no kernels of its own, so that a tensor that is not on the CPU is
// refused by name.
TORCH_LIBRARY_IMPL(gppo, CompositeExplicitAutograd, library) {
    library.impl("policy_loss", &policy_loss_op<&policy_loss>);
    library.impl("linear_logprob", &linear_logprob);
    library.impl("linear_logprob_backward", &linear_logprob_backward);
}
TORCH_LIBRARY_IMPL(gppo, Meta, library) {
    library.impl("policy_loss", &policy_loss_meta);
    library.impl("linear_logprob", &linear_logprob_meta);
    library.impl("linear_logprob_backward", &linear_logprob_backward_meta);
}
TORCH_LIBRARY_IMPL(gppo, Autograd, library) {
    library.impl("policy_loss", &policy_loss_autograd);
    library.impl("linear_logprob", &linear_logprob_autograd);
}
