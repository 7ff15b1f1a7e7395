// SPDX-License-Identifier: Apache-2.0
//
// View<T>: a pointer and a length. Trivially copyable, so it can be a kernel argument. It owns
// nothing.
#pragma once

#include <gppo/core/host_device.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace gppo {

/// Signed size and position type. Dimension letters, used everywhere:
/// G group (completions of one prompt), B sequences, T tokens, V vocabulary, D hidden size.
using Index = std::int64_t;

/// Contiguous elements somebody else owns. Indexing is unchecked: sizes are checked where batches
/// are built.
template <class T>
struct View {
    T* data = nullptr;
    Index size = 0;

    constexpr View() noexcept = default;
    GPPO_HD constexpr View(T* pointer, Index count) noexcept : data(pointer), size(count) {}

    /// From any contiguous container (`std::vector`, `std::array`, `std::span`, …).
    template <class C>
        requires requires(C& c) {
            { c.data() } -> std::convertible_to<T*>;
            { c.size() } -> std::convertible_to<std::size_t>;
        }
    constexpr View(C& container) noexcept
        : data(container.data()), size(static_cast<Index>(container.size())) {}

    /// View<float> reads as View<const float>.
    template <class Read>
        requires(std::same_as<Read, const T> && !std::is_const_v<T>)
    GPPO_HD constexpr operator View<Read>() const noexcept {
        return {data, size};
    }

    GPPO_HD constexpr T& operator[](Index i) const noexcept { return data[i]; }
    GPPO_HD constexpr T* begin() const noexcept { return data; }
    GPPO_HD constexpr T* end() const noexcept { return data + size; }
    GPPO_HD constexpr bool empty() const noexcept { return size == 0; }

    /// Elements [first, first + count).
    GPPO_HD constexpr View slice(Index first, Index count) const noexcept {
        return {data + first, count};
    }
};

}  // namespace gppo
