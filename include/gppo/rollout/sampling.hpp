// SPDX-License-Identifier: Apache-2.0
//
// What a rollout is asked to sample, and where its random numbers come from: completion g of
// request r draws token i with Philox at counter (completion_stream(r, g), i). So a completion
// depends on the seed, its request and its prompt alone, never on what else was generated beside
// it.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/core/view.hpp>
#include <gppo/kernel/sample.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gppo {

/// The defaults sample the model's own distribution.
struct Sampling {
    float temperature = 1.0f;  ///< > 0; for the most likely token use `greedy`
    int top_k = 0;             ///< keep the k largest logits; 0 keeps all
    float top_p = 1.0f;        ///< keep the smallest set of tokens with this mass, (0, 1]
    float min_p = 0.0f;        ///< keep tokens with at least this share of the largest, [0, 1]
    bool greedy = false;       ///< argmax, lowest id on ties; logp is still at `temperature`
    std::vector<std::int32_t> stop{};  ///< tokens that end a completion (and belong to it)
    /// Whether a completion ends with its last token, asked after each (stop_strings.hpp). Only in
    /// this process: servers are not sent it.
    std::function<bool(View<const std::int32_t> tokens)> ends{};

    bool stops(std::int32_t token) const {
        return std::find(stop.begin(), stop.end(), token) != stop.end();
    }
    bool stops(const std::vector<std::int32_t>& tokens) const {
        return stops(tokens.back()) || (ends && ends(tokens));
    }
};

/// Checks the ranges. Throws Error naming the field.
inline SampleRule sample_rule(const Sampling& s) {
    const auto check = [](bool good, const char* field, double value, const char* range) {
        expects(good, [&] {
            return "sampling: " + std::string(field) + " is " + std::to_string(value) +
                   ", it must be " + range;
        });
    };
    check(math::finite(s.temperature) && s.temperature > 0.0f, "temperature",
          static_cast<double>(s.temperature), "above 0 (set greedy for the most likely token)");
    check(s.top_k >= 0, "top_k", s.top_k, "0 (off) or more");
    check(s.top_p > 0.0f && s.top_p <= 1.0f, "top_p", static_cast<double>(s.top_p), "in (0, 1]");
    check(s.min_p >= 0.0f && s.min_p <= 1.0f, "min_p", static_cast<double>(s.min_p), "in [0, 1]");
    return {1.0f / s.temperature, s.top_k, s.top_p, s.min_p, s.greedy};
}

/// The high counter word of completion `index` of request `id`. The key is arbitrary but fixed.
inline std::uint64_t completion_stream(std::uint64_t id, Index index) {
    return Philox{0x67707067656E6572u}.bits(id, static_cast<std::uint64_t>(index));
}

/// Uniform in [0, 1) with 53 bits, for the token at `position` of a completion.
inline double sample_uniform(std::uint64_t seed, std::uint64_t stream, Index position) {
    const std::uint64_t bits = Philox{seed}.bits(stream, static_cast<std::uint64_t>(position));
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace gppo
