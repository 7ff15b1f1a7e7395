// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_verdict.hpp>

#include <set>

using namespace gppo;

TEST_CASE("Verdicts have names of their own, and are counted", "[verify][code_verdict]") {
    CHECK(verdict_name(CodeVerdict::pass) == "pass");
    CHECK(verdict_name(CodeVerdict::infra_error) == "infra_error");
    CHECK(std::set<std::string_view>(code_verdict_names.begin(), code_verdict_names.end()).size() ==
          9);
    CodeVerdictCounts counts;
    counts.add(CodeVerdict::timeout);
    counts.add(CodeVerdict::timeout);
    CHECK(counts.of(CodeVerdict::timeout) == 2);
    CHECK(counts.of(CodeVerdict::pass) == 0);
}

TEST_CASE("A judgement nobody made is an infra_error", "[verify][code_verdict]") {
    CHECK(CodeJudgement{}.verdict == CodeVerdict::infra_error);
}
