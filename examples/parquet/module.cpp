// SPDX-License-Identifier: Apache-2.0
//
// What the program that loads this library asks for.
#include "rows.hpp"

#include <gppo/data/parquet_module.hpp>

extern "C" const gppo::ParquetModule* gppo_parquet_module();

const gppo::ParquetModule* gppo_parquet_module() {
    static const gppo::ParquetModule module{gppo::parquet_module_version, &open_parquet,
                                            &write_parquet};
    return &module;
}
