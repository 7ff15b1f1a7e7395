// SPDX-License-Identifier: Apache-2.0
//
// safetensors: 8 bytes length N, N bytes of JSON header, then the tensors' bytes without gaps.
// Reading trusts nothing: lengths, offsets and products are checked for bounds and overflow, names
// are unique, and offsets cover the file exactly. The word at the end of an error is the reference
// implementation's name for it (huggingface/safetensors, tensor.rs).
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/file.hpp>
#include <gppo/model/stored_tensor.hpp>
#include <gppo/text/json_quoted.hpp>
#include <gppo/text/utf8.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// A tensor's entry in the header; offsets count from the end of the header.
struct SafetensorsEntry {
    std::string name;
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::vector<std::uint64_t> offsets;
};

/// Reads the header event by event, because a DOM would let the last of two equal keys win
/// silently.
class SafetensorsHeader final : public nlohmann::json_sax<nlohmann::json> {
  public:
    std::vector<SafetensorsEntry> entries;
    std::string problem;

    bool null() override { return (level_ == 1 && in_metadata_) || value("null"); }
    bool boolean(bool) override { return value("a boolean"); }
    bool number_integer(std::int64_t) override { return value("a negative number"); }
    bool number_float(double, const std::string&) override { return value("a fraction"); }
    bool binary(binary_t&) override { return value("binary"); }
    bool number_unsigned(std::uint64_t number) override {
        if (skipped_ == 0 && level_ == 3 && field_ == "shape")
            entries.back().shape.push_back(number);
        else if (skipped_ == 0 && level_ == 3 && field_ == "data_offsets")
            entries.back().offsets.push_back(number);
        else
            return value("a number");
        return true;
    }
    bool string(std::string& text) override {
        if (skipped_ > 0 || !in_string_place()) return value("a string");
        if (!in_metadata_) entries.back().dtype = text;
        return true;
    }
    bool start_object(std::size_t) override {
        if (skipped_ > 0 || (level_ == 2 && !in_metadata_ && unknown_field())) return skip();
        if (level_ >= 2) return value("an object");
        if (++level_ == 2 && !in_metadata_) entries.push_back({key_, {}, {}, {}});
        fields_.clear();
        return true;
    }
    bool start_array(std::size_t) override {
        if (skipped_ > 0 || (level_ == 2 && !in_metadata_ && unknown_field())) return skip();
        if (level_ != 2 || in_metadata_ || field_ == "dtype") return value("a list");
        ++level_;
        return true;
    }
    bool end_object() override { return end(); }
    bool end_array() override { return end(); }
    bool key(std::string& name) override {
        if (skipped_ > 0) return true;
        if (!(level_ == 1 ? names_ : fields_).insert(name).second)
            return fail("the key " + json_quoted(name) + " appears twice");
        (level_ == 1 ? key_ : field_) = name;
        if (level_ == 1) in_metadata_ = name == "__metadata__";
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception&) override {
        return fail("not valid JSON at byte " + std::to_string(position));
    }

  private:
    bool unknown_field() const {
        return field_ != "dtype" && field_ != "shape" && field_ != "data_offsets";
    }
    bool in_string_place() const { return level_ == 2 && (in_metadata_ || field_ == "dtype"); }
    bool skip() {
        ++skipped_;
        return true;
    }
    bool end() {
        if (skipped_ > 0) return --skipped_, true;
        if (level_-- == 2 && !in_metadata_ && !fields_.contains("shape"))
            return fail("tensor " + json_quoted(key_) + " has no shape");
        return true;
    }
    // A value where none of its kind belongs; fields this format does not know are passed over.
    bool value(const char* kind) {
        if (skipped_ > 0 || (level_ == 2 && !in_metadata_ && unknown_field())) return true;
        const std::string at =
            level_ > 1 ? json_quoted(key_) + " / " + json_quoted(field_) : json_quoted(key_);
        return fail(std::string(kind) + " where it does not belong, at " + at);
    }
    bool fail(std::string text) {
        if (problem.empty()) problem = std::move(text);
        return false;
    }

    std::set<std::string> names_, fields_;
    std::string key_, field_;
    bool in_metadata_ = false;
    int level_ = 0;  // 1 header, 2 tensor or metadata, 3 list
    int skipped_ = 0;
};

