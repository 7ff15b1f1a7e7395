// SPDX-License-Identifier: Apache-2.0
//
// A random batch for attention, and one run forward and backward.
#pragma once

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/core/philox.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

struct AttentionCase {
    gppo::AttentionShape shape;
    std::vector<gppo::Index> offsets;
    std::vector<float> q, k, v, dout;

    AttentionCase(gppo::Index heads, gppo::Index kv_heads, gppo::Index head_dim,
                  const std::vector<gppo::Index>& lengths, std::uint64_t seed)
        : shape{heads, kv_heads, head_dim, 1.0f / std::sqrt(static_cast<float>(head_dim))},
          offsets{0} {
        for (const gppo::Index length : lengths) offsets.push_back(offsets.back() + length);
        std::uint64_t stream = 0;
        for (std::vector<float>* x : {&q, &k, &v, &dout}) {
            const bool key_value = x == &k || x == &v;
            const gppo::Index width = (key_value ? kv_heads : heads) * head_dim;
            x->resize(static_cast<std::size_t>(offsets.back() * width));
            for (std::size_t i = 0; i < x->size(); ++i)
                (*x)[i] = gppo::Philox{seed}.uniform(stream, i) * 4.0f - 2.0f;
            ++stream;
        }
    }
    gppo::AttentionInput input() const {
        const gppo::Index wide = shape.heads * shape.head_dim,
                          narrow = shape.kv_heads * shape.head_dim;
        return {shape, offsets, {q.data(), wide}, {k.data(), narrow}, {v.data(), narrow}};
    }
};

struct AttentionResult {
    std::vector<float> out, lse, dq, dk, dv;
};

inline AttentionResult run_attention(const AttentionCase& c, int threads,
                                     gppo::Precision precision = gppo::Precision::fp32) {
    const gppo::Cpu cpu(threads, precision);
    AttentionResult r;
    r.out.resize(c.q.size());
    r.lse.resize(static_cast<std::size_t>(c.offsets.back() * c.shape.heads));
    r.dq.resize(c.q.size()), r.dk.resize(c.k.size()), r.dv.resize(c.v.size());
    const gppo::Index wide = c.shape.heads * c.shape.head_dim;
    const gppo::Index narrow = c.shape.kv_heads * c.shape.head_dim;
    cpu.attention_forward(c.input(), {r.out.data(), wide}, r.lse);
    cpu.attention_backward(c.input(), {r.out.data(), wide}, r.lse, {c.dout.data(), wide},
                           {r.dq.data(), wide}, {r.dk.data(), narrow}, {r.dv.data(), narrow});
    return r;
}
