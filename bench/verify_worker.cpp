// SPDX-License-Identifier: Apache-2.0
//
// Our side of bench/verify.py: reads ["gold", "response"] on standard input, one a line, judges it
// and answers with ["verdict", seconds]. The time is that of the judgement alone.
#include <gppo/verify/maths.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <string>

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const auto row = nlohmann::json::parse(line);
        const std::string gold = row[0], response = row[1];
        const auto start = std::chrono::steady_clock::now();
        const gppo::Judgement judged = gppo::judge_maths(gold, response);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        const nlohmann::json answer{gppo::verdict_name(judged.verdict), took.count()};
        std::cout << answer.dump() << std::endl;
    }
}
