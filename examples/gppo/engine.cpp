// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <gppo/backend/cpu/make_cpu.hpp>

#include <cmath>
#include <numeric>

template class gppo::Qwen3<gppo::Cpu>;
template class gppo::Qwen3Decoder<gppo::Cpu>;
template class gppo::Lora<gppo::Cpu>;
template class gppo::RewardHead<gppo::Cpu>;

gppo::Cpu make_cpu(std::int64_t threads, const std::string& precision) {
    return gppo::make_cpu(static_cast<int>(threads), precision);
}

void forward(Model& model, const gppo::PackedBatch& batch, float temperature,
             gppo::View<float> logp, gppo::View<float> entropy) {
    model.forward({batch.tokens, batch.offsets}, {batch.rows, batch.targets}, temperature, logp,
                  entropy);
}

void backward(Model& model, gppo::View<const float> dlogp, gppo::View<const float> dentropy) {
    model.backward(dlogp, dentropy);
}

double gradient_norm(Model& model, Adapter* adapter) {
    if (adapter != nullptr) adapter->take_gradients(model.gradients());
    const gppo::View<const float> gradients =
        adapter != nullptr ? adapter->gradients() : model.gradients();
    return std::sqrt(gppo::squared_norm(model.backend(), gradients));
}

void adamw_step(Model& model, Adapter* adapter, gppo::Buffer<float>& first_moment,
                gppo::Buffer<float>& second_moment, const gppo::AdamWOptions& options, Index update,
                double scale) {
    const auto by = static_cast<float>(scale);
    if (adapter == nullptr)
        return gppo::adamw_step(model.backend(), model.tensors(), model.weights(),
                                model.gradients(), first_moment.view(), second_moment.view(),
                                options, update, by);
    gppo::adamw_step(adapter->backend(), adapter->weights(), adapter->gradients(),
                     first_moment.view(), second_moment.view(), options, update, by);
    adapter->apply(model.weights());
}

void hidden_states(Model& model, const gppo::PackedBatch& batch, gppo::View<float> hidden) {
    std::vector<Index> rows(batch.tokens.size());
    std::iota(rows.begin(), rows.end(), Index{0});
    model.forward_hidden({batch.tokens, batch.offsets}, rows, hidden);
}

void score_forward(Model& model, Head& head, const gppo::PackedBatch& batch,
                   gppo::View<const Index> rows, gppo::View<float> hidden,
                   gppo::View<float> scores) {
    model.forward_hidden({batch.tokens, batch.offsets}, rows, hidden);
    head.forward(hidden, scores);
}

void score_backward(Model& model, Head& head, gppo::View<const float> hidden,
                    gppo::View<const float> dscores, gppo::View<float> dhidden) {
    head.backward(hidden, dscores, dhidden);
    model.backward_hidden(dhidden);
}

double gradient_norm(Model& model, Head& head) {
    return std::sqrt(
        gppo::squared_norm(model.backend(), gppo::View<const float>(model.gradients())) +
        gppo::squared_norm(model.backend(), gppo::View<const float>(head.gradients())));
}

void adamw_step(Model& model, Head& head, gppo::Buffer<float>& first_moment,
                gppo::Buffer<float>& second_moment, const gppo::AdamWOptions& options, Index update,
                double scale) {
    const auto by = static_cast<float>(scale);
    const Index count = model.weights().size, width = head.width();
    gppo::adamw_step(model.backend(), model.tensors(), model.weights(), model.gradients(),
                     first_moment.view().slice(0, count), second_moment.view().slice(0, count),
                     options, update, by);
    gppo::adamw_step(model.backend(), head.weights(), head.gradients(),
                     first_moment.view().slice(count, width),
                     second_moment.view().slice(count, width), options, update, by);
}

std::vector<std::vector<gppo::Completion>> complete(Decoder& decoder,
                                                    std::span<const gppo::Request> requests,
                                                    Index group, const gppo::Sampling& sampling,
                                                    std::uint64_t seed) {
    return gppo::generate(decoder, requests, group, sampling, seed);
}
