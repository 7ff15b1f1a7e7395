// SPDX-License-Identifier: Apache-2.0
//
// A file mapped read-only, so that weights are read from the page cache without a copy. Files
// written with write_file() are replaced by rename, so a mapping never sees one change or shrink.
// POSIX.
#pragma once

#include <gppo/core/file.hpp>

#include <filesystem>
#include <string_view>
#include <sys/mman.h>
#include <utility>

namespace gppo {

/// Holds the mapping; bytes() is valid as long as the object lives.
class MappedFile {
  public:
    explicit MappedFile(const std::filesystem::path& path) {
        const Descriptor file(path, O_RDONLY);
        if (!file) throw_file_error("open", path, errno);
        struct stat info {};
        if (::fstat(file.get(), &info) != 0) throw_file_error("read", path, errno);
        if (!S_ISREG(info.st_mode))
            throw Error("cannot read " + path.string() + ": not a regular file");
        size_ = static_cast<std::size_t>(info.st_size);
        if (size_ == 0) return;  // mmap refuses length 0
        data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
        if (data_ == MAP_FAILED) {
            const int code = errno;
            data_ = nullptr;
            throw_file_error("read", path, code);
        }
    }
    MappedFile(MappedFile&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    MappedFile& operator=(MappedFile&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~MappedFile() {
        if (data_ != nullptr) ::munmap(data_, size_);
    }

    std::string_view bytes() const noexcept { return {static_cast<const char*>(data_), size_}; }

  private:
    void* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace gppo
