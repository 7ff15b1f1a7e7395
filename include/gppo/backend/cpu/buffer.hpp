// SPDX-License-Identifier: Apache-2.0
//
// Buffer<T>: memory a backend owns, aligned to a cache line and zero. It only grows, so a
// training loop stops allocating after its largest step (giving pages back and faulting them in
// again is half the cost of an eager framework).
#pragma once

#include <gppo/core/view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
            memory_ = allocate(static_cast<std::size_t>(count));
            capacity_ = count;
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
        std::size_t mapped = 0;  // bytes, of large memory
        void operator()(T* p) const {
#ifdef __linux__
            if (mapped != 0) return static_cast<void>(::munmap(p, mapped));
#endif
            ::operator delete(p, std::align_val_t{64});
        }
    };
    using Memory = std::unique_ptr<T[], Free>;

    static Memory allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
#ifdef __linux__
        constexpr bool zero = std::is_arithmetic_v<T> || std::is_enum_v<T>;  // as its bytes are
        if (zero && bytes >= 2 * large_page) return map(bytes);
#endif
        Memory memory(static_cast<T*>(::operator new(bytes, std::align_val_t{64})), Free{});
        std::fill_n(memory.get(), count, T{});
        return memory;
    }

#ifdef __linux__
    static constexpr std::size_t large_page = std::size_t{2} << 20;

    /// From the kernel, which zeroes a page when it is first touched, by the thread that touches
    /// it. On large pages, where it gives them when asked: a product walks through more small ones
    /// than the processor keeps translations of.
    static Memory map(std::size_t bytes) {
        const std::size_t whole = (bytes + large_page - 1) / large_page * large_page;
        void* const all = ::mmap(nullptr, whole + large_page, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED) throw std::bad_alloc();
        char* const first = static_cast<char*>(all);
        const std::size_t before =
            (large_page - reinterpret_cast<std::uintptr_t>(first) % large_page) % large_page;
        if (before != 0) ::munmap(first, before);
        ::munmap(first + before + whole, large_page - before);
        ::madvise(first + before, whole, MADV_HUGEPAGE);  // or it cannot
        return Memory(reinterpret_cast<T*>(first + before), Free{whole});
    }
#endif

    Memory memory_;
    Index size_ = 0, capacity_ = 0;
};

}  // namespace gppo
