// SPDX-License-Identifier: Apache-2.0
//
// In place of rollout_server.cpp where cpp-httplib is not installed.
#include "completions.hpp"

std::shared_ptr<Server> make_server(const RolloutConfig& c, const gppo::Qwen3Config&) {
    throw gppo::Error("rollout.backend " + c.backend +
                      " needs an HTTP client, which this build lacks: install libcpp-httplib-dev "
                      "and pkgconf, then build again");
}
