// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/core/philox.hpp>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

using namespace gppo;

namespace {

struct Case {
    AttentionShape shape;
    std::vector<Index> offsets;
    std::vector<float> q, k, v, dout;

    Case(Index heads, Index kv_heads, Index head_dim, const std::vector<Index>& lengths,
         std::uint64_t seed)
        : shape{heads, kv_heads, head_dim, 1.0f / std::sqrt(static_cast<float>(head_dim))},
          offsets{0} {
        for (const Index length : lengths) offsets.push_back(offsets.back() + length);
        std::uint64_t stream = 0;
        for (std::vector<float>* x : {&q, &k, &v, &dout}) {
            const bool key_value = x == &k || x == &v;
            const Index width = (key_value ? kv_heads : heads) * head_dim;
            x->resize(static_cast<std::size_t>(offsets.back() * width));
            for (std::size_t i = 0; i < x->size(); ++i)
                (*x)[i] = Philox{seed}.uniform(stream, i) * 4.0f - 2.0f;
            ++stream;
        }
    }
    AttentionInput input() const {
        const Index wide = shape.heads * shape.head_dim, narrow = shape.kv_heads * shape.head_dim;
        return {shape, offsets, {q.data(), wide}, {k.data(), narrow}, {v.data(), narrow}};
    }
};

struct Result {
    std::vector<float> out, lse, dq, dk, dv;
};

Result run(const Case& c, int threads) {
    const Cpu cpu(threads);
    Result r;
    r.out.resize(c.q.size());
    r.lse.resize(static_cast<std::size_t>(c.offsets.back() * c.shape.heads));
    r.dq.resize(c.q.size()), r.dk.resize(c.k.size()), r.dv.resize(c.v.size());
    const Index wide = c.shape.heads * c.shape.head_dim;
    const Index narrow = c.shape.kv_heads * c.shape.head_dim;
    cpu.attention_forward(c.input(), {r.out.data(), wide}, r.lse);
    cpu.attention_backward(c.input(), {r.out.data(), wide}, r.lse, {c.dout.data(), wide},
                           {r.dq.data(), wide}, {r.dk.data(), narrow}, {r.dv.data(), narrow});
    return r;
}

/// Loss sum(out dout) in double, with one query at a time; `out` receives the output.
double plain_attention(const Case& c, std::vector<double>& out) {
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
    for (Case c : {Case(4, 2, 24, {5, 1, 19}, seed), Case(6, 2, 8, {40, 3}, seed),
                   Case(2, 2, 32, {17}, seed), Case(8, 1, 16, {2, 33}, seed),
                   Case(1, 1, 2, {0, 1, 7}, seed)}) {
        const Result r = run(c, 2);
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
    const Case c(8, 2, 32, {64, 100, 1, 31, 129}, 3);
    const Result one = run(c, 1);
    for (const int threads : {2, 3, 7}) {
        const Result many = run(c, threads);
        CHECK(one.out == many.out);
        CHECK(one.dq == many.dq);
        CHECK(one.dk == many.dk);
        CHECK(one.dv == many.dv);
    }
}

TEST_CASE("large scores do not overflow attention", "[backend][attention]") {
    Case c(2, 1, 16, {20}, 5);
    for (float& x : c.q) x *= 100.0f;
    for (const float x : run(c, 1).out) REQUIRE(std::isfinite(x));
}
