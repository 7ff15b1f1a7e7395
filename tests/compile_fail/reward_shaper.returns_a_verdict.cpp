// SPDX-License-Identifier: Apache-2.0
// A bool would silently train on 1 and 0.
// expect: MapsResponseToReward
#include <gppo/reward/shaped.hpp>

struct IsRight {
#ifdef PASSING_TWIN
    float operator()(const gppo::Response& response) const { return response.right ? 1.0f : -1.0f; }
#else
    bool operator()(const gppo::Response& response) const { return response.right; }
#endif
};

const gppo::Weighted<IsRight> weighted{};
