// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/report/html_text.hpp>

TEST_CASE("text cannot leave its element or attribute", "[report][html]") {
    CHECK(gppo::html_escape("<b a=\"x\" b='y'>&amp;") ==
          "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
    CHECK(gppo::html_escape("a\nb\tc é") == "a\nb\tc é");
    CHECK(gppo::html_escape(std::string("\0\x1b\x7f", 3)) == "␀␛␡");
}

TEST_CASE("JSON cannot end the script it stands in and still says the same", "[report][html]") {
    const nlohmann::ordered_json value = {
        {"a", "</script><!--\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa6"}};
    const std::string text = gppo::script_json(value);
    CHECK(text == R"({"a":"\u003c/script>\u003c!--\u2028\u2029…"})");
    CHECK(nlohmann::ordered_json::parse(text) == value);
}
