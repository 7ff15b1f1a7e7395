// SPDX-License-Identifier: Apache-2.0
#include "completions.hpp"

#include <utility>

Complete from_decoder(AnyDecoder& decoder) {
    return [&decoder](std::span<const gppo::Request> requests, Index group,
                      const gppo::Sampling& sampling, std::uint64_t seed) {
        std::vector<std::vector<gppo::Served>> served;
        for (auto& row : decoder.complete(requests, group, sampling, seed)) {
            served.emplace_back();
            for (gppo::Completion& each : row)
                served.back().push_back({.completion = std::move(each), .weights = {}});
        }
        return served;
    };
}

Complete from_server(std::shared_ptr<Server> server) {
    return [server](std::span<const gppo::Request> requests, Index group,
                    const gppo::Sampling& sampling, std::uint64_t seed) {
        gppo::expects(!sampling.ends,
                      "eval.stop: stop strings work with rollout.backend = \"local\" only; leave "
                      "them out, or sample in this process");
        auto served = server->complete(requests, group, sampling, seed);
        for (std::size_t r = 0; r < served.size(); ++r)
            for (const gppo::Served& each : served[r])
                gppo::expects(!each.aborted, [&] {
                    return "rollout.url: the server aborted a completion of request id " +
                           std::to_string(requests[r].id) +
                           "; does another program load weights or abort requests there?";
                });
        return served;
    };
}
