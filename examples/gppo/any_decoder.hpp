// SPDX-License-Identifier: Apache-2.0
//
// gppo::Qwen3Decoder with its backend chosen at run time: one call a rollout.
#pragma once

#include <gppo/rollout/request.hpp>
#include <gppo/rollout/sampling.hpp>

#include <cstdint>
#include <span>
#include <vector>

/// Completions at once where the model is in far memory, as far as a third of that goes for their
/// keys and values.
inline constexpr gppo::Index far_slots = 256;

class AnyDecoder {
  public:
    virtual ~AnyDecoder() = default;
    /// Takes over the model's weights as they are now.
    virtual void load() = 0;
    /// gppo::generate.
    virtual std::vector<std::vector<gppo::Completion>> complete(
        std::span<const gppo::Request> requests, gppo::Index group, const gppo::Sampling& sampling,
        std::uint64_t seed) = 0;
};
