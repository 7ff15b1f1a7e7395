// SPDX-License-Identifier: Apache-2.0
//
// How a sandbox is made, and the command lines that make it.
#pragma once

#include <gppo/sandbox/driver.hpp>
#include <gppo/sandbox/level.hpp>
#include <gppo/sandbox/seccomp.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace gppo {

struct SandboxOptions {
    IsolationLevel level = IsolationLevel::bubblewrap;
    std::string python = "/usr/bin/python3";  ///< its installation must lie in /usr or `readable`
    std::string bubblewrap = "/usr/bin/bwrap";
    std::vector<std::string> readable;        ///< further directories a program may read
    bool site_packages = false;               ///< installed Python packages can be imported
    bool proc = true;                         ///< with /proc (its own processes), where allowed
    double start_seconds = 20;                ///< a sandbox that takes longer is broken
    std::size_t temporary_bytes = 64u << 20;  ///< size of its /tmp
    std::string compiled_driver;  ///< marshalled by this Python, or empty: saves 3 ms each time
};

/// The interpreter with the driver. `directory`: where the program works; `code`: the descriptor
/// that the compiled driver is read from, if there is one.
inline std::vector<std::string> driver_command(const SandboxOptions& options,
                                               const std::string& directory, int code) {
    std::vector<std::string> command{options.python, "-s", "-B"};
    if (!options.site_packages) command.emplace_back("-S");
    const std::string from = std::to_string(code);
    command.insert(command.end(),
                   {"-c",
                    options.compiled_driver.empty()
                        ? sandbox_program()
                        : "import marshal\nwith open(" + from +
                              ", 'rb') as code: code = marshal.loads(code.read())\nexec(code)",
                    directory});
    return command;
}

/// Nothing of the host's environment; hashes of text are the same every time.
inline std::vector<std::string> sandbox_environment() {
    return {"PATH=/usr/bin:/bin", "HOME=/tmp",        "LANG=C.UTF-8",
            "LC_ALL=C.UTF-8",     "PYTHONHASHSEED=0", "PYTHONUTF8=1"};
}

/// bwrap in front of the driver. Descriptors 4, 5 and 6 are the filter, the information
/// pipe and the compiled driver.
/// Nothing secret is in it: the first process's command line can be read from inside.
inline std::vector<std::string> bubblewrap_command(const SandboxOptions& options) {
    std::vector<std::string> command{options.bubblewrap,
                                     "--unshare-all",
                                     "--die-with-parent",
                                     "--new-session",
                                     "--as-pid-1",
                                     "--cap-drop",
                                     "ALL",
                                     "--hostname",
                                     "sandbox",
                                     "--uid",
                                     "65534",
                                     "--gid",
                                     "65534",
                                     "--seccomp",
                                     "4",
                                     "--info-fd",
                                     "5",
                                     "--ro-bind",
                                     "/usr",
                                     "/usr"};
    const auto add = [&](std::initializer_list<std::string> words) {
        command.insert(command.end(), words);
    };
    for (const char* path : {"/lib", "/lib64", "/bin", "/sbin"}) {
        std::error_code code;
        const auto target = std::filesystem::read_symlink(path, code);
        if (!code)
            add({"--symlink", target.string(), path});
        else
            add({"--ro-bind-try", path, path});
    }
    for (const char* path : {"/etc/alternatives", "/etc/ld.so.cache"})
        add({"--ro-bind-try", path, path});
    for (const auto& path : options.readable) add({"--ro-bind", path, path});
    for (const char* path : {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"})
        add({"--dev-bind", path, path});
    // The driver's own entry is hidden: nobody inside can look into its memory.
    if (options.proc)
        add({"--symlink",       "/proc/self/fd/0", "/dev/stdin",    "--symlink",
             "/proc/self/fd/1", "/dev/stdout",     "--symlink",     "/proc/self/fd/2",
             "/dev/stderr",     "--symlink",       "/proc/self/fd", "/dev/fd",
             "--proc",          "/proc",           "--size",        "4096",
             "--tmpfs",         "/proc/1",         "--remount-ro",  "/proc/1"});
    add({"--size", std::to_string(options.temporary_bytes), "--tmpfs", "/tmp", "--remount-ro", "/",
         "--chdir", "/tmp"});
    const auto driver = driver_command(options, "/tmp", 6);
    command.insert(command.end(), driver.begin(), driver.end());
    return command;
}

}  // namespace gppo
