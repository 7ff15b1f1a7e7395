// SPDX-License-Identifier: Apache-2.0
//
// Prompts and completions laid end to end without padding, and the rows whose next token is scored.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace gppo {

/// B sequences, T input tokens, N scored tokens. The last token of a completion is a target only:
/// nothing is predicted from it, so it is not an input.
struct PackedBatch {
    std::vector<std::int32_t> tokens;      // (T)
    std::vector<Index> offsets{0};         // (B + 1) into tokens
    std::vector<Index> rows;               // (N) input row that predicts the target
    std::vector<std::int32_t> targets;     // (N)
    std::vector<Index> target_offsets{0};  // (B + 1) into targets

    Index sequences() const noexcept { return static_cast<Index>(offsets.size()) - 1; }

    /// Appends prompt + completion; every completion token is scored. Neither may be empty.
    void add(std::span<const std::int32_t> prompt, std::span<const std::int32_t> completion) {
        expects(!prompt.empty() && !completion.empty(), [&] {
            return "sequence " + std::to_string(sequences()) + " has an empty " +
                   (prompt.empty() ? "prompt" : "completion") + ": drop it before packing";
        });
        const auto first = static_cast<Index>(tokens.size() + prompt.size()) - 1;
        tokens.insert(tokens.end(), prompt.begin(), prompt.end());
        tokens.insert(tokens.end(), completion.begin(), completion.end() - 1);
        offsets.push_back(static_cast<Index>(tokens.size()));
        for (std::size_t j = 0; j < completion.size(); ++j) {
            rows.push_back(first + static_cast<Index>(j));
            targets.push_back(completion[j]);
        }
        target_offsets.push_back(static_cast<Index>(targets.size()));
    }

    /// Forgets the sequences, keeps the memory.
    void clear() {
        tokens.clear();
        offsets.assign(1, 0);
        rows.clear();
        targets.clear();
        target_offsets.assign(1, 0);
    }
};

/// Splits sequences, in order, into runs of at most `budget` tokens (a longer sequence stands
/// alone). Returns the first sequence of each run and, at the end, B.
inline std::vector<Index> token_budgeted_runs(View<const Index> lengths /* (B) */, Index budget) {
    std::vector<Index> first{0};
    Index used = 0;
    for (Index b = 0; b < lengths.size; ++b) {
        if (used > 0 && used + lengths[b] > budget) {
            first.push_back(b);
            used = 0;
        }
        used += lengths[b];
    }
    first.push_back(lengths.size);
    return first;
}

}  // namespace gppo
