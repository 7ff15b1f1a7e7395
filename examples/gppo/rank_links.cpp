// SPDX-License-Identifier: Apache-2.0
#include "rank_links.hpp"

#include <gppo/core/error.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

namespace {

using gppo::Index;
using RankClock = std::chrono::steady_clock;

constexpr std::array<char, 8> rank_magic{'g', 'p', 'p', 'o', 'r', 'n', 'k', '1'};
constexpr const char* gone = "its connection closed, it ended or was killed";

}  // namespace

/// What a process says first on a connection, and where it can be reached itself.
struct RankLinks::Hello {
    std::array<char, 8> magic = rank_magic;
    std::int64_t rank = 0, size = 0;
    sockaddr_storage door{};
    std::uint64_t door_size = 0;
};

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw gppo::Error("ranks: " + what + ": " + std::strerror(errno));
}

/// Small messages go at once, and a machine that vanished is found within two minutes.
void tune(const Socket& socket) {
    const auto set = [&](int level, int name, int value) {
        ::setsockopt(socket.get(), level, name, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 6);
}

/// The first handshake must not wait for a stranger that says nothing.
void limit(const Socket& socket, std::chrono::seconds patience) {
    const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

bool receive_all(const Socket& from, void* data, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
        const auto got = ::recv(from.get(), static_cast<char*>(data) + done, size - done, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        done += static_cast<std::size_t>(got);
    }
    return true;
}

bool send_all(const Socket& to, const void* data, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
        const auto sent =
            ::send(to.get(), static_cast<const char*>(data) + done, size - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        done += static_cast<std::size_t>(sent);
    }
    return true;
}

/// Listens where `at` says; port 0 takes any.
Socket listen_at(const sockaddr* at, socklen_t size) {
    Socket door(::socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (!door || ::setsockopt(door.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(door.get(), at, size) != 0 || ::listen(door.get(), SOMAXCONN) != 0)
        return Socket();
    return door;
}

Socket connect_to(const sockaddr* to, socklen_t size) {
    Socket socket(::socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket || ::connect(socket.get(), to, size) != 0) return Socket();
    tune(socket);
    return socket;
}

/// A connection of which the first words are a Hello of this run.
template <class Hello>
Socket accept_one(const Socket& door, RankClock::time_point until, const Hello& mine,
                  Hello& theirs) {
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - RankClock::now());
        pollfd wait{door.get(), POLLIN, 0};
        if (left.count() <= 0) return Socket();
        if (::poll(&wait, 1, static_cast<int>(left.count())) <= 0) continue;
        Socket socket(::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) continue;
        tune(socket), limit(socket, std::chrono::seconds(10));
        if (!receive_all(socket, &theirs, sizeof theirs) || theirs.magic != rank_magic) continue;
        gppo::expects(
            theirs.size == mine.size && theirs.rank > mine.rank && theirs.rank < theirs.size, [&] {
                return "ranks: a process says it is rank " + std::to_string(theirs.rank) + " of " +
                       std::to_string(theirs.size) + ", this is rank " + std::to_string(mine.rank) +
                       " of " + std::to_string(mine.size) +
                       ": does another run use the same MASTER_PORT?";
            });
        return socket;
    }
}

/// Listens where the other end of a connection sees this machine, and writes down where that is.
template <class Hello>
Socket open_door(const Socket& connection, Hello& mine) {
    socklen_t size = sizeof mine.door;
    auto* const address = reinterpret_cast<sockaddr*>(&mine.door);
    ::getsockname(connection.get(), address, &size);
    // Any port; its place is the same for both families.
    reinterpret_cast<sockaddr_in*>(&mine.door)->sin_port = 0;
    Socket door = listen_at(address, size);
    if (door) ::getsockname(door.get(), address, &size);
    mine.door_size = size;
    return door;
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolve(const Launch& launch) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    const int code =
        ::getaddrinfo(launch.address.c_str(), std::to_string(launch.port).c_str(), &hints, &found);
    gppo::expects(code == 0, [&] {
        return "ranks: MASTER_ADDR " + launch.address + ": " + ::gai_strerror(code);
    });
    return {found, &::freeaddrinfo};
}

std::string place_of(const Launch& launch) {
    return launch.address + " port " + std::to_string(launch.port);
}

}  // namespace

RankLinks::RankLinks(const Launch& launch, std::chrono::seconds patience)
    : RankLinks(launch.rank, launch.size, patience) {
    rank_ == 0 ? invite(launch) : join(launch);
}

/// Rank 0: takes in all others, then tells each where the rest can be reached.
void RankLinks::invite(const Launch& launch) {
    const auto until = RankClock::now() + patience_;
    const Addresses at = resolve(launch);
    const Socket door = listen_at(at->ai_addr, at->ai_addrlen);
    if (!door) fail("rank 0 cannot listen at " + place_of(launch) + " (MASTER_ADDR, MASTER_PORT)");
    const Hello mine{.rank = 0, .size = launch.size};
    std::vector<Hello> all(peers_.size(), mine);
    for (Index count = 1; count < launch.size; ++count) {
        Hello theirs;
        Socket socket = accept_one(door, until, mine, theirs);
        gppo::expects(static_cast<bool>(socket), [&] {
            return "ranks: only " + std::to_string(count) + " of " + std::to_string(launch.size) +
                   " came to " + place_of(launch) + " within " + std::to_string(patience_.count()) +
                   " s (run.rank_timeout)";
        });
        const auto r = static_cast<std::size_t>(theirs.rank);
        gppo::expects(!peers_[r], [&] {
            return "ranks: two processes say they are rank " + std::to_string(r);
        });
        peers_[r] = std::move(socket), all[r] = theirs;
    }
    for (std::size_t r = 1; r < peers_.size(); ++r)
        if (!send_all(peers_[r], all.data(), all.size() * sizeof(Hello)))
            lost(static_cast<Index>(r), "it closed the connection at the start");
}

/// The others: to rank 0, then to those of lower rank; those of higher rank come by themselves.
void RankLinks::join(const Launch& launch) {
    const auto until = RankClock::now() + patience_;
    const Addresses at = resolve(launch);
    while (!(peers_[0] = connect_to(at->ai_addr, at->ai_addrlen))) {
        if (RankClock::now() >= until) fail("rank 0 is not at " + place_of(launch));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    Hello mine{.rank = launch.rank, .size = launch.size};
    const Socket door = open_door(peers_[0], mine);
    if (!door) fail("rank " + std::to_string(rank_) + " cannot listen");
    std::vector<Hello> all(peers_.size());
    limit(peers_[0], patience_);
    if (!send_all(peers_[0], &mine, sizeof mine) ||
        !receive_all(peers_[0], all.data(), all.size() * sizeof(Hello)))
        lost(0, "it closed the connection at the start");
    meet(door, mine, all, 1);
}

/// Those of lower rank, from `first` on, are called; those of higher rank call.
void RankLinks::meet(const Socket& door, const Hello& mine, const std::vector<Hello>& all,
                     Index first) {
    const auto until = RankClock::now() + patience_;
    for (Index r = first; r < rank_; ++r) {
        Socket& socket = peers_[static_cast<std::size_t>(r)];
        const Hello& other = all[static_cast<std::size_t>(r)];
        socket = connect_to(reinterpret_cast<const sockaddr*>(&other.door),
                            static_cast<socklen_t>(other.door_size));
        if (!socket || !send_all(socket, &mine, sizeof mine)) lost(r, "it cannot be reached");
    }
    for (Index r = rank_ + 1; r < std::ssize(peers_); ++r) {
        Hello theirs;
        Socket socket = accept_one(door, until, mine, theirs);
        if (!socket) lost(r, "it never came");
        peers_[static_cast<std::size_t>(theirs.rank)] = std::move(socket);
    }
}

RankLinks RankLinks::again() {
    RankLinks more(rank_, std::ssize(peers_), patience_);
    Hello mine{.rank = rank_, .size = std::ssize(peers_)};
    const Socket door = open_door(peers_[rank_ == 0 ? 1 : 0], mine);
    if (!door) fail("rank " + std::to_string(rank_) + " cannot listen");
    std::vector<Hello> all(peers_.size(), mine);
    std::vector<std::string_view> out;
    std::vector<gppo::View<char>> in;
    for (std::size_t r = 0; r < peers_.size(); ++r) {
        const bool other = static_cast<bool>(peers_[r]);
        out.emplace_back(reinterpret_cast<const char*>(&mine), other ? sizeof mine : 0);
        in.push_back({reinterpret_cast<char*>(&all[r]), other ? Index{sizeof mine} : 0});
    }
    exchange(out, in);
    more.meet(door, mine, all, 0);
    return more;
}

void RankLinks::lost(Index other, const std::string& why) const {
    throw gppo::Error("rank " + std::to_string(rank_) + " lost rank " + std::to_string(other) +
                      ": " + why + "; start all ranks again with --resume");
}

void RankLinks::expects_alive() const {
    for (std::size_t r = 0; r < peers_.size(); ++r) {
        if (!peers_[r]) continue;
        pollfd wait{peers_[r].get(), POLLRDHUP, 0};
        if (::poll(&wait, 1, 0) > 0) lost(static_cast<Index>(r), gone);
    }
}

/// What the socket takes of `left` now.
void RankLinks::send_some(Index other, std::string_view& left) const {
    const auto sent = ::send(peers_[static_cast<std::size_t>(other)].get(), left.data(),
                             left.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) lost(other, gone);
}

/// What has come for `left`.
void RankLinks::receive_some(Index other, gppo::View<char>& left) const {
    const auto got = ::recv(peers_[static_cast<std::size_t>(other)].get(), left.data,
                            static_cast<std::size_t>(left.size), MSG_DONTWAIT);
    if (got > 0) left = left.slice(got, left.size - got);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) lost(other, gone);
}

void RankLinks::exchange(std::vector<std::string_view> out, std::vector<gppo::View<char>> in) {
    const int patience = static_cast<int>(std::chrono::milliseconds(patience_).count());
    for (;;) {
        std::vector<pollfd> wait;
        std::vector<std::size_t> who;
        for (std::size_t r = 0; r < peers_.size(); ++r) {
            const int events = (out[r].empty() ? 0 : POLLOUT) | (in[r].empty() ? 0 : POLLIN);
            if (!peers_[r] || events == 0) continue;
            wait.push_back({peers_[r].get(), static_cast<short>(events), 0});
            who.push_back(r);
        }
        if (wait.empty()) return;
        const int ready = ::poll(wait.data(), wait.size(), patience);
        if (ready == 0)
            lost(static_cast<Index>(who.front()), "not a byte came for " +
                                                      std::to_string(patience_.count()) +
                                                      " s (run.rank_timeout)");
        for (std::size_t i = 0; ready > 0 && i < wait.size(); ++i) {
            const std::size_t r = who[i];
            if (!out[r].empty() && (wait[i].revents & POLLOUT) != 0)
                send_some(static_cast<Index>(r), out[r]);
            if (!in[r].empty() && (wait[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
                receive_some(static_cast<Index>(r), in[r]);
        }
    }
}
