// SPDX-License-Identifier: Apache-2.0
//
// SwiGLU (Shazeer 2020, arXiv 2002.05202): out = silu(gate) up, silu(x) = x sigmoid(x).
// d gate = dout up s (1 + gate (1 - s)) and d up = dout gate s, with s = sigmoid(gate).
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

namespace gppo {

/// One row.
template <Team X, class T>
GPPO_HD void swiglu(X team, Read<T> gate /* (F) */, Read<T> up /* (F) */, View<T> out /* (F) */) {
    team.for_each(out.size, [=](Index i) {
        const auto g = static_cast<float>(gate[i]);
        out[i] = static_cast<T>(g * math::sigmoid(g) * static_cast<float>(up[i]));
    });
}

/// One row of the backward pass, all in place: `gate` and `up` become their gradients, and `out`
/// turns from the gradient of the output into the output itself, which the weight gradient of the
/// next projection needs. So the forward pass need not keep it.
template <Team X, class T>
GPPO_HD void swiglu_backward(X team, View<T> gate /* (F) */, View<T> up /* (F) */,
                             View<T> out /* (F) */) {
    team.for_each(out.size, [=](Index i) {
        const auto g = static_cast<float>(gate[i]), u = static_cast<float>(up[i]);
        const auto dout = static_cast<float>(out[i]);
        const float s = math::sigmoid(g), silu = g * s;
        gate[i] = static_cast<T>(dout * u * (s + silu * (1.0f - s)));
        up[i] = static_cast<T>(dout * silu);
        out[i] = static_cast<T>(silu * u);
    });
}

}  // namespace gppo
