// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/qwen3_jinja.hpp>

TEST_CASE("the template is whole", "[text][qwen3_jinja]") {
    CHECK(gppo::qwen3_jinja.starts_with("{%- if tools %}"));
    CHECK(gppo::qwen3_jinja.ends_with("{%- endif %}"));
    CHECK(gppo::qwen3_jinja.find("'<think>\\n\\n</think>\\n\\n'") != std::string_view::npos);
}
