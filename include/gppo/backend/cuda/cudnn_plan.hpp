// SPDX-License-Identifier: Apache-2.0
//
// One attention kernel of cuDNN (FlashAttention, arXiv 2307.08691, in bf16 with sums in fp32) for
// packed sequences, forward or backward, planned for a shape. Planning needs no GPU, only its
// description; only run() does.
#pragma once

#include <gppo/backend/cuda/cudnn_call.hpp>
#include <gppo/backend/cuda/cudnn_sizes.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace gppo {

/// The tensors of a plan; those with an offset begin at element offset[b] for sequence b.
enum class CudnnTensor : std::int64_t {
    lengths = 1,        // (B) int32
    query_offsets,      // (B + 1) int32, as the next two
    key_offsets,        //
    statistic_offsets,  //
    q,                  // (T, heads, head_dim) bf16, as out, dout, dq
    k,                  // (T, kv_heads, head_dim) bf16, as v, dk, dv
    v,
    out,
    statistics,  // (T, heads) fp32   log-sum-exp
    dout,
    dq,
    dk,
    dv,
};

/// As a graph knows it.
inline std::int64_t cudnn_id(CudnnTensor which) {
    return static_cast<std::int64_t>(which);
}

/// By cudnn_id().
using CudnnPointers = std::unordered_map<std::int64_t, void*>;

class CudnnPlan {
  public:
    enum class Direction { forward, backward };

    /// For the GPU that `device` describes.
    CudnnPlan(const CudnnDevice& device, const CudnnShape& shape, Direction direction)
        : shape_(shape) {
        describe_cudnn_graph(graph_, device);
        direction == Direction::forward ? forward() : backward();
        workspace_ = plan_cudnn_graph(graph_, [this] { return "planning " + describe(); });
    }

    /// Bytes that run() works in.
    Index workspace() const noexcept { return workspace_; }

    /// In the stream of the handle.
    void run(cudnnHandle_t handle, CudnnPointers& pointers, void* workspace /*(workspace())*/) {
        cudnn_call(graph_.execute(handle, pointers, workspace),
                   [this] { return "running " + describe(); });
    }

  private:
    using Tensor = std::shared_ptr<cudnn_frontend::graph::Tensor_attributes>;
    using Attributes = cudnn_frontend::graph::Tensor_attributes;

    std::string describe() const {
        return "attention of " + std::to_string(shape_.sequences) + " sequences of " +
               std::to_string(shape_.longest) + " tokens, " + std::to_string(shape_.heads) +
               " heads of " + std::to_string(shape_.head_dim) + " over " +
               std::to_string(shape_.kv_heads);
    }

    Tensor integers(CudnnTensor which, Index count) {
        return graph_.tensor(Attributes()
                                 .set_uid(cudnn_id(which))
                                 .set_dim({count, 1, 1, 1})
                                 .set_stride({1, 1, 1, 1})
                                 .set_data_type(cudnn_frontend::DataType_t::INT32));
    }

    /// Rows of a packed tensor: token t has all_heads * width elements.
    void place(Attributes& tensor, CudnnTensor which, Index heads, Index all_heads, Index width,
               const Tensor& offsets) const {
        tensor.set_uid(cudnn_id(which))
            .set_dim({shape_.sequences, heads, shape_.longest, width})
            .set_stride({shape_.longest * all_heads * width, width, all_heads * width, 1})
            .set_ragged_offset(offsets);
    }
    void place_query(Attributes& t, CudnnTensor which) const {
        place(t, which, shape_.heads, shape_.all_heads, shape_.head_dim, query_offsets_);
    }
    void place_key(Attributes& t, CudnnTensor which) const {
        place(t, which, shape_.kv_heads, shape_.all_kv_heads, shape_.head_dim, key_offsets_);
    }
    void place_statistics(Attributes& t) const {
        place(t, CudnnTensor::statistics, shape_.heads, shape_.all_heads, 1, statistic_offsets_);
        t.set_data_type(cudnn_frontend::DataType_t::FLOAT);
    }
    Tensor query(CudnnTensor which) {
        Attributes t;
        place_query(t, which);
        return graph_.tensor(t);
    }
    Tensor key(CudnnTensor which) {
        Attributes t;
        place_key(t, which);
        return graph_.tensor(t);
    }

    void place_offsets() {
        query_offsets_ = integers(CudnnTensor::query_offsets, shape_.sequences + 1);
        key_offsets_ = integers(CudnnTensor::key_offsets, shape_.sequences + 1);
        statistic_offsets_ = integers(CudnnTensor::statistic_offsets, shape_.sequences + 1);
    }

    /// What both directions say of the mask: causal, and each sequence by itself.
    template <class X>
    X masked(X attributes) {
        const Tensor lengths = integers(CudnnTensor::lengths, shape_.sequences);
        return attributes.set_attn_scale(shape_.scale)
            .set_causal_mask(true)
            .set_padding_mask(true)
            .set_seq_len_q(lengths)
            .set_seq_len_kv(lengths);
    }

    void forward() {
        place_offsets();
        const auto options = masked(cudnn_frontend::graph::SDPA_attributes());
        const auto [out, statistics] =
            graph_.sdpa(query(CudnnTensor::q), key(CudnnTensor::k), key(CudnnTensor::v),
                        cudnn_frontend::graph::SDPA_attributes(options).set_generate_stats(true));
        place_query(out->set_output(true), CudnnTensor::out);
        place_statistics(statistics->set_output(true));
    }

    void backward() {
        place_offsets();
        Attributes kept;
        place_statistics(kept);
        auto options = masked(cudnn_frontend::graph::SDPA_backward_attributes())
                           .set_deterministic_algorithm(true)
                           .set_max_total_seq_len_q(shape_.tokens)
                           .set_max_total_seq_len_kv(shape_.tokens);
        const auto [dq, dk, dv] = graph_.sdpa_backward(
            query(CudnnTensor::q), key(CudnnTensor::k), key(CudnnTensor::v),
            query(CudnnTensor::out), query(CudnnTensor::dout), graph_.tensor(kept), options);
        place_query(dq->set_output(true), CudnnTensor::dq);
        place_key(dk->set_output(true), CudnnTensor::dk);
        place_key(dv->set_output(true), CudnnTensor::dv);
    }

    CudnnShape shape_;
    cudnn_frontend::graph::Graph graph_;
    Tensor query_offsets_, key_offsets_, statistic_offsets_;
    Index workspace_ = 0;
};

}  // namespace gppo
