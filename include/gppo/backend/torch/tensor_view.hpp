// SPDX-License-Identifier: Apache-2.0
//
// A View of a tensor's own memory, or an error that names the tensor: nothing is copied or
// converted on the way, so what does not fit is refused.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <sstream>
#include <string>
#include <type_traits>

namespace gppo {

/// The element types that tensors of a batch have. A mask may be bool, whose bytes are 0 and 1.
template <class T>
constexpr bool holds(at::ScalarType type) noexcept {
    if constexpr (std::is_same_v<T, float>)
        return type == at::kFloat;
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return type == at::kInt;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return type == at::kLong;
    else
        return std::is_same_v<T, std::uint8_t> && (type == at::kByte || type == at::kBool);
}

template <class T>
constexpr const char* name_of_type() noexcept {
    if constexpr (std::is_same_v<T, float>) return "float32";
    if constexpr (std::is_same_v<T, std::int32_t>) return "int32";
    if constexpr (std::is_same_v<T, std::int64_t>) return "int64";
    return "bool or uint8";
}

/// "[2, 3]"
inline std::string text_of(at::IntArrayRef numbers) {
    std::ostringstream out;
    out << numbers;
    return out.str();
}

/// A dense and contiguous tensor on `device`, of any element type.
inline void expects_readable(const char* name, const at::Tensor& tensor,
                             at::Device device = at::kCPU) {
    const auto text = [name](const std::string& rest) { return std::string(name) + rest; };
    expects(tensor.defined(), [&] { return text(" is an undefined tensor"); });
    expects(tensor.layout() == at::kStrided, [&] {
        std::ostringstream layout;
        layout << tensor.layout();
        return text(" has the layout " + layout.str() + ": pass .to_dense()");
    });
    expects(tensor.device() == device, [&] {
        const std::string where = " is on " + tensor.device().str() + ", and ";
        return text(device.is_cpu() ? where + "this is computed on the CPU: pass .cpu()"
                                    : where + "logp is on " + device.str() + ": pass .to(\"" +
                                          device.str() + "\")");
    });
    expects(tensor.is_contiguous(), [&] {
        return text(" is not contiguous (sizes " + text_of(tensor.sizes()) + ", strides " +
                    text_of(tensor.strides()) + "): pass .contiguous()");
    });
}

/// The elements of `tensor`, whatever its shape, in order. Throws Error unless it is dense,
/// contiguous, on `device` and of type T. `name` is what an error calls it.
template <class T>
View<T> view_of(const char* name, const at::Tensor& tensor, at::Device device = at::kCPU) {
    using Element = std::remove_const_t<T>;
    expects_readable(name, tensor, device);
    expects(holds<Element>(tensor.scalar_type()), [&] {
        return std::string(name) + " has elements of type " + c10::toString(tensor.scalar_type()) +
               ", expected " + name_of_type<Element>() + ": convert it with .to()";
    });
    if constexpr (std::is_const_v<T>)
        return {static_cast<T*>(tensor.const_data_ptr()), tensor.numel()};
    else
        return {static_cast<T*>(tensor.mutable_data_ptr()), tensor.numel()};
}

/// The same, or an empty view of an undefined tensor: a part of a batch that may be absent.
template <class T>
View<T> view_of_optional(const char* name, const at::Tensor& tensor, at::Device device = at::kCPU) {
    return tensor.defined() ? view_of<T>(name, tensor, device) : View<T>{};
}

}  // namespace gppo
