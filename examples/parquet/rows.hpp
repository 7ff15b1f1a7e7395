// SPDX-License-Identifier: Apache-2.0
//
// Rows of Parquet files as JSON lines, and back, by Apache Arrow.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/data/byte_source.hpp>

#include <arrow/result.h>
#include <arrow/status.h>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

/// Throws gppo::Error: `what`, and the first line of Arrow's reason.
inline void check_arrow(const arrow::Status& status, const std::string& what) {
    if (status.ok()) return;
    const std::string reason = status.message();
    throw gppo::Error(what + ": " + reason.substr(0, reason.find('\n')));
}

template <class T>
T take_arrow(arrow::Result<T> result, const std::string& what) {
    check_arrow(result.status(), what);
    return std::move(result).ValueUnsafe();
}

/// As gppo::ParquetModule says.
gppo::ByteSource* open_parquet(const char* path);
void write_parquet(const char* json_lines, const std::function<void(std::string_view)>& write);
