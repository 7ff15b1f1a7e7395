// SPDX-License-Identifier: Apache-2.0
// An aggregation in float: the counts of a step do not fit its 24 bits.
// expect: MapsExtentToCoefficient
#include <gppo/gppo.hpp>

struct MyMean {
#ifdef PASSING_TWIN
    double operator()(gppo::Extent x) const noexcept { return 1.0 / static_cast<double>(x.tokens); }
#else
    float operator()(gppo::Extent x) const noexcept { return 1.0f / static_cast<float>(x.tokens); }
#endif
};

const gppo::Objective<gppo::GroupNorm, gppo::Gppo, MyMean> objective{};
