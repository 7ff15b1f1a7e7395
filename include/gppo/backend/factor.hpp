// SPDX-License-Identifier: Apache-2.0
//
// What a product reads: floats, or bf16 as they are kept. So a product is one function, whatever
// its factors are.
#pragma once

#include <gppo/core/bf16.hpp>
#include <gppo/core/view.hpp>

#include <cstddef>
#include <cstdint>

namespace gppo {

/// A pointer that knows what it points to. bf16 is read exactly.
struct Factor {
    const void* data = nullptr;
    Precision kept = Precision::fp32;

    constexpr Factor() noexcept = default;
    constexpr Factor(std::nullptr_t) noexcept {}
    GPPO_HD constexpr Factor(const float* floats) noexcept : data(floats) {}
    GPPO_HD constexpr Factor(const std::uint16_t* halves) noexcept
        : data(halves), kept(Precision::bf16) {}

    GPPO_HD constexpr bool is_bf16() const noexcept { return kept == Precision::bf16; }
    /// Only what it is.
    GPPO_HD const float* floats() const noexcept { return static_cast<const float*>(data); }
    GPPO_HD const std::uint16_t* halves() const noexcept {
        return static_cast<const std::uint16_t*>(data);
    }

    GPPO_HD float operator[](Index i) const noexcept {
        return is_bf16() ? bf16_to_float(halves()[i]) : floats()[i];
    }
    /// From element n on.
    GPPO_HD Factor operator+(Index n) const noexcept {
        return is_bf16() ? Factor(halves() + n) : Factor(floats() + n);
    }
};

}  // namespace gppo
