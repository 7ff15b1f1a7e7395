// SPDX-License-Identifier: Apache-2.0
//
// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) with torch.optim.AdamW's order of
// operations: decay first, then  w -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps).
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

namespace gppo {

/// What one step needs, worked out once on the host.
struct AdamWStep {
    float decay = 1.0f;  ///< 1 - lr weight_decay
    float rate = 0.0f;   ///< lr / (1 - beta1^t)
    float root = 1.0f;   ///< 1 / sqrt(1 - beta2^t)
    float beta1 = 0.9f;
    float beta2 = 0.999f;
    float eps = 1e-8f;
    float gradient_scale = 1.0f;  ///< multiplies every gradient: clipping, loss scaling
};

/// One chunk of parameters.
template <Team X>
GPPO_HD void adamw(X team, AdamWStep s, View<const float> gradient /* (n) */,
                   View<float> m /* (n) */, View<float> v /* (n) */, View<float> weight /* (n) */) {
    team.for_each(weight.size, [=](Index i) {
        const float g = gradient[i] * s.gradient_scale;
        m[i] += (1.0f - s.beta1) * (g - m[i]);
        v[i] = s.beta2 * v[i] + (1.0f - s.beta2) * g * g;
        weight[i] = weight[i] * s.decay - s.rate * m[i] / (math::sqrt(v[i]) * s.root + s.eps);
    });
}

}  // namespace gppo
