// SPDX-License-Identifier: Apache-2.0
//
// TensorBoard event files, written by hand: scalars and text, no protobuf. A record is
//   u64 length | u32 masked crc32c(length) | data | u32 masked crc32c(data),   masked = rotr(crc,
//   15) + 0xa282ead8,
// little endian, and the data is an `Event` of tensorflow/core/util/event.proto. Every start of a
// run writes a new file; a resumed one first says SessionLog.START at its step, at which
// TensorBoard drops what earlier files say about that step and later ones. That is TensorBoard's
// own convention for restarts.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/report/metrics.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace gppo {

/// CRC-32C (Castagnoli, reflected 0x82f63b78). "123456789" gives 0xe3069283.
constexpr std::uint32_t crc32c(std::string_view data) noexcept {
    constexpr auto table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit)
                value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78u : 0u);
            entries[i] = value;
        }
        return entries;
    }();
    std::uint32_t crc = ~0u;
    for (const char c : data)
        crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
    return ~crc;
}

/// Builds one protobuf message, field by field.
class ProtoMessage {
  public:
    ProtoMessage& varint(int field, std::uint64_t value) {
        key(field, 0);
        raw_varint(value);
        return *this;
    }
    ProtoMessage& float32(int field, float value) {
        key(field, 5);
        little_endian(std::bit_cast<std::uint32_t>(value), 4);
        return *this;
    }
    ProtoMessage& float64(int field, double value) {
        key(field, 1);
        little_endian(std::bit_cast<std::uint64_t>(value), 8);
        return *this;
    }
    /// A string or an embedded message.
    ProtoMessage& bytes(int field, std::string_view value) {
        key(field, 2);
        raw_varint(value.size());
        text_ += value;
        return *this;
    }
    const std::string& text() const noexcept { return text_; }

    /// `value` in `count` bytes without a key: also what the record frame is made of.
    ProtoMessage& little_endian(std::uint64_t value, int count) {
        for (int i = 0; i < count; ++i) text_ += static_cast<char>((value >> (8 * i)) & 0xff);
        return *this;
    }

  private:
    void key(int field, int wire) { raw_varint(static_cast<std::uint64_t>(field << 3 | wire)); }
    void raw_varint(std::uint64_t value) {
        for (; value >= 128; value >>= 7) text_ += static_cast<char>((value & 127) | 128);
        text_ += static_cast<char>(value);
    }
    std::string text_;
};

/// One event file in `run_dir`. Each call is flushed. Errors name the file.
class TensorBoard {
  public:
    TensorBoard() = default;

    /// `first_step`: the first step this start will write; above 0 for a resumed run.
    explicit TensorBoard(const std::filesystem::path& run_dir, Index first_step = 0) {
        std::error_code failure;
        std::filesystem::create_directories(run_dir, failure);
        if (failure)
            throw Error(run_dir.string() +
                        ": cannot create the directory for events: " + failure.message());
        path_ = run_dir / file_name(run_dir);
        file_.open(path_, std::ios::binary);
        if (!file_) throw Error(path_.string() + ": cannot create the event file");
        record(event(0).bytes(3, "brain.Event:2"));
        record(event(first_step).bytes(7, ProtoMessage().varint(1, 1).text()));  // SessionLog.START
    }

    /// A number, stored as float32.
    void scalar(Index step, std::string_view tag, double value) {
        summary(step, ProtoMessage().bytes(1, tag).float32(2, static_cast<float>(value)));
    }

    /// Text, shown as Markdown.
    void text(Index step, std::string_view tag, std::string_view value) {
        const auto plugin = ProtoMessage().bytes(1, "text");
        const auto tensor =
            ProtoMessage().varint(1, 7).bytes(2, "").bytes(8, value);  // DT_STRING, scalar shape
        summary(step, ProtoMessage()
                          .bytes(1, tag)
                          .bytes(8, tensor.text())
                          .bytes(9, ProtoMessage().bytes(1, plugin.text()).text()));
    }

    /// Every value of the step, wall-clock ones too.
    void write(const Metrics& metrics) {
        for (const auto& [name, value] : metrics.values) scalar(metrics.step, name, value);
    }

    const std::filesystem::path& path() const noexcept { return path_; }

  private:
    /// events.out.tfevents.<seconds>.<host>.<process>.0. TensorBoard reads the files of a directory
    /// in the order of their names, so a start within the same second as the last one takes the
    /// next second.
    static std::string file_name(const std::filesystem::path& run_dir) {
        const std::string prefix = "events.out.tfevents.";
        auto seconds = static_cast<std::int64_t>(now());
        for (const auto& entry : std::filesystem::directory_iterator(run_dir)) {
            const std::string name = entry.path().filename().string();
            if (!name.starts_with(prefix)) continue;
            std::int64_t taken = 0;
            std::from_chars(name.data() + prefix.size(), name.data() + name.size(), taken);
            if (taken < seconds + 1000) seconds = std::max(seconds, taken + 1);
        }
        char host[256] = "localhost";
        if (::gethostname(host, sizeof host - 1) != 0) host[0] = '-', host[1] = 0;
        return prefix + std::to_string(seconds) + '.' + host + '.' + std::to_string(::getpid()) +
               ".0";
    }

    /// Seconds since 1970.
    static double now() {
        return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    }

    static ProtoMessage event(Index step) {
        return ProtoMessage().float64(1, now()).varint(2, static_cast<std::uint64_t>(step));
    }

    void summary(Index step, const ProtoMessage& value) {
        record(event(step).bytes(5, ProtoMessage().bytes(1, value.text()).text()));
    }

    void record(const ProtoMessage& message) {
        const auto masked = [](std::string_view data) {
            return std::rotr(crc32c(data), 15) + 0xa282ead8u;
        };
        const std::string& data = message.text();
        const std::string length = ProtoMessage().little_endian(data.size(), 8).text();
        const std::string frame = length + ProtoMessage().little_endian(masked(length), 4).text() +
                                  data + ProtoMessage().little_endian(masked(data), 4).text();
        if (!file_.write(frame.data(), static_cast<std::streamsize>(frame.size())).flush())
            throw Error(path_.string() + ": cannot write the event file (is the disk full?)");
    }

    std::filesystem::path path_;
    std::ofstream file_;
};

}  // namespace gppo
