// SPDX-License-Identifier: Apache-2.0
//
// OpenAI-compatible endpoints for gppo data: several connections at a time.
#pragma once

#include <nlohmann/json.hpp>

#include <functional>
#include <string>

/// One connection: POST of a path and a body, the answer's text. Throws gppo::Error.
using Endpoint = std::function<std::string(const std::string& path, const nlohmann::json& body)>;

/// `url` as far as /v1. The key comes from GPPO_JUDGE_KEY. Throws gppo::Error for a bad address,
/// and where this build has no HTTP client.
Endpoint make_endpoint(const std::string& url, double deadline_seconds);
