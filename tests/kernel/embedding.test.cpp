// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/embedding.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("embedding copies a row and its gradient adds where the token occurred",
          "[kernel][embedding]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    std::vector<float> table = random_values(5 * 7, seed, 1);
    const std::vector<std::int32_t> tokens{3, 1, 3, 0, 3};
    const std::vector<float> dx = random_values(5 * 7, seed, 2);
    std::vector<float> dtable(table.size());
    const std::vector<std::vector<std::int32_t>> places{{3}, {1}, {}, {0, 2, 4}, {}};
    for (std::size_t id = 0; id < places.size(); ++id)
        embedding_backward(SerialTeam{}, places[id], dx,
                           View<float>(dtable).slice(static_cast<Index>(id) * 7, 7));
    check_slope(table, dtable, [&] {
        std::vector<float> out(dx.size());
        for (std::size_t t = 0; t < tokens.size(); ++t)
            embedding(SerialTeam{}, table, tokens[t],
                      View<float>(out).slice(static_cast<Index>(t) * 7, 7));
        return dot(out, dx);
    });
}
