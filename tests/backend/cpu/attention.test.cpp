// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/attention_case.hpp"
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/core/philox.hpp>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

using namespace gppo;

namespace {

/// Loss sum(out dout) in double, with one query at a time; `out` receives the output.
double plain_attention(const AttentionCase& c, std::vector<double>& out) {
    const AttentionShape& s = c.shape;
    const auto at = [](const std::vector<float>& x, Index i) {
        return static_cast<double>(x[static_cast<std::size_t>(i)]);
    };
    out.assign(c.q.size(), 0.0);
    double loss = 0;
    for (std::size_t b = 0; b + 1 < c.offsets.size(); ++b)
        for (Index t = c.offsets[b]; t < c.offsets[b + 1]; ++t)
            for (Index h = 0; h < s.heads; ++h) {
                const Index kv = h / s.group();
                std::vector<double> p;
                double sum = 0;
                for (Index u = c.offsets[b]; u <= t; ++u) {
                    double dot = 0;
                    for (Index d = 0; d < s.head_dim; ++d)
                        dot += at(c.q, (t * s.heads + h) * s.head_dim + d) *
                               at(c.k, (u * s.kv_heads + kv) * s.head_dim + d);
                    p.push_back(std::exp(dot * static_cast<double>(s.scale)));
                    sum += p.back();
                }
                for (Index d = 0; d < s.head_dim; ++d) {
                    double value = 0;
                    for (Index u = c.offsets[b]; u <= t; ++u)
                        value += p[static_cast<std::size_t>(u - c.offsets[b])] / sum *
                                 at(c.v, (u * s.kv_heads + kv) * s.head_dim + d);
                    const Index place = (t * s.heads + h) * s.head_dim + d;
                    out[static_cast<std::size_t>(place)] = value;
                    loss += value * at(c.dout, place);
                }
            }
    return loss;
}

}  // namespace

TEST_CASE("packed causal attention agrees with a plain double loop, forward and backward",
          "[backend][attention]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    for (AttentionCase c :
         {AttentionCase(4, 2, 24, {5, 1, 19}, seed), AttentionCase(6, 2, 8, {40, 3}, seed),
          AttentionCase(2, 2, 32, {17}, seed), AttentionCase(8, 1, 16, {2, 33}, seed),
          AttentionCase(1, 1, 2, {0, 1, 7}, seed)}) {
        const AttentionResult r = run_attention(c, 2);
        std::vector<double> want, ignored;
        plain_attention(c, want);
        for (std::size_t i = 0; i < want.size(); ++i)
            REQUIRE(std::abs(want[i] - static_cast<double>(r.out[i])) < 2e-6);
        std::uint64_t draw = 0;
        for (const auto& [values, gradient] :
             {std::pair{&c.q, &r.dq}, {&c.k, &r.dk}, {&c.v, &r.dv}})
            for (int n = 0; n < 12; ++n) {
                const auto i =
                    static_cast<std::size_t>(Philox{seed}.below(values->size(), 99, draw++));
                const float kept = (*values)[i], step = 1e-3f;
                (*values)[i] = kept + step;
                const float above = (*values)[i];
                const double up = plain_attention(c, ignored);
                (*values)[i] = kept - step;
                const double down = plain_attention(c, ignored);
                const double width = static_cast<double>(above) - static_cast<double>((*values)[i]);
                (*values)[i] = kept;
                const double slope = (up - down) / width,
                             ours = static_cast<double>((*gradient)[i]);
                CAPTURE(i, slope, ours);
                REQUIRE(std::abs(slope - ours) < 2e-4 * (1 + std::abs(slope)));
            }
    }
}

TEST_CASE("attention gives the same bits for any number of threads", "[backend][attention]") {
    const AttentionCase c(8, 2, 32, {64, 100, 1, 31, 129}, 3);
    const AttentionResult one = run_attention(c, 1);
    for (const int threads : {2, 3, 7}) {
        const AttentionResult many = run_attention(c, threads);
        CHECK(one.out == many.out);
        CHECK(one.dq == many.dq);
        CHECK(one.dk == many.dk);
        CHECK(one.dv == many.dv);
    }
}

TEST_CASE("large scores do not overflow attention", "[backend][attention]") {
    AttentionCase c(2, 1, 16, {20}, 5);
    for (float& x : c.q) x *= 100.0f;
    for (const float x : run_attention(c, 1).out) REQUIRE(std::isfinite(x));
}

TEST_CASE("a query that sees one key has no gradient, exactly", "[backend][attention]") {
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
        const AttentionResult r =
            run_attention(AttentionCase(4, 2, 24, {1, 1, 1}, 5), 1, precision);
        CHECK(r.dq == std::vector<float>(r.dq.size(), 0.0f));
        CHECK(r.dk == std::vector<float>(r.dk.size(), 0.0f));
    }
}
