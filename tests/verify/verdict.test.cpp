// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/verdict.hpp>

using gppo::Verdict;

TEST_CASE("each verdict has its own counter and name", "[verify][verdict]") {
    gppo::VerdictCounts counts;
    for (const Verdict v : {Verdict::equal, Verdict::different, Verdict::different, Verdict::budget,
                            Verdict::unparsable})
        counts.add(v);
    CHECK(counts.equal == 1);
    CHECK(counts.different == 2);
    CHECK(counts.unparsable == 1);
    CHECK(counts.budget == 1);
    CHECK(counts.total() == 5);
    CHECK(gppo::verdict_name(Verdict::equal) == "equal");
    CHECK(gppo::verdict_name(Verdict::budget) == "budget");
}
