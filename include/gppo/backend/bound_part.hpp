// SPDX-License-Identifier: Apache-2.0
//
// A policy or correction as a pass in a backend's memory reads it: itself, or an array of what it
// is for each sequence. One at sequence level is bound from sums that are made there; one that
// looks at all tokens of a step (Clip-Cov, KL-Cov, M2PO, BatchNormal) from a copy of them here, 8
// to 17 bytes a token, by the code of the CPU.
#pragma once

#include <gppo/backend/device_sums.hpp>
#include <gppo/token_objective.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace gppo {

/// Copies of what belongs to tokens, but for what only the pass reads.
template <std::floating_point T>
class HostTokens {
  public:
    /// `batch` has what belongs to a sequence here, but for advantages, and the rest there.
    template <class K>
    HostTokens(const K& backend, const Batch<T>& batch) : view_(batch) {
        fetch(backend, logp_, view_.logp), fetch(backend, logp_old_, view_.logp_old);
        fetch(backend, logp_rollout_, view_.logp_rollout);
        fetch(backend, advantage_, view_.advantage), fetch(backend, mask_, view_.mask);
        view_.logp_ref = view_.entropy = view_.entropy_old = {};
    }
    const Batch<T>& view() const { return view_; }

  private:
    template <class K, class E, class U>
    static void fetch(const K& backend, std::vector<U>& to, View<E>& view) {
        to.resize(static_cast<std::size_t>(view.size));
        if (!view.empty()) backend.download(View<const U>(view.data, view.size), View<U>(to));
        view = View<E>(to.data(), view.size);
    }

    Batch<T> view_;
    std::vector<T> logp_, logp_old_, logp_rollout_, advantage_;
    std::vector<std::uint8_t> mask_;
};

/// Keeps the memory that the pass reads, until it is asked again.
template <class K>
class BoundPart {
  public:
    explicit BoundPart(const K& backend) : backend_(&backend) {}

    /// `batch` as above; `offsets` are the backend's. Waits where it binds.
    template <class P, std::floating_point T>
    auto operator()(const P& part, const Batch<T>& batch, View<const Index> offsets /*(B + 1)*/) {
        if constexpr (!TwoPhasePolicy<P, T> && !TwoPhaseCorrection<P, T>) {
            if constexpr (requires { part.at(Index{}); })
                return placed<P, T>(part, batch.sequences());
            else
                return part;
        } else if constexpr (traits_of<P>().all_tokens) {
            const HostTokens<T> here(*backend_, batch);
            auto bound = part.bind(serial, here.view());
            if constexpr (requires { bound.batch = batch; }) bound.batch = batch;
            return placed<P, T>(bound, batch.sequences());
        } else {
            return placed<P, T>(part.bind(DeviceSums{backend_, offsets}, batch), batch.sequences());
        }
    }

  private:
    template <class E>
    using BufferOf = decltype(std::declval<const K&>().template allocate<E>(0));

    template <class Source, std::floating_point T, class Bound>
    auto placed(const Bound& bound, Index sequences) {
        auto each = each_sequence(bound, sequences);
        using At = typename decltype(each)::value_type;
        if constexpr (RevisesTokens<At, T>) place_revised(each);
        const View<const At> host(each);
        values_ = backend_->template allocate<char>(host.size * Index{sizeof(At)});
        backend_->upload(View<const char>(reinterpret_cast<const char*>(host.data), values_.size()),
                         values_.view());
        return OfSequences<At, Source>{reinterpret_cast<const At*>(values_.data())};
    }

    /// The places that each of them treats apart, there.
    template <class At>
    void place_revised(std::vector<At>& each) {
        std::vector<Index> all;
        for (const At& at : each) all.insert(all.end(), at.revised().begin(), at.revised().end());
        places_ = backend_->template allocate<Index>(std::ssize(all) + 1);
        all.push_back(0);
        backend_->upload(View<const Index>(all), places_.view());
        const Index* next = places_.data();
        for (At& at : each) {
            const Index size = at.revised().size;
            at = at.at_places({next, size});
            next += size;
        }
    }

    const K* backend_;
    BufferOf<char> values_;
    BufferOf<Index> places_;
};

}  // namespace gppo
