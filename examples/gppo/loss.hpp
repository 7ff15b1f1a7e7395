// SPDX-License-Identifier: Apache-2.0
//
// `gppo loss`: our numbers for anyone to check, from any language. JSON in, JSON out.
#pragma once

#include <iosfwd>

/// Reads one JSON object, evaluates the objective it describes and writes value, weights and
/// diagnostics as one JSON object. Throws gppo::Error, with nothing written, on anything it does
/// not understand. Returns 0.
int loss_command(std::istream& in, std::ostream& out);

/// Writes the table of methods with their parameters and defaults as JSON.
int list_methods(std::ostream& out);
