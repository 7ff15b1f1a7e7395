// SPDX-License-Identifier: Apache-2.0
//
// One row of training data, whatever file it came from: what is asked, and how the answer is
// judged.
#pragma once

#include <gppo/core/view.hpp>
#include <gppo/text/message.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace gppo {

/// A row. Empty strings stand for what the row does not have.
struct Record {
    std::vector<Message> prompt;  ///< the turns before the response, in order
    std::string response;         ///< a reference response, for SFT
    std::string gold;             ///< the right answer; for code, the tests as JSON text
    std::string data_source;      ///< verl's name, which chooses the verifier
    std::string ability;          ///< "math", "code", …
    Index row = 0;                ///< line (JSONL) or element (JSON array) it came from, from 1
    nlohmann::json raw;           ///< the row as read, unknown fields included
};

}  // namespace gppo
