// SPDX-License-Identifier: Apache-2.0
#include "random_values.hpp"
#include "torch.hpp"

using namespace gppo;

namespace {

struct Attention {
    AttentionShape shape;
    std::vector<Index> offsets;
    std::vector<float> q, k, v, dout;
    Index wide = shape.heads * shape.head_dim + 5, narrow = shape.kv_heads * shape.head_dim + 2;

    Attention(AttentionShape s, std::vector<Index> o) : shape(s), offsets(std::move(o)) {
        q = random_values(offsets.back() * wide, 1), k = random_values(offsets.back() * narrow, 2);
        v = random_values(offsets.back() * narrow, 3);
        dout = random_values(offsets.back() * wide, 4);
    }

    /// out, lse, dq, dk, dv; rows are further apart than they are long
    template <class K>
    std::vector<std::vector<float>> run(const K& backend) const {
        std::vector<float> out(q.size()), dq(q.size()), dk(k.size()), dv(v.size());
        std::vector<float> lse(static_cast<std::size_t>(offsets.back() * shape.heads));
        const AttentionInput in{
            shape, offsets, {q.data(), wide}, {k.data(), narrow}, {v.data(), narrow}};
        backend.attention_forward(in, {out.data(), wide}, lse);
        backend.attention_backward(in, {out.data(), wide}, lse, {dout.data(), wide},
                                   {dq.data(), wide}, {dk.data(), narrow}, {dv.data(), narrow});
        return {out, lse, dq, dk, dv};
    }
};

}  // namespace

TEST_CASE("ATen's attention agrees with the CPU backend's, forward and backward", "[torch]") {
    for (const auto& [heads, kv_heads, head_dim] :
         {std::array<Index, 3>{4, 2, 8}, {6, 1, 16}, {3, 3, 5}}) {
        CAPTURE(heads, kv_heads, head_dim);
        const Attention attention({heads, kv_heads, head_dim, 0.3f}, {0, 1, 40, 47});
        const auto ours = attention.run(Torch()), expected = attention.run(Cpu(1));
        for (std::size_t i = 0; i < ours.size(); ++i) {
            CAPTURE(i);
            CHECK(distance(ours[i], expected[i]) < 1e-5f);
        }
    }
}
