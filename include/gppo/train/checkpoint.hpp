// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints that survive a kill, a full disk and a damaged file. One is a directory `step_N` of
// files and manifest.json with their sizes and SHA-256. It is written under another name, every
// file and the directory are synced, and only then is it renamed: a `step_N` that exists was whole.
// Files can still rot, so whoever resumes takes the newest one whose hashes hold.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/file.hpp>
#include <gppo/core/mapped_file.hpp>
#include <gppo/core/sha256.hpp>
#include <gppo/core/view.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// A checkpoint on disk whose files matched their hashes when it was found.
struct Checkpoint {
    std::filesystem::path path{};
    Index step = 0;

    /// The content of one of its files.
    std::string read(const std::string& name) const { return read_file(path / name); }
};

/// Told, in one line, of each checkpoint passed over because it is damaged.
using CheckpointWarning = std::function<void(const std::string&)>;

/// Steps with a directory `step_N` in `directory`, newest first. Damaged ones are among them.
inline std::vector<Index> checkpoint_steps(const std::filesystem::path& directory) {
    std::vector<Index> steps;
    std::error_code code;
    for (std::filesystem::directory_iterator entry(directory, code), end; !code && entry != end;
         entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        Index step = -1;
        if (name.rfind("step_", 0) == 0)
            std::from_chars(name.data() + 5, name.data() + name.size(), step);
        if (step >= 0 && name == "step_" + std::to_string(step)) steps.push_back(step);
    }
    if (code && code != std::errc::no_such_file_or_directory)
        throw_file_error("read", directory, code.value());
    std::sort(steps.rbegin(), steps.rend());
    return steps;
}

/// What is wrong with the checkpoint in `path`; empty when every file matches the manifest.
inline std::string checkpoint_damage(const std::filesystem::path& path, Index step) {
    try {
        const auto manifest = nlohmann::json::parse(read_file(path / "manifest.json"));
        if (manifest.at("step").get<Index>() != step) return "manifest.json is of another step";
        for (const auto& [name, entry] : manifest.at("files").items()) {
            const MappedFile file(path / name);
            if (file.bytes().size() != entry.at("size").get<std::size_t>())
                return name + " has " + std::to_string(file.bytes().size()) + " bytes instead of " +
                       entry.at("size").dump();
            if (sha256(file.bytes()) != entry.at("sha256").get<std::string>())
                return name + " does not match its hash";
        }
        return "";
    } catch (const nlohmann::json::exception&) {
        return "manifest.json is damaged";
    } catch (const Error& error) {
        return error.what();
    }
}

/// The newest checkpoint whose files all match; nothing when the directory has none at all. Throws
/// when there are checkpoints but every one is damaged: starting over would silently throw the run
/// away.
inline std::optional<Checkpoint> newest_valid_checkpoint(
    const std::filesystem::path& directory,
    const CheckpointWarning& warn = [](const std::string& text) {
        std::cerr << "gppo: warning: " << text << std::endl;
    }) {
    const std::vector<Index> steps = checkpoint_steps(directory);
    std::string damage;
    for (const Index step : steps) {
        const auto path = directory / ("step_" + std::to_string(step));
        damage = checkpoint_damage(path, step);
        if (damage.empty()) return Checkpoint{path, step};
        if (warn) warn("skipping damaged checkpoint " + path.string() + ": " + damage);
    }
    if (steps.empty()) return std::nullopt;
    throw Error("no usable checkpoint in " + directory.string() + ": all " +
                std::to_string(steps.size()) + " are damaged (" + damage +
                "); remove them to start over");
}

/// Removes what killed runs left behind: temporary directories whose process is gone, and our own.
inline void remove_stale_checkpoints(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> stale;
    std::error_code code;
    for (std::filesystem::directory_iterator entry(directory, code), end; !code && entry != end;
         entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        const std::size_t mark = name.find(".tmp-");
        if (name.rfind("step_", 0) != 0 || mark == std::string::npos) continue;
        int process = 0;
        std::from_chars(name.data() + mark + 5, name.data() + name.size(), process);
        const bool gone = process > 0 && ::kill(process, 0) != 0 && errno == ESRCH;
        if (gone || process == ::getpid()) stale.push_back(entry->path());
    }
    // Best effort: what cannot be removed is never read, either.
    for (const auto& path : stale) std::filesystem::remove_all(path, code);
}

