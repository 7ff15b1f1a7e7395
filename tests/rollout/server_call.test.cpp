// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/rollout/server_call.hpp>

using namespace gppo;

TEST_CASE("a completion ends at its first stop token, whatever the server went on to write",
          "[rollout][server_call]") {
    Sampling sampling;
    sampling.stop = {9, 8};
    const Completion c{.tokens = {1, 2, 8, 3, 9}, .logp = {-1, -2, -3, -4, -5}};
    const Completion cut = ended_completion(c, false, sampling);
    CHECK(cut.tokens == std::vector<std::int32_t>{1, 2, 8});
    CHECK(cut.logp == std::vector<float>{-1, -2, -3});
    CHECK(cut.finish == Finish::stop);
    sampling.stop = {};
    CHECK(ended_completion(c, false, sampling).finish == Finish::length);
    CHECK(ended_completion(c, false, sampling).tokens.size() == 5);
    // The server's model has an end token that we did not name.
    CHECK(ended_completion(c, true, sampling).finish == Finish::stop);
    CHECK(ended_completion({}, false, sampling).tokens.empty());
}
