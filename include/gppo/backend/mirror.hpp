// SPDX-License-Identifier: Apache-2.0
//
// Memory of the host as a backend sees it. A backend that computes in the host's memory reads and
// writes it in place; for any other there is a copy, and no pointer of one side reaches the other.
#pragma once

#include <gppo/backend/backend.hpp>

#include <utility>

namespace gppo {

template <Backend K, class T>
class Mirror {
  public:
    /// `backend` must outlive it.
    explicit Mirror(const K& backend) : backend_(&backend) {}

    /// `host` as it is now, where the backend reads it. Good until the next call.
    View<const T> read(View<const T> host) {
        if constexpr (K::host_memory) return host;
        copy_.resize(host.size);
        if (!host.empty()) backend_->upload(host, copy_.view());
        return std::as_const(copy_).view();
    }

    /// Where the backend writes what is meant for `host`, which has it after fetch(host).
    View<T> room(View<T> host) {
        if constexpr (K::host_memory) return host;
        copy_.resize(host.size);
        return copy_.view();
    }
    void fetch(View<T> host) const {
        if constexpr (!K::host_memory)
            if (!host.empty()) backend_->download(copy_.view(), host);
    }

    /// Where the backend reads what will be sent of `host`, part by part.
    View<const T> place(View<const T> host) {
        if constexpr (K::host_memory) return host;
        copy_.resize(host.size);
        return std::as_const(copy_).view();
    }
    /// The part that begins at `first`, to the host and from it.
    void fetch(Index first, View<T> part) const {
        if constexpr (!K::host_memory)
            if (!part.empty()) backend_->download(copy_.view().slice(first, part.size), part);
    }
    void send(Index first, View<const T> part) {
        if constexpr (!K::host_memory)
            if (!part.empty()) backend_->upload(part, copy_.view().slice(first, part.size));
    }

  private:
    const K* backend_;
    decltype(std::declval<const K&>().template allocate<T>(0)) copy_;  // unused in host memory
};

}  // namespace gppo
