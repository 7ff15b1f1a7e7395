// SPDX-License-Identifier: Apache-2.0
//
// Everything that runs on a CPU: the objectives of <gppo/gppo.hpp> and the CPU backend.
#pragma once

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/gppo.hpp>
