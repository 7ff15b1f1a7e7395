// SPDX-License-Identifier: Apache-2.0
//
// Independent pieces of work, taken by whichever thread is free. For work that waits (programs,
// calls to servers, files); loops over tokens are a backend's.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gppo {

/// f(i) for i = 0 … count - 1, each once, on at most `threads` threads, this one among them. Each
/// of them has an f of its own, from make(). What make or an f throws first is thrown here, when
/// all have stopped; work that nobody has begun by then is left out.
template <class Make>
void in_threads(std::size_t count, int threads, Make make) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto work = [&] {
        try {
            auto f = make();
            for (std::size_t i; (i = next++) < count;) f(i);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    {
        std::vector<std::jthread> others;
        const auto most = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
        for (std::size_t t = 1; t < most; ++t) others.emplace_back(work);
        if (count > 0) work();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace gppo
