// SPDX-License-Identifier: Apache-2.0
//
// The CUDA backend with cuDNN's attention, where products are of bf16 and the GPU is a Hopper or
// newer; elsewhere attention goes in rows. q, k, v and their gradients are rounded to bf16.
#pragma once

#include <gppo/backend/cuda/cuda.hpp>
#include <gppo/backend/cuda/cudnn_attention.hpp>
#include <gppo/backend/cuda/cudnn_offsets.hpp>

#include <limits>
#include <memory>

namespace gppo {

class CudnnCuda : public Cuda {
  public:
    explicit CudnnCuda(Precision precision = Precision::fp32) : Cuda(precision) {
        int device = 0, major = 0, minor = 0;
        cuda_call(cudaGetDevice(&device), "looking at the GPU");
        cuda_call(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
                  "looking at the GPU");
        cuda_call(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device),
                  "looking at the GPU");
        if (precision == Precision::bf16 && major >= 9) start(device, 10 * major + minor);
    }
    ~CudnnCuda() {
        if (handle_ != nullptr) cudnnDestroy(handle_);
    }

    /// As of Cuda, as are the next two.
    CudnnCuda another() const { return CudnnCuda(precision()); }

    void attention_forward(const AttentionInput& in, Rows<float> out, View<float> lse) const {
        if (!serves(in.shape)) return Cuda::attention_forward(in, out, lse);
        const PackedSizes sizes = sizes_of(in, lse);
        const Index width = in.shape.heads * in.shape.head_dim;
        out_.resize(sizes.tokens * width);
        CudnnPointers all = round(in, sizes);
        all[cudnn_id(CudnnTensor::out)] = out_.data();
        all[cudnn_id(CudnnTensor::statistics)] = lse.data;
        run(attention_->plan(CudnnPlan::Direction::forward, in.shape, sizes, in.shape.kv_heads),
            all);
        for_rows(sizes.tokens, WidenRow{out_.data(), width, width, out});
    }

    void attention_backward(const AttentionInput& in, Rows<const float> out, View<const float> lse,
                            Rows<const float> dout, Rows<float> dq, Rows<float> dk,
                            Rows<float> dv) const {
        if (!serves(in.shape)) return Cuda::attention_backward(in, out, lse, dout, dq, dk, dv);
        const AttentionShape& s = in.shape;
        const PackedSizes sizes = sizes_of(in, lse);
        const Index wide = s.heads * s.head_dim, narrow = s.kv_heads * s.head_dim;
        const CudnnPointers rounded = round(in, sizes);
        round(out, sizes.tokens, wide, out_);
        round(dout, sizes.tokens, wide, dout_);
        dq_.resize(sizes.tokens * wide);
        dk_.resize(sizes.tokens * narrow), dv_.resize(sizes.tokens * narrow);
        const Index at_once = cudnn_kv_heads_at_once(s, sizes);
        CudnnPlan& plan = attention_->plan(CudnnPlan::Direction::backward, s, sizes, at_once);
        for (Index first = 0; first < s.kv_heads; first += at_once)
            run(plan, slice(rounded, s, first, lse));
        for_rows(sizes.tokens, WidenRow{dq_.data(), wide, wide, dq});
        for_rows(sizes.tokens, WidenRow{dk_.data(), narrow, narrow, dk});
        for_rows(sizes.tokens, WidenRow{dv_.data(), narrow, narrow, dv});
    }

  private:
    void start(int device, int sm) {
        cudnn_call(cudnnCreate(&handle_), "beginning");
        cudnn_call(cudnnSetStream(handle_, stream()), "taking the stream");
        attention_ = std::make_unique<CudnnAttention>(cudnn_device(device, sm));
    }

    /// What cuDNN has kernels for.
    bool serves(const AttentionShape& s) const {
        return attention_ != nullptr && s.head_dim % 8 == 0 && s.head_dim <= 128;
    }

