// SPDX-License-Identifier: Apache-2.0
//
// The fused head: hidden (N, D) x W (V, D) -> logp (N), entropy (N), never (N, V). Forward keeps
// the log-sum-exp of each row; backward recomputes the logits tile by tile. Extra memory is one
// tile. Where a row's gradient follows from that row alone, learn() goes forward and back in one
// pass, chunk of rows by chunk of rows, and no logits are made twice: three products, not four.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/rounded_rows.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/kernel/log_prob.hpp>
#include <gppo/model/head_tiles.hpp>

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
    const float* tile;        // (rows, columns)
    Index column, columns;    // column is the tile's first
    float inverse_temperature;
    bool for_entropy;

    template <class Team>
    GPPO_HD void operator()(Team team, Index i) const {
        LogProbState* const state = states + i;
        const LogProbState updated =
            log_prob_update(team, column == 0 ? LogProbState{} : *state, inverse_temperature,
                            ids[i] - column, {tile + i * columns, columns}, for_entropy);
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
    std::uint16_t* halves;       // (rows, columns), the same in bf16, or null
    Index column, columns;
    float inverse_temperature;

    template <class Team>
    GPPO_HD void operator()(Team team, Index i) const {
        const LogProbState state = states[i];
        log_prob_gradient(team, state.log_sum_exp(), state.entropy(), inverse_temperature,
                          ids[i] - column, dlogp[i], dentropy == nullptr ? 0.0f : dentropy[i],
                          {tile + i * columns, columns});
        if (halves == nullptr) return;
        const float* const x = tile + i * columns;  // written just now, so nothing for read_only
        std::uint16_t* const y = halves + i * columns;
        team.for_each(columns, [=](Index j) { y[j] = float_to_bf16(x[j]); });
    }
};

template <Backend K>
class LinearLogProb {
  public:
    explicit LinearLogProb(const K& backend, HeadTiles tiles = head_tiles<K>)
        : backend_(&backend), tiles_(tiles) {}

    /// Fills logp (N) and, unless empty, entropy (N).
    void forward(const LinearLogProbInput& in, View<float> logp, View<float> entropy) {
        states_.resize(in.rows);
        tile_.resize(tiles_.tile(in.rows, in.vocabulary));
        for_rows(in.rows, tiles_.rows, [&](Span rows) {
            round_hidden(in, rows);
            for_columns(in, [&](Span columns) { look(in, rows, columns, tile_.data(), true); });
            finish(rows, logp, entropy);
        });
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
        tile_.resize(tiles_.tile(in.rows, in.vocabulary));
        const Slopes slopes{dlogp, dentropy, dhidden, dweight};
        for_rows(in.rows, tiles_.rows, [&](Span rows) {
            round_hidden(in, rows);
            for_columns(in, [&](Span columns) {
                logits(in, rows, columns, tile_.data());
                go_back(in, rows, columns, tile_.data(), slopes);
            });
        });
    }

    /// Both at once, for a gradient of each row that follows from the row: weigh(first, count) is
    /// called when logp and entropy of these rows are on their way, and fills dlogp and dentropy of
    /// them, or starts what does.
    template <class Weigh>
    void learn(const LinearLogProbInput& in, View<float> logp, View<float> entropy, Weigh weigh,
               View<const float> dlogp /* (N) */, View<const float> dentropy /* (N) or empty */,
               float* dhidden, float* dweight) {
        states_.resize(in.rows);
        tile_.resize(tiles_.chunk(in.rows, in.vocabulary));
        const Slopes slopes{dlogp, dentropy, dhidden, dweight};
        const bool for_entropy = !entropy.empty() || !dentropy.empty();
        for_rows(in.rows, tiles_.chunk_rows(in.rows, in.vocabulary), [&](Span rows) {
            round_hidden(in, rows);
            const auto kept = [&](Span columns) {
                return tile_.data() + rows.size * columns.first;
            };
            for_columns(in,
                        [&](Span columns) { look(in, rows, columns, kept(columns), for_entropy); });
            finish(rows, logp, entropy);
            weigh(rows.first, rows.size);
            for_columns(in,
                        [&](Span columns) { go_back(in, rows, columns, kept(columns), slopes); });
        });
    }

