// SPDX-License-Identifier: Apache-2.0
//
// gppo::Error: what was wrong, where, and what to do. Thrown on the host only.
#pragma once

#include <stdexcept>
#include <string>

namespace gppo {

/// The one exception the library throws. The message is a single line: what, where, remedy.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws Error(message) unless `condition` holds. `message` may be a string or a callable that
/// builds one, so that the text costs nothing when all is well.
template <class Message>
void expects(bool condition, Message&& message) {
    if (condition) return;
    if constexpr (requires { message(); })
        throw Error(message());
    else
        throw Error(std::string(message));
}

}  // namespace gppo
