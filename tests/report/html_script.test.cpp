// SPDX-License-Identifier: Apache-2.0
//
// What the script does is tested in a browser, by tests/cli/report_chromium.py.
#include "catch.hpp"

#include <gppo/report/html_script.hpp>

#include <string>

TEST_CASE("the script cannot end its own element and loads nothing", "[report][html]") {
    const std::string script = gppo::html_script;
    for (const char* forbidden :
         {"</script", "<!--", "http:", "https:", "fetch(", "import(", "XMLHttpRequest", "eval("})
        CHECK(script.find(forbidden) == std::string::npos);
}
