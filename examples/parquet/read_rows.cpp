// SPDX-License-Identifier: Apache-2.0
//
// A Parquet file as JSON lines, a batch of rows at a time. Columns keep their order and names,
// nulls stay nulls; dates, times and decimals become text, bytes base64 text, and numbers that JSON
// does not have (NaN, infinities) null. Python's to_pylist() of the same rows is equal for what
// JSON has.
#include "rows.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>
#include <arrow/util/float16.h>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <parquet/arrow/reader.h>
#include <parquet/properties.h>
#include <vector>

namespace {

void append_json(std::string& out, const arrow::Array& array, std::int64_t i);

void append_text(std::string& out, std::string_view text) {
    out += nlohmann::json(text).dump();
}

void append_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
    // 1e20 and 3 are written without a point, and would come back as integers.
    if (std::none_of(text, end, [](char c) { return c == '.' || c == 'e'; })) out += ".0";
}

template <class Array>
void append_integer(std::string& out, const arrow::Array& array, std::int64_t i) {
    out += std::to_string(static_cast<const Array&>(array).Value(i));
}

template <class Array>
void append_string(std::string& out, const arrow::Array& array, std::int64_t i, bool bytes) {
    const std::string_view value = static_cast<const Array&>(array).GetView(i);
    append_text(out, bytes ? arrow::util::base64_encode(value) : std::string(value));
}

template <class Array>
void append_list(std::string& out, const arrow::Array& array, std::int64_t i) {
    const auto& list = static_cast<const Array&>(array);
    const std::int64_t begin = list.value_offset(i), count = list.value_length(i);
    out += '[';
    for (std::int64_t k = 0; k < count; ++k) {
        if (k > 0) out += ", ";
        append_json(out, *list.values(), begin + k);
    }
    out += ']';
}

void append_struct(std::string& out, const arrow::StructArray& array, std::int64_t i) {
    out += '{';
    for (int k = 0; k < array.num_fields(); ++k) {
        if (k > 0) out += ", ";
        append_text(out, array.struct_type()->field(k)->name());
        out += ": ";
        append_json(out, *array.field(k), i);
    }
    out += '}';
}

/// As a list of [key, value], which is what Python makes of it.
void append_map(std::string& out, const arrow::MapArray& map, std::int64_t i) {
    out += '[';
    for (std::int64_t k = map.value_offset(i); k < map.value_offset(i + 1); ++k) {
        out += k > map.value_offset(i) ? ", [" : "[";
        append_json(out, *map.keys(), k);
        out += ", ";
        append_json(out, *map.items(), k);
        out += ']';
    }
    out += ']';
}

bool append_nested(std::string& out, const arrow::Array& array, std::int64_t i) {
    using Type = arrow::Type;
    switch (array.type_id()) {
        case Type::LIST:
            append_list<arrow::ListArray>(out, array, i);
            return true;
        case Type::LARGE_LIST:
            append_list<arrow::LargeListArray>(out, array, i);
            return true;
        case Type::FIXED_SIZE_LIST:
            append_list<arrow::FixedSizeListArray>(out, array, i);
            return true;
        case Type::MAP:
            append_map(out, static_cast<const arrow::MapArray&>(array), i);
            return true;
        case Type::STRUCT:
            append_struct(out, static_cast<const arrow::StructArray&>(array), i);
            return true;
        case Type::DICTIONARY: {
            const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
            append_json(out, *coded.dictionary(), coded.GetValueIndex(i));
            return true;
        }
        case Type::EXTENSION:
            append_json(out, *static_cast<const arrow::ExtensionArray&>(array).storage(), i);
            return true;
        default:
            return false;
    }
}

bool append_integers(std::string& out, const arrow::Array& array, std::int64_t i) {
    using Type = arrow::Type;
    switch (array.type_id()) {
        case Type::INT8:
            return append_integer<arrow::Int8Array>(out, array, i), true;
        case Type::INT16:
            return append_integer<arrow::Int16Array>(out, array, i), true;
        case Type::INT32:
            return append_integer<arrow::Int32Array>(out, array, i), true;
        case Type::INT64:
            return append_integer<arrow::Int64Array>(out, array, i), true;
        case Type::UINT8:
            return append_integer<arrow::UInt8Array>(out, array, i), true;
        case Type::UINT16:
            return append_integer<arrow::UInt16Array>(out, array, i), true;
        case Type::UINT32:
            return append_integer<arrow::UInt32Array>(out, array, i), true;
        case Type::UINT64:
            return append_integer<arrow::UInt64Array>(out, array, i), true;
        default:
            return false;
    }
}

