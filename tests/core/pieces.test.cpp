// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/core/pieces.hpp>

#include <limits>

using namespace gppo;

TEST_CASE("pieces cover the batch in order and never cross a sequence", "[core][pieces]") {
    RandomBatch random(1, {.prompts = 3, .longest = 3 * block_tokens});
    const Batch<> batch = random.view();
    Index next = 0;
    for (const Piece& p : pieces_of(batch)) {
        CHECK(p.first == next);
        CHECK((p.size > 0 && p.size <= block_tokens));
        CHECK(p.first >= batch.offsets[p.sequence]);
        CHECK(p.first + p.size <= batch.offsets[p.sequence + 1]);
        CHECK((p.first - batch.offsets[p.sequence]) % block_tokens == 0);
        next = p.first + p.size;
    }
    CHECK(next == batch.tokens());
}

TEST_CASE("a sequence's sum leaves out what is masked or not finite", "[core][pieces]") {
    const bool masked = GENERATE(false, true);
    RandomBatch random(2,
                       {.prompts = 3, .longest = 2 * block_tokens, .masked = masked ? 0.3 : 0.0});
    random.logp[3] = std::numeric_limits<float>::quiet_NaN();
    random.logp_old[5] = -std::numeric_limits<float>::infinity();
    const Batch<> batch = random.view();
    const auto sums = sequence_differences(serial, batch, batch.logp, batch.logp_old);
    for (Index b = 0; b < batch.sequences(); ++b) {
        double sum = 0, size = 0;
        Index n = 0;
        for (Index t = batch.offsets[b]; t < batch.offsets[b + 1]; ++t) {
            const float d = batch.logp[t] - batch.logp_old[t];
            if ((masked && !batch.mask[t]) || !math::finite(d)) continue;
            sum += static_cast<double>(d), size += std::abs(static_cast<double>(d)), ++n;
        }
        const PartialSum& found = sums[static_cast<std::size_t>(b)];
        CHECK(found.count == n);
        CHECK(std::abs(found.sum - sum) <= 1e-6 * size);
    }
    CHECK(PartialSum{}.mean() == 0.0);
    CHECK(PartialSum{6.0, 4}.mean() == 1.5);
}
