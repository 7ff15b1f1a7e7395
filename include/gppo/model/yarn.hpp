// SPDX-License-Identifier: Apache-2.0
//
// YaRN (Peng et al. 2023, arXiv:2309.00071): a model trained up to a length reads `factor` times
// that. Pairs that turn often within it keep their frequency, pairs that turn less than once are
// slowed down by `factor`, those between are mixed; cosines and sines grow by an attention factor.
// The fields are those of rope_parameters (transformers 5) or rope_scaling (4).
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>
#include <gppo/kernel/rope.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace gppo {

struct Yarn {
    double factor = 1.0;
    Index original_max_position_embeddings = 0;  ///< the length of the training before
    double beta_fast = 32.0;  ///< pairs with as many turns within that length are kept
    double beta_slow = 1.0;   ///< pairs with fewer are slowed down in full
    std::optional<double> attention_factor{}, mscale{}, mscale_all_dim{};
    bool truncate = true;  ///< the bounds between kept and slowed pairs are whole numbers

    bool operator==(const Yarn&) const = default;
};

/// Throws Error naming the first field that cannot work.
inline void check(const Yarn& y) {
    expects(y.factor >= 1, "model config: YaRN's factor must be at least 1");
    expects(y.original_max_position_embeddings > 0,
            "model config: YaRN's original_max_position_embeddings must be positive");
    expects(y.beta_slow > 0 && y.beta_fast >= y.beta_slow,
            "model config: YaRN needs beta_fast >= beta_slow > 0");
    expects(!y.attention_factor || *y.attention_factor > 0,
            "model config: YaRN's attention_factor must be positive");
}

/// What cosines and sines are multiplied by.
inline double attention_factor(const Yarn& y) {
    if (y.attention_factor) return *y.attention_factor;
    const auto grown = [&](double by) {
        return y.factor <= 1 ? 1.0 : 0.1 * by * std::log(y.factor) + 1.0;
    };
    if (y.mscale.value_or(0) != 0 && y.mscale_all_dim.value_or(0) != 0)
        return grown(*y.mscale) / grown(*y.mscale_all_dim);
    return grown(1.0);
}

/// The frequencies of a head of `head_dim` elements.
inline RopeFrequencies yarn_frequencies(const Yarn& y, float theta, Index head_dim) {
    const auto dim = static_cast<double>(head_dim);
    // The pair that turns `turns` times within the original length.
    const auto pair = [&](double turns) {
        const auto length = static_cast<double>(y.original_max_position_embeddings);
        return dim * std::log(length / (turns * 2.0 * 3.141592653589793)) /
               (2.0 * std::log(static_cast<double>(theta)));
    };
    double low = pair(y.beta_fast), high = pair(y.beta_slow);
    if (y.truncate) low = std::floor(low), high = std::ceil(high);
    low = std::max(low, 0.0);
    high = std::min(high, dim - 1.0);
    if (low == high) high += 0.001;
    return {.theta = theta,
            .factor = static_cast<float>(y.factor),
            .low = static_cast<float>(low),
            .width = static_cast<float>(high - low),
            .scale = static_cast<float>(attention_factor(y))};
}

}  // namespace gppo
