// SPDX-License-Identifier: Apache-2.0
//
// RMSNorm (Zhang and Sennrich 2019, arXiv 1910.07467): y = w x r with r = 1 / sqrt(mean(x^2) +
// eps). Backward, with g = w dy:  dx = r (g - x r^2 mean(g x)),  dw = sum over rows of dy x r.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

namespace gppo {

/// One row. Returns r, which the backward pass needs. `y` may be `x`.
template <Team X, class T>
GPPO_HD float rms_norm(X team, Read<T> x /* (D) */, Read<T> weight /* (D) */, float eps,
                       View<T> y /* (D) */) {
    const float squares = team.sum(x.size, [=](Index i) {
        const auto value = static_cast<float>(x[i]);
        return value * value;
    });
    const float r = math::rsqrt(squares / static_cast<float>(x.size) + eps);
    team.for_each(x.size, [=](Index i) {
        y[i] = static_cast<T>(static_cast<float>(weight[i]) * (static_cast<float>(x[i]) * r));
    });
    return r;
}

/// One row of the backward pass: sets `dx` (which may be `dy`), or adds to it with `add`, and adds
/// this row's share to `dw`. Give each fixed block of rows its own `dw` and sum the blocks in
/// order: the result then does not depend on how many threads ran.
template <Team X, class T>
GPPO_HD void rms_norm_backward(X team, Read<T> dy /* (D) */, Read<T> x /* (D) */,
                               Read<T> weight /* (D) */, float r, bool add, View<T> dx /* (D) */,
                               View<float> dw /* (D) */) {
    const float dot = team.sum(x.size, [=](Index i) {
        return static_cast<float>(dy[i]) * static_cast<float>(weight[i]) * static_cast<float>(x[i]);
    });
    const float slope = dot * r * r * r / static_cast<float>(x.size);
    team.for_each(x.size, [=](Index i) {
        const auto gradient = static_cast<float>(dy[i]), value = static_cast<float>(x[i]);
        dw[i] += gradient * value * r;
        dx[i] = static_cast<T>((add ? static_cast<float>(dx[i]) : 0.0f) +
                               gradient * static_cast<float>(weight[i]) * r - value * slope);
    });
}

}  // namespace gppo
