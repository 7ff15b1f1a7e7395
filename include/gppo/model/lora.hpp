// SPDX-License-Identifier: Apache-2.0
//
// Low-rank adapters on a Qwen3 model (Hu et al. 2021, arXiv 2106.09685): a linear layer W (out, in)
// becomes W + s B A with A (r, in), B (out, r) and s = alpha / r. Only A and B train.
//
// The sum is written into the model's weights before a forward pass, and the gradients come from
// that of the sum: dB = s dW A^T, dA = s B^T dW. So the model, the sampler and what is saved know
// nothing of adapters, and the numbers are those of the merged model. It costs one more copy of
// the adapted layers and all of dW, but no moments of W: about 3 copies of the model where training
// every weight takes 4. It does not save what quantised or frozen layers save elsewhere.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/model/lora_config.hpp>
#include <gppo/model/parameters.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// One adapted layer: where its parts lie in the flat buffers of model, adapters and base.
struct LoraModule {
    Index weight = 0, base = 0;  // (out, in) in the model, and in the copy of what was there
    Index a = 0, b = 0;          // (r, in), (out, r) among the adapters
    Index out = 0, in = 0;
};

struct LoraLayout {
    std::vector<TensorInfo> tensors;  ///< A and B of each layer, under PEFT's names
    std::vector<TensorInfo> bases;    ///< the adapted weights, one behind the other
    std::vector<LoraModule> modules;
    Index count = 0;       ///< floats of the adapters
    Index base_count = 0;  ///< floats of the adapted weights
};

/// Throws Error naming a target that is no linear layer of the model.
inline LoraLayout lora_layout(const Qwen3Config& model, const LoraConfig& config) {
    check(config);
    LoraLayout layout;
    std::vector<bool> used(config.target_modules.size());
    for (const TensorInfo& t : qwen3_layout(model).tensors) {
        if (!t.name.ends_with("_proj.weight")) continue;
        const std::string module = t.name.substr(0, t.name.size() - 7);
        if (!config.targets(module)) continue;
        for (std::size_t i = 0; i < used.size(); ++i)
            used[i] = used[i] || module.ends_with(config.target_modules[i]);
        const Index out = t.shape[0], in = t.shape[1], a = layout.count, b = a + config.rank * in;
        const std::string name = "base_model.model." + module;
        layout.tensors.push_back({name + ".lora_A.weight", {config.rank, in}, a});
        layout.tensors.push_back({name + ".lora_B.weight", {out, config.rank}, b});
        layout.bases.push_back({t.name, t.shape, layout.base_count});
        layout.modules.push_back({t.offset, layout.base_count, a, b, out, in});
        layout.count = b + out * config.rank;
        layout.base_count += out * in;
    }
    for (std::size_t i = 0; i < used.size(); ++i)
        expects(used[i], [&] {
            return "lora: target_modules has '" + config.target_modules[i] +
                   "', which is no linear layer of a Qwen3 block; there are q_proj, k_proj, "
                   "v_proj, "
                   "o_proj, gate_proj, up_proj and down_proj";
        });
    return layout;
}

/// A uniform in ±1 / sqrt(in), which is PyTorch's Kaiming initialisation with a = sqrt(5), and
/// B zero, as PEFT begins: the model does not change. Each number depends on (seed, tensor, place).
template <Backend K>
void initialize_lora(const K& backend, const LoraLayout& layout, std::uint64_t seed,
                     View<float> adapters /* (count) */) {
    for (std::size_t n = 0; n < layout.modules.size(); ++n) {
        const LoraModule& m = layout.modules[n];
        const Index rank = (m.b - m.a) / m.in;
        const double bound = 1.0 / std::sqrt(static_cast<double>(m.in));
        backend.for_rows(rank, [=, out = adapters.data + m.a, in = m.in](auto, Index row) {
            for (Index i = 0; i < in; ++i) {
                const std::uint64_t bits =
                    Philox{seed ^ 0x6C6F7261u}.bits(n, static_cast<std::uint64_t>(row * in + i));
                const double unit = static_cast<double>(bits >> 11) * 0x1p-53;
                out[row * in + i] = static_cast<float>(bound * (2.0 * unit - 1.0));
            }
        });
        backend.for_rows(m.out, [=, out = adapters.data + m.b](auto, Index row) {
            for (Index i = 0; i < rank; ++i) out[row * rank + i] = 0.0f;
        });
    }
}

