// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/core/file.hpp>
#include <gppo/data/byte_source.hpp>

#include <cstdlib>

using Catch::Matchers::Contains;

namespace {

/// The environment variable for as long as this lives.
struct ModuleAt {
    explicit ModuleAt(const std::string& path) { setenv("GPPO_PARQUET_MODULE", path.c_str(), 1); }
    ~ModuleAt() { unsetenv("GPPO_PARQUET_MODULE"); }
    ModuleAt(const ModuleAt&) = delete;
    ModuleAt& operator=(const ModuleAt&) = delete;
};

}  // namespace

TEST_CASE("the library is looked for beside the program", "[data][parquet_module]") {
    const auto path = gppo::parquet_module_path();
    CHECK(path.filename() == "gppo_parquet.so");
    CHECK(path.is_absolute());
    const ModuleAt elsewhere("/elsewhere.so");
    CHECK(gppo::parquet_module_path() == "/elsewhere.so");
}

TEST_CASE("without the library a Parquet file is refused with what to do",
          "[data][parquet_module]") {
    const TemporaryDirectory work;
    const ModuleAt nowhere((work.path / "none.so").string());
    const std::string rows = (work.path / "rows.parquet").string();
    CHECK_THROWS_WITH(gppo::open_bytes(rows), Contains("rows.parquet: No such file"));
    gppo::write_file(rows, "PAR1");
    CHECK_THROWS_WITH(gppo::open_bytes(rows), Contains("cannot read " + rows) &&
                                                  Contains("pip install pyarrow") &&
                                                  Contains("-DGPPO_PYTHON"));
}

TEST_CASE("a library that cannot be loaded, or is another one, is said to be so",
          "[data][parquet_module]") {
    const TemporaryDirectory work;
    const std::string broken = (work.path / "broken.so").string();
    gppo::write_file(broken, "no library");
    {
        const ModuleAt at(broken);
        CHECK_THROWS_WITH(gppo::parquet_module("x"), Contains("x: cannot load " + broken));
    }
    const ModuleAt other("/lib/x86_64-linux-gnu/libm.so.6");
    if (std::filesystem::exists(gppo::parquet_module_path()))
        CHECK_THROWS_WITH(gppo::parquet_module("x"), Contains("was not built with this program"));
}
