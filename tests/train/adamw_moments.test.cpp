// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/train/adamw_moments.hpp>
#include <gppo/train/shard.hpp>

#include <algorithm>
#include <cmath>

using namespace gppo;
using namespace gppo::test;

namespace gppo::adamw_moments_test {
namespace {

constexpr MomentStorage storages[] = {MomentStorage::fp32, MomentStorage::bf16,
                                      MomentStorage::int8};

/// Two matrices that meet within a block, and norms between them.
const std::vector<TensorInfo> tensors{{"first", {70, 100}, 0},
                                      {"norm", {100}, 7000},
                                      {"second", {90, 100}, 7100},
                                      {"last", {50}, 16100}};
constexpr Index count = 16150;

struct Stepped {
    std::vector<float> weight, gradient;
    Moments<> moments;

    explicit Stepped(MomentStorage storage, std::uint64_t seed)
        : weight(random_values(count, seed, 1)), moments(storage) {
        moments.reset(tensors);
    }
    /// A gradient of its own size for each element: an elementwise optimizer must not care.
    void next(std::uint64_t seed, std::uint64_t t) {
        gradient = random_values(count, seed, 10 + t);
        for (std::size_t i = 0; i < gradient.size(); ++i)
            gradient[i] *= std::exp2(-static_cast<float>(i % 13));
    }
};

const AdamWOptions options{.lr = 0.01f, .beta2 = 0.95f, .weight_decay = 0.1f};

std::vector<float> learn(MomentStorage storage, std::uint64_t seed, Index steps, int threads = 1) {
    Stepped s(storage, seed);
    for (Index t = 1; t <= steps; ++t) {
        s.next(seed, static_cast<std::uint64_t>(t));
        adamw_step(Cpu(threads), tensors, s.weight, s.gradient, s.moments, options, t, 0.5f,
                   {.random = {seed}});
    }
    return s.weight;
}

std::vector<char> copy_of(View<const char> x) {
    return {x.begin(), x.end()};
}

}  // namespace

TEST_CASE("kept in fp32, moments of one memory step as two buffers do", "[train][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    Stepped one(MomentStorage::fp32, seed);
    std::vector<float> weight = one.weight, m(count), v(count);
    for (Index t = 1; t <= 3; ++t) {
        one.next(seed, static_cast<std::uint64_t>(t));
        adamw_step(Cpu(2), tensors, one.weight, one.gradient, one.moments, options, t, 0.5f, {});
        adamw_step(Cpu(2), tensors, weight, one.gradient, m, v, options, t, 0.5f);
    }
    CHECK(one.weight == weight);
    CHECK(std::equal(m.begin(), m.end(), one.moments.span().as<float>(0, count).begin()));
    CHECK(std::equal(v.begin(), v.end(), one.moments.span().as<float>(1, count).begin()));
}

TEST_CASE("three steps with moments in bf16 and in 8 bits follow those in fp32", "[train][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const std::vector<float> exact = learn(MomentStorage::fp32, seed, 3);
    const std::vector<float> start = Stepped(MomentStorage::fp32, seed).weight;
    for (const MomentStorage storage : {MomentStorage::bf16, MomentStorage::int8}) {
        const std::vector<float> kept = learn(storage, seed, 3);
        double off = 0, moved = 0;
        for (std::size_t i = 0; i < kept.size(); ++i) {
            off += std::pow(static_cast<double>(kept[i] - exact[i]), 2);
            moved += std::pow(static_cast<double>(exact[i] - start[i]), 2);
        }
        CAPTURE(static_cast<int>(storage), std::sqrt(off / moved));
        CHECK(std::sqrt(off / moved) < (storage == MomentStorage::bf16 ? 0.003 : 0.06));
        CHECK(off > 0);
    }
}

/// The same with weights in bf16.
std::vector<std::uint16_t> learn_halves(MomentStorage storage, std::uint64_t seed, Index steps,
                                        int threads = 1) {
    Stepped s(storage, seed);
    std::vector<std::uint16_t> weight(s.weight.size());
    copy_stored(View<const float>(s.weight), weight);
    for (Index t = 1; t <= steps; ++t) {
        s.next(seed, static_cast<std::uint64_t>(t));
        adamw_step(Cpu(threads), tensors, weight, s.gradient, s.moments, options, t, 0.5f,
                   {.random = {seed}});
    }
    return weight;
}

TEST_CASE("weights in bf16 follow those in fp32, and have the same bits on any number of threads",
          "[train][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const std::vector<float> exact = learn(MomentStorage::fp32, seed, 3);
    for (const MomentStorage storage : storages) {
        CAPTURE(static_cast<int>(storage));
        const auto halves = learn_halves(storage, seed, 3);
        CHECK(halves == learn_halves(storage, seed, 3, 3));
        double worst = 0;  // a rounding of the start, up to half a place, and of each of 3 steps
        for (std::size_t i = 0; i < exact.size(); ++i)
            worst =
                std::max(worst, std::abs(static_cast<double>(bf16_to_float(halves[i]) - exact[i])));
        CHECK(worst < 3.5 / 128 + 0.005);
        CHECK(worst > 1.0 / 1024);
    }
}

TEST_CASE("steps below the last place of bf16 weights add up", "[train][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const std::vector<float> gradient(count, 1.0f);
    for (const MomentStorage storage : storages) {
        CAPTURE(static_cast<int>(storage));
        std::vector<std::uint16_t> weight(count, float_to_bf16(1.5f));
        Moments<> moments(storage);
        moments.reset(tensors);
        for (Index t = 1; t <= 20; ++t)  // each a fiftieth of half a place: to nearest all stay
            adamw_step(Cpu(2), tensors, weight, gradient, moments, {.lr = 7.8e-5f}, t, 1.0f,
                       {.random = {seed}});
        double mean = 0;
        for (const std::uint16_t w : weight)
            mean += static_cast<double>(bf16_to_float(w)) / static_cast<double>(count);
        // A weight moves a place, 1 / 128, with the chance of 0.2: 2.5e-5 is a standard deviation.
        CHECK(mean == Approx(1.5 - 20 * 7.8e-5).margin(1.5e-4));
    }
}

TEST_CASE("parts of bf16 weights step as the whole", "[train][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    for (const MomentStorage storage : storages) {
        CAPTURE(static_cast<int>(storage));
        const auto whole = learn_halves(storage, seed, 1);
        Stepped s(storage, seed);
        std::vector<std::uint16_t> weight(s.weight.size());
        copy_stored(View<const float>(s.weight), weight);
        s.next(seed, 1);
        constexpr Index cut = 7168;
        for (const auto& [first, n] : {std::pair{Index{0}, cut}, std::pair{cut, count - cut}}) {
            Moments<> part(storage);
            part.reset(shard_of(tensors, first, n));
            adamw_step(Cpu(1), shard_of(tensors, first, n),
                       View<std::uint16_t>(weight).slice(first, n),
                       View<const float>(s.gradient).slice(first, n), part, options, 1, 0.5f,
                       {.random = {seed}, .step = 0, .first = first});
        }
        std::size_t differ = 0;  // as above
        for (std::size_t i = 0; i < weight.size(); ++i) differ += weight[i] != whole[i];
        CHECK(differ <= 2);
    }
}

