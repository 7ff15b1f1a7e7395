// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/core/file.hpp>

#include <csignal>
#include <cstdlib>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace {

namespace fs = std::filesystem;

template <class Action>
std::string problem(Action action) {
    try {
        action();
    } catch (const gppo::Error& error) {
        return error.what();
    }
    return "";
}

std::size_t entries(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

}  // namespace

TEST_CASE("a file reads back byte for byte, whatever its size", "[file]") {
    const TemporaryDirectory scratch;
    const fs::path path = scratch.path / "x";
    for (const std::size_t size : {0u, 1u, 4095u, 4096u, 4097u, 300000u}) {
        std::string content(size, '\0');
        for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 131);
        gppo::write_file(path, content);
        CHECK(gppo::read_file(path) == content);
        CHECK(entries(scratch.path) == 1);
    }
}

TEST_CASE("files that report no size are read to their end", "[file]") {
    CHECK(gppo::read_file("/proc/self/status").find("Name:") == 0);
}

TEST_CASE("a file with a tail is written as head then tail", "[file]") {
    const TemporaryDirectory scratch;
    const std::string data = "tail";
    gppo::write_file(scratch.path, gppo::File{.name = "x", .head = "head ", .tail = data});
    CHECK(gppo::read_file(scratch.path / "x") == "head tail");
}

TEST_CASE("a file that was not committed changes nothing", "[file]") {
    const TemporaryDirectory scratch;
    gppo::write_file(scratch.path / "x", "old");
    {
        gppo::AtomicFile file(scratch.path / "x");
        file.write("new");
    }
    CHECK(gppo::read_file(scratch.path / "x") == "old");
    CHECK(entries(scratch.path) == 1);
}

TEST_CASE("reading and writing failures name the path and the reason", "[file]") {
    const TemporaryDirectory scratch;
    const std::string missing = (scratch.path / "none" / "x").string();
    CHECK(problem([&] { gppo::read_file(missing); }) ==
          "cannot open " + missing + ": No such file or directory");
    CHECK(problem([&] { gppo::write_file(missing, "x"); }) ==
          "cannot write " + missing + ": No such file or directory");
    CHECK(problem([&] { gppo::read_file(scratch.path); }) ==
          "cannot read " + scratch.path.string() + ": Is a directory");
    fs::create_directory(scratch.path / "d");
    CHECK(problem([&] { gppo::write_file(scratch.path / "d", "x"); }) ==
          "cannot write " + (scratch.path / "d").string() + ": Is a directory");
    CHECK(entries(scratch.path) == 1);
    gppo::write_file(scratch.path / "f", "x");
    CHECK(problem([&] { gppo::make_directories(scratch.path / "f"); }).find("cannot create ") == 0);
    CHECK(problem([&] {
              gppo::make_directories(scratch.path / "f" / "g");
          }).find("cannot create ") == 0);
    gppo::make_directories(scratch.path / "a" / "b");
    gppo::make_directories(scratch.path / "a" / "b");
    CHECK(fs::is_directory(scratch.path / "a" / "b"));
}

TEST_CASE("writing without permission is an error and leaves the old file", "[file]") {
    const TemporaryDirectory scratch;
    gppo::write_file(scratch.path / "x", "old");
    fs::permissions(scratch.path,
                    fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_exec);
    const pid_t child = ::fork();
    if (child == 0) {  // root may write anywhere, so become nobody
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(9);
        const std::string text = problem([&] { gppo::write_file(scratch.path / "x", "new"); });
        ::_exit(text == "cannot write " + (scratch.path / "x").string() + ": Permission denied"
                    ? 0
                    : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    fs::permissions(scratch.path, fs::perms::owner_all);
    CHECK(status == 0);
    CHECK(gppo::read_file(scratch.path / "x") == "old");
}

TEST_CASE("a write past the allowed size is an error and leaves the old file", "[file]") {
    const TemporaryDirectory scratch;
    const fs::path path = scratch.path / "x";
    gppo::write_file(path, "old");
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const struct rlimit limit {
            10000, 10000
        };
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const std::string text = problem([&] { gppo::write_file(path, std::string(30000, 'n')); });
        ::_exit(text == "cannot write " + path.string() + ": File too large" ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(gppo::read_file(path) == "old");
    CHECK(entries(scratch.path) == 1);
}

TEST_CASE("a full disk is an error and leaves the old file", "[file]") {
    const TemporaryDirectory scratch;
    if (::mount("none", scratch.path.c_str(), "tmpfs", 0, "size=65536") != 0) {
        WARN("skipped: mounting a small disk needs root");
        return;
    }
    gppo::write_file(scratch.path / "x", "old");
    const std::string text =
        problem([&] { gppo::write_file(scratch.path / "x", std::string(100000, 'n')); });
    const std::string old = gppo::read_file(scratch.path / "x");
    const std::size_t left = entries(scratch.path);
    ::umount(scratch.path.c_str());
    CHECK(text == "cannot write " + (scratch.path / "x").string() + ": No space left on device");
    CHECK(old == "old");
    CHECK(left == 1);
}

TEST_CASE("what killed processes left is removed, and is not in the way", "[file]") {
    const TemporaryDirectory scratch;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    const auto sibling = [&](pid_t process, int number) {
        return scratch.path / (".x.tmp-" + std::to_string(process) + "-" + std::to_string(number));
    };
    gppo::write_file(sibling(child, 0), "half");          // its process is gone
    gppo::write_file(sibling(::getppid(), 0), "half");    // its process lives
    gppo::write_file(scratch.path / ".tmp-1x", "mine");   // something else
    gppo::write_file(scratch.path / "x.tmp-99", "mine");  // something else
    gppo::remove_stale_files(scratch.path);
    CHECK(entries(scratch.path) == 3);
    CHECK(!std::filesystem::exists(sibling(child, 0)));
    gppo::remove_stale_files(scratch.path / "missing");

    // In a container every start has the same process number, so the names are taken.
    for (int i = 0; i < 200; ++i) gppo::write_file(sibling(::getpid(), i), "half");
    gppo::write_file(scratch.path / "x", "whole");
    CHECK(gppo::read_file(scratch.path / "x") == "whole");
}
