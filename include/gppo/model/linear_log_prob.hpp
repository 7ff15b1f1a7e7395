// SPDX-License-Identifier: Apache-2.0
//
// The fused head: hidden (N, D) x W (V, D) -> logp (N), entropy (N), never (N, V). Forward keeps
// the log-sum-exp of each row; backward recomputes the logits tile by tile. Extra memory is one
// tile.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/kernel/log_prob.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace gppo {

/// What both directions read.
struct LinearLogProbInput {
    Index rows = 0, width = 0, vocabulary = 0;
    const float* hidden = nullptr;  // (N, D)
    const float* weight = nullptr;  // (V, D)
    View<const std::int32_t> ids;   // (N)
    float inverse_temperature = 1.0f;
};

template <Backend K>
class LinearLogProb {
  public:
    /// A tile of logits is at most `rows` x `columns` floats; by default it fits the L2 cache.
    explicit LinearLogProb(const K& backend, Index rows = 512, Index columns = 2048)
        : backend_(&backend), tile_rows_(rows), tile_columns_(columns) {}

    /// Fills logp (N) and, unless empty, entropy (N).
    void forward(const LinearLogProbInput& in, View<float> logp, View<float> entropy) {
        states_.resize(in.rows);
        LogProbState* const states = states_.data();
        for_tiles(in, [&](Index row, Index rows, Index column, Index columns) {
            logits(in, row, rows, column, columns);
            backend_->for_rows(rows, [=, tile = tile_.data()](auto team, Index i) {
                LogProbState& state = states[row + i];
                state = log_prob_update(team, column == 0 ? LogProbState{} : state,
                                        in.inverse_temperature, in.ids[row + i] - column,
                                        {tile + i * columns, columns});
            });
        });
        backend_->for_rows(in.rows, [=](auto, Index n) {
            logp[n] = states[n].logp();
            if (!entropy.empty()) entropy[n] = states[n].entropy();
        });
    }

    /// What forward learnt of each row. Kept and put back with restore(), it lets backward follow
    /// another forward.
    View<const LogProbState> states(Index rows) const { return {states_.data(), rows}; }
    void restore(View<const LogProbState> states /* (N) */) {
        states_.resize(states.size);
        std::copy(states.begin(), states.end(), states_.data());
    }

    /// Overwrites dhidden (N, D), adds to dweight (V, D) unless that is null. Follows a forward
    /// with the same input.
    void backward(const LinearLogProbInput& in, View<const float> dlogp /* (N) */,
                  View<const float> dentropy /* (N) or empty */, float* dhidden, float* dweight) {
        const LogProbState* const states = states_.data();
        for_tiles(in, [&](Index row, Index rows, Index column, Index columns) {
            logits(in, row, rows, column, columns);
            backend_->for_rows(rows, [=, tile = tile_.data()](auto team, Index i) {
                const LogProbState state = states[row + i];
                log_prob_gradient(team, state.log_sum_exp(), state.entropy(),
                                  in.inverse_temperature, in.ids[row + i] - column, dlogp[row + i],
                                  dentropy.empty() ? 0.0f : dentropy[row + i],
                                  {tile + i * columns, columns});
            });
            const float keep = column == 0 ? 0.0f : 1.0f;
            backend_->gemm({rows, in.width, columns, false, false, keep}, tile_.data(),
                           in.weight + column * in.width, dhidden + row * in.width);
            if (dweight == nullptr) return;  // frozen
            backend_->gemm({columns, in.width, rows, true, false, 1.0f}, tile_.data(),
                           in.hidden + row * in.width, dweight + column * in.width);
        });
    }

  private:
    /// f(first row, rows, first column, columns), columns fastest.
    template <class F>
    void for_tiles(const LinearLogProbInput& in, F f) {
        tile_.resize(std::min(tile_rows_, in.rows) * std::min(tile_columns_, in.vocabulary));
        for (Index row = 0; row < in.rows; row += tile_rows_)
            for (Index column = 0; column < in.vocabulary; column += tile_columns_)
                f(row, std::min(tile_rows_, in.rows - row), column,
                  std::min(tile_columns_, in.vocabulary - column));
    }

    void logits(const LinearLogProbInput& in, Index row, Index rows, Index column, Index columns) {
        backend_->gemm({rows, columns, in.width, false, true}, in.hidden + row * in.width,
                       in.weight + column * in.width, tile_.data());
    }

    const K* backend_;
    Index tile_rows_, tile_columns_;
    decltype(std::declval<const K&>().template allocate<float>(0)) tile_;
    decltype(std::declval<const K&>().template allocate<LogProbState>(0)) states_;
};

}  // namespace gppo
