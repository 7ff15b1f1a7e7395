// SPDX-License-Identifier: Apache-2.0
//
// Our side of bench/tokenizer.py. Arguments: tokenizer.json, and a JSON file {"case": [text, ...]}.
// Reads "encode CASE", "decode CASE" or "load" on standard input, one a line, does it once on one
// thread and answers with {"seconds": ..., "ids": ..., "sum": ...}.
#include <gppo/core/file.hpp>
#include <gppo/text/tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

using Ids = std::vector<std::int32_t>;

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const gppo::Tokenizer tokenizer = gppo::Tokenizer::from_file(arguments[1]);
    const auto cases = nlohmann::json::parse(gppo::read_file(arguments[2]))
                           .get<std::map<std::string, std::vector<std::string>>>();
    for (std::string line; std::getline(std::cin, line);) {
        const std::string verb = line.substr(0, line.find(' '));
        const auto found =
            verb == "load" ? cases.begin() : cases.find(line.substr(verb.size() + 1));
        std::vector<Ids> ids;
        std::uint64_t total = 0, sum = 0;
        const auto encode = [&] {
            for (const std::string& text : found->second) ids.push_back(tokenizer.encode(text));
        };
        if (verb == "decode") encode();
        const auto start = std::chrono::steady_clock::now();
        if (verb == "encode") encode();
        if (verb == "decode")
            for (const Ids& each : ids) sum += tokenizer.decode(each).size();
        if (verb == "load")
            sum = static_cast<std::uint64_t>(gppo::Tokenizer::from_file(arguments[1]).vocab_size());
        const double took = seconds_since(start);
        for (const Ids& each : ids)
            for (const std::int32_t id : each)
                ++total, sum += verb == "encode" ? static_cast<std::uint64_t>(id) : 0;
        std::cout << nlohmann::json{{"seconds", took}, {"ids", total}, {"sum", sum}}.dump()
                  << std::endl;
    }
}
