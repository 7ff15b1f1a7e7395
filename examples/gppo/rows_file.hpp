// SPDX-License-Identifier: Apache-2.0
//
// A file of rows that is whole or absent: JSON lines, or Parquet where its name ends in .parquet.
#pragma once

#include <gppo/core/file.hpp>

#include <string>
#include <string_view>

class RowsFile {
  public:
    /// Throws gppo::Error where the file cannot be written, or no Parquet file can be in this
    /// build.
    explicit RowsFile(const std::string& path);

    /// Whole lines, with their ends.
    void write(std::string_view lines);
    /// Durable under its name when this returns.
    void commit();

  private:
    gppo::AtomicFile file_;
    gppo::Descriptor lines_;  // of a .parquet file: the rows so far, without a name
    std::string path_;
};
