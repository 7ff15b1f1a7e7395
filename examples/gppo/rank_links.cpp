// SPDX-License-Identifier: Apache-2.0
#include "rank_links.hpp"

#include <gppo/core/error.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

using gppo::Index;
using RankClock = std::chrono::steady_clock;

constexpr std::array<char, 8> rank_magic{'g', 'p', 'p', 'o', 'r', 'n', 'k', '1'};

/// What a process says first on a connection, and where it can be reached itself.
struct Hello {
    std::array<char, 8> magic = rank_magic;
    std::int64_t rank = 0, size = 0;
    sockaddr_storage door{};
    std::uint64_t door_size = 0;
};

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

Index number_of(const char* name, Index low, Index high) {
    const std::string text = environment(name);
    Index value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = code == std::errc() && end == text.data() + text.size();
    gppo::expects(whole && value >= low && value <= high, [&] {
        return std::string(name) + " is '" + text +
               "' in the environment, expected a number from " + std::to_string(low) + " to " +
               std::to_string(high) + ": start the ranks with torchrun --no-python or mpirun";
    });
    return value;
}

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

Socket::~Socket() {
    if (fd_ >= 0) ::close(fd_);
}

Launch Launch::from_environment() {
    const bool mpi = environment("WORLD_SIZE").empty();
    const char* const size_name = mpi ? "OMPI_COMM_WORLD_SIZE" : "WORLD_SIZE";
    if (environment(size_name).empty()) return {};
    Launch launch;
    launch.size = number_of(size_name, 1, 4096);
    if (launch.size == 1) return {};
    launch.rank = number_of(mpi ? "OMPI_COMM_WORLD_RANK" : "RANK", 0, launch.size - 1);
    launch.address = environment("MASTER_ADDR");
    if (launch.address.empty() && mpi &&
        environment("OMPI_COMM_WORLD_LOCAL_SIZE") == environment("OMPI_COMM_WORLD_SIZE"))
        launch.address = "127.0.0.1";
    gppo::expects(!launch.address.empty(),
                  "MASTER_ADDR is not in the environment: set it to the host of rank 0");
    launch.port = 29500;
    if (!mpi || !environment("MASTER_PORT").empty())
        launch.port = static_cast<int>(number_of("MASTER_PORT", 1, 65534));
    // There torchrun itself listens at MASTER_PORT.
    if (environment("TORCHELASTIC_USE_AGENT_STORE") == "True") ++launch.port;
    return launch;
}

RankLinks::RankLinks(const Launch& launch, std::chrono::seconds patience)
    : rank_(launch.rank), patience_(patience), peers_(static_cast<std::size_t>(launch.size)) {
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
    socklen_t size = sizeof mine.door;
    auto* const address = reinterpret_cast<sockaddr*>(&mine.door);
    ::getsockname(peers_[0].get(), address, &size);
    // The port is at the same place for both families.
    reinterpret_cast<sockaddr_in*>(&mine.door)->sin_port = 0;
    const Socket door = listen_at(address, size);
    if (!door) fail("rank " + std::to_string(rank_) + " cannot listen");
    ::getsockname(door.get(), address, &size);
    mine.door_size = size;
    std::vector<Hello> all(peers_.size());
    limit(peers_[0], patience_);
    if (!send_all(peers_[0], &mine, sizeof mine) ||
        !receive_all(peers_[0], all.data(), all.size() * sizeof(Hello)))
        lost(0, "it closed the connection at the start");
    for (Index r = 1; r < rank_; ++r) {
        const Hello& other = all[static_cast<std::size_t>(r)];
        Socket& socket = peers_[static_cast<std::size_t>(r)];
        socket = connect_to(reinterpret_cast<const sockaddr*>(&other.door),
                            static_cast<socklen_t>(other.door_size));
        if (!socket || !send_all(socket, &mine, sizeof mine)) lost(r, "it cannot be reached");
    }
    for (Index r = rank_ + 1; r < launch.size; ++r) {
        Hello theirs;
        Socket socket = accept_one(door, until, mine, theirs);
        if (!socket) lost(r, "it never came");
        peers_[static_cast<std::size_t>(theirs.rank)] = std::move(socket);
    }
}

void RankLinks::lost(Index other, const std::string& why) const {
    throw gppo::Error("rank " + std::to_string(rank_) + " lost rank " + std::to_string(other) +
                      ": " + why + "; start all ranks again with --resume");
}

void RankLinks::exchange(const std::vector<std::string_view>& out,
                         const std::vector<gppo::View<char>>& in) {
    std::vector<std::string_view> to_send = out;
    std::vector<gppo::View<char>> to_fill = in;
    const auto send_some = [&](std::size_t r) {
        const auto sent = ::send(peers_[r].get(), to_send[r].data(), to_send[r].size(),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) to_send[r].remove_prefix(static_cast<std::size_t>(sent));
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            lost(static_cast<Index>(r), "its connection closed, it ended or was killed");
    };
    const auto receive_some = [&](std::size_t r) {
        const auto got = ::recv(peers_[r].get(), to_fill[r].data,
                                static_cast<std::size_t>(to_fill[r].size), MSG_DONTWAIT);
        if (got > 0) to_fill[r] = to_fill[r].slice(got, to_fill[r].size - got);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            lost(static_cast<Index>(r), "its connection closed, it ended or was killed");
    };
    for (;;) {
        std::vector<pollfd> wait;
        std::vector<std::size_t> who;
        for (std::size_t r = 0; r < peers_.size(); ++r) {
            const int events =
                (to_send[r].empty() ? 0 : POLLOUT) | (to_fill[r].size == 0 ? 0 : POLLIN);
            if (!peers_[r] || events == 0) continue;
            wait.push_back({peers_[r].get(), static_cast<short>(events), 0});
            who.push_back(r);
        }
        if (wait.empty()) return;
        const int ready = ::poll(wait.data(), wait.size(),
                                 static_cast<int>(std::chrono::milliseconds(patience_).count()));
        if (ready == 0)
            lost(static_cast<Index>(who.front()), "not a byte came for " +
                                                      std::to_string(patience_.count()) +
                                                      " s (run.rank_timeout)");
        for (std::size_t i = 0; ready > 0 && i < wait.size(); ++i) {
            if (!to_send[who[i]].empty() && (wait[i].revents & POLLOUT) != 0) send_some(who[i]);
            if (to_fill[who[i]].size > 0 && (wait[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
                receive_some(who[i]);
        }
    }
}
