// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/words.hpp>

#include <string>

namespace {

std::string words_of(gppo::WordRule rule, std::string_view text) {
    gppo::Words words(rule);
    words.read("something before");  // nothing of it may stay
    words.read(text);
    std::string joined;
    for (std::size_t i = 0; i < words.size(); ++i) joined += (i ? "|" : "") + std::string(words[i]);
    return joined;
}

}  // namespace

TEST_CASE("words between spaces keep their punctuation, words of letters lose it",
          "[data][words]") {
    const std::string text = " Let $\\frac{M}{2}$,\tbe\n\n the SUM. ";
    CHECK(words_of(gppo::WordRule::spaces, text) == "let|$\\frac{m}{2}$,|be|the|sum.");
    CHECK(words_of(gppo::WordRule::letters, text) == "let|frac|m|2|be|the|sum");
    for (const auto rule : {gppo::WordRule::spaces, gppo::WordRule::letters}) {
        CHECK(words_of(rule, "").empty());
        CHECK(words_of(rule, " \n").empty());
    }
    CHECK(words_of(gppo::WordRule::letters, "?!").empty());
}

TEST_CASE("other scripts are lower-cased and cut as Python does", "[data][words]") {
    CHECK(words_of(gppo::WordRule::spaces, "ÜBER\u00A0ΑΣ\u3000X\u200BY") == "über|ας|x\u200By");
    CHECK(words_of(gppo::WordRule::letters, "ÜBER—ΑΣ x\u0301") == "über|ας|x\u0301");
    CHECK(words_of(gppo::WordRule::spaces, std::string_view("a\x1C\x62 c\0d", 7)) ==
          std::string("a|b|c\0d", 7));
}

TEST_CASE("equal words have equal hashes however the text is written", "[data][words]") {
    gppo::Words a(gppo::WordRule::letters), b(gppo::WordRule::letters);
    a.read("Find $x$, then y\u00E9");
    b.read("find X then yé");
    CHECK(a.text() == b.text());
    CHECK(a.hashes() == b.hashes());
    CHECK(a.run(1, 2) == "x then");
    CHECK(a.run(0, 4) == a.text());
    b.read("find X than yé");
    CHECK(a.hashes()[2] != b.hashes()[2]);
}
