// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/sandbox/landlock.hpp>
#include <gppo/sandbox/spawn.hpp>

#include <fstream>

using namespace gppo;

TEST_CASE("A process under the rules reads what it may and nothing else", "[sandbox][landlock]") {
    if (landlock_version() == 0) {
        WARN("skipped: this kernel has no Landlock");
        return;
    }
    const TemporaryDirectory open, closed;
    std::ofstream(open.path / "file") << "text";
    std::ofstream(closed.path / "file") << "text";
    const OwnedFd rules(
        landlock_ruleset({"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache"}, {open.path}));
    REQUIRE(rules);
    const Descriptor null("/dev/null", O_RDWR);
    const auto cat = [&](const std::filesystem::path& path) {
        SpawnRequest request;
        request.arguments = {"/bin/cat", path};
        request.fds = {null.get(), null.get(), null.get()};
        request.landlock = rules.get();
        int status = -1;
        ::waitpid(spawn_process(request), &status, 0);
        return WEXITSTATUS(status);
    };
    CHECK(cat(open.path / "file") == 0);
    CHECK(cat(closed.path / "file") == 1);
    CHECK(cat("/etc/passwd") == 1);
}
