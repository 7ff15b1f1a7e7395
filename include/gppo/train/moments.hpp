// SPDX-License-Identifier: Apache-2.0
//
// Both moments of AdamW as they are kept. Bytes a weight, beside the fp32 weight itself:
//
//   fp32   8      kernel/adamw.hpp
//   bf16   4      kernel/adamw_stored.hpp, rounded stochastically
//   int8   2.03   kernel/adamw_8bit.hpp, a scale for each block of 256
#pragma once

#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/core/error.hpp>
#include <gppo/kernel/adamw_8bit.hpp>
#include <gppo/model/parameters.hpp>

#include <array>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

enum class MomentStorage { fp32, bf16, int8 };

inline MomentStorage moment_storage_from_name(std::string_view name) {
    expects(name == "fp32" || name == "bf16" || name == "int8",
            [&] { return "moments can be kept as fp32, bf16 or int8, not " + std::string(name); });
    return name == "fp32"   ? MomentStorage::fp32
           : name == "bf16" ? MomentStorage::bf16
                            : MomentStorage::int8;
}

/// Bytes of one moment of one weight; of int8 without its scale.
constexpr Index moment_width(MomentStorage storage) {
    return storage == MomentStorage::fp32 ? 4 : storage == MomentStorage::bf16 ? 2 : 1;
}

/// Blocks that share a scale are places [256 n, 256 (n + 1)) of the flat buffer, cut where a tensor
/// begins: no two tensors share one, and a part of the buffer that begins at a multiple of 256 has
/// the blocks of the whole. The number of a tensor's:
inline Index moment_blocks(const TensorInfo& t) {
    if (t.size() == 0) return 0;
    return (t.offset + t.size() - 1) / moment_block - t.offset / moment_block + 1;
}
/// Of tensors that lie one behind the other, as `storage` has them.
inline Index moment_blocks(MomentStorage storage, const std::vector<TensorInfo>& tensors) {
    Index blocks = 0;
    if (storage == MomentStorage::int8)
        for (const TensorInfo& t : tensors) blocks += moment_blocks(t);
    return blocks;
}

/// What is kept: the numbers of the first and of the second moment, and of int8 the scales of both.
inline constexpr std::size_t moment_parts = 4;

/// Where in one piece of memory the parts lie, bytes.
struct MomentLayout {
    std::array<Index, moment_parts> first{}, size{};
    Index total = 0;

    MomentLayout() = default;
    MomentLayout(MomentStorage storage, Index weights, Index blocks) {
        const Index numbers = weights * moment_width(storage), scales = 4 * blocks;
        size = {numbers, numbers, scales, scales};
        for (std::size_t i = 0; i < moment_parts; ++i) {
            first[i] = total;
            total += (size[i] + 63) / 64 * 64;  // a cache line: whatever a part holds is aligned
        }
    }
};

/// What the moments of tensors, one behind the other, take.
inline Index moment_bytes(MomentStorage storage, const std::vector<TensorInfo>& tensors) {
    const Index weights = tensors.empty() ? 0 : tensors.back().offset + tensors.back().size();
    return MomentLayout(storage, weights, moment_blocks(storage, tensors)).total;
}

/// Moments of weights in a row, where a backend steps them.
struct MomentSpan {
    MomentStorage storage = MomentStorage::fp32;
    char* part[moment_parts] = {};

    template <class T>
    View<T> as(std::size_t i, Index count) const {
        return {reinterpret_cast<T*>(part[i]), count};
    }
};

/// The memory of this process.
struct HostMemory {
    template <class T>
    Buffer<T> allocate(Index count) const {
        return Buffer<T>(count);
    }
};
inline constexpr HostMemory host_memory{};

/// `K` is a backend, or HostMemory.
template <class K = HostMemory>
class Moments {
  public:
    /// `backend` must outlive it.
    explicit Moments(const K& backend, MomentStorage storage = MomentStorage::fp32)
        : backend_(&backend), storage_(storage) {}
    explicit Moments(MomentStorage storage = MomentStorage::fp32)
        requires std::same_as<K, HostMemory>
        : Moments(host_memory, storage) {}

    MomentStorage storage() const { return storage_; }
    /// Of how many weights.
    Index size() const { return weights_; }
    const MomentLayout& layout() const { return layout_; }

    /// Those of `weights` weights in so many blocks, all 0.
    void reset(Index weights, Index blocks) {
        layout_ = MomentLayout(storage_, weights, blocks), weights_ = weights;
        memory_ = {};  // before the new memory is taken
        memory_ = backend_->template allocate<char>(layout_.total);
    }
    void reset(const std::vector<TensorInfo>& tensors) {
        Index weights = 0;
        for (const TensorInfo& t : tensors) weights += t.size();
        reset(weights, moment_blocks(storage_, tensors));
    }
    /// Gives the memory back.
    void clear() { memory_ = {}, layout_ = {}, weights_ = 0; }

    /// All bytes, and those of a part.
    View<char> bytes() { return memory_.view(); }
    View<const char> bytes() const { return std::as_const(memory_).view(); }
    View<char> part(std::size_t i) { return bytes().slice(layout_.first[i], layout_.size[i]); }
    View<const char> part(std::size_t i) const {
        return bytes().slice(layout_.first[i], layout_.size[i]);
    }

    /// From element `first` and block `block` on.
    MomentSpan span(Index first = 0, Index block = 0) {
        MomentSpan at{storage_};
        for (std::size_t i = 0; i < moment_parts; ++i)
            at.part[i] = memory_.data() + layout_.first[i] +
                         (i < 2 ? first * moment_width(storage_) : 4 * block);
        return at;
    }

  private:
    const K* backend_;
    MomentStorage storage_;
    Index weights_ = 0;
    MomentLayout layout_;
    decltype(std::declval<const K&>().template allocate<char>(0)) memory_;
};

}  // namespace gppo
