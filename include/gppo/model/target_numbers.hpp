// SPDX-License-Identifier: Apache-2.0
//
// What is said of N targets and comes back for them, while one pass over a model makes the one and
// uses the other. All of it is the host's; where the backend's memory is another, parts of it
// travel.
#pragma once

#include <gppo/backend/mirror.hpp>
#include <gppo/core/error.hpp>

namespace gppo {

struct TargetNumbers {
    View<float> logp;            // (N)
    View<float> entropy;         // (N) or empty
    View<const float> dlogp;     // (N)
    View<const float> dentropy;  // (N) or empty

    void check() const {
        expects(dlogp.size == logp.size && (dentropy.empty() || dentropy.size == logp.size),
                "one gradient a target: dlogp, and dentropy unless it is empty");
    }
};

/// There must be room for what is said of N targets.
inline void check_room(Index targets, float temperature, View<const float> logp,
                       View<const float> entropy) {
    expects(temperature > 0, "Qwen3::forward: the temperature must be positive");
    expects(logp.size == targets, "Qwen3::forward: logp must have one place a target");
    expects(entropy.empty() || entropy.size == logp.size,
            "Qwen3::forward: entropy must be empty or have one place a target");
}

/// Calls weigh(first, count), which fills gradients of these targets, with what it reads of them
/// brought to the host before and what it fills sent from there after. In the backend's memory a
/// target's gradients take the place of what they were made from.
template <Backend K, class Weigh>
auto weigh_on_host(Mirror<K, float>& first, Mirror<K, float>& second, const TargetNumbers& host,
                   Weigh& weigh) {
    return [&first, &second, &host, &weigh](Index begin, Index count) {
        const auto part = [=](auto all) { return all.empty() ? all : all.slice(begin, count); };
        first.fetch(begin, part(host.logp)), second.fetch(begin, part(host.entropy));
        weigh(begin, count);
        first.send(begin, part(host.dlogp)), second.send(begin, part(host.dentropy));
    };
}

}  // namespace gppo