TEST_CASE("moments of every storage have the same bits on any number of threads",
          "[train][adamw]") {
    for (const MomentStorage storage : storages)
        CHECK(learn(storage, 5, 3, 1) == learn(storage, 5, 3, 3));
}

TEST_CASE("parts that begin at a multiple of 256 step as the whole", "[train][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    for (const MomentStorage storage : storages) {
        CAPTURE(static_cast<int>(storage));
        const std::vector<float> whole = learn(storage, seed, 2);
        for (const Index cut : {Index{256}, Index{6912}, Index{7168}, Index{16128}}) {
            CAPTURE(cut);
            Stepped s(storage, seed);
            Moments<> parts[2] = {Moments<>(storage), Moments<>(storage)};
            parts[0].reset(shard_of(tensors, 0, cut));
            parts[1].reset(shard_of(tensors, cut, count - cut));
            for (Index t = 1; t <= 2; ++t) {
                s.next(seed, static_cast<std::uint64_t>(t));
                for (int r = 0; r < 2; ++r) {
                    const Index first = r == 0 ? 0 : cut, n = r == 0 ? cut : count - cut;
                    adamw_step(Cpu(1), shard_of(tensors, first, n),
                               View<float>(s.weight).slice(first, n),
                               View<const float>(s.gradient).slice(first, n), parts[r], options, t,
                               0.5f, {.random = {seed}, .step = 0, .first = first});
                }
            }
            // Vectors end elsewhere in a chunk, so a last bit may differ, and with it a rounding.
            std::size_t differ = 0;
            for (std::size_t i = 0; i < s.weight.size(); ++i)
                differ += std::abs(s.weight[i] - whole[i]) > 1e-6f;
            CHECK(differ <= 2);
        }
    }
}

TEST_CASE("moments brought from the host piece by piece step as those that stay",
          "[train][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const Cpu cpu(1);
    for (const MomentStorage storage : storages)
        for (const Index most : {optimizer_chunk, 2 * optimizer_chunk, streamed_weights}) {
            CAPTURE(static_cast<int>(storage), most);
            Stepped beside(storage, seed), away(storage, seed);
            Moments<Cpu> room(cpu, storage);
            for (Index t = 1; t <= 3; ++t) {
                beside.next(seed, static_cast<std::uint64_t>(t));
                const RoundingNoise noise{.random = {seed}};
                adamw_step(cpu, tensors, beside.weight, beside.gradient, beside.moments, options, t,
                           0.5f, noise);
                adamw_step(cpu, tensors, away.weight, beside.gradient, away.moments, room, options,
                           t, 0.5f, noise, most);
            }
            CHECK(away.weight == beside.weight);
            CHECK(copy_of(std::as_const(away.moments).bytes()) ==
                  copy_of(std::as_const(beside.moments).bytes()));
            CHECK(room.size() == 0);
        }
}

TEST_CASE("norms decay only when asked, whatever keeps the moments", "[train][adamw]") {
    const std::vector<float> gradient(count, 0.0f);
    for (const MomentStorage storage : storages)
        for (const bool all : {false, true}) {
            std::vector<float> weight(count, 1.0f);
            Moments<> moments(storage);
            moments.reset(tensors);
            adamw_step(Cpu(1), tensors, weight, gradient, moments,
                       {.lr = 0.1f, .weight_decay = 0.5f, .decay_norms = all}, 1, 1.0f, {});
            for (std::size_t i = 0; i < weight.size(); ++i) {
                const bool norm = (i >= 7000 && i < 7100) || i >= 16100;
                REQUIRE(weight[i] == Approx(norm && !all ? 1.0f : 0.95f));
            }
        }
    Moments<> wrong(MomentStorage::bf16);
    std::vector<float> weight(count);
    CHECK_THROWS_AS(
        adamw_step(Cpu(1), tensors, weight, gradient, wrong, AdamWOptions{}, 1, 1.0f, {}), Error);
}

}  // namespace gppo::adamw_moments_test
