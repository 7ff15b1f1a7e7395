// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/answer_symbols.hpp>

#include <set>
#include <string>

namespace {

template <class Table>
std::size_t twice_with_another_meaning(const Table& table) {
    std::size_t count = 0;
    for (const auto& [name, sign] : table)
        for (const auto& [other, meaning] : table) count += name == other && sign != meaning;
    return count;
}

}  // namespace

TEST_CASE("no command or character means two signs", "[verify][answer_symbols]") {
    CHECK(twice_with_another_meaning(gppo::command_symbols) == 0);
    CHECK(twice_with_another_meaning(gppo::unicode_symbols) == 0);
    CHECK(twice_with_another_meaning(gppo::unicode_commands) == 0);
    CHECK(twice_with_another_meaning(gppo::unicode_text) == 0);
}

TEST_CASE("the tables have no empty row, and characters are outside ASCII",
          "[verify][answer_symbols]") {
    const auto check = [](const auto& table, bool unicode) {
        for (const auto& [name, sign] : table) {
            INFO(name << " is " << sign);
            CHECK(!name.empty());
            CHECK(!sign.empty());
            CHECK((!name.empty() && static_cast<unsigned char>(name[0]) >= 0x80) == unicode);
        }
    };
    check(gppo::command_symbols, false);
    check(gppo::unicode_symbols, true);
    check(gppo::unicode_commands, true);
    check(gppo::unicode_text, true);
    for (const auto name : gppo::ignored_commands) CHECK(!name.empty());
    for (const auto name : gppo::text_commands) CHECK(!name.empty());
}

TEST_CASE("no character is the beginning of a later one", "[verify][answer_symbols]") {
    for (const auto& [name, sign] : gppo::unicode_symbols)
        CHECK(gppo::find_prefix(gppo::unicode_symbols, name)->second == sign);
    CHECK(gppo::find_symbol(gppo::command_symbols, "leq")->second == "<=");
    CHECK_FALSE(gppo::find_symbol(gppo::command_symbols, "le q"));
    CHECK(gppo::find_prefix(gppo::unicode_symbols, "≤5")->second == "<=");
    CHECK_FALSE(gppo::find_prefix(gppo::unicode_symbols, "5≤"));
    CHECK(gppo::contains_name(gppo::text_commands, "mbox"));
    CHECK_FALSE(gppo::contains_name(gppo::text_commands, "box"));
}
