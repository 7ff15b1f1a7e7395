// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/report/html_style.hpp>
#include <gppo/report/stage_axis.hpp>

#include <algorithm>
#include <string>

TEST_CASE("the style sheet is whole, asks for nothing from elsewhere and knows light and dark",
          "[report][html]") {
    const std::string css = gppo::html_style;
    CHECK(std::count(css.begin(), css.end(), '{') == std::count(css.begin(), css.end(), '}'));
    CHECK(css.find("url(") == std::string::npos);
    CHECK(css.find("@import") == std::string::npos);
    CHECK(css.find("<") == std::string::npos);
    CHECK(css.find("prefers-color-scheme: dark") != std::string::npos);
    // Every variable that is used is defined twice, for light and for dark.
    for (std::size_t i = 0; i < gppo::palette_size; ++i) {
        const std::string name = "--c" + std::to_string(i) + ": #";
        CHECK(css.find(name) != css.rfind(name));
    }
}
