// SPDX-License-Identifier: Apache-2.0
//
// Environment: what answers a reply of the model, such as a tool that runs the program in it. It
// sees token ids and gives token ids, so that nothing the model sampled is ever tokenised again.
//
//   environment(turns) -> observations, one a turn, in order
//
// It is asked for many turns at once, so that it may work on them side by side. It is const: an
// observation is a function of its turn alone, whatever else is in the batch.
#pragma once

#include <gppo/core/view.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

namespace gppo {

/// A reply of the model that ended of its own accord.
struct Turn {
    View<const std::int32_t> prompt{};  // (P)
    View<const std::int32_t> before{};  ///< of the completion, in front of this turn  // (T)
    View<const std::int32_t> tokens{};  ///< of this turn, the stop token included  // (N)
    std::uint64_t request = 0;
    Index index = 0, number = 0;  ///< completion of the request, turn of the completion
};

/// What the environment says to a turn. The default: the turn calls nothing and was the last.
struct Observation {
    std::vector<std::int32_t> tokens{};  ///< follow the turn; the model reads and never learns them
    bool called = false;                 ///< the turn asked for something: the model goes on
    bool well_formed = true;             ///< and could be read
    bool failed = false;                 ///< the program ended badly or over a limit
    bool broken = false;  ///< the environment itself failed: the completion teaches nothing
};

/// Called as environment(turns) on a const environment, it returns their observations.
template <class E>
concept MapsTurnsToObservations = requires(const E environment, std::span<const Turn> turns) {
    { environment(turns) } -> std::same_as<std::vector<Observation>>;
};

/// An environment maps turns of the model to observations.
template <class E>
concept Environment = MapsTurnsToObservations<E>;

}  // namespace gppo
