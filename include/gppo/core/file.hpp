// SPDX-License-Identifier: Apache-2.0
//
// Files that are either whole or untouched. Writing goes to a temporary sibling, then fsync, rename
// and fsync of the directory, so neither a full disk nor a kill nor a power cut leaves half a file
// behind. Every failure is an Error that names the path and the system's reason. POSIX.
#pragma once

#include <gppo/core/error.hpp>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gppo {

/// Content with a name: `head` (owned) followed by `tail` (borrowed; it must outlive the File).
/// The tail lets gigabytes of weights be written, hashed or sent without a copy.
struct File {
    std::string name{};  ///< relative to the directory it will be put in
    std::string head{};
    std::string_view tail{};
};

/// Throws "cannot <verb> <path>: <reason>". `code` is an errno value.
[[noreturn]] inline void throw_file_error(std::string_view verb, const std::filesystem::path& path,
                                          int code) {
    throw Error("cannot " + std::string(verb) + " " + path.string() + ": " +
                std::generic_category().message(code));
}

/// An open file descriptor that closes itself.
class Descriptor {
  public:
    Descriptor() = default;
    /// Takes over what a system call opened: a socket, for instance.
    explicit Descriptor(int opened) : fd_(opened) {}
    Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0666)
        : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { close(); }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int get() const noexcept { return fd_; }
    /// 0, or -1 with errno set: network file systems may report a failed write only here.
    int close() noexcept { return fd_ < 0 ? 0 : ::close(std::exchange(fd_, -1)); }

  private:
    int fd_ = -1;
};

/// Writes every byte or throws; a short write is tried again, so that the reason is known.
inline void write_bytes(const Descriptor& file, std::string_view bytes,
                        const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(file.get(), bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) throw_file_error("write", path, done < 0 ? errno : ENOSPC);
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
}

/// Everything written so far survives a power cut. Closes the file.
inline void sync_and_close(Descriptor& file, const std::filesystem::path& path) {
    if (::fsync(file.get()) != 0) throw_file_error("write", path, errno);
    if (file.close() != 0) throw_file_error("write", path, errno);
}

/// The whole file, byte for byte.
inline std::string read_file(const std::filesystem::path& path) {
    const Descriptor file(path, O_RDONLY);
    if (!file) throw_file_error("open", path, errno);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) throw_file_error("read", path, errno);
    if (S_ISDIR(info.st_mode)) throw_file_error("read", path, EISDIR);
    std::string content;
    // Pipes and /proc report size 0; regular files fit the first read, plus one that sees the end.
    content.resize(static_cast<std::size_t>(info.st_size) + 4096);
    std::size_t size = 0;
    for (;;) {
        if (size == content.size()) content.resize(2 * size);
        const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_file_error("read", path, errno);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    content.resize(size);
    return content;
}

/// Makes the entries of a directory (new names, renames) durable.
inline void sync_directory(const std::filesystem::path& path) {
    const auto directory = path.empty() ? std::filesystem::path(".") : path;
    const Descriptor handle(directory, O_RDONLY | O_DIRECTORY);
    if (!handle) throw_file_error("open", directory, errno);
    // EINVAL: the file system cannot sync directories (some network and FUSE mounts); nothing to
    // do.
    if (::fsync(handle.get()) != 0 && errno != EINVAL) throw_file_error("sync", directory, errno);
}

/// Creates the directory and its parents.
inline void make_directories(const std::filesystem::path& path) {
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (!code && !std::filesystem::is_directory(path, code))
        code = {ENOTDIR, std::generic_category()};
    if (code) throw_file_error("create", path, code.value());
}

/// Writes to a temporary sibling of `path`; commit() puts it in place. Without commit() the old
/// file stays as it was and the sibling is removed.
class AtomicFile {
  public:
    explicit AtomicFile(std::filesystem::path path)
        : path_(std::move(path)), temporary_(sibling(path_)) {
        file_ = Descriptor(temporary_, O_WRONLY | O_CREAT | O_EXCL);
        if (!file_ && errno == EEXIST) {
            // Left by a killed process with our number, as in a container that was started again.
            ::unlink(temporary_.c_str());
            file_ = Descriptor(temporary_, O_WRONLY | O_CREAT | O_EXCL);
        }
        if (!file_) throw_file_error("write", path_, errno);
    }
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile() {
        if (!temporary_.empty()) ::unlink(temporary_.c_str());
    }

    /// Appends; returns only when every byte was accepted.
    void write(std::string_view bytes) { write_bytes(file_, bytes, path_); }

    /// Durable under its final name when this returns.
    void commit() {
        sync_and_close(file_, path_);
        if (::rename(temporary_.c_str(), path_.c_str()) != 0)
            throw_file_error("write", path_, errno);
        temporary_.clear();
        sync_directory(path_.parent_path());
    }

  private:
    static std::filesystem::path sibling(const std::filesystem::path& path) {
        static std::atomic<std::uint64_t> count{0};
        return path.parent_path() / ("." + path.filename().string() + ".tmp-" +
                                     std::to_string(::getpid()) + "-" + std::to_string(count++));
    }

    std::filesystem::path path_;
    std::filesystem::path temporary_;
    Descriptor file_;
};

/// Replaces `path` by `content`, or throws and leaves it as it was.
inline void write_file(const std::filesystem::path& path, std::string_view content) {
    AtomicFile file(path);
    file.write(content);
    file.commit();
}

/// Writes `directory / file.name`.
inline void write_file(const std::filesystem::path& directory, const File& file) {
    AtomicFile out(directory / file.name);
    out.write(file.head);
    out.write(file.tail);
    out.commit();
}

/// Removes the siblings that killed processes left in `directory`: those whose process is gone.
/// Best effort: what stays is never read.
inline void remove_stale_files(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> stale;
    std::error_code code;
    for (std::filesystem::directory_iterator entry(directory, code), end; !code && entry != end;
         entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        const std::size_t mark = name.rfind(".tmp-");
        if (name.front() != '.' || mark == std::string::npos) continue;
        int process = 0;
        std::from_chars(name.data() + mark + 5, name.data() + name.size(), process);
        if (process > 0 && ::kill(process, 0) != 0 && errno == ESRCH)
            stale.push_back(entry->path());
    }
    for (const auto& path : stale) std::filesystem::remove(path, code);
}

}  // namespace gppo
