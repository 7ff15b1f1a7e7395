// SPDX-License-Identifier: Apache-2.0
//
// Batch: sampled completions packed one after another, no padding anywhere. Everything is a view of
// memory somebody else owns. Only tokens that were sampled by the policy are in it (no prompt
// tokens).
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <concepts>
#include <cstdint>
#include <string>

namespace gppo {

/// B sequences with T tokens in all; the tokens of sequence b are [offsets[b], offsets[b + 1]).
template <std::floating_point T = float>
struct Batch {
    View<const T> logp{};                   ///< under the policy being trained      // (T)
    View<const T> logp_old{};               ///< under the policy that sampled       // (T)
    View<const Index> offsets{};            ///< starts at 0, ends at T, increasing  // (B + 1)
    View<const Index> group{};              ///< equal ids: completions of a prompt  // (B)
    View<T> advantage{};                    ///< written by prepare()                // (B) or (T)
    View<T> coefficient{};                  ///< written by prepare()                // (B)
    View<const std::uint8_t> mask{};        ///< 0: the token does not train         // (T) or empty
    View<const T> logp_ref{};               ///< under the reference policy          // (T) or empty
    View<const T> entropy{};                ///< of the next-token distribution      // (T) or empty
    View<const std::uint8_t> positive{};    ///< 1: the auxiliary SFT loss applies   // (B) or empty
    View<T> positive_coefficient{};         ///< written by prepare()                // (B) or empty
    View<const T> logp_rollout{};           ///< by the engine that sampled          // (T) or empty
    View<const T> entropy_old{};            ///< under the policy of logp_old        // (T) or empty
    View<const std::uint8_t> off_policy{};  ///< 1: another policy wrote it        // (B) or empty

    GPPO_HD constexpr Index sequences() const noexcept {
        return offsets.size > 0 ? offsets.size - 1 : 0;
    }
    GPPO_HD constexpr Index tokens() const noexcept {
        return offsets.size > 0 ? offsets[sequences()] : 0;
    }
    GPPO_HD constexpr Index length(Index b) const noexcept { return offsets[b + 1] - offsets[b]; }
};

/// How much there is to average over. The first four are counts of the WHOLE optimizer step, over
/// all micro-batches and processes; the last two belong to one sequence. Masked tokens are not
/// counted, and neither is a sequence without a token that trains.
struct Extent {
    Index sequences = 0;
    Index tokens = 0;
    Index prompts = 0;
    Index horizon = 0;        ///< longest sequence of the step
    Index length = 0;         ///< tokens of this sequence
    Index prompt_tokens = 0;  ///< tokens of all completions of this sequence's prompt
};

/// Throws unless `size` is `expected`. `field` is the name the caller knows the buffer by.
inline void expects_size(const char* field, Index size, Index expected, const char* shape) {
    expects(size == expected, [&] {
        return std::string("batch.") + field + " has " + std::to_string(size) +
               " elements, expected " + std::to_string(expected) + " (" + shape + ")";
    });
}

/// offsets must start at 0 and increase: no empty sequence. Errors name the row.
inline void expects_offsets(View<const Index> offsets) {
    expects(offsets.size >= 2,
            "batch.offsets needs B + 1 >= 2 elements: the batch has no sequence");
    expects(offsets[0] == 0,
            [&] { return "batch.offsets[0] is " + std::to_string(offsets[0]) + ", expected 0"; });
    for (Index b = 0; b + 1 < offsets.size; ++b)
        expects(offsets[b] < offsets[b + 1], [&] {
            return "batch.offsets[" + std::to_string(b + 1) + "] is " +
                   std::to_string(offsets[b + 1]) + ", not above offsets[" + std::to_string(b) +
                   "] = " + std::to_string(offsets[b]) + ": sequence " + std::to_string(b) +
                   " has no tokens; leave it out";
        });
}

/// Sizes of the fields that say which token belongs where: offsets, group, mask, positive.
template <std::floating_point T>
void validate_layout(const Batch<T>& batch) {
    expects_offsets(batch.offsets);
    expects_size("group", batch.group.size, batch.sequences(), "B");
    if (!batch.mask.empty()) expects_size("mask", batch.mask.size, batch.tokens(), "T");
    if (!batch.positive.empty())
        expects_size("positive", batch.positive.size, batch.sequences(), "B");
}

/// Sizes of everything evaluate() reads.
template <std::floating_point T>
void validate(const Batch<T>& batch) {
    const Index sequences = batch.sequences(), tokens = batch.tokens();
    expects_offsets(batch.offsets);
    expects_size("logp", batch.logp.size, tokens, "T");
    expects_size("logp_old", batch.logp_old.size, tokens, "T");
    if (batch.advantage.size != tokens)
        expects_size("advantage", batch.advantage.size, sequences, "B, or T");
    expects_size("coefficient", batch.coefficient.size, sequences, "B");
    if (!batch.mask.empty()) expects_size("mask", batch.mask.size, tokens, "T");
    if (!batch.logp_ref.empty()) expects_size("logp_ref", batch.logp_ref.size, tokens, "T");
    if (!batch.entropy.empty()) expects_size("entropy", batch.entropy.size, tokens, "T");
    if (!batch.positive.empty()) expects_size("positive", batch.positive.size, sequences, "B");
    if (!batch.logp_rollout.empty())
        expects_size("logp_rollout", batch.logp_rollout.size, tokens, "T");
    if (!batch.entropy_old.empty())
        expects_size("entropy_old", batch.entropy_old.size, tokens, "T");
    if (!batch.off_policy.empty())
        expects_size("off_policy", batch.off_policy.size, sequences, "B");
}

}  // namespace gppo
