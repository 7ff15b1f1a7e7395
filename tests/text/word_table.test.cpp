// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/word_table.hpp>

#include <string>

TEST_CASE("every word is found, and nothing else", "[text][word_table]") {
    gppo::WordTable table(5000);
    for (int i = 0; i < 5000; ++i)
        table.add(std::string(static_cast<std::size_t>(i % 19), 'x') + std::to_string(i), i);
    int wrong = 0;
    for (int i = 0; i < 5000; ++i) {
        const std::string word =
            std::string(static_cast<std::size_t>(i % 19), 'x') + std::to_string(i);
        wrong += table.id(word) != i;
        wrong += table.id(word + "y") != -1;
    }
    CHECK(wrong == 0);
    CHECK(gppo::WordTable().id("x") == -1);
    CHECK(gppo::WordTable().id("") == -1);
}
