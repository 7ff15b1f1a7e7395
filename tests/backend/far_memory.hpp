// SPDX-License-Identifier: Apache-2.0
//
// A backend whose memory is not the host's, on the CPU: nobody may touch it but the backend's own
// functions, for which it is opened. So a model that reads its buffers from the host, which on a
// GPU would fail or give rubbish, faults here; and a row that is handed a pointer of the host's,
// the other way around, throws. It computes as Cpu does, to the bit. In bf16
// attention reads rounded numbers, and generation keeps them so, as on a GPU.
#pragma once

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/backend/paged_cache.hpp>
#include <gppo/backend/rounded_rows.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/core/error.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// All far memory there is. Nothing is given back: tests are small.
class FarArena {
  public:
    static FarArena& all() {
        static FarArena arena;
        return arena;
    }

    /// Zeroed, aligned to a cache line.
    void* take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        char* const here = base_ + used_;
        used_ += (bytes + 63) / 64 * 64;
        if (used_ > size) throw std::bad_alloc();
        return here;
    }
    /// Bytes so far.
    std::size_t taken() {
        const std::lock_guard lock(mutex_);
        return used_;
    }
    bool holds(const void* p) const {
        const auto at = reinterpret_cast<std::uintptr_t>(p),
                   base = reinterpret_cast<std::uintptr_t>(base_);
        return at >= base && at <= base + size;
    }

    /// While one lives, in whichever thread, far memory can be touched.
    struct Open {
        Open() { all().open(1, PROT_READ | PROT_WRITE); }
        ~Open() { all().open(-1, PROT_NONE); }
        Open(const Open&) = delete;
        Open& operator=(const Open&) = delete;
    };

    static constexpr std::size_t size = std::size_t{1} << 29;

  private:
    FarArena()
        : base_(static_cast<char*>(::mmap(nullptr, size, PROT_NONE,
                                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
        if (base_ == MAP_FAILED) throw std::bad_alloc();
    }
    void open(int one, int access) {
        const std::lock_guard lock(mutex_);
        open_ += one;
        if (one < 0 && open_ > 0) return;  // another thread computes
        if (::mprotect(base_, used_ + 4096, access) != 0) throw std::bad_alloc();
    }

    std::mutex mutex_;
    char* base_;
    std::size_t used_ = 0;
    int open_ = 0;
};

/// Bytes that far buffers hold, and the most that they held since a test set it.
struct FarUse {
    inline static std::atomic<gppo::Index> now{0}, peak{0};

    static void add(gppo::Index bytes) {
        const gppo::Index held = now += bytes;
        if (held > peak) peak = held;
    }
};

template <class T>
class FarBuffer {
  public:
    FarBuffer() = default;
    explicit FarBuffer(gppo::Index count) { resize(count); }
    FarBuffer(FarBuffer&& other) noexcept { swap(other); }
    FarBuffer& operator=(FarBuffer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~FarBuffer() { account(0); }

    void resize(gppo::Index count) {
        if (count > capacity_) {
            account(count);
            data_ =
                static_cast<T*>(FarArena::all().take(static_cast<std::size_t>(count) * sizeof(T)));
            capacity_ = count;
        }
        size_ = count;
    }
    T* data() { return data_; }
    const T* data() const { return data_; }
    gppo::Index size() const { return size_; }
    gppo::View<T> view() { return {data_, size_}; }
    gppo::View<const T> view() const { return {data_, size_}; }

  private:
    void swap(FarBuffer& other) noexcept {
        std::swap(data_, other.data_), std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }
    /// What it holds is given back before more is taken.
    void account(gppo::Index count) const {
        FarUse::add(-capacity_ * static_cast<gppo::Index>(sizeof(T)));
        FarUse::add(count * static_cast<gppo::Index>(sizeof(T)));
    }

    T* data_ = nullptr;
    gppo::Index size_ = 0, capacity_ = 0;
};

class FarMemory {
  public:
    using Weights = gppo::Panels;  // the CPU's, in the host's memory
    using Cache = gppo::PagedCache<FarMemory>;
    static constexpr bool host_memory = false;
    inline static std::atomic<gppo::Index> replayed{0};  ///< recordings that were run

    explicit FarMemory(int threads, gppo::Precision precision = gppo::Precision::fp32)
        : cpu_(threads, precision) {}

    template <class T>
    FarBuffer<T> allocate(gppo::Index count) const {
        return FarBuffer<T>(count);
    }
    template <class T>
    void upload(gppo::View<const std::type_identity_t<T>> host, gppo::View<T> to) const {
        expects_far(to.data), expects_near(host.data);
        const FarArena::Open open;
        cpu_.upload(host, to);
    }
    template <class T>
    void download(gppo::View<const std::type_identity_t<T>> from, gppo::View<T> host) const {
        expects_far(from.data), expects_near(host.data);
        const FarArena::Open open;
        cpu_.download(from, host);
    }
    template <class F>
    void for_rows(gppo::Index n, F f) const {
        static_assert(std::is_trivially_copyable_v<F>);
        expects_no_near_pointer(f);
        run([this, n, f] { cpu_.for_rows(n, f); });
    }

    /// As CUDA's graphs do it: the first time plainly, the second time all that runs is recorded
    /// with what it holds, and from then on that is run, whatever `work` would do now. A buffer
    /// that grows, anywhere, ends all recordings.
    template <class F>
    void repeat(const void* owner, gppo::Index rows, gppo::Index parts, F work) const {
        Recordings& all = *recordings_;
        if (all.taken != FarArena::all().taken()) all.known.clear();
        all.taken = FarArena::all().taken();
        const auto [place, first] = all.known.try_emplace({owner, rows, parts});
        if (first) {
            work();
            if (all.taken != FarArena::all().taken()) all.known.clear();
            return;
        }
        if (!place->second.empty()) {
            for (const auto& again : place->second) run(again);
            ++replayed;
            return;
        }
        all.open = &place->second;
        work();
        all.open = nullptr;
    }
    void gemm(const gppo::Gemm& g, gppo::Factor a, gppo::Factor b, float* c) const {
        for (const void* p : {a.data, b.data, static_cast<const void*>(c)}) expects_far(p);
        run([this, g, a, b, c] { cpu_.gemm(g, a, b, c); });
    }
    void attention_forward(const gppo::AttentionInput& in, gppo::Rows<float> out,
                           gppo::View<float> lse) const {
        expects_far(in.offsets.data);
        for (const float* p : {in.q.data, in.k.data, in.v.data}) expects_far(p);
        const FarArena::Open open;
        std::vector<float> kept;
        cpu_.attention_forward(rounded(in, lse.size, kept), out, lse);
    }
    void attention_backward(const gppo::AttentionInput& in, gppo::Rows<const float> out,
                            gppo::View<const float> lse, gppo::Rows<const float> dout,
                            gppo::Rows<float> dq, gppo::Rows<float> dk,
                            gppo::Rows<float> dv) const {
        expects_far(in.offsets.data);
        const FarArena::Open open;
        std::vector<float> kept;
        cpu_.attention_backward(rounded(in, lse.size, kept), out, lse, dout, dq, dk, dv);
    }

    void pack(gppo::Index n, gppo::Index k, gppo::Factor weights, Weights& out) const {
        expects_far(weights.data);
        const FarArena::Open open;
        cpu_.pack(n, k, weights, out);
    }
    void packed_product(const Weights& w, gppo::Index rows, const float* x, float* y,
                        bool add) const {
        expects_far(x), expects_far(y);
        run([this, at = &w, rows, x, y, add] { cpu_.packed_product(*at, rows, x, y, add); });
    }
    Cache make_cache(gppo::AttentionShape shape, gppo::Index layers) const {
        return {*this, shape, layers, cpu_.precision()};
    }
    void cache_store(Cache& cache, gppo::Index layer, gppo::Rows<const float> keys,
                     gppo::Rows<const float> values) const {
        cache.store(layer, keys, values);
    }
    void attention_decode(Cache& cache, gppo::Index layer, gppo::Rows<const float> queries,
                          float* out) const {
        cache.attend(layer, queries, out);
    }
    FarMemory another() const { return FarMemory(cpu_.threads(), cpu_.precision()); }
    gppo::Precision precision() const { return cpu_.precision(); }
    gppo::Index memory() const { return static_cast<gppo::Index>(FarArena::size); }
    void wait() const {}

  private:
    using Work = std::vector<std::function<void()>>;
    struct Recordings {
        std::map<std::tuple<const void*, gppo::Index, gppo::Index>, Work> known;  // empty: seen
        Work* open = nullptr;
        std::size_t taken = 0;  // of the arena, when they were made
    };
    template <class F>
    void run(F work) const {
        if (recordings_->open != nullptr) recordings_->open->push_back(work);
        const FarArena::Open open;
        work();
    }

    /// In bf16 attention reads rounded numbers, as on a GPU.
    gppo::AttentionInput rounded(const gppo::AttentionInput& in, gppo::Index count,
                                 std::vector<float>& kept) const {
        if (precision() == gppo::Precision::fp32) return in;
        const gppo::Index tokens = count / in.shape.heads;
        kept.resize(static_cast<std::size_t>(tokens * (in.shape.heads + 2 * in.shape.kv_heads) *
                                             in.shape.head_dim));
        return gppo::rounded_input(cpu_, in, tokens, kept.data());
    }
    static void expects_far(const void* p) {
        gppo::expects(p == nullptr || FarArena::all().holds(p), "a pointer of the host's");
    }
    static void expects_near(const void* p) {
        gppo::expects(p == nullptr || !FarArena::all().holds(p), "a far pointer as the host's");
    }

    /// Whatever in `f` can be an address of this process must be far. Clang cannot clear what lies
    /// between the members, so there the check is left out.
    template <class F>
    static void expects_no_near_pointer([[maybe_unused]] F f) {
#if defined(__GNUC__) && !defined(__clang__)
        __builtin_clear_padding(&f);
        for (std::size_t at = 0; at + 8 <= sizeof(F); at += 8) {
            std::uint64_t word;
            std::memcpy(&word, reinterpret_cast<const char*>(&f) + at, 8);
            if (word >= std::uint64_t{1} << 40 && word < std::uint64_t{1} << 47)
                expects_far(reinterpret_cast<const void*>(word));
        }
#endif
    }

    gppo::Cpu cpu_;
    std::unique_ptr<Recordings> recordings_ = std::make_unique<Recordings>();
};
static_assert(gppo::Backend<FarMemory>);
static_assert(gppo::DecodeBackend<FarMemory>);
