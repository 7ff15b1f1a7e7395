// SPDX-License-Identifier: Apache-2.0
// expect: MapsExtentToCoefficient
//
// A coefficient in single precision: counts of a large step would be rounded.
#include <gppo/concepts/aggregation.hpp>

struct Mean {
#ifdef PASSING_TWIN
    double operator()(gppo::Extent extent) const noexcept {
        return 1.0 / static_cast<double>(extent.tokens);
    }
#else
    float operator()(gppo::Extent extent) const noexcept {
        return 1.0F / static_cast<float>(extent.tokens);
    }
#endif
};

template <gppo::Aggregation A>
void use(A) {}

int main() {
    use(Mean{});
}
