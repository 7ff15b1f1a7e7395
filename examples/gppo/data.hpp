// SPDX-License-Identifier: Apache-2.0
//
// The jobs of gppo data, without their command line.
#pragma once

#include <gppo/core/view.hpp>

#include <cstdint>
#include <string>
#include <vector>

enum class DataAction { arithmetic, verl, check };

/// What the three jobs take; each uses its part.
struct DataOptions {
    // verl and check
    std::vector<std::string> inputs;
    double max_bad = 0.01;
    std::string quarantine;  // "" writes beside the output (verl) or not at all (check)
    // verl
    std::string output;
    std::string split = "train";
    std::string source;
    std::string instruction;
    // arithmetic
    std::string dir;
    gppo::Index train = 10'000;
    gppo::Index held_out = 500;
    std::uint64_t seed = 1;
    int digits_min = 2, digits_max = 3;
    std::vector<std::string> operations{"+", "-"};
    double held_out_share = 0.1;
    bool worked = true;
};

/// Does one job; results go to files and stdout. Throws gppo::Error.
void data_command(DataAction action, const DataOptions& options);
