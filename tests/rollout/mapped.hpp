// SPDX-License-Identifier: Apache-2.0
//
// The answer of a server as text, mapped to a completion.
#pragma once

#include <gppo/rollout/server_call.hpp>

#include <string>
#include <vector>

template <gppo::ServerDialect D>
gppo::Served mapped(const D& dialect, const nlohmann::json& answer,
                    std::vector<std::int32_t> stop = {}) {
    gppo::Sampling sampling;
    sampling.stop = std::move(stop);
    return dialect.completion(gppo::Answer(answer, "http://h:1/p"), sampling);
}

template <gppo::ServerDialect D>
gppo::ServerCall asked(const D& dialect, const gppo::Sampling& sampling) {
    const std::vector<std::int32_t> prompt{5, 6, 7};
    return dialect.generate({prompt, 20, 1234}, sampling);
}
