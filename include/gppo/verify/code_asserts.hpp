// SPDX-License-Identifier: Apache-2.0
//
// Assert scripts that are no more than calls with literal arguments and literal answers, as calls:
// their expected answers then never leave the host. Everything else is run as a script, apart from
// the program (code_script.hpp).
//   def check(candidate):
//       assert candidate(nums = [2, 7], target = 9) == [0, 1]
//       assert is_same_list(candidate(head = list_node([1])), list_node([1]))
//   check(Solution().twoSum)
#pragma once

#include <gppo/verify/code_literal.hpp>
#include <gppo/verify/code_tests.hpp>
#include <gppo/verify/code_value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

class AssertReader {
  public:
    AssertReader(std::string_view script, std::string entry_point)
        : reader_(script), entry_point_(std::move(entry_point)) {}

    std::optional<std::vector<CodeCall>> calls() {
        bool checked = false;
        for (reader_.skip(true); reader_.good && !reader_.at_end(); reader_.skip(true))
            statement(checked);
        if (!reader_.good || calls_.empty()) return std::nullopt;
        for (auto& call : calls_) {
            if (call.function != "candidate") continue;
            if (entry_point_.empty()) return std::nullopt;
            call.function = entry_point_;
        }
        return std::move(calls_);
    }

  private:
    void statement(bool& checked) {
        const std::string word = reader_.name();
        if (word == "assert") {
            assertion();
        } else if (word == "def" && calls_.empty()) {  // one function, at the start
            reader_.good = reader_.good && reader_.name() == "check";
            for (const char* token : {"(", "candidate", ")", ":"}) reader_.need(token);
        } else if (word == "METADATA") {
            reader_.need("=");
            reader_.value();
        } else if (word == "check" && !checked) {
            checked = true;
            reader_.open("(");
            const std::string what = function();
            reader_.close(")");
            if (what != "candidate") entry_point_ = what;
        } else {
            reader_.good = false;
        }
        reader_.skip();
        reader_.good = reader_.good && (reader_.at_end() || reader_.peek() == '\n');
    }

    /// name, or Solution().name
    std::string function() {
        std::string what = reader_.name();
        if (what.empty()) reader_.good = false;
        if (what == "Solution" && reader_.take("()")) {
            reader_.need(".");
            const std::string method = reader_.name();
            reader_.good = reader_.good && !method.empty();
            what += "." + method;
        }
        return what;
    }

    void assertion() {
        CodeCall call;
        call.function = function();
        const bool nodes = call.function == "is_same_list" || call.function == "is_same_tree";
        reader_.open("(");
        if (nodes) {
            call.function = function();
            reader_.open("(");
            arguments(call);
            reader_.need(",");
            call.expected = reader_.value();
            reader_.close(")");
        } else {
            arguments(call);
            reader_.need("==");
            call.expected = reader_.value();
        }
        reader_.skip();
        if (reader_.take(",")) reader_.value();  // the message
        calls_.push_back(std::move(call));
    }

    /// Up to the closing parenthesis of a call.
    void arguments(CodeCall& call) {
        Json named = Json::array();
        bool comma = true;
        for (reader_.skip(); reader_.good && reader_.peek() != ')'; reader_.skip()) {
            reader_.good = comma;
            LiteralReader ahead = reader_;
            const std::string key = ahead.name();
            ahead.skip();
            if (!key.empty() && ahead.take("=") && ahead.peek() != '=') {
                reader_ = ahead;
                named.push_back(Json::array({key, reader_.value()}));
            } else {
                reader_.good = reader_.good && named.empty();
                call.arguments.push_back(reader_.value());
            }
            comma = reader_.take(",");
        }
        reader_.close(")");
        call.named = {{"d", named}};
    }

    LiteralReader reader_;
    std::string entry_point_;
    std::vector<CodeCall> calls_;
};

/// The calls of `script`, or nothing if a statement of it is anything else.
inline std::optional<std::vector<CodeCall>> calls_of_asserts(std::string_view script,
                                                             std::string_view entry_point) {
    return AssertReader(script, std::string(entry_point)).calls();
}

}  // namespace gppo
