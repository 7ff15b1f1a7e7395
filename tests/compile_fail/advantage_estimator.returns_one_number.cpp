// SPDX-License-Identifier: Apache-2.0
// expect: MapsRewardsToAdvantages
//
// An estimator that returns a baseline instead of filling the group's advantages.
#include <gppo/concepts/advantage_estimator.hpp>

struct Baseline {
#ifdef PASSING_TWIN
    void operator()(gppo::View<const float>, gppo::View<float>) const {}
#else
    float operator()(gppo::View<const float>, gppo::View<float>) const { return 0.0F; }
#endif
};

template <gppo::AdvantageEstimator E>
void use(E) {}

int main() {
    use(Baseline{});
}
