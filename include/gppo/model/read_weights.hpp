// SPDX-License-Identifier: Apache-2.0
//
// A model's weights as its layers read them: matrices where they are kept, in fp32 or bf16, and the
// norms' vectors as floats. Of bf16 those are copies, a ten-thousandth of the model, so that no row
// asks how its weights are kept.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/stored_view.hpp>
#include <gppo/model/parameters.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace gppo {

/// A vector of the flat buffer, and its place among the copies.
struct NormPlace {
    Index from = 0, to = 0, size = 0;
};

inline std::vector<NormPlace> norm_places(const std::vector<TensorInfo>& tensors) {
    std::vector<NormPlace> places;
    Index to = 0;
    for (const TensorInfo& t : tensors) {
        if (t.shape.size() != 1) continue;
        places.push_back({t.offset, to, t.size()});
        to += t.size();
    }
    return places;
}

/// Bytes that the copies take, and the list of where they come from.
inline Index norm_copy_bytes(const std::vector<TensorInfo>& tensors) {
    const std::vector<NormPlace> places = norm_places(tensors);
    if (places.empty()) return 0;
    return 4 * (places.back().to + places.back().size) +
           static_cast<Index>(sizeof(NormPlace)) * std::ssize(places);
}

struct WidenNorm {
    const NormPlace* places;
    const std::uint16_t* from;  // all weights
    float* to;                  // all copies

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const NormPlace at = places[n];
        const std::uint16_t* const x = from + at.from;
        float* const y = to + at.to;
        team.for_each(at.size, [=](Index i) { y[i] = bf16_to_float(x[i]); });
    }
};

template <Backend K>
class ReadWeights {
  public:
    /// `backend` must outlive it.
    ReadWeights(const K& backend, const std::vector<TensorInfo>& tensors)
        : backend_(&backend), places_(norm_places(tensors)) {}

    /// The weights as they are now, which must stay where they are. Call it after they changed.
    void read(StoredView<const float> weights) {
        all_ = weights.factor();
        if (!all_.is_bf16() || places_.empty()) return;
        if (table_.size() == 0) {
            table_.resize(std::ssize(places_));
            backend_->upload(View<const NormPlace>(places_), table_.view());
            norms_.resize(places_.back().to + places_.back().size);
        }
        backend_->for_rows(std::ssize(places_),
                           WidenNorm{table_.data(), all_.halves(), norms_.data()});
    }

    /// A matrix.
    Factor operator+(Index offset) const { return all_ + offset; }
    /// The vector that begins at `offset` of the flat buffer.
    const float* norm(Index offset) const {
        if (!all_.is_bf16()) return all_.floats() + offset;
        const auto at =
            std::lower_bound(places_.begin(), places_.end(), offset,
                             [](const NormPlace& p, Index first) { return p.from < first; });
        return norms_.data() + at->to;
    }

  private:
    const K* backend_;
    std::vector<NormPlace> places_;
    Factor all_;
    decltype(std::declval<const K&>().template allocate<NormPlace>(0)) table_;
    decltype(std::declval<const K&>().template allocate<float>(0)) norms_;
};

}  // namespace gppo
