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

/// What both directions read, in the backend's memory.
struct LinearLogProbInput {
    Index rows = 0, width = 0, vocabulary = 0;
    const float* hidden = nullptr;  // (N, D)
    Factor weight;                  // (V, D)
    View<const std::int32_t> ids;   // (N)
    float inverse_temperature = 1.0f;
};

/// A tile's row joins what is known of it.
struct LogProbUpdateRow {
    LogProbState* states;     // (rows)   of this tile
    const std::int32_t* ids;  // (rows)
    float* tile;              // (rows, columns)
    Index column, columns;    // column is the tile's first
    float inverse_temperature;

    template <class Team>
    GPPO_HD void operator()(Team team, Index i) const {
        LogProbState* const state = states + i;
        const LogProbState updated =
            log_prob_update(team, column == 0 ? LogProbState{} : *state, inverse_temperature,
                            ids[i] - column, {tile + i * columns, columns});
        team.for_each(1, [=](Index) { *state = updated; });
    }
};

struct LogProbResultRow {
    const LogProbState* states;  // (N)
    View<float> logp, entropy;   // (N), (N) or empty

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const LogProbState state = states[n];
        float *const p = logp.data + n, *const e = entropy.empty() ? nullptr : entropy.data + n;
        team.for_each(1, [=](Index) {
            *p = state.logp();
            if (e != nullptr) *e = state.entropy();
        });
    }
};

/// A tile's row of logits turns into its gradient.
struct LogProbGradientRow {
    const LogProbState* states;  // (rows)   of this tile
    const std::int32_t* ids;     // (rows)
    const float* dlogp;          // (rows)
    const float* dentropy;       // (rows) or null
    float* tile;                 // (rows, columns)
    Index column, columns;
    float inverse_temperature;

    template <class Team>
    GPPO_HD void operator()(Team team, Index i) const {
        const LogProbState state = states[i];
        log_prob_gradient(team, state.log_sum_exp(), state.entropy(), inverse_temperature,
                          ids[i] - column, dlogp[i], dentropy == nullptr ? 0.0f : dentropy[i],
                          {tile + i * columns, columns});
    }
};

/// A tile of logits that fits the L2 cache.
inline constexpr Index head_tile_rows = 512, head_tile_columns = 2048;

template <Backend K>
class LinearLogProb {
  public:
    /// A tile of logits is at most `rows` x `columns` floats.
    explicit LinearLogProb(const K& backend, Index rows = head_tile_rows,
                           Index columns = head_tile_columns)
        : backend_(&backend), tile_rows_(rows), tile_columns_(columns) {}

    /// Fills logp (N) and, unless empty, entropy (N).
    void forward(const LinearLogProbInput& in, View<float> logp, View<float> entropy) {
        states_.resize(in.rows);
        LogProbState* const states = states_.data();
        for_tiles(in, [&](Index row, Index rows, Index column, Index columns) {
            logits(in, row, rows, column, columns);
            backend_->for_rows(rows, LogProbUpdateRow{states + row, in.ids.data + row, tile_.data(),
                                                      column, columns, in.inverse_temperature});
        });
        backend_->for_rows(in.rows, LogProbResultRow{states, logp, entropy});
    }

    /// What forward learnt of each row. Kept and put back with restore(), it lets backward follow
    /// another forward.
    View<const LogProbState> states(Index rows) const { return {states_.data(), rows}; }
    void restore(View<const LogProbState> states /* (N), the host's */) {
        states_.resize(states.size);
        backend_->upload(states, states_.view());
    }

    /// Overwrites dhidden (N, D), adds to dweight (V, D) unless that is null. Follows a forward
    /// with the same input.
    void backward(const LinearLogProbInput& in, View<const float> dlogp /* (N) */,
                  View<const float> dentropy /* (N) or empty */, float* dhidden, float* dweight) {
        const LogProbState* const states = states_.data();
        for_tiles(in, [&](Index row, Index rows, Index column, Index columns) {
            logits(in, row, rows, column, columns);
            backend_->for_rows(
                rows, LogProbGradientRow{states + row, in.ids.data + row, dlogp.data + row,
                                         dentropy.empty() ? nullptr : dentropy.data + row,
                                         tile_.data(), column, columns, in.inverse_temperature});
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
