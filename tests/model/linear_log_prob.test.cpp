// SPDX-License-Identifier: Apache-2.0
#include "backend/far_memory.hpp"
#include "kernel/finite_difference.hpp"
#include "random_values.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/linear_log_prob.hpp>

using namespace gppo;
using namespace gppo::test;

namespace {

constexpr Index head_rows = 13, width = 6, vocabulary = 31;

struct Problem {
    std::vector<float> hidden, weight, dlogp, dentropy;
    std::vector<std::int32_t> ids;

    explicit Problem(std::uint64_t seed)
        : hidden(random_values(head_rows * width, seed, 1)),
          weight(random_values(vocabulary * width, seed, 2)),
          dlogp(random_values(head_rows, seed, 3)),
          dentropy(random_values(head_rows, seed, 4)) {
        for (Index n = 0; n < head_rows; ++n)
            ids.push_back(static_cast<std::int32_t>(
                Philox{seed}.below(vocabulary, 5, static_cast<std::uint64_t>(n))));
    }
    LinearLogProbInput input(float temperature) const {
        return {head_rows,     width, vocabulary,        hidden.data(),
                weight.data(), ids,   1.0f / temperature};
    }
};

}  // namespace

TEST_CASE("tiles of any shape give one answer", "[model][linear_log_prob]") {
    const Problem p(random_seed());
    const Cpu cpu(2);
    std::vector<float> logp(head_rows), entropy(head_rows);
    LinearLogProb<Cpu>(cpu).forward(p.input(0.7f), logp, entropy);
    for (const Index tile_rows : {1, 5, 13})
        for (const Index tile_columns : {1, 8, 31}) {
            std::vector<float> tiled(head_rows), tiled_entropy(head_rows);
            LinearLogProb<Cpu>(cpu, {tile_rows, tile_columns, 0})
                .forward(p.input(0.7f), tiled, tiled_entropy);
            for (std::size_t n = 0; n < head_rows; ++n) {
                CHECK(tiled[n] == Approx(logp[n]).epsilon(1e-5));
                CHECK(tiled_entropy[n] == Approx(entropy[n]).epsilon(1e-4));
            }
        }
}

TEST_CASE("the fused head's gradients are slopes in hidden and weight",
          "[model][linear_log_prob]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const Cpu cpu(2);
    for (const bool with_entropy : {false, true}) {
        Problem p(seed);
        LinearLogProb<Cpu> head(cpu, {5, 8, 0});
        const View<const float> dentropy =
            with_entropy ? View<const float>(p.dentropy) : View<const float>{};
        std::vector<float> logp(head_rows), entropy(head_rows);
        const auto loss = [&] {
            head.forward(p.input(1.4f), logp, entropy);
            return dot(p.dlogp, logp) + (with_entropy ? dot(p.dentropy, entropy) : 0.0);
        };
        loss();
        std::vector<float> dhidden(p.hidden.size(), 7.0f), dweight(p.weight.size());
        head.backward(p.input(1.4f), p.dlogp, dentropy, dhidden.data(), dweight.data());
        check_slope(p.hidden, dhidden, loss);
        check_slope(p.weight, dweight, loss);
    }
}

namespace {

/// What both ways fill.
struct Filled {
    std::vector<float> logp, entropy, dlogp, dentropy, dhidden, dweight;

