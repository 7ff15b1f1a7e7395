// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/message.hpp>

TEST_CASE("messages compare by role and content", "[text][message]") {
    CHECK(gppo::Message{"user", "2+2="} == gppo::Message{"user", "2+2="});
    CHECK_FALSE(gppo::Message{"user", "4"} == gppo::Message{"assistant", "4"});
}

TEST_CASE("messages compare by thinking and tool calls too", "[text][message]") {
    const gppo::Message plain{"assistant", "x"};
    gppo::Message thought = plain, call = plain;
    thought.reasoning = "hm";
    call.tool_calls.push_back({"f", "{}"});
    CHECK_FALSE(plain == thought);
    CHECK_FALSE(plain == call);
}
