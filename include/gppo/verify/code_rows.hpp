// SPDX-License-Identifier: Apache-2.0
//
// Reads the tests of a row of data. Formats known by their fields:
//   inputs, outputs, fn_name                           TACO, APPS (input_output may hold them as
//   text) reward_model.ground_truth with those, or with      verl, Klear
//     functional (asserts), timeout, max_test_cases
//   [{input, output, testtype}], public_test_cases     LiveCodeBench
//   test, entry_point, prompt                          HumanEval
//   test_list, test_setup_code                         MBPP
//   tests with any of these                            rLLM's files
// pytest files and pickled tests are refused with a message.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/verify/code_asserts.hpp>
#include <gppo/verify/code_json.hpp>
#include <gppo/verify/code_tests.hpp>
#include <gppo/verify/code_value.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

namespace code_rows {

inline Json parsed(const Json& value, const char* what) {
    if (!value.is_string()) return value;
    Json result = parse_tests(value.get_ref<const std::string&>());
    expects(!result.is_discarded(),
            [&] { return std::string("tests: \"") + what + "\" is not valid JSON"; });
    return result;
}

inline std::string text_of(const Json& value) {
    if (is_long_integer(value)) return text_of(value[long_integer_key]);
    return value.is_string() ? value.get<std::string>() : value.dump();
}

/// A test's input as text: LiveCodeBench has text, APPS may have a list of lines.
inline std::string input_text(const Json& value) {
    if (!value.is_array()) return text_of(value);
    std::string text;
    for (const auto& line : value) text += text_of(line) + "\n";
    return text;
}

/// Arguments of one call. A list is the arguments; text is one JSON value a line.
inline Json arguments(const Json& input) {
    if (input.is_array()) return tagged(input);
    expects(input.is_string(), "tests: the input of a call is neither a list nor text");
    Json list = Json::array();
    for (std::string_view line : stripped_lines(input.get_ref<const std::string&>())) {
        if (line.empty()) continue;
        const Json value = parse_tests(line);
        expects(!value.is_discarded(), "tests: an argument of a call is not valid JSON");
        list.push_back(tagged(value));
    }
    return list;
}

inline CodeCall call(const std::string& function, const Json& input, const Json& output) {
    CodeCall result;
    result.function = function;
    result.arguments = arguments(input);
    if (output.is_string() && input.is_string()) {  // LiveCodeBench: both are text
        const Json value = parse_tests(output.get_ref<const std::string&>());
        expects(!value.is_discarded(), "tests: an expected answer is not valid JSON");
        result.expected = tagged(value);
        return result;
    }
    result.expected = tagged(output);
    // APPS writes some answers as a list around the answer; both count, as in its own harness.
    if (output.is_array() && output.size() == 1) result.alternatives = {tagged(output[0])};
    return result;
}

/// {"inputs": [...], "outputs": [...], "fn_name": "..."}
inline void add_pairs(CodeTests& tests, const Json& pairs) {
    const Json& inputs = pairs["inputs"];
    const Json& outputs = pairs["outputs"];
    expects(inputs.is_array() && outputs.is_array() && inputs.size() == outputs.size(),
            "tests: inputs and outputs must be lists of one length");
    const auto name = pairs.find("fn_name");
    const bool calls = name != pairs.end() && name->is_string() && *name != "";
    tests.kind = calls ? CodeTestKind::call : CodeTestKind::program;
    tests.prelude = tests.equality.tuples_are_lists = calls;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (calls)
            tests.calls.push_back(call(name->get<std::string>(), inputs[i], outputs[i]));
        else
            tests.cases.push_back({input_text(inputs[i]), input_text(outputs[i])});
    }
}

/// [{"input": ..., "output": ..., "testtype": "stdin" | "functional"}, ...]
inline void add_list(CodeTests& tests, const Json& list, std::string function) {
    for (const Json& one : list) {
        expects(one.is_object() && one.contains("input") && one.contains("output"),
                "tests: an entry lacks input or output");
        if (one.contains("metadata") && one["metadata"].is_object())
            function = one["metadata"].value("func_name", function);
        const bool calls = one.value("testtype", "stdin") == "functional";
        if (calls) {
            expects(!function.empty(), "tests: functional, but no func_name in the metadata");
            tests.kind = CodeTestKind::call;
            tests.prelude = tests.equality.tuples_are_lists = true;
            tests.calls.push_back(call(function, one["input"], one["output"]));
        } else {
            tests.cases.push_back({input_text(one["input"]), input_text(one["output"])});
        }
    }
    expects(tests.calls.empty() || tests.cases.empty(),
            "tests: calls and standard input cannot be mixed in one row");
}