/// Width of one element in bits; 0 when the dtype is unknown.
inline std::uint64_t dtype_bits(std::string_view dtype) {
    static const std::map<std::string_view, std::uint64_t> bits = {
        {"F4", 4},   {"F6_E2M3", 6},     {"F6_E3M2", 6}, {"BOOL", 8},    {"U8", 8},
        {"I8", 8},   {"F8_E5M2", 8},     {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
        {"I16", 16}, {"F8_E5M2FNUZ", 8}, {"U16", 16},    {"F16", 16},    {"BF16", 16},
        {"I32", 32}, {"U32", 32},        {"F32", 32},    {"F64", 64},    {"I64", 64},
        {"U64", 64}, {"C64", 64}};
    const auto found = bits.find(dtype);
    return found == bits.end() ? 0 : found->second;
}

/// Throws unless the entry's fields are there and of this format.
inline void check_fields(const SafetensorsEntry& entry, const std::string& where) {
    expects(dtype_bits(entry.dtype) != 0, [&] {
        return where + ": tensor " + json_quoted(entry.name) + " has the unknown dtype " +
               json_quoted(entry.dtype) + " (InvalidHeaderDeserialization)";
    });
    expects(entry.offsets.size() == 2, [&] {
        return where + ": tensor " + json_quoted(entry.name) + " needs two data_offsets, not " +
               std::to_string(entry.offsets.size()) + " (InvalidHeaderDeserialization)";
    });
}

/// Throws unless the entry starts at `start` and its bytes match dtype and shape. Returns its end.
inline std::uint64_t check_entry(const SafetensorsEntry& entry, std::uint64_t start,
                                 const std::string& where) {
    const std::string what = where + ": tensor " + json_quoted(entry.name);
    const std::uint64_t width = dtype_bits(entry.dtype);
    const std::uint64_t begin = entry.offsets[0], end = entry.offsets[1];
    expects(begin == start && end >= begin, [&] {
        return what + " has data_offsets [" + std::to_string(begin) + ", " + std::to_string(end) +
               "] where the data is free from " + std::to_string(start) +
               ": tensors must not overlap or leave gaps (InvalidOffset)";
    });
    std::uint64_t total = 1;
    bool overflow = false;
    for (const std::uint64_t size : entry.shape) {
        overflow |= size > static_cast<std::uint64_t>(INT64_MAX);
        overflow |= __builtin_mul_overflow(total, size, &total);
    }
    overflow |= __builtin_mul_overflow(total, width, &total);
    expects(!overflow, [&] { return what + " has a shape that overflows (ValidationOverflow)"; });
    expects(total % 8 == 0, [&] { return what + " ends within a byte (MisalignedSlice)"; });
    expects(total / 8 == end - begin, [&] {
        return what + " of dtype " + entry.dtype + " needs " + std::to_string(total / 8) +
               " bytes by its shape but has " + std::to_string(end - begin) +
               " (TensorInvalidInfo)";
    });
    return end;
}

/// The JSON header of a file, its length checked against the file's.
inline std::string_view safetensors_header(std::string_view file, const std::string& where) {
    constexpr std::uint64_t longest = 100'000'000;
    expects(file.size() >= 8, [&] {
        return where + ": " + std::to_string(file.size()) +
               " bytes cannot hold a safetensors header (HeaderTooSmall)";
    });
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    expects(length <= longest, [&] {
        return where + ": header claims " + std::to_string(length) + " bytes (HeaderTooLarge)";
    });
    expects(length <= file.size() - 8, [&] {
        return where + ": truncated: header claims " + std::to_string(length) +
               " bytes, the file has " + std::to_string(file.size()) + " (InvalidHeaderLength)";
    });
    const std::string_view header = file.substr(8, length);
    expects(is_utf8(header), [&] { return where + ": header is not UTF-8 (InvalidHeader)"; });
    expects(!header.empty() && header.front() == '{',
            [&] { return where + ": header does not start with '{' (InvalidHeaderStart)"; });
    // A raw NUL would end the parser's input and hide what follows it.
    expects(header.find('\0') == std::string_view::npos,
            [&] { return where + ": header contains a NUL byte (InvalidHeaderDeserialization)"; });
    return header;
}

/// The tensors of a safetensors file held in memory, in the order of their data. They point into
/// `file`. `where` (a path) opens every error message.
inline std::vector<StoredTensor> parse_safetensors(std::string_view file,
                                                   const std::string& where) {
    const std::string_view text = safetensors_header(file, where);
    SafetensorsHeader header;
    const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &header);
    expects(parsed, [&] {
        return where + ": header: " + header.problem + " (InvalidHeaderDeserialization)";
    });
    for (const SafetensorsEntry& entry : header.entries) check_fields(entry, where);
    std::sort(header.entries.begin(), header.entries.end(),
              [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
    const std::string_view data = file.substr(8 + text.size());
    std::uint64_t end = 0;
    for (const SafetensorsEntry& entry : header.entries) end = check_entry(entry, end, where);
    expects(end == data.size(), [&] {
        return where + ": truncated or padded: tensors need " + std::to_string(end) +
               " bytes, the file has " + std::to_string(data.size()) +
               " (MetadataIncompleteBuffer)";
    });
    std::vector<StoredTensor> tensors;
    tensors.reserve(header.entries.size());
    for (SafetensorsEntry& entry : header.entries)
        tensors.push_back({std::move(entry.name),
                           std::move(entry.dtype),
                           {entry.shape.begin(), entry.shape.end()},
                           data.substr(entry.offsets[0], entry.offsets[1] - entry.offsets[0])});
    return tensors;
}

/// A safetensors file of these tensors in this order, header padded to 8 bytes, metadata
/// {"format":"pt"}. Where the tensors lie one behind the other in memory, nothing is copied:
/// File::tail points to them.
inline File safetensors_file(std::string name, std::span<const StoredTensor> tensors) {
    nlohmann::ordered_json header;
    header["__metadata__"] = {{"format", "pt"}};
    std::size_t end = 0;
    bool adjacent = true;
    for (const StoredTensor& tensor : tensors) {
        adjacent = adjacent && tensor.bytes.data() == tensors.front().bytes.data() + end;
        header[tensor.name] = {{"dtype", tensor.dtype},
                               {"shape", tensor.shape},
                               {"data_offsets", {end, end + tensor.bytes.size()}}};
        end += tensor.bytes.size();
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t length = text.size();
    File file{.name = std::move(name), .head = std::string(8, '\0')};
    std::memcpy(file.head.data(), &length, 8);
    file.head += text;
    if (adjacent && !tensors.empty())
        file.tail = {tensors.front().bytes.data(), end};
    else
        for (const StoredTensor& tensor : tensors) file.head += tensor.bytes;
    return file;
}

}  // namespace gppo
