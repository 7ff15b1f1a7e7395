// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/sandbox/spawn.hpp>
#include <gppo/sandbox/user.hpp>

#include <array>
#include <string>

using namespace gppo;

namespace {

/// What `script` prints.
std::string said(const std::string& script, uid_t user = 0) {
    auto [host, program] = make_pipe();
    const Descriptor null("/dev/null", O_RDWR);
    SpawnRequest request;
    request.arguments = {"/bin/sh", "-c", script};
    request.environment = {"PATH=/usr/bin:/bin", "MARK=here"};
    request.fds = {null.get(), program.get(), null.get()};
    request.user = user;
    const pid_t pid = spawn_process(request);
    program.reset();
    std::string text;
    std::array<char, 256> buffer;
    for (ssize_t got = 0; (got = ::read(host.get(), buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    ::waitpid(pid, nullptr, 0);
    return text;
}

}  // namespace

TEST_CASE("A child has the descriptors, environment and directory it was given",
          "[sandbox][spawn]") {
    const OwnedFd open = memory_file();
    ::fcntl(open.get(), F_SETFD, 0);  // would be inherited
    CHECK(said("echo $MARK $HOME; pwd; ls /proc/self/fd | wc -l") == "here\n/\n4\n");
}

TEST_CASE("A child can be another user, who is nobody else", "[sandbox][spawn]") {
    const uid_t user = unused_user();
    if (user == 0) {
        WARN("skipped: not root");
        return;
    }
    CHECK(said("id -u; id -g; id -G; kill -0 1 2>&-; echo $?", user) ==
          std::to_string(user) + "\n" + std::to_string(user) + "\n" + std::to_string(user) +
              "\n1\n");
    CHECK(::geteuid() == 0);
}

TEST_CASE("What cannot be started says at which step", "[sandbox][spawn]") {
    SpawnRequest request;
    request.arguments = {"/nowhere/program"};
    std::string why;
    try {
        spawn_process(request);
    } catch (const Error& error) {
        why = error.what();
    }
    CHECK(why.find("cannot execute (/nowhere/program): No such file") != why.npos);
    request.directory = "/nowhere";
    CHECK_THROWS_AS(spawn_process(request), Error);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // none is left as a zombie
}
