// SPDX-License-Identifier: Apache-2.0
#include "launch.hpp"

#include <gppo/core/error.hpp>

#include <charconv>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace {

using gppo::Index;

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

Index number_of(const char* name, Index low, Index high) {
    const std::string text = environment(name);
    Index value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = code == std::errc() && end == text.data() + text.size();
    gppo::expects(whole && value >= low && value <= high, [&] {
        return std::string(name) + " is '" + text +
               "' in the environment, expected a number from " + std::to_string(low) + " to " +
               std::to_string(high) + ": start the ranks with torchrun --no-python or mpirun";
    });
    return value;
}

bool started_by_mpi() {
    return environment("WORLD_SIZE").empty();
}

}  // namespace

RankCount RankCount::from_environment() {
    const bool mpi = started_by_mpi();
    const char* const size_name = mpi ? "OMPI_COMM_WORLD_SIZE" : "WORLD_SIZE";
    const char* const local_name = mpi ? "OMPI_COMM_WORLD_LOCAL_SIZE" : "LOCAL_WORLD_SIZE";
    RankCount count;
    if (!environment(size_name).empty()) count.size = number_of(size_name, 1, 4096);
    if (count.size > 1 && !environment(local_name).empty())
        count.local = number_of(local_name, 1, count.size);
    return count;
}

void take_own_gpu() {
    if (RankCount::from_environment().size == 1) return;
    const char* const name = started_by_mpi() ? "OMPI_COMM_WORLD_LOCAL_RANK" : "LOCAL_RANK";
    if (environment(name).empty()) return;
    const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
    if (visible != nullptr && *visible == '\0') return;  // none is to be seen
    const auto rank = static_cast<std::size_t>(number_of(name, 0, 4095));
    std::vector<std::string> named;
    std::istringstream list(environment("CUDA_VISIBLE_DEVICES"));
    for (std::string each; std::getline(list, each, ',');) named.push_back(each);
    if (named.size() == 1) return;
    gppo::expects(named.empty() || rank < named.size(), [&] {
        return std::string(name) + " is " + std::to_string(rank) +
               ", and CUDA_VISIBLE_DEVICES names " + std::to_string(named.size()) +
               " GPUs: each rank needs one of its own, start fewer on this machine";
    });
    const std::string own = named.empty() ? std::to_string(rank) : named[rank];
    ::setenv("CUDA_VISIBLE_DEVICES", own.c_str(), 1);
}

Launch Launch::from_environment() {
    const bool mpi = started_by_mpi();
    Launch launch;
    launch.size = RankCount::from_environment().size;
    if (launch.size == 1) return {};
    launch.rank = number_of(mpi ? "OMPI_COMM_WORLD_RANK" : "RANK", 0, launch.size - 1);
    launch.address = environment("MASTER_ADDR");
    if (launch.address.empty() && mpi &&
        environment("OMPI_COMM_WORLD_LOCAL_SIZE") == environment("OMPI_COMM_WORLD_SIZE"))
        launch.address = "127.0.0.1";
    gppo::expects(!launch.address.empty(),
                  "MASTER_ADDR is not in the environment: set it to the host of rank 0");
    launch.port = 29500;
    if (!mpi || !environment("MASTER_PORT").empty())
        launch.port = static_cast<int>(number_of("MASTER_PORT", 1, 65534));
    // There torchrun itself listens at MASTER_PORT.
    if (environment("TORCHELASTIC_USE_AGENT_STORE") == "True") ++launch.port;
    return launch;
}
