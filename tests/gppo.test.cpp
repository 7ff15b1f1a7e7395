// SPDX-License-Identifier: Apache-2.0
#include <gppo/gppo.hpp>

#include "catch.hpp"

// The umbrella up to the objective needs no library: whoever includes it gets no Eigen and no JSON.
#if defined(EIGEN_CORE_H) || defined(INCLUDE_NLOHMANN_JSON_HPP_)
#error "gppo/gppo.hpp must need the standard library only"
#endif

TEST_CASE("the umbrella gives the policies: above the bound PPO drops a good token and GPPO keeps its pull", "[gppo]") {
    const gppo::Token<float> token{.logp = 1.0F, .logp_old = 0.0F, .ratio = 2.718F, .advantage = 1.0F};
    CHECK(gppo::PpoClip{}(token).weight == 0.0F);
    CHECK(gppo::Gppo{.high = 0.28F}(token).weight == Approx(1.28F));
}
