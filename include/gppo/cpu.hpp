// SPDX-License-Identifier: Apache-2.0
//
// Everything that runs on a CPU: the objectives of <gppo/gppo.hpp> and the CPU backend.
#pragma once

#if !__has_include(<Eigen/Core>)
#error \
    "gppo/cpu.hpp needs Eigen: install libeigen3-dev and add -I /usr/include/eigen3, or link gppo::cpu"
#endif

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/gppo.hpp>
