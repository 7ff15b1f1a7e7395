// SPDX-License-Identifier: Apache-2.0
//
// What a GPU runs for attention, on the CPU: beside the CPU's own attention.
#include "backend/cpu/attention_case.hpp"
#include "catch.hpp"
#include "random_values.hpp"

#include <gppo/backend/attention_rows.hpp>

#include <array>
#include <vector>

using namespace gppo;

namespace {

/// run_attention() in rows, `teams` of them at once.
AttentionResult run_rows(const AttentionCase& c, Index teams) {
    const Cpu cpu(2);
    AttentionResult r;
    const Index tokens = c.offsets.back(), heads = tokens * c.shape.heads;
    const Index wide = c.shape.heads * c.shape.head_dim;
    const Index narrow = c.shape.kv_heads * c.shape.head_dim;
    r.out.resize(c.q.size()), r.lse.resize(static_cast<std::size_t>(heads));
    for (std::vector<float>* d : {&r.dq, &r.dk, &r.dv})
        d->assign(d == &r.dq ? c.q.size() : c.k.size(), 99.0f);  // overwritten
    std::vector<float> scratch(static_cast<std::size_t>(teams * 2 * attention_chunk));
    std::vector<float> mean(r.lse.size());
    const AttentionWork queries{c.input(), heads, teams, scratch.data()};
    const AttentionWork keys{c.input(), tokens * c.shape.kv_heads, teams, scratch.data()};
    const Rows<const float> dout{c.dout.data(), wide};
    cpu.for_rows(teams, AttentionForward{queries, {r.out.data(), wide}, r.lse.data()});
    cpu.for_rows(teams, AttentionQueryBackward{
                            queries, r.lse.data(), dout, {r.dq.data(), wide}, mean.data()});
    cpu.for_rows(
        teams,
        AttentionKeyBackward{
            keys, r.lse.data(), mean.data(), dout, {r.dk.data(), narrow}, {r.dv.data(), narrow}});
    return r;
}

/// distance(), but of numbers that may all be zero.
float apart(std::vector<float> a, std::vector<float> b) {
    a.push_back(1.0f), b.push_back(1.0f);
    return distance(a, b);
}

void check_same(const AttentionResult& got, const AttentionResult& want) {
    CHECK(apart(got.out, want.out) < 1e-5f);
    CHECK(apart(got.lse, want.lse) < 1e-6f);
    CHECK(apart(got.dq, want.dq) < 2e-5f);
    CHECK(apart(got.dk, want.dk) < 2e-5f);
    CHECK(apart(got.dv, want.dv) < 2e-5f);
}

}  // namespace

TEST_CASE("attention in rows is the CPU's attention", "[backend][attention_rows]") {
    // Sequences of one token, with one beside a chunk's end, of more than two chunks, and empty.
    for (const auto& lengths :
         {std::vector<Index>{1}, {1, 7, 0, 3}, {255, 257}, {1, 600, 2}, {256, 512}})
        for (const auto& [heads, kv_heads, head_dim] :
             {std::array<Index, 3>{1, 1, 4}, {6, 2, 10}, {4, 4, 32}}) {
            CAPTURE(lengths.size(), heads);
            const AttentionCase c(heads, kv_heads, head_dim, lengths, 3);
            check_same(run_rows(c, 5), run_attention(c, 1));
        }
}

TEST_CASE("attention in rows does not depend on how many teams share them",
          "[backend][attention_rows]") {
    const AttentionCase c(4, 2, 8, {300, 5}, 7);
    const AttentionResult one = run_rows(c, 1), many = run_rows(c, 64);
    CHECK(one.out == many.out);
    CHECK(one.lse == many.lse);
    CHECK(one.dq == many.dq);
    CHECK(one.dk == many.dk);
    CHECK(one.dv == many.dv);
}
