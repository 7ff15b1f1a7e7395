// SPDX-License-Identifier: Apache-2.0
//
// In place of data_endpoint.cpp where cpp-httplib is not installed.
#include "data_endpoint.hpp"

#include <gppo/core/error.hpp>

Endpoint make_endpoint(const std::string&, double) {
    throw gppo::Error(
        "gppo data judge, similar --endpoint and tests need an HTTP client, which this build "
        "lacks: "
        "install libcpp-httplib-dev and pkgconf, then build again");
}
