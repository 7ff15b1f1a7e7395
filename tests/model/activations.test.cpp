// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/activations.hpp>
#include <gppo/model/qwen3_sizes.hpp>

using namespace gppo;

TEST_CASE("what a token of Qwen3-8B leaves, on a sheet of paper", "[model][memory]") {
    const Qwen3Config c = published_qwen3("Qwen3-8B").value();
    // 12288 + 2 + 6144 + 5120 + 40 + 4096 + 32 + 24576
    CHECK(layer_floats(c) == 52298);
    // 2 x 4096 + 6144 + 5120 + 4096 + 24576, and 40 + 32
    CHECK(rounded_width(c) == 48128);
    CHECK(unrounded_width(c) == 72);
    CHECK(activation_bytes(c, Activations::kept) == 36 * 4 * 52298);
    CHECK(activation_bytes(c, Activations::recomputed) == 4 * 52298);
    CHECK(activation_bytes(c, Activations::rounded) == 36 * (2 * 48128 + 4 * 72) + 4 * 52226);
    CHECK(layer_inputs(c, Activations::kept) == 37);
    CHECK(layer_inputs(c, Activations::rounded) == 2);
}

TEST_CASE("activations by name", "[model]") {
    CHECK(activations_from_name("kept") == Activations::kept);
    CHECK(activations_from_name("rounded") == Activations::rounded);
    CHECK(activations_from_name("recomputed") == Activations::recomputed);
    CHECK_THROWS_AS(activations_from_name("half"), Error);
}
