// SPDX-License-Identifier: Apache-2.0
// A policy that cannot be copied into a kernel byte by byte.
// expect: KernelArgument
#include <gppo/gppo.hpp>

#include <vector>

struct MyClip {
#ifdef PASSING_TWIN
    float bounds[2];
#else
    std::vector<float> bounds;
#endif
    template <class T>
    gppo::Term<T> operator()(gppo::Token<T> t) const noexcept {
        return {t.advantage, t.advantage};
    }
};

const gppo::DualClip<MyClip> policy{};