inline void add_script(CodeTests& tests, const std::string& script) {
    tests.kind = CodeTestKind::script;
    tests.script = script;
    tests.prelude = tests.before.empty();
    if (auto calls = calls_of_asserts(script, tests.entry_point)) {
        tests.kind = CodeTestKind::call;
        tests.calls = std::move(*calls);
    }
}

inline std::string joined_script(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    std::string script;
    expects(value.is_array(), "tests: asserts must be text or a list of texts");
    for (const auto& line : value) script += text_of(line) + "\n";
    return script;
}

inline void read_settings(CodeTests& tests, const Json& row) {
    if (row.contains("timeout") && row["timeout"].is_number()) {
        const double seconds = row["timeout"].get<double>();
        expects(seconds > 0 && seconds <= 3600,
                "tests: timeout must lie between 0 and 3600 seconds");
        tests.limits.set_timeout(seconds);
    }
    if (row.contains("memory_limit_mb") && row["memory_limit_mb"].is_number_unsigned())
        tests.limits.memory_bytes = row["memory_limit_mb"].get<std::size_t>() << 20;
    if (row.contains("max_test_cases") && row["max_test_cases"].is_number_unsigned())
        tests.most = row["max_test_cases"].get<std::size_t>();
    if (row.contains("language") && row["language"].is_string())
        if (const auto language = fence_language(row["language"].get<std::string>()))
            tests.language = *language;
    if (row.contains("compare") && row["compare"].is_string()) {
        const auto rule = output_rule(row["compare"].get<std::string>());
        expects(rule.has_value(), "tests: compare is exact, whitespace, decimal or tolerance");
        tests.rule = *rule;
        if (*rule == OutputRule::tolerance) tests.equality.tolerance = tests.tolerance;
    }
    if (row.contains("tolerance") && row["tolerance"].is_number()) {
        tests.tolerance = row["tolerance"].get<double>();
        tests.rule = OutputRule::tolerance;
        tests.equality.tolerance = tests.tolerance;
    }
}

inline std::string function_name(const Json& row) {
    for (const char* key : {"entry_point", "fn_name"})
        if (row.contains(key) && row[key].is_string()) return row[key].get<std::string>();
    if (row.contains("metadata")) {
        const Json metadata = parsed(row["metadata"], "metadata");
        if (metadata.is_object() && metadata.contains("func_name") &&
            metadata["func_name"].is_string())
            return metadata["func_name"].get<std::string>();
    }
    return {};
}

/// False if `row` holds no tests that are known.
inline bool read_tests(CodeTests& tests, const Json& row) {
    if (row.is_array()) {
        add_list(tests, row, tests.entry_point);
        return !row.empty();
    }
    if (!row.is_object()) return false;
    read_settings(tests, row);
    if (const auto name = function_name(row); !name.empty()) tests.entry_point = name;
    expects(!row.contains("pytest"), "tests: pytest files are not run; give asserts instead");
    if (row.contains("inputs") && row.contains("outputs")) return add_pairs(tests, row), true;
    if (row.contains("functional"))
        return add_script(tests, joined_script(row["functional"])), true;
    if (row.contains("test_list")) {
        const std::string setup = row.value("test_setup_code", "");
        return add_script(tests, setup + "\n" + joined_script(row["test_list"])), true;
    }
    if (row.contains("test") && row["test"].is_string()) {
        if (row.contains("prompt") && row["prompt"].is_string())
            tests.before = row["prompt"].get<std::string>();
        add_script(tests, row["test"].get<std::string>());
        return true;
    }
    if (row.contains("public_test_cases") || row.contains("private_test_cases")) {
        for (const char* key : {"public_test_cases", "private_test_cases"})
            if (row.contains(key) && !row[key].is_null())
                add_list(tests, parsed(row[key], key), tests.entry_point);
        return tests.size() > 0;
    }
    for (const char* key : {"input_output", "ground_truth", "tests", "test_cases"})
        if (row.contains(key)) return read_tests(tests, parsed(row[key], key));
    if (row.contains("reward_model")) return read_tests(tests, row["reward_model"]);
    return false;
}

}  // namespace code_rows

/// The tests of `row`, best from parse_tests(). Error where it has none, or of a kind that is not
/// run.
inline CodeTests read_code_tests(const Json& row) {
    CodeTests tests;
    expects(code_rows::read_tests(tests, row) && tests.size() > 0,
            "tests: the row has none that are known (inputs and outputs, functional, test, "
            "test_list, public_test_cases)");
    if (tests.most == 0) code_rows::read_settings(tests, row);
    return tests;
}

}  // namespace gppo
