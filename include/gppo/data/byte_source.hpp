// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a file: as they are, or unpacked where its name ends in .gz or .zst, or the rows of
// a .parquet file as JSON lines. zlib, zstd (the target gppo::compression has what is found) and
// Arrow (parquet_module.hpp) are optional; without one of them its files are refused with a line
// that says so.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/data/parquet_module.hpp>

#ifdef GPPO_ZLIB
#include <zlib.h>
#endif
#ifdef GPPO_ZSTD
#include <zstd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

class ByteSource {
  public:
    virtual ~ByteSource() = default;
    /// Up to `size` bytes; 0 at the end. Throws Error naming the file.
    virtual std::size_t read(char* bytes, std::size_t size) = 0;
};

class PlainFile : public ByteSource {
  public:
    explicit PlainFile(const std::string& path)
        : path_(path), file_(std::fopen(path.c_str(), "rb"), &std::fclose) {
        const bool directory = std::filesystem::is_directory(path);
        expects(file_ != nullptr && !directory, [&] {
            return "cannot read " + path + ": " +
                   (directory ? "it is a directory" : std::strerror(errno));
        });
    }
    std::size_t read(char* bytes, std::size_t size) override {
        const std::size_t got = std::fread(bytes, 1, size, file_.get());
        expects(std::ferror(file_.get()) == 0,
                [&] { return "cannot read " + path_ + ": " + std::strerror(errno); });
        return got;
    }

  private:
    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

#ifdef GPPO_ZLIB
/// One gzip member after the other, as gzip -c a b > ab makes them.
class GzipFile : public ByteSource {
  public:
    explicit GzipFile(const std::string& path) : path_(path), file_(path) {
        expects(inflateInit2(&stream_, 15 + 16) == Z_OK, "zlib: out of memory");
    }
    ~GzipFile() override { inflateEnd(&stream_); }
    GzipFile(const GzipFile&) = delete;
    GzipFile& operator=(const GzipFile&) = delete;

    std::size_t read(char* bytes, std::size_t size) override {
        stream_.next_out = reinterpret_cast<unsigned char*>(bytes);
        stream_.avail_out = static_cast<unsigned>(std::min<std::size_t>(size, 1u << 30));
        const unsigned room = stream_.avail_out;
        while (stream_.avail_out == room) {
            if (stream_.avail_in == 0) {
                stream_.avail_in =
                    static_cast<unsigned>(file_.read(packed_.data(), packed_.size()));
                stream_.next_in = reinterpret_cast<unsigned char*>(packed_.data());
                if (stream_.avail_in == 0) {
                    expects(!inside_, [&] { return "cannot read " + path_ + ": it is cut off"; });
                    return 0;
                }
            }
            const int code = inflate(&stream_, Z_NO_FLUSH);
            expects(code == Z_OK || code == Z_STREAM_END, [&] {
                return "cannot read " + path_ + ": not valid gzip" +
                       (stream_.msg ? std::string(" (") + stream_.msg + ")" : std::string());
            });
            inside_ = code != Z_STREAM_END;
            if (!inside_) inflateReset(&stream_);
        }
        return room - stream_.avail_out;
    }

  private:
    std::string path_;
    PlainFile file_;
    z_stream stream_{};
    std::vector<char> packed_ = std::vector<char>(1 << 16);
    bool inside_ = true;  ///< a member: an empty file is cut off as well
};
#endif

#ifdef GPPO_ZSTD
/// Both libraries leave a byte of the input unread until all that it stands for is given out, so
/// the end of the input is the end of the output.
class ZstdFile : public ByteSource {
  public:
    explicit ZstdFile(const std::string& path)
        : path_(path), file_(path), stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {
        expects(stream_ != nullptr, "zstd: out of memory");
    }
    std::size_t read(char* bytes, std::size_t size) override {
        ZSTD_outBuffer out{bytes, size, 0};
        while (out.pos == 0) {
            if (in_.pos == in_.size) {
                in_ = {packed_.data(), file_.read(packed_.data(), packed_.size()), 0};
                if (in_.size == 0) {
                    expects(left_ == 0, [&] { return "cannot read " + path_ + ": it is cut off"; });
                    return 0;
                }
            }
            left_ = ZSTD_decompressStream(stream_.get(), &out, &in_);
            expects(!ZSTD_isError(left_), [&] {
                return "cannot read " + path_ + ": not valid zstd (" + ZSTD_getErrorName(left_) +
                       ")";
            });
        }
        return out.pos;
    }

  private:
    std::string path_;
    PlainFile file_;
    std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
    std::vector<char> packed_ = std::vector<char>(1 << 16);
    ZSTD_inBuffer in_{nullptr, 0, 0};
    std::size_t left_ = 1;  ///< 0 between frames: an empty file is cut off as well
};
#endif

/// The bytes of a file, unpacked by the end of its name. Throws Error if it cannot be opened.
inline std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
    if (path.ends_with(".gz")) {
#ifdef GPPO_ZLIB
        return std::make_unique<GzipFile>(path);
#else
        throw Error("cannot read " + path +
                    ": built without zlib (zlib1g-dev); unpack it with gunzip");
#endif
    }
    if (path.ends_with(".zst")) {
#ifdef GPPO_ZSTD
        return std::make_unique<ZstdFile>(path);
#else
        throw Error("cannot read " + path +
                    ": built without zstd (libzstd-dev); unpack it with unzstd");
#endif
    }
    if (path.ends_with(".parquet")) {
        PlainFile{path};  // that it is there is said before that Arrow is not
        return std::unique_ptr<ByteSource>(
            parquet_module("cannot read " + path).open(path.c_str()));
    }
    return std::make_unique<PlainFile>(path);
}

}  // namespace gppo
