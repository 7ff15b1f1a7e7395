// SPDX-License-Identifier: Apache-2.0
// expect: KernelArgument|trivially_copyable
//
// A policy that owns memory cannot be copied into a kernel.
#include <gppo/concepts/clip_policy.hpp>

#include <vector>

struct Table {
#ifdef PASSING_TWIN
    float scale = 1.0F;
#else
    std::vector<float> scale{1.0F};
#endif
    gppo::Term<float> operator()(gppo::Token<float> t) const noexcept { return {t.advantage, t.advantage}; }
};

template <gppo::ClipPolicy P>
void use(const P&) {}

int main() { use(Table{}); }
