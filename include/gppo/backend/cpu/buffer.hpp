// SPDX-License-Identifier: Apache-2.0
//
// Buffer<T>: memory a backend owns, aligned to a cache line and zeroed. It only grows, so a
// training loop stops allocating after its largest step (giving pages back and faulting them in
// again is half the cost of an eager framework).
#pragma once

#include <gppo/core/view.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <type_traits>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace gppo {

template <class T>
class Buffer {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    Buffer() = default;
    explicit Buffer(Index count) { resize(count); }

    /// Makes room for `count` elements. When it has to grow, the contents are lost and zero;
    /// otherwise they stay as they are.
    void resize(Index count) {
        if (count > capacity_) {
            memory_.reset();
            capacity_ = 0;
            memory_ = allocate(static_cast<std::size_t>(count) * sizeof(T));
            capacity_ = count;
            std::fill_n(memory_.get(), count, T{});
        }
        size_ = count;
    }

    T* data() { return memory_.get(); }
    const T* data() const { return memory_.get(); }
    Index size() const { return size_; }
    Index capacity() const { return capacity_; }
    View<T> view() { return {memory_.get(), size_}; }
    View<const T> view() const { return {memory_.get(), size_}; }
    T& operator[](Index i) { return memory_.get()[i]; }
    const T& operator[](Index i) const { return memory_.get()[i]; }

  private:
    struct Free {
        std::align_val_t alignment{64};
        void operator()(T* p) const { ::operator delete(p, alignment); }
    };
    using Memory = std::unique_ptr<T[], Free>;

    /// Large memory on large pages, where the kernel gives them when asked: a product walks through
    /// more small ones than the processor keeps translations of.
    static Memory allocate(std::size_t bytes) {
        constexpr std::size_t large_page = std::size_t{2} << 20;
        const std::align_val_t alignment{bytes >= 2 * large_page ? large_page : 64};
        Memory memory(static_cast<T*>(::operator new(bytes, alignment)), Free{alignment});
#ifdef __linux__
        if (bytes >= 2 * large_page) ::madvise(memory.get(), bytes, MADV_HUGEPAGE);  // or it cannot
#endif
        return memory;
    }

    Memory memory_;
    Index size_ = 0, capacity_ = 0;
};

}  // namespace gppo
