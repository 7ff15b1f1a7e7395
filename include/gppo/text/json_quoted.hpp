// SPDX-License-Identifier: Apache-2.0
//
// Text from a file, as an error message shows it.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gppo {

/// Text as a JSON string: quotes, newlines and broken UTF-8 from a hostile file stay on one line.
inline std::string json_quoted(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace gppo
