// SPDX-License-Identifier: Apache-2.0
//
// JSON lines as a Parquet file. A first pass finds the type of every column, a second one writes:
// integers, numbers, true and false, text, lists, and objects as structs with the fields of all
// rows (null where a row lacks one). What has two types has no column, and is refused.
#include "rows.hpp"

#include <gppo/data/jsonl.hpp>

#include <nlohmann/json.hpp>

#include <arrow/array/builder_base.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/builder.h>
#include <arrow/io/interfaces.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;

enum class Kind { nothing, boolean, integer, number, text, list, object };

struct Field;

/// The type of a column, or of what is inside one.
struct Shape {
    Kind kind = Kind::nothing;
    std::vector<Field> fields;  // of an object; of a list, its one element

    Shape& field(const std::string& name);
};

struct Field {
    std::string name;
    Shape shape;
};

Shape& Shape::field(const std::string& name) {
    for (Field& known : fields)
        if (known.name == name) return known.shape;
    return fields.emplace_back(Field{name, {}}).shape;
}

Kind kind_of(const Json& value) {
    switch (value.type()) {
        case Json::value_t::boolean:
            return Kind::boolean;
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
            return Kind::integer;
        case Json::value_t::number_float:
            return Kind::number;
        case Json::value_t::string:
            return Kind::text;
        case Json::value_t::array:
            return Kind::list;
        case Json::value_t::object:
            return Kind::object;
        default:
            return Kind::nothing;
    }
}

const char* kind_name(Kind kind) {
    constexpr const char* names[] = {"null", "true or false", "an integer", "a number",
                                     "text", "a list",        "an object"};
    return names[static_cast<int>(kind)];
}

/// Widens `shape` so that `value` fits. `name` is the column's, for an error.
void widen(Shape& shape, const Json& value, const std::string& name) {
    const Kind kind = kind_of(value);
    if (kind == Kind::nothing) return;
    const bool numbers = (shape.kind == Kind::integer && kind == Kind::number) ||
                         (shape.kind == Kind::number && kind == Kind::integer);
    gppo::expects(shape.kind == Kind::nothing || shape.kind == kind || numbers, [&] {
        return "\"" + name + "\" is " + kind_name(shape.kind) + " in one row and " +
               kind_name(kind) + " in another, and a Parquet column has one type; write .jsonl";
    });
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    gppo::expects(!value.is_number_unsigned() || value.get<std::uint64_t>() <= largest,
                  [&] { return "\"" + name + "\" has an integer beyond 64 bits; write .jsonl"; });
    shape.kind = numbers ? Kind::number : kind;
    if (kind == Kind::list)
        for (const Json& element : value) widen(shape.field("element"), element, name + "[]");
    if (kind == Kind::object)
        for (const auto& [key, inner] : value.items())
            widen(shape.field(key), inner, name + "." + key);
}

std::shared_ptr<arrow::DataType> type_of(const Shape& shape, const std::string& name) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const auto& [key, inner] : shape.fields)
        fields.push_back(arrow::field(key, type_of(inner, name + "." + key)));
    switch (shape.kind) {
        case Kind::nothing:
            return arrow::null();
        case Kind::boolean:
            return arrow::boolean();
        case Kind::integer:
            return arrow::int64();
        case Kind::number:
            return arrow::float64();
        case Kind::text:
            return arrow::utf8();
        case Kind::list:
            return arrow::list(fields.empty() ? arrow::field("element", arrow::null()) : fields[0]);
        default:
            gppo::expects(!fields.empty(), [&] {
                return "\"" + name +
                       "\" is an object without fields, which Parquet does not have; "
                       "write .jsonl";
            });
            return arrow::struct_(fields);
    }
}

void append(arrow::ArrayBuilder& builder, const Shape& shape, const Json& value);

