// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/kl/k2.hpp>
#include <gppo/kl/term.hpp>

#include <type_traits>

using namespace gppo;

static_assert(std::is_same_v<decltype(KlTerm{K2{}, 0.1f}), KlTerm<K2>>);

TEST_CASE("a KL term does not train unless it is given a coefficient", "[kl][term]") {
    CHECK(KlTerm{K2{}}.coefficient == 0.0f);
    CHECK(KlTerm{K2{}, 0.1f}.coefficient == 0.1f);
}