/// Adapters, their gradients and the weights below them. The model's own buffers are passed in.
template <Backend K>
class Lora {
  public:
    Lora(const K& backend, const Qwen3Config& model, LoraConfig config)
        : backend_(&backend), config_(std::move(config)), layout_(lora_layout(model, config_)) {
        weights_.resize(layout_.count);
        gradients_.resize(layout_.count);
        base_.resize(layout_.base_count);
        Index widest = 0;
        for (const LoraModule& m : layout_.modules) widest = math::max(widest, m.out);
        scaled_b_.resize(widest * config_.rank);
    }

    const K& backend() const { return *backend_; }
    const LoraConfig& config() const { return config_; }
    const LoraLayout& layout() const { return layout_; }
    const std::vector<TensorInfo>& tensors() const { return layout_.tensors; }
    View<float> weights() { return weights_.view(); }
    View<const float> weights() const { return weights_.view(); }
    View<float> gradients() { return gradients_.view(); }
    View<const float> gradients() const { return gradients_.view(); }
    /// The adapted weights without the adapters, as layout().bases lies.
    View<float> base() { return base_.view(); }
    View<const float> base() const { return base_.view(); }

    void initialize(std::uint64_t seed) { initialize_lora(*backend_, layout_, seed, weights()); }

    /// Takes the model's weights as they are now for the base.
    void keep_base(View<const float> model /* (model weights) */) {
        for (const LoraModule& m : layout_.modules)
            copy(m, model.data + m.weight, base_.data() + m.base);
    }

    /// Writes base + s B A into the model's weights. Call it after either changed.
    void apply(View<float> model /* (model weights) */) {
        for (const LoraModule& m : layout_.modules) {
            copy(m, base_.data() + m.base, model.data + m.weight);
            scale_b(m);
            backend_->gemm({.m = m.out, .n = m.in, .k = config_.rank, .beta = 1.0f},
                           scaled_b_.data(), weights_.data() + m.a, model.data + m.weight);
        }
    }

    /// Sets gradients() from those of the model's weights.
    void take_gradients(View<const float> model /* (model weights) */) {
        const Index rank = config_.rank;
        const float scale = config_.scale();
        for (const LoraModule& m : layout_.modules) {
            const float* const dw = model.data + m.weight;
            scale_b(m);
            backend_->gemm({.m = rank, .n = m.in, .k = m.out, .transpose_a = true},
                           scaled_b_.data(), dw, gradients_.data() + m.a);
            float* const db = gradients_.data() + m.b;
            backend_->gemm({.m = m.out, .n = rank, .k = m.in, .transpose_b = true}, dw,
                           weights_.data() + m.a, db);
            backend_->for_rows(m.out, [=](auto team, Index row) {
                team.for_each(rank, [=](Index i) { db[row * rank + i] *= scale; });
            });
        }
    }

  private:
    void copy(const LoraModule& m, const float* from, float* to) const {
        backend_->for_rows(m.out, [=, in = m.in](auto team, Index row) {
            team.for_each(in, [=](Index i) { to[row * in + i] = from[row * in + i]; });
        });
    }
    void scale_b(const LoraModule& m) {
        backend_->for_rows(
            m.out, [=, rank = config_.rank, scale = config_.scale(), from = weights_.data() + m.b,
                    to = scaled_b_.data()](auto team, Index row) {
                team.for_each(rank,
                              [=](Index i) { to[row * rank + i] = scale * from[row * rank + i]; });
            });
    }

    using Floats = decltype(std::declval<const K&>().template allocate<float>(0));

    const K* backend_;
    LoraConfig config_;
    LoraLayout layout_;
    Floats weights_, gradients_;  // (count)
    Floats base_;                 // (base_count)
    Floats scaled_b_;             // (widest out, r)
};

}  // namespace gppo
