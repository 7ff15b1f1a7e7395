// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/source.hpp>

using gppo::Verifier;

namespace {

gppo::Record from(std::string source) {
    gppo::Record record;
    record.data_source = std::move(source);
    record.row = 12;
    return record;
}

}  // namespace

TEST_CASE("the data source chooses the verifier", "[data][source]") {
    CHECK(gppo::verifier_of(from("openai/gsm8k")) == Verifier::maths);
    CHECK(gppo::verifier_of(from("")) == Verifier::maths);
    CHECK(gppo::verifier_of(from("math_longcot_math_verify_aime2024")) == Verifier::maths);
    CHECK(gppo::verifier_of(from("aime25")) == Verifier::maths);
    CHECK(gppo::verifier_of(from("coder1_longcot_lcbv5")) == Verifier::code);
    CHECK(gppo::verifier_of(from("taco")) == Verifier::code);
}

TEST_CASE("an unknown data source is an error that names the row", "[data][source]") {
    try {
        (void)gppo::verifier_of(from("math_made_up"));
        FAIL("no error");
    } catch (const gppo::Error& error) {
        const std::string text = error.what();
        CHECK(text.find("row 12") != text.npos);
        CHECK(text.find("math_made_up") != text.npos);
    }
}
