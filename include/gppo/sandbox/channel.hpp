// SPDX-License-Identifier: Apache-2.0
//
// What connects the host with a sandbox: pipes, files in memory that nobody can change any more,
// and a socket whose messages carry file descriptors.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/file.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace gppo {

/// A descriptor number that is owned. Descriptor in core/file.hpp opens paths; this one adopts.
class OwnedFd {
  public:
    OwnedFd() = default;
    explicit OwnedFd(int fd) noexcept : fd_(fd) {}
    OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    OwnedFd& operator=(OwnedFd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~OwnedFd() { reset(); }
    void reset() noexcept {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int get() const noexcept { return fd_; }

  private:
    int fd_ = -1;
};

[[noreturn]] inline void throw_system_error(std::string_view what) {
    throw Error("sandbox: " + std::string(what) + ": " + std::strerror(errno));
}

/// The read end first. Both close on exec.
inline std::pair<OwnedFd, OwnedFd> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_system_error("cannot make a pipe");
    return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

inline void set_nonblocking(const OwnedFd& fd) {
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

/// An empty file without a name, gone with its last descriptor.
inline OwnedFd memory_file() {
    OwnedFd file(::memfd_create("sandbox", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) throw_system_error("cannot make a file in memory");
    return file;
}

/// From here on nobody can write to, grow or shrink the file; its offset is at the start.
inline void seal(const OwnedFd& file) {
    if (::fcntl(file.get(), F_ADD_SEALS,
                F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        throw_system_error("cannot seal a file in memory");
    ::lseek(file.get(), 0, SEEK_SET);
}

/// `bytes` as a sealed file, to be read from its start.
inline OwnedFd sealed_file(std::string_view bytes) {
    OwnedFd file = memory_file();
    for (std::string_view rest = bytes; !rest.empty();) {
        const ssize_t done = ::write(file.get(), rest.data(), rest.size());
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) throw_system_error("cannot fill a file in memory");
        rest.remove_prefix(static_cast<std::size_t>(done));
    }
    seal(file);
    return file;
}

/// Two ends of a socket that keeps messages apart.
inline std::pair<OwnedFd, OwnedFd> make_message_channel() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw_system_error("cannot make a socket pair");
    return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

/// Two ends of a stream. Unlike a pipe it can be written to without a signal once nobody reads it.
inline std::pair<OwnedFd, OwnedFd> make_stream() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw_system_error("cannot make a socket pair");
    return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

/// Sends one message with at most eight descriptors. False if the other end is gone.
inline bool send_message(const OwnedFd& channel, std::string_view text, std::span<const int> fds) {
    iovec part{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    ssize_t sent = -1;
    do {
        sent = ::sendmsg(channel.get(), &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(text.size());
}

/// One message without waiting: nothing if there is none yet, an empty one if the other end is
/// gone.
inline std::optional<std::string> receive_message(const OwnedFd& channel) {
    std::array<char, 4096> buffer;
    ssize_t got = -1;
    do {
        got = ::recv(channel.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    return std::string(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
}

}  // namespace gppo
