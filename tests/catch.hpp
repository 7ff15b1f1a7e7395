// SPDX-License-Identifier: Apache-2.0
//
// Catch2, whichever major version the distribution has: Debian 12 packages 2.13, Ubuntu 24.04
// packages 3.4. Tests are written in the common part; what moved between the two is given its old
// name here.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_adapters.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>

#include <string>

namespace Catch {
namespace Matchers {
inline auto Contains(const std::string& part) {
    return ContainsSubstring(part);
}
}  // namespace Matchers
using namespace Matchers;  // version 2 does the same
}  // namespace Catch
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
