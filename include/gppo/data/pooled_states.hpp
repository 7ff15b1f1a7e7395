// SPDX-License-Identifier: Apache-2.0
//
// One vector for a text, from a language model's hidden states of its tokens: their mean. With
// causal attention only the last state has seen the whole text, but it is made for guessing the
// next token; the mean weighs every token of a program the same. Sums are in double and in order,
// so a text's vector has nothing to do with its neighbours in a batch.
//
// States of one model have a large part in common, and nearly every cosine is above 0.9: centre()
// takes that part out.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <cstddef>
#include <vector>

namespace gppo {

/// The mean state of each of B texts laid end to end. No text may be empty.
inline std::vector<std::vector<float>> mean_states(View<const float> hidden,   // (T, D)
                                                   View<const Index> offsets,  // (B + 1) into T
                                                   Index width                 // D
) {
    expects(offsets.size > 0 && width > 0 && offsets[offsets.size - 1] * width == hidden.size,
            "mean_states: hidden must have width places a token");
    std::vector<std::vector<float>> vectors;
    std::vector<double> sums(static_cast<std::size_t>(width));
    for (Index b = 0; b + 1 < offsets.size; ++b) {
        const Index begin = offsets[b], end = offsets[b + 1];
        expects(begin < end, "mean_states: a text without tokens has no mean");
        sums.assign(sums.size(), 0.0);
        for (Index t = begin; t < end; ++t)
            for (std::size_t d = 0; d < sums.size(); ++d)
                sums[d] += static_cast<double>(hidden[t * width + static_cast<Index>(d)]);
        std::vector<float>& mean = vectors.emplace_back(sums.size());
        for (std::size_t d = 0; d < sums.size(); ++d)
            mean[d] = static_cast<float>(sums[d] / static_cast<double>(end - begin));
    }
    return vectors;
}

/// Subtracts the mean of all vectors, which must have one length, from each.
inline void centre(std::vector<std::vector<float>>& vectors  // (B)(D)
) {
    if (vectors.empty()) return;
    std::vector<double> mean(vectors.front().size(), 0.0);
    for (const std::vector<float>& vector : vectors) {
        expects(vector.size() == mean.size(), "centre: vectors of several lengths");
        for (std::size_t d = 0; d < mean.size(); ++d) mean[d] += static_cast<double>(vector[d]);
    }
    for (double& x : mean) x /= static_cast<double>(vectors.size());
    for (std::vector<float>& vector : vectors)
        for (std::size_t d = 0; d < mean.size(); ++d)
            vector[d] = static_cast<float>(static_cast<double>(vector[d]) - mean[d]);
}

}  // namespace gppo
