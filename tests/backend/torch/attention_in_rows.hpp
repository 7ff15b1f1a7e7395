// SPDX-License-Identifier: Apache-2.0
//
// Attention over random rows that are further apart than they are long, forward and backward.
#pragma once

#include "random_values.hpp"
#include "torch.hpp"

#include <utility>
#include <vector>

struct AttentionInRows {
    gppo::AttentionShape shape;
    std::vector<gppo::Index> offsets;
    std::vector<float> q, k, v, dout;
    gppo::Index wide = shape.heads * shape.head_dim + 5,
                narrow = shape.kv_heads * shape.head_dim + 2;

    AttentionInRows(gppo::AttentionShape s, std::vector<gppo::Index> o)
        : shape(s), offsets(std::move(o)) {
        q = random_values(offsets.back() * wide, 1), k = random_values(offsets.back() * narrow, 2);
        v = random_values(offsets.back() * narrow, 3);
        dout = random_values(offsets.back() * wide, 4);
    }

    /// out, lse, dq, dk, dv; rows are further apart than they are long
    template <class K>
    std::vector<std::vector<float>> run(const K& backend) const {
        std::vector<float> out(q.size()), dq(q.size()), dk(k.size()), dv(v.size());
        std::vector<float> lse(static_cast<std::size_t>(offsets.back() * shape.heads));
        const gppo::AttentionInput in{
            shape, offsets, {q.data(), wide}, {k.data(), narrow}, {v.data(), narrow}};
        backend.attention_forward(in, {out.data(), wide}, lse);
        backend.attention_backward(in, {out.data(), wide}, lse, {dout.data(), wide},
                                   {dq.data(), wide}, {dk.data(), narrow}, {dv.data(), narrow});
        return {out, lse, dq, dk, dv};
    }
};
