// SPDX-License-Identifier: Apache-2.0
//
// Rows<T>: a pointer and a stride. Like View, it owns nothing and can be a kernel argument.
#pragma once

#include <gppo/core/view.hpp>

#include <concepts>
#include <type_traits>

namespace gppo {

/// Row t of a matrix somebody else owns starts at data + t stride.
template <class T>
struct Rows {
    T* data = nullptr;
    Index stride = 0;

    GPPO_HD constexpr T* operator[](Index row) const { return data + row * stride; }

    /// Rows<float> read as Rows<const float>.
    template <class Read>
        requires(std::same_as<Read, const T> && !std::is_const_v<T>)
    GPPO_HD constexpr operator Rows<Read>() const noexcept {
        return {data, stride};
    }
};

}  // namespace gppo
