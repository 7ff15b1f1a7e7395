// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/token.hpp>

#include <type_traits>

using namespace gppo;

static_assert(std::is_aggregate_v<Token<float>> && std::is_trivially_copyable_v<Token<float>>);
static_assert(std::is_aggregate_v<Term<double>> && std::is_trivially_copyable_v<Term<double>>);

TEST_CASE("a token starts on-policy: ratio one, advantage zero", "[core][token]") {
    constexpr Token<float> token{};
    CHECK(token.ratio == 1.0f);
    CHECK(token.advantage == 0.0f);
}