bool append_plain(std::string& out, const arrow::Array& array, std::int64_t i) {
    using Type = arrow::Type;
    switch (array.type_id()) {
        case Type::BOOL:
            out += static_cast<const arrow::BooleanArray&>(array).Value(i) ? "true" : "false";
            return true;
        case Type::HALF_FLOAT: {
            const auto bits = static_cast<const arrow::HalfFloatArray&>(array).Value(i);
            append_number(out, arrow::util::Float16::FromBits(bits).ToDouble());
            return true;
        }
        case Type::FLOAT:
            append_number(
                out, static_cast<double>(static_cast<const arrow::FloatArray&>(array).Value(i)));
            return true;
        case Type::DOUBLE:
            append_number(out, static_cast<const arrow::DoubleArray&>(array).Value(i));
            return true;
        case Type::STRING:
            append_string<arrow::StringArray>(out, array, i, false);
            return true;
        case Type::LARGE_STRING:
            append_string<arrow::LargeStringArray>(out, array, i, false);
            return true;
        case Type::BINARY:
            append_string<arrow::BinaryArray>(out, array, i, true);
            return true;
        case Type::LARGE_BINARY:
            append_string<arrow::LargeBinaryArray>(out, array, i, true);
            return true;
        case Type::FIXED_SIZE_BINARY:
            append_string<arrow::FixedSizeBinaryArray>(out, array, i, true);
            return true;
        default:
            return false;
    }
}

void append_json(std::string& out, const arrow::Array& array, std::int64_t i) {
    if (array.IsNull(i)) {
        out += "null";
        return;
    }
    if (append_plain(out, array, i) || append_integers(out, array, i) ||
        append_nested(out, array, i))
        return;
    append_text(out, take_arrow(array.GetScalar(i), "Parquet")->ToString());
}

class ParquetRows : public gppo::ByteSource {
  public:
    explicit ParquetRows(const std::string& path) : what_("cannot read " + path) {
        parquet::ReaderProperties properties;
        properties.set_page_checksum_verification(true);
        parquet::ArrowReaderProperties batches(false);  // no threads: order and memory are ours
        batches.set_batch_size(512);
        guarded([&] {
            parquet::arrow::FileReaderBuilder builder;
            check_arrow(builder.OpenFile(path, false, properties), what_);
            builder.memory_pool(arrow::default_memory_pool())->properties(batches);
            reader_ = take_arrow(builder.Build(), what_);
            batches_ = take_arrow(reader_->GetRecordBatchReader(), what_);
        });
    }

    std::size_t read(char* bytes, std::size_t size) override {
        if (at_ == lines_.size()) guarded([&] { next_batch(); });
        const std::size_t count = std::min(size, lines_.size() - at_);
        std::memcpy(bytes, lines_.data() + at_, count);
        at_ += count;
        return count;
    }

  private:
    /// Parquet throws what Arrow returns.
    template <class F>
    void guarded(F f) {
        try {
            f();
        } catch (const gppo::Error&) {
            throw;
        } catch (const std::exception& error) {
            const std::string reason = error.what();
            throw gppo::Error(what_ + ": " + reason.substr(0, reason.find('\n')));
        }
    }

    /// Leaves lines_ empty at the end of the file.
    void next_batch() {
        lines_.clear();
        at_ = 0;
        while (lines_.empty()) {
            std::shared_ptr<arrow::RecordBatch> batch;
            check_arrow(batches_->ReadNext(&batch), what_);
            if (batch == nullptr) return;
            // What offsets and lengths say must be true before anything goes by them; text is
            // UTF-8.
            check_arrow(batch->ValidateFull(), what_ + " from row " + std::to_string(rows_ + 1));
            for (std::int64_t i = 0; i < batch->num_rows(); ++i) append_row(*batch, i);
            rows_ += batch->num_rows();
        }
    }

    void append_row(const arrow::RecordBatch& batch, std::int64_t i) {
        lines_ += '{';
        for (int c = 0; c < batch.num_columns(); ++c) {
            if (c > 0) lines_ += ", ";
            append_text(lines_, batch.column_name(c));
            lines_ += ": ";
            append_json(lines_, *batch.column(c), i);
        }
        lines_ += "}\n";
    }

    std::string what_;
    std::unique_ptr<parquet::arrow::FileReader> reader_;
    std::unique_ptr<arrow::RecordBatchReader> batches_;  // of reader_
    std::string lines_;
    std::size_t at_ = 0;
    std::int64_t rows_ = 0;
};

}  // namespace

gppo::ByteSource* open_parquet(const char* path) {
    return new ParquetRows(path);
}
