// SPDX-License-Identifier: Apache-2.0
//
// Attention on a GPU over a case of the CPU's tests.
#pragma once

#include "backend/cpu/attention_case.hpp"
#include "backend/cuda/gpu.hpp"

#include <utility>
#include <vector>

/// A copy on the device.
template <class T>
gppo::CudaBuffer<T> there(const gppo::Cuda& cuda, const std::vector<T>& host) {
    auto buffer = cuda.allocate<T>(static_cast<gppo::Index>(host.size()));
    cuda.upload(host, buffer.view());
    return buffer;
}

template <class K>
std::vector<float> here(const K& backend, gppo::View<const float> x) {
    std::vector<float> copy(static_cast<std::size_t>(x.size));
    backend.download(x, gppo::View<float>(copy));
    return copy;
}

/// K is Cuda or hides its attention.
template <class K>
AttentionResult attend(const K& cuda, const AttentionCase& c) {
    using gppo::Index;
    const auto offsets = there(cuda, c.offsets);
    const auto q = there(cuda, c.q), k = there(cuda, c.k), v = there(cuda, c.v);
    const auto dout = there(cuda, c.dout);
    const Index wide = c.shape.heads * c.shape.head_dim, heads = c.shape.heads;
    const Index narrow = c.shape.kv_heads * c.shape.head_dim;
    auto out = cuda.template allocate<float>(q.size());
    auto lse = cuda.template allocate<float>(c.offsets.back() * heads);
    auto dq = cuda.template allocate<float>(q.size());
    auto dk = cuda.template allocate<float>(k.size());
    auto dv = cuda.template allocate<float>(v.size());
    const gppo::AttentionInput in{
        c.shape, offsets.view(), {q.data(), wide}, {k.data(), narrow}, {v.data(), narrow}};
    cuda.attention_forward(in, {out.data(), wide}, lse.view());
    cuda.attention_backward(in, {out.data(), wide}, std::as_const(lse).view(), {dout.data(), wide},
                            {dq.data(), wide}, {dk.data(), narrow}, {dv.data(), narrow});
    return {here(cuda, out.view()), here(cuda, lse.view()), here(cuda, dq.view()),
            here(cuda, dk.view()), here(cuda, dv.view())};
}