    template <class T>
    PackedSizes sizes_of(const AttentionInput& in, View<T> lse /*(T, heads)*/) const {
        const Index tokens = lse.size / in.shape.heads;
        expects(
            tokens * in.shape.heads * in.shape.head_dim <= std::numeric_limits<std::int32_t>::max(),
            "cuDNN: more than 2^31 elements in a batch's queries; make microbatch_tokens "
            "smaller");
        return {in.offsets.size - 1, in.longest > 0 ? in.longest : tokens, tokens};
    }

    void round(Rows<const float> x /*(rows, width)*/, Index rows, Index width,
               CudaBuffer<std::uint16_t>& to) const {
        to.resize(rows * width);
        for_rows(rows, RoundRow{x[0], x.stride, width, to.data(), width});
    }

    /// q, k and v in bf16, and where each sequence begins in them.
    CudnnPointers round(const AttentionInput& in, const PackedSizes& sizes) const {
        const AttentionShape& s = in.shape;
        const Index wide = s.heads * s.head_dim, narrow = s.kv_heads * s.head_dim;
        round(in.q, sizes.tokens, wide, q_);
        round(in.k, sizes.tokens, narrow, k_);
        round(in.v, sizes.tokens, narrow, v_);
        const Index planned = cudnn_shape(s, sizes, s.kv_heads).sequences;
        places_.resize(4 * planned + 3);
        std::int32_t* const at = places_.data();
        const CudnnOffsets offsets{in.offsets,
                                   planned,
                                   wide,
                                   narrow,
                                   s.heads,
                                   at,
                                   at + planned,
                                   at + 2 * planned + 1,
                                   at + 3 * planned + 2};
        for_rows(1, offsets);
        return {{cudnn_id(CudnnTensor::lengths), offsets.lengths},
                {cudnn_id(CudnnTensor::query_offsets), offsets.queries},
                {cudnn_id(CudnnTensor::key_offsets), offsets.keys},
                {cudnn_id(CudnnTensor::statistic_offsets), offsets.statistics},
                {cudnn_id(CudnnTensor::q), q_.data()},
                {cudnn_id(CudnnTensor::k), k_.data()},
                {cudnn_id(CudnnTensor::v), v_.data()}};
    }

    /// Of backward, from key/value head `first` on.
    CudnnPointers slice(CudnnPointers all, const AttentionShape& s, Index first,
                        View<const float> lse /*(T, heads)*/) const {
        const Index key = first * s.head_dim, query = key * s.group();
        all[cudnn_id(CudnnTensor::q)] = q_.data() + query;
        all[cudnn_id(CudnnTensor::k)] = k_.data() + key;
        all[cudnn_id(CudnnTensor::v)] = v_.data() + key;
        all[cudnn_id(CudnnTensor::out)] = out_.data() + query;
        all[cudnn_id(CudnnTensor::dout)] = dout_.data() + query;
        all[cudnn_id(CudnnTensor::statistics)] = const_cast<float*>(lse.data) + first * s.group();
        all[cudnn_id(CudnnTensor::dq)] = dq_.data() + query;
        all[cudnn_id(CudnnTensor::dk)] = dk_.data() + key;
        all[cudnn_id(CudnnTensor::dv)] = dv_.data() + key;
        return all;
    }

    void run(CudnnPlan& plan, CudnnPointers all) const {
        workspace_.resize(plan.workspace());
        plan.run(handle_, all, workspace_.data());
    }

    cudnnHandle_t handle_ = nullptr;
    std::unique_ptr<CudnnAttention> attention_;  // null where attention goes in rows
    mutable CudaBuffer<std::uint16_t> q_, k_, v_, out_, dout_, dq_, dk_, dv_;
    mutable CudaBuffer<std::int32_t> places_;
    mutable CudaBuffer<std::uint8_t> workspace_;
};
static_assert(Backend<CudnnCuda>);

}  // namespace gppo
