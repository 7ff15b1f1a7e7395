// SPDX-License-Identifier: Apache-2.0
//
// A connection from this process to each other one of the same run. Bytes go over TCP, to and from
// all others at the same time. A process that ends closes its connections, which the others find as
// soon as they wait for it.
#pragma once

#include "launch.hpp"

#include <gppo/core/file.hpp>
#include <gppo/core/view.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using Socket = gppo::Descriptor;

class RankLinks {
  public:
    /// Waits for all others. Throws Error where they do not come within `patience`, which is also
    /// how long an exchange waits without a byte.
    RankLinks(const Launch& launch, std::chrono::seconds patience);
    /// The same processes connected once more, for a second thread. All of them call.
    RankLinks again();

    /// Sends out[r] to rank r and fills in[r] from it, all at the same time. Both ends know the
    /// sizes. Throws Error naming the rank that is gone or silent.
    void exchange(std::vector<std::string_view> out /*(R)*/,
                  std::vector<gppo::View<char>> in /*(R)*/);

    /// Throws Error where the connection to another rank has closed.
    void expects_alive() const;

  private:
    struct Hello;
    RankLinks(gppo::Index rank, gppo::Index size, std::chrono::seconds patience)
        : rank_(rank), patience_(patience), peers_(static_cast<std::size_t>(size)) {}
    void invite(const Launch& launch);
    void join(const Launch& launch);
    void meet(const Socket& door, const Hello& mine, const std::vector<Hello>& all /*(R)*/,
              gppo::Index first);
    void send_some(gppo::Index other, std::string_view& left) const;
    void receive_some(gppo::Index other, gppo::View<char>& left) const;
    [[noreturn]] void lost(gppo::Index other, const std::string& why) const;

    gppo::Index rank_;
    std::chrono::seconds patience_;
    std::vector<Socket> peers_;  // (R), none to itself
};
