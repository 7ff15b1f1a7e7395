// SPDX-License-Identifier: Apache-2.0
//
// A batch on the device. What belongs to a sequence is small, made on the host by prepare() and
// copied; what belongs to a token may be there already, as a model's output is.
#pragma once

#include <gppo/backend/cuda/cuda.hpp>
#include <gppo/core/batch.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace gppo {

enum class TokenMemory { host, device };

template <std::floating_point T = float>
class CudaBatch {
  public:
    /// `batch` is prepared; offsets, advantage and the coefficients are the host's. `tokens` says
    /// where logp, logp_old, mask, logp_ref, entropy, logp_rollout, entropy_old, and an advantage
    /// (T), are. Returns when everything is copied.
    CudaBatch(const Cuda& cuda, const Batch<T>& batch, TokenMemory tokens)
        : sequences_(batch.sequences()), tokens_(batch.tokens()), view_(batch) {
        validate(batch);
        host_offsets_.assign(batch.offsets.begin(), batch.offsets.end());
        off_policy_.assign(batch.off_policy.begin(), batch.off_policy.end());
        copy(cuda, offsets_, view_.offsets);
        copy(cuda, coefficient_, view_.coefficient);
        copy(cuda, positive_coefficient_, view_.positive_coefficient);
        if (tokens == TokenMemory::host || batch.advantage.size == sequences_)
            copy(cuda, advantage_, view_.advantage);
        view_.group = {}, view_.positive = {}, view_.off_policy = {};  // the pass reads none
        if (tokens == TokenMemory::host) {
            copy(cuda, logp_, view_.logp), copy(cuda, logp_old_, view_.logp_old);
            copy(cuda, mask_, view_.mask), copy(cuda, logp_ref_, view_.logp_ref);
            copy(cuda, entropy_, view_.entropy), copy(cuda, logp_rollout_, view_.logp_rollout);
            copy(cuda, entropy_old_, view_.entropy_old);
        }
        cuda.wait();
    }

    Index sequences() const noexcept { return sequences_; }
    Index tokens() const noexcept { return tokens_; }
    /// Everything in it is on the device.
    const Batch<T>& view() const noexcept { return view_; }
    /// The same with what binding reads of sequences on the host.
    Batch<T> sequences_here() const noexcept {
        Batch<T> seen = view_;
        seen.offsets = host_offsets_, seen.off_policy = off_policy_;
        return seen;
    }

  private:
    /// Copies what `view` sees and has it see the copy.
    template <class E>
    static void copy(const Cuda& cuda, CudaBuffer<std::remove_const_t<E>>& to, View<E>& view) {
        if (view.empty()) return;
        to = cuda.allocate<std::remove_const_t<E>>(view.size);
        to.upload(View<const std::remove_const_t<E>>(view.data, view.size));
        view = View<E>(to.data(), to.size());
    }

    Index sequences_, tokens_;
    Batch<T> view_;
    std::vector<Index> host_offsets_;
    std::vector<std::uint8_t> off_policy_;
    CudaBuffer<Index> offsets_;
    CudaBuffer<T> advantage_, coefficient_, positive_coefficient_;
    CudaBuffer<T> logp_, logp_old_, logp_ref_, entropy_, logp_rollout_, entropy_old_;
    CudaBuffer<std::uint8_t> mask_;
};

}  // namespace gppo
