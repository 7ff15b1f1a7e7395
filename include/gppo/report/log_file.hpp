// SPDX-License-Identifier: Apache-2.0
//
// LogFile: a text file that grows by whole lines. Each line is one write(2), so it is on its way to
// the disk when append returns and survives a SIGKILL of this process. A line that does not fit
// (disk full) is taken back out. On resume the file is cut to the number of lines its checkpoint
// knew, which makes the continued file byte-identical to one that was never interrupted.
#pragma once

#include <gppo/core/error.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace gppo {

/// Append-only lines. Move-only; not for use by two threads at once.
class LogFile {
  public:
    LogFile() = default;

    /// Opens `path` for appending and creates it if absent. An unfinished last line (from a killed
    /// run) is removed.
    explicit LogFile(std::filesystem::path path) : path_(std::move(path)) {
        file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file_ < 0) fail("cannot open");
        cut(~std::uint64_t{0});
    }

    /// Opens `path` and keeps exactly its first `lines` lines. Error if it has fewer: the file is
    /// then left as it was.
    LogFile(std::filesystem::path path, std::uint64_t lines) : path_(std::move(path)) {
        file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file_ < 0) fail("cannot open");
        cut(lines);
    }

    LogFile(LogFile&& other) noexcept { swap(other); }
    LogFile& operator=(LogFile&& other) noexcept {
        LogFile(std::move(other)).swap(*this);
        return *this;
    }
    ~LogFile() {
        if (file_ >= 0) ::close(file_);
    }

    /// Writes `line` and a newline. `line` must not contain one. Error, and the file as before, if
    /// it does not fit.
    void append(std::string_view line) {
        expects(line.find('\n') == std::string_view::npos,
                [&] { return path_.string() + ": a line to append contains a newline"; });
        append_bytes(std::string(line) + '\n');
        ++lines_;
    }

    /// Waits until everything appended is on the disk.
    void sync() const {
        if (file_ < 0 || ::fdatasync(file_) == 0) return;
        if (errno != EINVAL && errno != EROFS)
            fail("cannot sync");  // pipes and /dev/null cannot be synced
    }

    std::uint64_t lines() const noexcept { return lines_; }
    std::uint64_t bytes() const noexcept { return bytes_; }
    const std::filesystem::path& path() const noexcept { return path_; }

  private:
    void append_bytes(std::string_view text) {
        expects(file_ >= 0, "LogFile: append to a file that was never opened");
        for (std::size_t done = 0; done < text.size();) {
            const auto wrote = ::pwrite(file_, text.data() + done, text.size() - done,
                                        static_cast<off_t>(bytes_ + done));
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote <= 0) {
                const int cause = wrote < 0 ? errno : ENOSPC;
                [[maybe_unused]] const int undone = ::ftruncate(file_, static_cast<off_t>(bytes_));
                errno = cause;
                fail("cannot write");
            }
            done += static_cast<std::size_t>(wrote);
        }
        bytes_ += text.size();
    }

    /// Finds the end of line number `lines` (or of the last whole line) and truncates there.
    void cut(std::uint64_t lines) {
        struct stat status {};
        if (::fstat(file_, &status) != 0) close_and_fail("cannot read");
        if (!S_ISREG(status.st_mode)) return;  // a device or a pipe has no lines to keep
        char block[1 << 16];
        std::uint64_t read_bytes = 0;
        while (lines_ < lines) {
            const auto count = ::pread(file_, block, sizeof block, static_cast<off_t>(read_bytes));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) close_and_fail("cannot read");
            if (count == 0) break;
            for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count) && lines_ < lines; ++i)
                if (block[i] == '\n') ++lines_, bytes_ = read_bytes + i + 1;
            read_bytes += static_cast<std::uint64_t>(count);
        }
        if (lines != ~std::uint64_t{0} && lines_ < lines) {
            ::close(std::exchange(file_, -1));
            throw Error(path_.string() + ": has " + std::to_string(lines_) +
                        " lines but the checkpoint was taken at " + std::to_string(lines) +
                        ": restore the file or resume from an earlier checkpoint");
        }
        if (::ftruncate(file_, static_cast<off_t>(bytes_)) != 0) close_and_fail("cannot truncate");
    }

    [[noreturn]] void fail(const char* what) const {
        throw Error(path_.string() + ": " + what + ": " + std::strerror(errno));
    }

    /// For constructors: the destructor does not run when they throw.
    [[noreturn]] void close_and_fail(const char* what) {
        const int cause = errno;
        ::close(std::exchange(file_, -1));
        errno = cause;
        fail(what);
    }

    void swap(LogFile& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(file_, other.file_);
        std::swap(lines_, other.lines_);
        std::swap(bytes_, other.bytes_);
    }

    std::filesystem::path path_;
    int file_ = -1;
    std::uint64_t lines_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace gppo