    explicit Filled(const Problem& p, bool with_entropy)
        : logp(head_rows),
          entropy(head_rows),
          dlogp(head_rows),
          dentropy(with_entropy ? head_rows : 0),
          dhidden(p.hidden.size(), 7.0f),
          dweight(p.weight.size(), 0.25f) {}
    /// A gradient that follows from the row alone.
    void weigh(const Problem& p, Index first, Index count) {
        for (auto n = static_cast<std::size_t>(first); n < static_cast<std::size_t>(first + count);
             ++n) {
            dlogp[n] = p.dlogp[n] * std::exp(logp[n]);
            if (!dentropy.empty()) dentropy[n] = p.dentropy[n] * entropy[n];
        }
    }
};

Filled two_passes(const Problem& p, const Cpu& cpu, bool with_entropy) {
    Filled f(p, with_entropy);
    LinearLogProb<Cpu> head(cpu);
    head.forward(p.input(1.4f), f.logp, f.entropy);
    f.weigh(p, 0, head_rows);
    head.backward(p.input(1.4f), f.dlogp, f.dentropy, f.dhidden.data(), f.dweight.data());
    return f;
}

Filled one_pass(const Problem& p, const Cpu& cpu, bool with_entropy, HeadTiles tiles) {
    Filled f(p, with_entropy);
    LinearLogProb<Cpu>(cpu, tiles)
        .learn(
            p.input(1.4f), f.logp, f.entropy,
            [&](Index first, Index count) { f.weigh(p, first, count); }, f.dlogp, f.dentropy,
            f.dhidden.data(), f.dweight.data());
    return f;
}

}  // namespace

TEST_CASE("one pass with kept logits gives what two passes give", "[model][linear_log_prob]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const Problem p(seed);
    for (const bool with_entropy : {false, true}) {
        const Filled two = two_passes(p, Cpu(2), with_entropy);
        for (const Index rows : {1, 5, 13, 100})
            for (const Index columns : {1, 8, 31, 100}) {
                CAPTURE(with_entropy, rows, columns);
                const Filled one = one_pass(p, Cpu(2), with_entropy, {rows, columns, 0});
                CHECK(distance(one.logp, two.logp) < 1e-5f);
                CHECK(distance(one.entropy, two.entropy) < 1e-5f);
                CHECK(distance(one.dhidden, two.dhidden) < 1e-5f);
                CHECK(distance(one.dweight, two.dweight) < 1e-5f);
                const Filled alone = one_pass(p, Cpu(1), with_entropy, {rows, columns, 0});
                CHECK(alone.logp == one.logp);
                CHECK(alone.dweight == one.dweight);
            }
    }
}

namespace {

/// The host's numbers in far memory.
template <class T>
FarBuffer<T> sent(const FarMemory& far, const std::vector<T>& host) {
    FarBuffer<T> there(std::ssize(host));
    far.upload(View<const T>(host), there.view());
    return there;
}

}  // namespace

TEST_CASE("a device's products of bf16 read what was rounded once", "[model][linear_log_prob]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const Problem p(seed);
    const Filled near = two_passes(p, Cpu(2, Precision::bf16), true);
    const Filled full = two_passes(p, Cpu(2), true);
    const FarMemory far(2, Precision::bf16);
    const auto hidden = sent(far, p.hidden), weight = sent(far, p.weight);
    const auto ids = sent(far, p.ids);
    auto dlogp = sent(far, near.dlogp), dentropy = sent(far, near.dentropy);
    LinearLogProbInput in = p.input(1.4f);
    in.hidden = hidden.data(), in.weight = weight.data(), in.ids = ids.view();
    for (const bool one_pass : {true, false}) {
        FarBuffer<float> logp(head_rows), entropy(head_rows), dhidden(hidden.size());
        auto dweight = sent(far, std::vector<float>(p.weight.size(), 0.25f));
        LinearLogProb<FarMemory> head(far, {5, 8, 0});
        const View<const float> c = std::as_const(dlogp).view(), e = std::as_const(dentropy).view();
        if (one_pass) {
            head.learn(
                in, logp.view(), entropy.view(), [](Index, Index) {}, c, e, dhidden.data(),
                dweight.data());
        } else {
            head.forward(in, logp.view(), entropy.view());
            head.backward(in, c, e, dhidden.data(), dweight.data());
        }
        std::vector<float> back(p.weight.size()), back_hidden(p.hidden.size());
        far.download(std::as_const(dweight).view(), View<float>(back));
        far.download(std::as_const(dhidden).view(), View<float>(back_hidden));
        CHECK(distance(back, near.dweight) < 1e-5f);
        CHECK(distance(back_hidden, near.dhidden) < 1e-5f);
        CHECK(distance(back_hidden, full.dhidden) > 1e-4f);  // it is bf16
    }
}
