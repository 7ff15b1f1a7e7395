// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/aggregate/prompt.hpp>
#include <gppo/concepts/aggregation.hpp>

using namespace gppo;

static_assert(Aggregation<PromptMean>);

TEST_CASE("prompt mean divides by prompts and by the tokens of the prompt", "[aggregate][prompt]") {
    CHECK(PromptMean{}(Extent{.sequences = 9, .tokens = 90, .prompts = 2, .prompt_tokens = 25}) ==
          0.02);
}
