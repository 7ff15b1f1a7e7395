// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/rope_table.hpp>

#include <cmath>

using namespace gppo;

TEST_CASE("the table holds every position asked for, also after growing", "[model][rope_table]") {
    const Cpu cpu(2);
    RopeTable<Cpu> table(cpu, {1e4f}, 8);
    for (const Index length : {3, 2, 4, 100}) {
        table.ensure(length);
        const RopeAngles angles = table.angles();
        for (Index p = 0; p < length; ++p)
            for (Index i = 0; i < 4; ++i) {
                const double angle =
                    static_cast<double>(p) * std::pow(1e4, -static_cast<double>(i) / 4);
                REQUIRE(static_cast<double>(angles.cosines(p)[i]) ==
                        Approx(std::cos(angle)).margin(1e-5));
                REQUIRE(static_cast<double>(angles.sines(p)[i]) ==
                        Approx(std::sin(angle)).margin(1e-5));
            }
    }
}
