// SPDX-License-Identifier: Apache-2.0
//
// One turn of a conversation, as chat templates and data rows see it.
#pragma once

#include <string>

namespace gppo {

/// role: "system", "user", "assistant" or "tool". content: UTF-8 text.
struct Message {
    std::string role;
    std::string content;

    friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace gppo
