// SPDX-License-Identifier: Apache-2.0
//
// Central difference of a penalty's value by logp.
#pragma once

template <class Penalty>
double slope_of(const Penalty& penalty, double logp, double logp_ref) {
    const double h = 1e-5;
    return (penalty(logp + h, logp_ref).value - penalty(logp - h, logp_ref).value) / (2.0 * h);
}
