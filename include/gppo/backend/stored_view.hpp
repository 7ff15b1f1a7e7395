// SPDX-License-Identifier: Apache-2.0
//
// Floats somebody else owns, kept as fp32 or as bf16 (kernel/stored.hpp), which is known when the
// program runs; and memory for them.
#pragma once

#include <gppo/backend/factor.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace gppo {

/// `F` is float or const float.
template <class F>
struct StoredView {
    template <class T>
    using Like = std::conditional_t<std::is_const_v<F>, const T, T>;
    using Half = Like<std::uint16_t>;

    Like<void>* data = nullptr;
    Index size = 0;
    Precision kept = Precision::fp32;

    constexpr StoredView() noexcept = default;
    /// Of whatever is a View of floats, or of halves.
    template <class C>
        requires std::convertible_to<C&&, View<F>>
    constexpr StoredView(C&& from) noexcept {
        const View<F> all = from;
        data = all.data, size = all.size;
    }
    template <class C>
        requires std::convertible_to<C&&, View<Half>>
    constexpr StoredView(C&& from) noexcept : kept(Precision::bf16) {
        const View<Half> all = from;
        data = all.data, size = all.size;
    }

    /// StoredView<float> reads as StoredView<const float>.
    template <class Read>
        requires(std::same_as<Read, const F> && !std::is_const_v<F>)
    constexpr operator StoredView<Read>() const noexcept {
        StoredView<Read> read;
        read.data = data, read.size = size, read.kept = kept;
        return read;
    }
    Factor factor() const noexcept {
        return kept == Precision::bf16 ? Factor(static_cast<const std::uint16_t*>(data))
                                       : Factor(static_cast<const float*>(data));
    }

    Index width() const noexcept { return kept == Precision::bf16 ? 2 : 4; }
    View<Like<char>> bytes() const noexcept {
        return {static_cast<Like<char>*>(data), size * width()};
    }
    /// Throws Error where they are kept in the other way.
    View<F> floats() const {
        expects(kept == Precision::fp32, "these weights are kept in bf16, not in fp32");
        return {static_cast<F*>(data), size};
    }
    View<Half> halves() const {
        expects(kept == Precision::bf16, "these weights are kept in fp32, not in bf16");
        return {static_cast<Half*>(data), size};
    }

    /// Elements [first, first + count).
    StoredView slice(Index first, Index count) const noexcept {
        StoredView part = *this;
        part.data = static_cast<Like<char>*>(data) + first * width();
        part.size = count;
        return part;
    }
};

/// Copies; what is kept in fewer bits is rounded to nearest.
inline void copy_stored(StoredView<const float> from /* (n) */, StoredView<float> to /* (n) */) {
    expects(from.size == to.size, "weights are copied to as many places");
    if (from.kept == to.kept) {
        std::copy_n(from.bytes().data, from.bytes().size, to.bytes().data);
    } else if (to.kept == Precision::fp32) {
        const View<const std::uint16_t> read = from.halves();
        std::transform(read.begin(), read.end(), to.floats().begin(), bf16_to_float);
    } else {
        const View<const float> read = from.floats();
        std::transform(read.begin(), read.end(), to.halves().begin(), float_to_bf16);
    }
}

/// Memory of `K`, a backend or whatever else allocates, for floats kept in either way.
template <class K>
class StoredBuffer {
  public:
    explicit StoredBuffer(Precision kept = Precision::fp32) : kept_(kept) {}

    Precision kept() const { return kept_; }
    Index size() const { return kept_ == Precision::bf16 ? halves_.size() : floats_.size(); }
    void resize(Index count) {
        if (kept_ == Precision::bf16)
            halves_.resize(count);
        else
            floats_.resize(count);
    }
    StoredView<float> view() {
        if (kept_ == Precision::bf16) return halves_.view();
        return floats_.view();
    }
    StoredView<const float> view() const {
        if (kept_ == Precision::bf16) return halves_.view();
        return floats_.view();
    }

  private:
    decltype(std::declval<const K&>().template allocate<float>(0)) floats_;
    decltype(std::declval<const K&>().template allocate<std::uint16_t>(0)) halves_;
    Precision kept_;
};

}  // namespace gppo
