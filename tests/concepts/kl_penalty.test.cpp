// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/kl_penalty.hpp>

namespace elsewhere {

struct Absolute {
    template <class T>
    gppo::Term<T> operator()(T logp, T logp_ref) const noexcept {
        const T x = logp - logp_ref;
        return x < T(0) ? gppo::Term<T>{-x, T(-1)} : gppo::Term<T>{x, T(1)};
    }
};
struct OneArgument {
    gppo::Term<float> operator()(float) const noexcept { return {}; }
};

}  // namespace elsewhere

using namespace gppo;

static_assert(KlPenalty<elsewhere::Absolute> && KlPenalty<elsewhere::Absolute, double>);
static_assert(!KlPenalty<elsewhere::OneArgument> && !KlPenalty<float>);

TEST_CASE("a penalty gives its value and its slope", "[concepts][kl_penalty]") {
    const Term<float> term = elsewhere::Absolute{}(-3.0f, -1.0f);
    CHECK(term.value == 2.0f);
    CHECK(term.weight == -1.0f);
}
