// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/error.hpp>

using gppo::Error;
using gppo::expects;

TEST_CASE("expects is silent when the condition holds and throws its sentence when it does not",
          "[core][error]") {
    CHECK_NOTHROW(expects(true, "unused"));
    CHECK_THROWS_AS(expects(false, "what, where, remedy"), Error);
    try {
        expects(false, [] { return std::string("row 3: ") + "empty"; });
        FAIL("must throw");
    } catch (const Error& error) {
        CHECK(std::string(error.what()) == "row 3: empty");
    }
}

TEST_CASE("a lazy message is built only on failure", "[core][error]") {
    int built = 0;
    expects(true, [&] { return ++built, std::string(); });
    CHECK(built == 0);
}
