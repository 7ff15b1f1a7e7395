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

/// m, v and the weight of one element, all in fp32.
struct AdamWElement {
    float m = 0.0f, v = 0.0f, weight = 0.0f;
};

/// One step of one element, whatever keeps it.
GPPO_HD inline AdamWElement adamw_element(const AdamWStep& s, float gradient, AdamWElement e) {
    const float g = gradient * s.gradient_scale;
    const float m = e.m + (1.0f - s.beta1) * (g - e.m);
    const float v = s.beta2 * e.v + (1.0f - s.beta2) * g * g;
    return {m, v, e.weight * s.decay - s.rate * m / (math::sqrt(v) * s.root + s.eps)};
}

/// One chunk of parameters.
template <Team X>
GPPO_HD void adamw(X team, AdamWStep s, View<const float> gradient /* (n) */,
                   View<float> m /* (n) */, View<float> v /* (n) */, View<float> weight /* (n) */) {
    team.for_each(weight.size, [=](Index i) {
        const AdamWElement e = adamw_element(s, gradient[i], {m[i], v[i], weight[i]});
        m[i] = e.m;
        v[i] = e.v;
        weight[i] = e.weight;
    });
}

}  // namespace gppo
