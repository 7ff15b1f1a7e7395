// SPDX-License-Identifier: Apache-2.0
//
// Left out, for no_data_endpoint.cpp, where cpp-httplib is not installed.
#include "data_endpoint.hpp"

#include <gppo/rollout/http.hpp>

#include <cstdlib>
#include <memory>

Endpoint make_endpoint(const std::string& url, double deadline_seconds) {
    gppo::HttpOptions options;
    options.deadline_seconds = deadline_seconds;
    if (const char* key = std::getenv("GPPO_JUDGE_KEY")) options.bearer = key;
    const auto client = std::make_shared<gppo::HttpClient>(url, options);
    return [client](const std::string& path, const nlohmann::json& body) {
        return (*client)(gppo::ServerCall{path, body}).body;
    };
}