  private:
    /// Some rows, or columns.
    struct Span {
        Index first = 0, size = 0;
    };
    /// Gradients given and asked for.
    struct Slopes {
        View<const float> dlogp, dentropy;  // (N), (N) or empty
        float* dhidden;                     // (N, D)
        float* dweight;                     // (V, D) or null: frozen
    };

    /// f(rows), at most `step` at a time.
    template <class F>
    static void for_rows(Index size, Index step, F f) {
        for (Index first = 0; first < size; first += step)
            f(Span{first, std::min(step, size - first)});
    }
    template <class F>
    void for_columns(const LinearLogProbInput& in, F f) const {
        for_rows(in.vocabulary, tiles_.columns, f);
    }

    /// Products of bf16 on a device read gradients and hidden states more than once: these are
    /// rounded for all of them.
    bool rounds() const {
        if constexpr (!K::host_memory && requires { backend_->precision(); })
            return backend_->precision() == Precision::bf16;
        else
            return false;
    }
    void round_hidden(const LinearLogProbInput& in, Span rows) {
        if (!rounds()) return;
        hidden_halves_.resize(rows.size * in.width);
        backend_->for_rows(rows.size, RoundRow{in.hidden + rows.first * in.width, in.width,
                                               in.width, hidden_halves_.data(), in.width});
    }
    /// Of these rows, which round_hidden() was called for.
    Factor hidden(const LinearLogProbInput& in, Span rows) const {
        return rounds() ? Factor(hidden_halves_.data()) : Factor(in.hidden + rows.first * in.width);
    }

    void logits(const LinearLogProbInput& in, Span rows, Span columns, float* tile) {
        backend_->gemm({rows.size, columns.size, in.width, false, true}, hidden(in, rows),
                       in.weight + columns.first * in.width, tile);
    }
    /// Makes a tile of logits, and the rows join what is in it.
    void look(const LinearLogProbInput& in, Span rows, Span columns, float* tile,
              bool for_entropy) {
        logits(in, rows, columns, tile);
        backend_->for_rows(
            rows.size,
            LogProbUpdateRow{states_.data() + rows.first, in.ids.data + rows.first, tile,
                             columns.first, columns.size, in.inverse_temperature, for_entropy});
    }
    void finish(Span rows, View<float> logp, View<float> entropy) const {
        const auto part = [rows](View<float> all) {
            return all.empty() ? all : all.slice(rows.first, rows.size);
        };
        backend_->for_rows(
            rows.size, LogProbResultRow{states_.data() + rows.first, part(logp), part(entropy)});
    }
    /// A tile of logits becomes its gradient, and that goes on to hidden and weight.
    void go_back(const LinearLogProbInput& in, Span rows, Span columns, float* tile,
                 const Slopes& s) {
        const Index row = rows.first, column = columns.first;
        if (rounds()) halves_.resize(tiles_.tile(in.rows, in.vocabulary));
        std::uint16_t* const halves = rounds() ? halves_.data() : nullptr;
        const Factor gradient = rounds() ? Factor(halves) : Factor(tile);
        backend_->for_rows(
            rows.size,
            LogProbGradientRow{states_.data() + row, in.ids.data + row, s.dlogp.data + row,
                               s.dentropy.empty() ? nullptr : s.dentropy.data + row, tile, halves,
                               column, columns.size, in.inverse_temperature});
        const float keep = column == 0 ? 0.0f : 1.0f;
        backend_->gemm({rows.size, in.width, columns.size, false, false, keep}, gradient,
                       in.weight + column * in.width, s.dhidden + row * in.width);
        if (s.dweight == nullptr) return;
        backend_->gemm({columns.size, in.width, rows.size, true, false, 1.0f}, gradient,
                       hidden(in, rows), s.dweight + column * in.width);
    }

    const K* backend_;
    HeadTiles tiles_;
    decltype(std::declval<const K&>().template allocate<float>(0)) tile_;  // or a chunk
    decltype(std::declval<const K&>().template allocate<std::uint16_t>(0)) halves_, hidden_halves_;
    decltype(std::declval<const K&>().template allocate<LogProbState>(0)) states_;
};

}  // namespace gppo
