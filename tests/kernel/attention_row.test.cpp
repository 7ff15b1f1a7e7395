// SPDX-License-Identifier: Apache-2.0
//
// Beside the CPU's attention over whole batches: tests/backend/attention_rows.test.cpp.
#include "catch.hpp"
#include "kernel/finite_difference.hpp"
#include "kernel/thread_team.hpp"
#include "random_values.hpp"

#include <gppo/kernel/attention_row.hpp>

#include <vector>

using namespace gppo;

namespace {

using Floats = std::vector<float>;

/// One head over one sequence, all of it by one team.
struct OneHead {
    Index length, width;
    float scale = 0.7f;

    template <class Team>
    void forward(Team team, const float* q, const float* k, const float* v, float* scratch,
                 float* out, float* lse) const {
        for (Index i = 0; i < length; ++i) {
            const float sums =
                attention_row(team, scale, {q + i * width, width}, i + 1, {k, width}, {v, width},
                              {scratch, 2 * attention_chunk}, View<float>{out + i * width, width});
            team.for_each(1, [=](Index) { lse[i] = sums; });
        }
    }
    /// gradients: dq, dk, dv, then one mean a query.
    template <class Team>
    void backward(Team team, const float* q, const float* k, const float* v, const float* dout,
                  const float* lse, float* scratch, float* gradients) const {
        const Index size = length * width;
        float *const dk = gradients + size, *const dv = dk + size, *const mean = dv + size;
        const View<float> room{scratch, 2 * attention_chunk};
        for (Index i = 0; i < length; ++i) {
            const float found = attention_query_backward(
                team, scale, {q + i * width, width}, dout + i * width, lse[i], i + 1, {k, width},
                {v, width}, room, View<float>{gradients + i * width, width});
            team.for_each(1, [=](Index) { mean[i] = found; });
        }
        team.for_each(2 * size, [=](Index n) { dk[n] = 0.0f; });
        for (Index j = 0; j < length; ++j)
            attention_key_backward(
                team, scale, {length, {q, width}, {dout, width}, {lse, 1}, {mean, 1}}, j,
                k + j * width, v + j * width, room, View<float>{dk + j * width, width},
                View<float>{dv + j * width, width});
    }
};

}  // namespace

TEST_CASE("gradients of attention's rows are the slopes of its output", "[kernel][attention]") {
    const OneHead head{5, 3};
    const Floats dout = random_values(15, 4);
    Floats x = random_values(45, 1), scratch(2 * attention_chunk), out(15), lse(5), gradients(50);
    const auto output = [&] {
        head.forward(SerialTeam{}, x.data(), x.data() + 15, x.data() + 30, scratch.data(),
                     out.data(), lse.data());
        return test::dot(out, dout);
    };
    output();
    head.backward(SerialTeam{}, x.data(), x.data() + 15, x.data() + 30, dout.data(), lse.data(),
                  scratch.data(), gradients.data());
    gradients.resize(45);
    test::check_slope(x, gradients, output, 1e-2, 3e-3f);
}

TEST_CASE("a block of threads makes of attention's rows what one makes", "[kernel][attention]") {
    const OneHead head{300, 6};  // more than a chunk
    const Index size = 300 * 6;
    const Floats x = random_values(3 * size, 1), dout = random_values(size, 2);
    const auto run = [&](auto team, Floats& all) {
        float* const scratch = all.data();
        float *const out = scratch + 2 * attention_chunk, *const lse = out + size;
        const float *const k = x.data() + size, *const v = k + size;
        head.forward(team, x.data(), k, v, scratch, out, lse);
        head.backward(team, x.data(), k, v, dout.data(), lse, scratch, lse + 300);
    };
    Floats alone(static_cast<std::size_t>(2 * attention_chunk + 4 * size + 600)), block = alone;
    run(SerialTeam{}, alone);
    side_by_side([&](ThreadTeam team) {
        run(team, block);
        return 0;
    });
    CHECK(distance(block, alone) < 1e-5f);
}

TEST_CASE("a query that sees one key has no gradient", "[kernel][attention]") {
    const OneHead head{1, 8};
    const Floats x = random_values(24, 5), dout = random_values(8, 6);
    Floats scratch(2 * attention_chunk), out(8), lse(1), gradients(25);
    head.forward(SerialTeam{}, x.data(), x.data() + 8, x.data() + 16, scratch.data(), out.data(),
                 lse.data());
    head.backward(SerialTeam{}, x.data(), x.data() + 8, x.data() + 16, dout.data(), lse.data(),
                  scratch.data(), gradients.data());
    for (std::size_t i = 0; i < 16; ++i) CHECK(std::abs(gradients[i]) < 1e-6f);
    for (std::size_t i = 0; i < 8; ++i) {
        CHECK(out[i] == Approx(x[16 + i]).epsilon(1e-6));
        CHECK(gradients[16 + i] == Approx(dout[i]).epsilon(1e-6));
    }
}

TEST_CASE("scores of hundreds do not overflow", "[kernel][attention]") {
    const OneHead head{40, 2, 100.0f};
    const Floats x = random_values(240, 5);
    Floats scratch(2 * attention_chunk), out(80), lse(40);
    head.forward(SerialTeam{}, x.data(), x.data() + 80, x.data() + 160, scratch.data(), out.data(),
                 lse.data());
    for (const float value : out) CHECK(std::abs(value) <= 1.0f);
}
