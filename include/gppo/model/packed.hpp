// SPDX-License-Identifier: Apache-2.0
//
// What a model reads: sequences packed one after another, and the tokens whose log-prob is wanted.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <cstdint>
#include <string>

namespace gppo {

/// Sequences one after another, no padding.
struct Packed {
    View<const std::int32_t> tokens;  // (T)
    View<const Index> offsets;        // (B + 1)   sequence b is tokens [offsets[b], offsets[b + 1])
};

/// Tokens whose log-prob is wanted: ids[n] follows the hidden state of row rows[n].
struct Targets {
    View<const Index> rows;        // (N)   strictly increasing
    View<const std::int32_t> ids;  // (N)
};

/// Throws Error naming the first id outside the vocabulary.
inline void check_ids(View<const std::int32_t> ids, Index vocabulary, const char* what) {
    for (Index t = 0; t < ids.size; ++t)
        expects(ids[t] >= 0 && ids[t] < vocabulary, [&] {
            return "model: " + std::string(what) + " " + std::to_string(t) + " is token " +
                   std::to_string(ids[t]) + "; the vocabulary has " + std::to_string(vocabulary);
        });
}

/// Throws Error unless every token exists and the offsets cover them once.
inline void check(const Packed& packed, Index vocabulary) {
    check_ids(packed.tokens, vocabulary, "input");
    const View<const Index> offsets = packed.offsets;
    expects(offsets.size >= 1 && offsets[0] == 0 && offsets[offsets.size - 1] == packed.tokens.size,
            "model: offsets must run from 0 to the number of tokens");
    for (Index b = 0; b + 1 < offsets.size; ++b)
        expects(offsets[b] <= offsets[b + 1],
                [&] { return "model: offsets decrease after sequence " + std::to_string(b); });
}

/// Throws Error unless rows increase within the batch.
inline void check_rows(View<const Index> rows, Index tokens) {
    Index before = -1;
    for (const Index row : rows) {
        expects(row > before && row < tokens, [&] {
            return "model: target row " + std::to_string(row) + " after row " +
                   std::to_string(before) + "; rows must increase and stay below " +
                   std::to_string(tokens);
        });
        before = row;
    }
}

/// Throws Error unless rows increase within the batch and every id exists.
inline void check(const Targets& targets, Index tokens, Index vocabulary) {
    expects(targets.rows.size == targets.ids.size, "model: one row an id in the targets");
    check_rows(targets.rows, tokens);
    check_ids(targets.ids, vocabulary, "target");
}

}  // namespace gppo
