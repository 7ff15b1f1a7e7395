// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/core/mapped_file.hpp>

#include <string>

TEST_CASE("a mapped file shows the bytes of the file, also after it was replaced",
          "[mapped_file]") {
    const TemporaryDirectory directory;
    const std::string name = directory.path.string();
    const std::filesystem::path path = directory.path / "x";
    gppo::write_file(path, "content");
    gppo::MappedFile file(path);
    gppo::write_file(path, "");
    CHECK(file.bytes() == "content");
    const gppo::MappedFile moved(std::move(file));
    CHECK(moved.bytes() == "content");
    CHECK(gppo::MappedFile(path).bytes().empty());
    CHECK_THROWS_WITH(gppo::MappedFile(name), "cannot read " + name + ": not a regular file");
    CHECK_THROWS_WITH(gppo::MappedFile(name + "/y"),
                      "cannot open " + name + "/y: No such file or directory");
}
