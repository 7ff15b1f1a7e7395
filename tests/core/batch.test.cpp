// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/batch.hpp>

#include <type_traits>
#include <vector>

using namespace gppo;
using Catch::Matchers::Contains;

static_assert(std::is_aggregate_v<Batch<>> && std::is_trivially_copyable_v<Batch<double>>);

namespace {

struct Example {
    std::vector<float> logp{-1, -2, -3}, advantage{0, 0}, coefficient{0, 0};
    std::vector<Index> offsets{0, 1, 3}, group{4, 4};
    std::vector<std::uint8_t> bytes{1, 1, 1};

    Batch<> view() {
        return {.logp = logp,
                .logp_old = logp,
                .offsets = offsets,
                .group = group,
                .advantage = advantage,
                .coefficient = coefficient};
    }
};

}  // namespace

TEST_CASE("a batch knows its sequences and tokens", "[core][batch]") {
    Example example;
    const Batch<> batch = example.view();
    CHECK(batch.sequences() == 2);
    CHECK(batch.tokens() == 3);
    CHECK(batch.length(1) == 2);
    CHECK(Batch<>{}.tokens() == 0);
    CHECK_NOTHROW(validate(batch));
}

TEST_CASE("offsets that do not increase from 0 are an error that names the row", "[core][batch]") {
    Example example;
    example.offsets = {0, 3, 3};
    CHECK_THROWS_WITH(validate(example.view()), Contains("sequence 1 has no tokens"));
    example.offsets = {0, 3, 1};
    CHECK_THROWS_WITH(validate(example.view()), Contains("batch.offsets[2] is 1"));
    example.offsets = {1, 2, 3};
    CHECK_THROWS_WITH(validate(example.view()), Contains("batch.offsets[0] is 1"));
    example.offsets = {0};
    CHECK_THROWS_WITH(validate(example.view()), Contains("has no sequence"));
}

TEST_CASE("a buffer of the wrong size is an error that names the field", "[core][batch]") {
    Example example;
    example.offsets = {0, 1, 2};
    CHECK_THROWS_WITH(validate(example.view()), Contains("batch.logp has 3 elements, expected 2"));
    example.offsets = {0, 1, 3};
    Batch<> batch = example.view();
    batch.mask = View<const std::uint8_t>(example.bytes).slice(0, 2);
    CHECK_THROWS_WITH(validate(batch), Contains("batch.mask has 2"));
    CHECK_THROWS_WITH(validate_layout(batch), Contains("batch.mask has 2"));
    batch.mask = {};
    batch.positive = example.bytes;
    CHECK_THROWS_WITH(validate_layout(batch), Contains("batch.positive has 3"));
    batch.positive = {};
    batch.logp_ref = batch.logp.slice(0, 1);
    CHECK_THROWS_WITH(validate(batch), Contains("batch.logp_ref has 1"));
    batch.logp_ref = {};
    batch.coefficient = {};
    CHECK_THROWS_WITH(validate(batch), Contains("batch.coefficient has 0"));
    batch = example.view();
    batch.group = batch.group.slice(0, 1);
    CHECK_THROWS_WITH(validate_layout(batch), Contains("batch.group has 1"));
}

TEST_CASE("advantages may be per sequence or per token, nothing else", "[core][batch]") {
    Example example;
    example.advantage.resize(3);
    CHECK_NOTHROW(validate(example.view()));
    example.advantage.resize(4);
    CHECK_THROWS_WITH(validate(example.view()), Contains("batch.advantage has 4"));
}
