// SPDX-License-Identifier: Apache-2.0
//
// Compiled twice: by nvcc for the GPU, and by the host's compiler for Thrust's OpenMP system.
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/backend/cuda/token_pass.hpp>
#include <gppo/gppo.hpp>

#include <thrust/device_vector.h>
#include <thrust/iterator/zip_iterator.h>
#include <thrust/transform.h>

using namespace gppo;

namespace {

template <class C>
void check_pass(C clip) {
    RandomBatch one(9, {.prompts = 8, .longest = 300, .log_ratio = 2.0});
    const Objective objective{GroupNorm{}, clip, TokenMean{}};
    objective.prepare(one.rewards, one.view());
    const Loss want = evaluate(serial, objective, one.view(), one.dlogp);

    std::vector<float> advantage, coefficient;  // (T)
    for (std::size_t b = 0; b + 1 < one.offsets.size(); ++b)
        for (Index t = one.offsets[b]; t < one.offsets[b + 1]; ++t) {
            advantage.push_back(one.advantage[b]);
            coefficient.push_back(one.coefficient[b]);
        }
    const thrust::device_vector<float> logp(one.logp), logp_old(one.logp_old), a(advantage),
        c(coefficient);
    thrust::device_vector<float> loss(logp.size()), dlogp(logp.size());
    const auto tokens =
        thrust::make_zip_iterator(logp.begin(), logp_old.begin(), a.begin(), c.begin());
    thrust::transform(tokens, tokens + static_cast<std::ptrdiff_t>(logp.size()),
                      thrust::make_zip_iterator(loss.begin(), dlogp.begin()), TokenPass{clip});
    double total = 0;
    std::vector<float> gradient(logp.size());
    for (std::size_t t = 0; t < gradient.size(); ++t) {
        gradient[t] = dlogp[t];
        total += static_cast<double>(static_cast<float>(loss[t]));
    }
    CHECK(total == Approx(want.value).epsilon(1e-5).margin(1e-7));
    for (std::size_t t = 0; t < gradient.size(); ++t)
        REQUIRE(gradient[t] == Approx(one.dlogp[t]).epsilon(1e-6));
}

}  // namespace

TEST_CASE("a policy over Thrust's iterators gives what the pass gives", "[thrust]") {
#ifdef __CUDACC__
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
        WARN("looking for a GPU: there is none");
        return;
    }
#endif
    check_pass(Gppo{.high = 0.28f});
    check_pass(DualClip{Gppo{}, 10.0f});
    check_pass(Cispo{});
}
