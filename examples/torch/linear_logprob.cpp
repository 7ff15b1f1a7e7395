// SPDX-License-Identifier: Apache-2.0
#include "linear_logprob.hpp"

#include <gppo/model/linear_log_prob.hpp>
#include <gppo/torch.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

using gppo::Index;

constexpr Index state_floats = sizeof(gppo::LogProbState) / sizeof(float);

/// The inputs, checked, with ids as the kernels read them.
struct Head {
    std::vector<std::int32_t> ids;
    gppo::LinearLogProbInput input;
};

Head head_of(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& ids,
             double temperature) {
    const auto h = gppo::view_of<const float>("hidden", hidden);
    const auto w = gppo::view_of<const float>("weight", weight);
    const auto chosen = gppo::view_of<const Index>("ids", ids);
    gppo::expects(weight.dim() == 2 && weight.size(1) > 0 && weight.size(0) > 0,
                  "weight must be (V, D)");
    const Index vocabulary = weight.size(0), width = weight.size(1);
    gppo::expects(hidden.dim() >= 1 && hidden.size(-1) == width, [&] {
        return "hidden is " + gppo::text_of(hidden.sizes()) + " and weight " +
               gppo::text_of(weight.sizes()) + ": their last dimensions must be equal";
    });
    gppo::expects(ids.sizes() == hidden.sizes().slice(0, hidden.sizes().size() - 1), [&] {
        return "ids is " + gppo::text_of(ids.sizes()) + " for hidden " +
               gppo::text_of(hidden.sizes()) + ": one id a row";
    });
    gppo::expects(std::isfinite(temperature) && temperature > 0, "temperature must be above zero");
    Head head;
    head.ids.reserve(static_cast<std::size_t>(chosen.size));
    for (const Index id : chosen) {
        gppo::expects(id >= 0 && id < vocabulary, [&] {
            return "ids has " + std::to_string(id) + ", outside of the vocabulary of " +
                   std::to_string(vocabulary);
        });
        head.ids.push_back(static_cast<std::int32_t>(id));
    }
    head.input = {chosen.size,
                  width,
                  vocabulary,
                  h.data,
                  w.data,
                  head.ids,
                  static_cast<float>(1.0 / temperature)};
    return head;
}

}  // namespace

std::tuple<at::Tensor, at::Tensor, at::Tensor> linear_logprob(const at::Tensor& hidden,
                                                              const at::Tensor& weight,
                                                              const at::Tensor& ids,
                                                              double temperature, bool entropy) {
    const Head head = head_of(hidden, weight, ids, temperature);
    const at::Tensor logp = at::empty(ids.sizes(), hidden.options());
    const at::Tensor sum = entropy ? at::empty_like(logp) : at::empty({0}, hidden.options());
    const at::Tensor state = at::empty({head.input.rows, state_floats}, hidden.options());
    const gppo::Torch backend;
    gppo::LinearLogProb kernel(backend);
    kernel.forward(head.input, gppo::view_of<float>("logp", logp),
                   gppo::view_of<float>("entropy", sum));
    const auto states = kernel.states(head.input.rows);
    if (states.size > 0)
        std::memcpy(state.mutable_data_ptr(), states.data,
                    static_cast<std::size_t>(states.size) * sizeof(gppo::LogProbState));
    return {logp, sum, state};
}

std::tuple<at::Tensor, at::Tensor> linear_logprob_backward(
    const std::optional<at::Tensor>& dlogp, const std::optional<at::Tensor>& dentropy,
    const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& ids,
    const at::Tensor& state, double temperature, bool weight_gradient) {
    const Head head = head_of(hidden, weight, ids, temperature);
    const auto kept = gppo::view_of<const float>("state", state);
    gppo::expects_size("state", kept.size, head.input.rows * state_floats, "N, 4");
    const at::Tensor dhidden = at::empty_like(hidden);
    const at::Tensor dweight =
        weight_gradient ? at::zeros_like(weight) : at::empty({0}, weight.options());
    const at::Tensor c = (dlogp ? *dlogp : at::zeros(ids.sizes(), hidden.options())).contiguous();
    const at::Tensor e = dentropy ? dentropy->contiguous() : at::Tensor();
    const gppo::Torch backend;
    gppo::LinearLogProb kernel(backend);
    std::vector<gppo::LogProbState> states(static_cast<std::size_t>(head.input.rows));
    if (!states.empty())
        std::memcpy(static_cast<void*>(states.data()), kept.data,
                    states.size() * sizeof(gppo::LogProbState));
    kernel.restore(states);
    kernel.backward(head.input, gppo::view_of<const float>("dlogp", c),
                    gppo::view_of_optional<const float>("dentropy", e),
                    dhidden.mutable_data_ptr<float>(),
                    weight_gradient ? dweight.mutable_data_ptr<float>() : nullptr);
    return {dhidden, dweight};
}
