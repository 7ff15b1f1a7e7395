// SPDX-License-Identifier: Apache-2.0
//
// LibTorch behind a library of its own, libgppo_torch_engine.so, which lies beside the binary where
// CMake found LibTorch: gppo itself is built, starts and runs without.
#pragma once

#include "any_model.hpp"

/// What the library exports: its models, which compute on `threads` threads.
extern "C" MakeModel* gppo_torch_engine(int threads);

/// The same from the library, loaded by the first call. Throws Error saying what is missing.
MakeModel* load_torch_engine(int threads);
