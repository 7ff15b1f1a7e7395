// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/sandbox/options.hpp>

#include <algorithm>

using namespace gppo;

namespace {

bool has(const std::vector<std::string>& command, const std::string& word) {
    return std::find(command.begin(), command.end(), word) != command.end();
}

}  // namespace

TEST_CASE("bubblewrap is told to share nothing and to die with us", "[sandbox][options]") {
    const auto command = bubblewrap_command({});
    for (const char* word : {"--unshare-all", "--die-with-parent", "--new-session", "--seccomp"})
        CHECK(has(command, word));
    CHECK_FALSE(has(command, "--share-net"));
    CHECK_FALSE(has(command, "/home"));
    SandboxOptions options;
    options.readable = {"/opt/python"};
    CHECK(has(bubblewrap_command(options), "/opt/python"));
}

TEST_CASE("Nothing of our environment goes inside", "[sandbox][options]") {
    for (const auto& variable : sandbox_environment()) {
        CHECK(variable.find("TOKEN") == variable.npos);
        CHECK_FALSE(variable.starts_with("USER="));
    }
    CHECK(has(sandbox_environment(), "PYTHONHASHSEED=0"));
}

TEST_CASE("Installed packages are out of reach unless asked for", "[sandbox][options]") {
    SandboxOptions options;
    CHECK(has(driver_command(options, "/tmp", 6), "-S"));
    options.site_packages = true;
    CHECK_FALSE(has(driver_command(options, "/tmp", 6), "-S"));
}
