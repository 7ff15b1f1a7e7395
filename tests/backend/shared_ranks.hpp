// SPDX-License-Identifier: Apache-2.0
//
// Processes that show each other numbers through memory they share: what stands in for devices that
// reach each other.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <utility>

class SharedRanks {
  public:
    static constexpr gppo::Index window = 1 << 14;  // floats that a rank shows at a time

    /// The name of a new group: rank 0 makes it and tells the others.
    static std::string make_name() {
        static int made = 0;
        return "/gppo-ranks-" + std::to_string(::getpid()) + "-" + std::to_string(made++);
    }

    /// Waits for all. `poll` is called while it waits, and may throw.
    SharedRanks(gppo::Index rank, gppo::Index size, const std::string& name,
                std::function<void()> poll)
        : rank_(rank), size_(size), poll_(std::move(poll)) {
        const int file = ::shm_open(name.c_str(), O_CREAT | O_RDWR, 0600);
        gppo::expects(file >= 0 && ::ftruncate(file, static_cast<off_t>(bytes())) == 0,
                      "no shared memory");
        void* const at = ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        ::close(file);
        gppo::expects(at != MAP_FAILED, "no shared memory");
        arrived_ = static_cast<std::atomic<std::uint64_t>*>(at);
        shown_ = reinterpret_cast<float*>(static_cast<char*>(at) + 64);
        try {
            meet();
        } catch (...) {
            leave(name);
            ::munmap(at, bytes());
            throw;
        }
        leave(name);  // all have it
    }
    ~SharedRanks() { ::munmap(arrived_, bytes()); }
    SharedRanks(const SharedRanks&) = delete;
    SharedRanks& operator=(const SharedRanks&) = delete;

    gppo::Index rank() const { return rank_; }
    gppo::Index size() const { return size_; }

    /// f(r, theirs, first) for what every rank r shows of its `mine`, piece by piece from element
    /// `first` on; all of them have as much.
    template <class F>
    void show(gppo::View<const float> mine, F f) {
        for (gppo::Index first = 0; first < mine.size; first += window) {
            const gppo::Index count = std::min(window, mine.size - first);
            std::copy_n(mine.data + first, count, shown_ + rank_ * window);
            meet();
            for (gppo::Index r = 0; r < size_; ++r)
                f(r, gppo::View<const float>(shown_ + r * window, count), first);
            meet();
        }
    }

  private:
    /// Who is not first finds nothing any more.
    static void leave(const std::string& name) { ::shm_unlink(name.c_str()); }
    std::size_t bytes() const {
        return 64 + static_cast<std::size_t>(size_ * window) * sizeof(float);
    }
    void meet() {
        ++met_;
        arrived_->fetch_add(1);
        while (arrived_->load() < met_ * static_cast<std::uint64_t>(size_)) {
            poll_();
            std::this_thread::sleep_for(std::chrono::microseconds(20));
        }
    }

    gppo::Index rank_, size_;
    std::function<void()> poll_;
    std::uint64_t met_ = 0;
    std::atomic<std::uint64_t>* arrived_ = nullptr;
    float* shown_ = nullptr;  // (size, window)
};
