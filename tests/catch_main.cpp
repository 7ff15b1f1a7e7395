// SPDX-License-Identifier: Apache-2.0
//
// Catch2's main, compiled once for all tests. Version 3 has it in a library.
#if !__has_include(<catch2/catch_test_macros.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
