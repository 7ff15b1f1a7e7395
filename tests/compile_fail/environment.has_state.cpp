// SPDX-License-Identifier: Apache-2.0
// An environment that changes with every call would make a completion depend on its batch.
// expect: MapsTurnsToObservations
#include <gppo/concepts/environment.hpp>

struct Counter {
    int asked = 0;
#ifdef PASSING_TWIN
    std::vector<gppo::Observation> operator()(std::span<const gppo::Turn> turns) const {
        return std::vector<gppo::Observation>(turns.size());
    }
#else
    std::vector<gppo::Observation> operator()(std::span<const gppo::Turn> turns) {
        ++asked;
        return std::vector<gppo::Observation>(turns.size());
    }
#endif
};

template <gppo::Environment E>
void use(E) {}

int main() {
    use(Counter{});
}
