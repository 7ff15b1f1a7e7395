// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/train/adamw.hpp>
#include <gppo/train/shard.hpp>

using namespace gppo;
using namespace gppo::test;

namespace {

const std::vector<TensorInfo> tensors{
    {"matrix", {3, 4}, 0}, {"norm", {5}, 12}, {"row", {1, 2}, 17}, {"last", {2, 3}, 19}};

}  // namespace

TEST_CASE("a shard holds the parts of tensors that lie in it, from its own beginning",
          "[train][shard]") {
    const auto parts = shard_of(tensors, 10, 8);
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].name == "matrix");
    CHECK(parts[0].shape == std::vector<Index>{1, 2});
    CHECK(parts[0].offset == 0);
    CHECK(parts[1].shape == std::vector<Index>{5});
    CHECK(parts[1].offset == 2);
    CHECK(parts[2].shape == std::vector<Index>{1, 1});
    CHECK(parts[2].offset == 7);
    CHECK(shard_of(tensors, 4, 0).empty());
}

TEST_CASE("stepping every shard on its own is stepping the whole, wherever they are cut",
          "[train][shard]") {
    const std::vector<float> gradient = random_values(25, 1, 1), start = random_values(25, 2, 1);
    const AdamWOptions options{.lr = 0.1f, .weight_decay = 0.5f};
    std::vector<float> whole = start, m(25), v(25);
    for (Index step = 1; step < 4; ++step)
        adamw_step(Cpu(1), tensors, whole, gradient, m, v, options, step);
    for (Index cut = 0; cut <= 25; ++cut) {
        std::vector<float> weight = start, m2(25), v2(25);
        for (Index step = 1; step < 4; ++step)
            for (const auto& [first, count] : {std::pair{Index{0}, cut}, std::pair{cut, 25 - cut}})
                adamw_step(Cpu(1), shard_of(tensors, first, count),
                           View<float>(weight).slice(first, count),
                           View<const float>(gradient).slice(first, count),
                           View<float>(m2).slice(first, count), View<float>(v2).slice(first, count),
                           options, step);
        for (std::size_t i = 0; i < 25; ++i) REQUIRE(weight[i] == Approx(whole[i]).epsilon(1e-6));
    }
}