arrow::Status append_value(arrow::ArrayBuilder& builder, const Shape& shape, const Json& value) {
    if (value.is_null() || shape.kind == Kind::nothing) return builder.AppendNull();
    switch (shape.kind) {
        case Kind::boolean:
            return static_cast<arrow::BooleanBuilder&>(builder).Append(value.get<bool>());
        case Kind::integer:
            return static_cast<arrow::Int64Builder&>(builder).Append(value.get<std::int64_t>());
        case Kind::number: {
            const auto number = value.get<double>();
            gppo::expects(!value.is_number_integer() || std::abs(number) < 0x1p53,
                          "an integer among numbers is 2^53 or beyond; write .jsonl");
            return static_cast<arrow::DoubleBuilder&>(builder).Append(number);
        }
        case Kind::text:
            return static_cast<arrow::StringBuilder&>(builder).Append(
                value.get_ref<const std::string&>());
        case Kind::list: {
            auto& list = static_cast<arrow::ListBuilder&>(builder);
            ARROW_RETURN_NOT_OK(list.Append());
            static const Shape empty;
            const Shape& element = shape.fields.empty() ? empty : shape.fields[0].shape;
            for (const Json& one : value) append(*list.value_builder(), element, one);
            return arrow::Status::OK();
        }
        default: {
            auto& object = static_cast<arrow::StructBuilder&>(builder);
            ARROW_RETURN_NOT_OK(object.Append());
            for (std::size_t k = 0; k < shape.fields.size(); ++k) {
                const auto found = value.find(shape.fields[k].name);
                append(*object.field_builder(static_cast<int>(k)), shape.fields[k].shape,
                       found == value.end() ? Json(nullptr) : *found);
            }
            return arrow::Status::OK();
        }
    }
}

void append(arrow::ArrayBuilder& builder, const Shape& shape, const Json& value) {
    check_arrow(append_value(builder, shape, value), "Parquet");
}

/// Hands Arrow's bytes on.
class CallbackStream : public arrow::io::OutputStream {
  public:
    explicit CallbackStream(const std::function<void(std::string_view)>& write) : write_(write) {
        set_mode(arrow::io::FileMode::WRITE);
    }
    arrow::Status Close() override {
        closed_ = true;
        return arrow::Status::OK();
    }
    bool closed() const override { return closed_; }
    arrow::Result<std::int64_t> Tell() const override { return at_; }
    using arrow::io::OutputStream::Write;
    arrow::Status Write(const void* data, std::int64_t size) override {
        try {
            write_({static_cast<const char*>(data), static_cast<std::size_t>(size)});
        } catch (const gppo::Error& error) {
            return arrow::Status::IOError(error.what());
        }
        at_ += size;
        return arrow::Status::OK();
    }

  private:
    const std::function<void(std::string_view)>& write_;
    std::int64_t at_ = 0;
    bool closed_ = false;
};

template <class F>
void each_line(const char* path, F f) {
    gppo::LineReader lines(path, std::size_t{1} << 30);
    for (std::string line; lines.next(line);) f(Json::parse(line), line.size());
}

/// Rows of one row group, column by column.
class RowGroup {
  public:
    RowGroup(const Shape& shape, const std::shared_ptr<arrow::Schema>& schema)
        : shape_(shape), schema_(schema) {
        for (const auto& field : schema->fields())
            columns_.push_back(take_arrow(arrow::MakeBuilder(field->type()), "Parquet"));
    }
    void add(const Json& row, std::size_t bytes) {
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const auto found = row.find(shape_.fields[c].name);
            append(*columns_[c], shape_.fields[c].shape,
                   found == row.end() ? Json(nullptr) : *found);
        }
        ++rows_;
        bytes_ += bytes;
    }
    bool full() const { return rows_ >= 16'384 || bytes_ >= (64u << 20); }
    void write(parquet::arrow::FileWriter& writer) {
        if (rows_ == 0) return;
        std::vector<std::shared_ptr<arrow::Array>> arrays;
        for (const auto& column : columns_)
            arrays.push_back(take_arrow(column->Finish(), "Parquet"));
        const auto table = arrow::Table::Make(schema_, arrays, rows_);
        check_arrow(writer.WriteTable(*table, rows_), "Parquet");
        rows_ = 0;
        bytes_ = 0;
    }

  private:
    const Shape& shape_;
    std::shared_ptr<arrow::Schema> schema_;
    std::vector<std::unique_ptr<arrow::ArrayBuilder>> columns_;
    std::int64_t rows_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace

void write_parquet(const char* json_lines, const std::function<void(std::string_view)>& write) {
    Shape shape{Kind::object, {}};
    each_line(json_lines, [&](const Json& row, std::size_t) {
        for (const auto& [key, value] : row.items()) widen(shape.field(key), value, key);
    });
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const auto& [key, inner] : shape.fields)
        fields.push_back(arrow::field(key, type_of(inner, key)));
    const auto schema = arrow::schema(fields);
    const auto file = std::make_shared<CallbackStream>(write);
    const auto settings =
        parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
    const auto of_arrow = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    const auto writer =
        take_arrow(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), file,
                                                    settings, of_arrow),
                   "Parquet");
    RowGroup group(shape, schema);
    each_line(json_lines, [&](const Json& row, std::size_t bytes) {
        group.add(row, bytes);
        if (group.full()) group.write(*writer);
    });
    group.write(*writer);
    check_arrow(writer->Close(), "Parquet");
}
