// SPDX-License-Identifier: Apache-2.0
//
// One number from a hidden state: a reward model's score of the last token (Ouyang et al. 2022,
// arXiv 2203.02155; AceCoder, arXiv 2502.01718), or a critic's value of every token.
//
//   s_n = w . h_n,   d h_n = d s_n w,   d w = sum_n d s_n h_n
//
// h is the final norm's output (Qwen3::forward_hidden). There is no bias: transformers'
// Qwen3ForSequenceClassification has none either, and calls w "score.weight". It starts at 0, so
// that nothing is preferred and every value is 0.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/core/error.hpp>
#include <gppo/model/decoder_layer.hpp>
#include <gppo/model/packed.hpp>
#include <gppo/model/parameters.hpp>

#include <algorithm>
#include <vector>

namespace gppo {

template <Backend K>
class RewardHead {
  public:
    RewardHead(const K& backend, Index width)
        : backend_(&backend), tensors_{{"score.weight", {1, width}, 0}} {
        weights_.resize(width), gradients_.resize(width);
        std::fill_n(weights_.data(), width, 0.0f);
        zero_gradients();
    }

    Index width() const { return weights_.size(); }
    const std::vector<TensorInfo>& tensors() const { return tensors_; }
    View<float> weights() { return weights_.view(); }
    View<const float> weights() const { return weights_.view(); }
    View<float> gradients() { return gradients_.view(); }
    void zero_gradients() { std::fill_n(gradients_.data(), width(), 0.0f); }

    void forward(View<const float> hidden /* (N, D) */, View<float> scores /* (N) */) const {
        expects_sizes(hidden.size, scores.size);
        backend_->for_rows(scores.size, [=, d = width(), w = weights_.data()](auto, Index n) {
            double sum = 0;
            for (Index i = 0; i < d; ++i)
                sum += static_cast<double>(hidden[n * d + i]) * static_cast<double>(w[i]);
            scores[n] = static_cast<float>(sum);
        });
    }

    /// Overwrites dhidden and adds to gradients(); the sum over tokens has one order whatever the
    /// number of threads.
    void backward(View<const float> hidden /* (N, D) */, View<const float> dscores /* (N) */,
                  View<float> dhidden /* (N, D) */) {
        expects_sizes(hidden.size, dscores.size);
        expects_sizes(dhidden.size, dscores.size);
        const Index d = width();
        backend_->for_rows(dscores.size, [=, w = weights_.data()](auto, Index n) {
            for (Index i = 0; i < d; ++i) dhidden[n * d + i] = dscores[n] * w[i];
        });
        backend_->for_rows(d, [=, out = gradients_.data()](auto, Index i) {
            double sum = 0;
            for (Index n = 0; n < dscores.size; ++n)
                sum += static_cast<double>(dscores[n]) * static_cast<double>(hidden[n * d + i]);
            out[i] += static_cast<float>(sum);
        });
    }

  private:
    void expects_sizes(Index elements, Index rows) const {
        expects(elements == rows * width(), "RewardHead: one score a row of hidden states");
    }

    const K* backend_;
    std::vector<TensorInfo> tensors_;
    FloatBuffer<K> weights_, gradients_;  // (D) each
};

/// The last row of every sequence: what scores all of it.
inline std::vector<Index> last_rows(View<const Index> offsets /* (B + 1) */) {
    std::vector<Index> rows;
    for (Index b = 0; b + 1 < offsets.size; ++b) {
        expects(offsets[b + 1] > offsets[b], "last_rows: a sequence has no token");
        rows.push_back(offsets[b + 1] - 1);
    }
    return rows;
}

}  // namespace gppo
