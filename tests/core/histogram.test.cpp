// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/core/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace gppo;

TEST_CASE("the middle of a bin is within a sixteenth of what is in it", "[core][histogram]") {
    for (double x = 1e-5; x < 120.0; x *= 1.001)
        for (const double sign : {-1.0, 1.0}) {
            const double middle =
                Histogram::middle_of(Histogram::bin_of(static_cast<float>(sign * x)));
            if (std::abs(middle - sign * x) > x / 16) FAIL_CHECK(sign * x << " in " << middle);
        }
    CHECK(Histogram::middle_of(Histogram::bin_of(0.0f)) == 0.0);
    CHECK(Histogram::middle_of(Histogram::bin_of(5e-6f)) == 0.0);
    CHECK(Histogram::bin_of(1e30f) == Histogram::bins - 1);
    CHECK(Histogram::bin_of(-std::numeric_limits<float>::infinity()) == 0);
    CHECK(Histogram::bin_of(std::numeric_limits<float>::quiet_NaN()) >= 0);
}

TEST_CASE("quantiles of parts added up are those of the whole", "[core][histogram]") {
    RandomBatch random(1);
    Histogram whole, parts[2];
    std::vector<double> values;
    for (int i = 0; i < 5000; ++i) {
        values.push_back(0.1 * random.normal());
        const auto bin =
            static_cast<std::size_t>(Histogram::bin_of(static_cast<float>(values.back())));
        ++whole.count[bin], ++parts[i % 2].count[bin];
    }
    parts[0].add(parts[1]);
    CHECK(parts[0].count == whole.count);
    std::sort(values.begin(), values.end());
    for (const double q : {0.0, 0.01, 0.25, 0.75, 0.99, 1.0}) {
        const double exact = values[static_cast<std::size_t>(q * 4999 + 0.5)];
        CHECK(whole.quantile(q) == Approx(exact).epsilon(1.0 / 16).margin(8e-6));
    }
    CHECK(Histogram{}.quantile(0.5) == 0.0);
}
