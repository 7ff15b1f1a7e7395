// SPDX-License-Identifier: Apache-2.0
#include "rows_file.hpp"

#include <gppo/data/parquet_module.hpp>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

RowsFile::RowsFile(const std::string& path) : file_(path), path_(path) {
    if (!path.ends_with(".parquet")) return;
    gppo::parquet_module("cannot write " + path);  // before hours of filtering
    const std::string rows = path + ".rows." + std::to_string(::getpid());
    lines_ = gppo::Descriptor(rows, O_RDWR | O_CREAT | O_TRUNC);
    if (!lines_) gppo::throw_file_error("write", rows, errno);
    ::unlink(rows.c_str());
}

void RowsFile::write(std::string_view lines) {
    if (lines_)
        gppo::write_bytes(lines_, lines, path_);
    else
        file_.write(lines);
}

void RowsFile::commit() {
    try {
        if (lines_)  // column types are known when all rows are there
            gppo::parquet_module("").write(
                ("/proc/self/fd/" + std::to_string(lines_.get())).c_str(),
                [&](std::string_view bytes) { file_.write(bytes); });
    } catch (const gppo::Error& error) {
        throw gppo::Error("cannot write " + path_ + ": " + error.what());
    }
    file_.commit();
}
