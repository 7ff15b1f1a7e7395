// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/sandbox/channel.hpp>

#include <array>
#include <string>
#include <sys/stat.h>

using namespace gppo;

namespace {

std::string read_all(const OwnedFd& fd) {
    std::array<char, 64> buffer;
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    return std::string(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
}

}  // namespace

TEST_CASE("A descriptor is closed once, by its last owner", "[sandbox][channel]") {
    int number = -1;
    {
        auto [read_end, write_end] = make_pipe();
        number = read_end.get();
        OwnedFd moved = std::move(read_end);
        CHECK_FALSE(read_end);
        CHECK(moved.get() == number);
        CHECK((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("A sealed file reads from its start and cannot be changed", "[sandbox][channel]") {
    const OwnedFd file = sealed_file("tests");
    CHECK(::write(file.get(), "x", 1) == -1);
    CHECK(::ftruncate(file.get(), 0) == -1);
    CHECK(read_all(file) == "tests");
    CHECK(read_all(sealed_file("")).empty());
}

TEST_CASE("Messages stay apart and carry descriptors", "[sandbox][channel]") {
    const auto [here, there] = make_message_channel();
    CHECK_FALSE(receive_message(there).has_value());
    const OwnedFd file = sealed_file("carried");
    const std::array<int, 1> fds{file.get()};
    REQUIRE(send_message(here, "one", fds));
    REQUIRE(send_message(here, "two", {}));
    CHECK(receive_message(there) == "one");  // its descriptor is not asked for, and closed
    CHECK(receive_message(there) == "two");
}

TEST_CASE("Who has gone is told without a signal", "[sandbox][channel]") {
    auto [here, there] = make_message_channel();
    there.reset();
    CHECK_FALSE(send_message(here, "anybody", {}));
    CHECK(receive_message(here) == "");
    auto [a, b] = make_stream();
    b.reset();
    CHECK(::send(a.get(), "x", 1, MSG_NOSIGNAL) == -1);
    CHECK(errno == EPIPE);
}
