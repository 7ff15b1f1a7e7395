// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/think_format.hpp>

using gppo::think_format;

TEST_CASE("a response thinks once and then answers", "[verify][think_format]") {
    CHECK(think_format("<think>a</think>b").well_formed);
    CHECK(think_format("\n<think>\n</think>\n\nb").well_formed);
    CHECK_FALSE(think_format("").well_formed);
    CHECK_FALSE(think_format("b").well_formed);
    CHECK_FALSE(think_format("<think>a").well_formed);
    CHECK_FALSE(think_format("<think>a</think>").well_formed);
    CHECK_FALSE(think_format("<think>a</think>\n ").well_formed);
    CHECK_FALSE(think_format("a</think>b").well_formed);
    CHECK_FALSE(think_format("</think>a<think>b").well_formed);
    CHECK_FALSE(think_format("x<think>a</think>b").well_formed);
    CHECK_FALSE(think_format("<think><think>a</think>b").well_formed);
    CHECK_FALSE(think_format("<think>a</think></think>b").well_formed);
}

TEST_CASE("a prompt may have opened the thinking", "[verify][think_format]") {
    CHECK(think_format("a</think>b", true).well_formed);
    CHECK_FALSE(think_format("<think>a</think>b", true).well_formed);
    CHECK(think_format("a</think>b", true).tags.opened);
    CHECK_FALSE(think_format("a", true).tags.closed);
    CHECK_FALSE(think_format("a</think>b").tags.opened);
}