/// Writes the files and their manifest into the fresh directory `path`, all of it synced.
inline void write_checkpoint_files(const std::filesystem::path& path, Index step,
                                   std::span<const File> files) {
    nlohmann::ordered_json entries = nlohmann::ordered_json::object();
    const auto write = [&](const File& file) {
        const auto target = path / file.name;
        Descriptor out(target, O_WRONLY | O_CREAT | O_EXCL);
        if (!out) throw_file_error("write", target, errno);
        write_bytes(out, file.head, target);
        write_bytes(out, file.tail, target);
        sync_and_close(out, target);
    };
    for (const File& file : files) {
        const std::filesystem::path name(file.name);
        expects(name.filename() == name && !name.empty() && name != "manifest.json",
                [&] { return "a checkpoint cannot hold a file named '" + file.name + "'"; });
        write(file);
        Sha256 hash;
        hash.update(file.head);
        hash.update(file.tail);
        entries[file.name] = {{"size", file.head.size() + file.tail.size()},
                              {"sha256", hash.hex()}};
    }
    const nlohmann::ordered_json manifest = {{"format", 1}, {"step", step}, {"files", entries}};
    write({.name = "manifest.json", .head = manifest.dump(2) + "\n"});
    sync_directory(path);
}

/// Puts the directory `temporary` at `path`. One that is there already changes places with it in a
/// single step and ends up at `temporary`, so at no moment is there none.
inline void place_checkpoint(const std::filesystem::path& temporary,
                             const std::filesystem::path& path) {
    if (::rename(temporary.c_str(), path.c_str()) == 0) return;
    if (errno != ENOTEMPTY && errno != EEXIST) throw_file_error("write", path, errno);
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0)
        return;
    // File systems without exchange (some network ones): the old one steps aside first.
    const std::filesystem::path aside = temporary.string() + "-old";
    if (::rename(path.c_str(), aside.c_str()) != 0) throw_file_error("replace", path, errno);
    if (::rename(temporary.c_str(), path.c_str()) == 0) return;
    const int code = errno;
    ::rename(aside.c_str(), path.c_str());
    throw_file_error("write", path, code);
}

/// Removes all but the newest `keep` checkpoints up to step `step`.
inline void remove_old_checkpoints(const std::filesystem::path& directory, Index step, Index keep) {
    Index kept = 0;
    for (const Index old : checkpoint_steps(directory)) {
        if (old > step || kept++ < std::max<Index>(keep, 1)) continue;
        // Renamed first: a checkpoint half removed must not look like a damaged one.
        const auto victim = directory / ("step_" + std::to_string(old));
        ::rename(victim.c_str(), (victim.string() + ".tmp-" + std::to_string(::getpid())).c_str());
    }
    remove_stale_checkpoints(directory);
}

/// Saves `directory/step_N` and removes all but the newest `keep` checkpoints up to step N (later
/// ones belong to another run and are left alone). On an Error nothing has changed; temporary files
/// are gone.
inline Checkpoint save_checkpoint(const std::filesystem::path& directory, Index step,
                                  std::span<const File> files, Index keep = 2) {
    make_directories(directory);
    remove_stale_checkpoints(directory);
    const auto path = directory / ("step_" + std::to_string(step));
    const std::filesystem::path temporary = path.string() + ".tmp-" + std::to_string(::getpid());
    if (::mkdir(temporary.c_str(), 0777) != 0) throw_file_error("write", path, errno);
    try {
        write_checkpoint_files(temporary, step, files);
        place_checkpoint(temporary, path);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove_all(temporary, ignored);
        throw;
    }
    sync_directory(directory);
    remove_old_checkpoints(directory, step, keep);
    return {path, step};
}

}  // namespace gppo
