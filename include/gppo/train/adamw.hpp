// SPDX-License-Identifier: Apache-2.0
//
// The optimizer step over flat buffers, and the norm that gradient clipping needs. Chunks are
// fixed, so results do not depend on the number of threads.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/mirror.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/math.hpp>
#include <gppo/kernel/adamw.hpp>
#include <gppo/kernel/sum.hpp>
#include <gppo/model/parameters.hpp>

#include <cmath>
#include <vector>

namespace gppo {

/// torch.optim.AdamW's arguments.
struct AdamWOptions {
    float lr = 1e-3f;
    float beta1 = 0.9f;
    float beta2 = 0.999f;
    float eps = 1e-8f;
    float weight_decay = 0.0f;
    bool decay_norms =
        false;  ///< torch decays every tensor it is given; here 1-D ones only if asked
};

inline constexpr Index optimizer_chunk = 4096;

/// The sum of squares of a chunk.
struct SquaredNormChunk {
    View<const float> x;  // (n)
    float* out;           // (chunks)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index first = n * optimizer_chunk;
        const float sum =
            squared_norm(team, x.slice(first, math::min(optimizer_chunk, x.size - first)));
        float* const to = out + n;
        team.for_each(1, [=](Index) { *to = sum; });
    }
};

/// AdamW on a chunk.
struct AdamWChunk {
    AdamWStep step;
    View<const float> gradient;  // (n)
    View<float> m, v, weight;    // (n)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index first = n * optimizer_chunk,
                    count = math::min(optimizer_chunk, weight.size - first);
        adamw(team, step, gradient.slice(first, count), m.slice(first, count),
              v.slice(first, count), weight.slice(first, count));
    }
};

/// Sum of squares, added up in double from fixed chunks, whose sums pass through `sums`.
template <Backend K>
double squared_norm(const K& backend, View<const float> x /* (n), the backend's */,
                    Mirror<K, float>& sums) {
    const Index chunks = (x.size + optimizer_chunk - 1) / optimizer_chunk;
    std::vector<float> partial(static_cast<std::size_t>(chunks));
    backend.for_rows(chunks, SquaredNormChunk{x, sums.room(partial).data});
    sums.fetch(partial);
    double total = 0;
    for (const float part : partial) total += static_cast<double>(part);
    return total;
}
template <Backend K>
double squared_norm(const K& backend, View<const float> x /* (n), the backend's */) {
    Mirror<K, float> sums(backend);
    return squared_norm(backend, x, sums);
}

/// What the kernel needs for step `step`, counted from 1.
inline AdamWStep adamw_constants(const AdamWOptions& o, Index step, float gradient_scale) {
    expects(step >= 1, "adamw: steps count from 1");
    const auto t = static_cast<double>(step);
    const double correction1 = 1.0 - std::pow(static_cast<double>(o.beta1), t);
    const double correction2 = 1.0 - std::pow(static_cast<double>(o.beta2), t);
    return {1.0f - o.lr * o.weight_decay,
            static_cast<float>(static_cast<double>(o.lr) / correction1),
            static_cast<float>(1.0 / std::sqrt(correction2)),
            o.beta1,
            o.beta2,
            o.eps,
            gradient_scale};
}

/// One AdamW step of every element, all decayed. `gradient_scale` multiplies the gradient first
/// (clipping by global norm: min(1, max_norm / norm)).
template <Backend K>
void adamw_step(const K& backend, View<float> weight, View<const float> gradient, View<float> m,
                View<float> v, const AdamWOptions& options, Index step,
                float gradient_scale = 1.0f) {
    expects(gradient.size == weight.size && m.size == weight.size && v.size == weight.size,
            "adamw: weights, gradients and both moments must have one size");
    const AdamWStep constants = adamw_constants(options, step, gradient_scale);
    backend.for_rows((weight.size + optimizer_chunk - 1) / optimizer_chunk,
                     AdamWChunk{constants, gradient, m, v, weight});
}

/// Whether a tensor decays as `options` say; where nothing does, all are alike.
inline bool adamw_decays(const TensorInfo& tensor, const AdamWOptions& options) {
    return options.decay_norms || tensor.shape.size() > 1 || options.weight_decay == 0.0f;
}

/// The same for named tensors: 1-D ones (norms) are not decayed unless `options.decay_norms`.
/// Neighbours that are treated alike are stepped as one.
template <Backend K>
void adamw_step(const K& backend, const std::vector<TensorInfo>& tensors, View<float> weight,
                View<const float> gradient, View<float> m, View<float> v,
                const AdamWOptions& options, Index step, float gradient_scale = 1.0f) {
    for (std::size_t n = 0; n < tensors.size();) {
        const Index first = tensors[n].offset;
        const bool decay = adamw_decays(tensors[n], options);
        Index end = first;
        for (; n < tensors.size() && adamw_decays(tensors[n], options) == decay; ++n)
            end = tensors[n].offset + tensors[n].size();
        AdamWOptions own = options;
        if (!decay) own.weight_decay = 0.0f;
        adamw_step(backend, weight.slice(first, end - first), gradient.slice(first, end - first),
                   m.slice(first, end - first), v.slice(first, end - first), own, step,
                   gradient_scale);
    }
}

}  // namespace gppo
