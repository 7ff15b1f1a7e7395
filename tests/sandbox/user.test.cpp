// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/sandbox/user.hpp>

#include <set>

using namespace gppo;

TEST_CASE("Only root needs another user, and gets a new one each time", "[sandbox][user]") {
    if (::geteuid() != 0) {
        CHECK(unused_user() == 0);
        return;
    }
    std::set<uid_t> users;
    for (int i = 0; i < 100; ++i) users.insert(unused_user());
    CHECK(users.count(0) == 0);
    if (user_exists(1'200'000'000)) CHECK(users.size() == 100);
}

TEST_CASE("Our own number exists, and our processes are counted", "[sandbox][user]") {
    CHECK(user_exists(::getuid()));
    CHECK_FALSE(user_exists(std::uint64_t{1} << 40));
    CHECK(processes_of_this_user() >= 1);
}
