// SPDX-License-Identifier: Apache-2.0
//
// A tensor as files hold it: name, dtype, shape and raw little-endian bytes, and the conversions
// between those bytes and float. BF16 is the upper half of a float; F16 is IEEE 754 binary16.
#pragma once

#include <gppo/core/bf16.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

static_assert(std::endian::native == std::endian::little, "tensor files are little-endian");

/// One tensor of a file. `bytes` belongs to whoever holds the file.
struct StoredTensor {
    std::string name;
    std::string dtype;         ///< "F32", "BF16", "F16", … (the names safetensors uses)
    std::vector<Index> shape;  ///< row-major; empty is a scalar
    std::string_view bytes;
};

/// "[2, 3]"
inline std::string shape_text(const std::vector<Index>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

inline float f16_to_float(std::uint16_t bits) noexcept {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
    const std::uint32_t rest = static_cast<std::uint32_t>(bits & 0x7FFFu) << 13;
    if ((bits & 0x7C00u) == 0x7C00u) return std::bit_cast<float>(sign | 0x7F800000u | rest);
    // Multiplying moves the exponent bias from 15 to 127; denormals come out right, too.
    return std::bit_cast<float>(
        sign | std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) * 0x1p112f));
}

/// Rounds to nearest, ties to even; from 65520 on to infinity. NaN stays NaN.
inline std::uint16_t float_to_f16(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000u, size = bits & 0x7FFFFFFFu;
    const auto with_sign = [sign](std::uint32_t rest) {
        return static_cast<std::uint16_t>(sign | rest);
    };
    const auto magnitude = std::bit_cast<float>(size);
    if (magnitude != magnitude) return with_sign(0x7E00u);
    if (magnitude >= 65520.0f) return with_sign(0x7C00u);
    // Denormals are whole multiples of 2^-24; adding 2^23 rounds to whole numbers.
    if (magnitude < 0x1p-14f)
        return with_sign(static_cast<std::uint32_t>(magnitude * 0x1p24f + 0x1p23f - 0x1p23f));
    return with_sign((size - (112u << 23) + 0xFFFu + ((size >> 13) & 1u)) >> 13);
}

/// Whether read_as_float can: F32, BF16 or F16, of `count` elements. Else an Error says why not.
inline void expects_readable(const StoredTensor& tensor, Index count) {
    expects(tensor.dtype == "F32" || tensor.dtype == "BF16" || tensor.dtype == "F16", [&] {
        return "tensor '" + tensor.name + "' has dtype " + tensor.dtype +
               "; only F32, BF16 and F16 weights can be read";
    });
    const std::size_t width = tensor.dtype == "F32" ? 4 : 2;
    expects(tensor.bytes.size() == static_cast<std::size_t>(count) * width, [&] {
        return "tensor '" + tensor.name + "' of shape " + shape_text(tensor.shape) +
               " does not hold " + std::to_string(count) + " elements";
    });
}

/// Elements [first, first + out.size) of a readable tensor as floats.
inline void read_as_float(const StoredTensor& tensor, Index first, View<float> out /* (n) */) {
    const auto count = static_cast<std::size_t>(out.size);
    const std::size_t width = tensor.dtype == "F32" ? 4 : 2;
    const char* const from = tensor.bytes.data() + width * static_cast<std::size_t>(first);
    if (count == 0) return;
    if (width == 4) {
        std::memcpy(out.data, from, 4 * count);
        return;
    }
    const auto read = [&](auto to_float) {
        for (std::size_t i = 0; i < count; ++i) {
            std::uint16_t bits = 0;  // memcpy: the bytes of a file need not be aligned
            std::memcpy(&bits, from + 2 * i, 2);
            out.data[i] = to_float(bits);
        }
    };
    if (tensor.dtype == "F16")
        read([](std::uint16_t bits) { return f16_to_float(bits); });
    else
        read([](std::uint16_t bits) { return bf16_to_float(bits); });
}

/// All of a tensor, checked.
inline void read_as_float(const StoredTensor& tensor, View<float> out /* (elements) */) {
    expects_readable(tensor, out.size);
    read_as_float(tensor, 0, out);
}

/// Without branches, so that it runs at the speed of memory.
inline bool all_finite(View<const float> values) noexcept {
    std::uint32_t found = 0;
    for (Index i = 0; i < values.size; ++i) {
        const auto exponent = std::bit_cast<std::uint32_t>(values.data[i]) & 0x7F800000u;
        found |= exponent == 0x7F800000u ? 1u : 0u;
    }
    return found == 0;
}

/// The bytes of floats, without a copy.
inline std::string_view bytes_of(View<const float> values) noexcept {
    return {reinterpret_cast<const char*>(values.data),
            sizeof(float) * static_cast<std::size_t>(values.size)};
}

/// The values as 16 bit each, rounded by `round` (float_to_bf16, float_to_f16).
template <class Round>
std::string half_bytes(View<const float> values, Round round) {
    std::string bytes(2 * static_cast<std::size_t>(values.size), '\0');
    for (std::size_t i = 0; i < bytes.size() / 2; ++i) {
        const std::uint16_t bits = round(values.data[i]);
        std::memcpy(bytes.data() + 2 * i, &bits, 2);
    }
    return bytes;
}

}  // namespace gppo
