// SPDX-License-Identifier: Apache-2.0
// Parity with transformers is tests/oracle/reward_model.py.
#include "kernel/finite_difference.hpp"
#include "model/tiny_qwen3.hpp"

#include <gppo/model/reward_head.hpp>

using namespace gppo;
using namespace gppo::test;

namespace {

/// Backbone and head, and sum_n dscores_n s_n of them.
struct Scorer {
    Qwen3<Cpu> model;
    RewardHead<Cpu> head;
    TinyBatch batch{};
    std::vector<Index> rows;
    std::vector<float> dscores;

    Scorer(const Cpu& cpu, std::vector<Index> scored, Activations kept = Activations::kept)
        : model(cpu, tiny_config(), kept), head(cpu, 10), rows(std::move(scored)) {
        model.initialize(5);
        const auto w = random_values(10, 3, 1);
        std::copy(w.begin(), w.end(), head.weights().begin());
        dscores = random_values(std::ssize(rows), 4, 1);
    }
    std::vector<float> scores() {
        std::vector<float> hidden(rows.size() * 10), out(rows.size());
        model.forward_hidden(batch.packed(), rows, hidden);
        head.forward(hidden, out);
        return out;
    }
    void gradients() {
        std::vector<float> hidden(rows.size() * 10), dhidden(hidden.size());
        model.zero_gradients();
        head.zero_gradients();
        model.forward_hidden(batch.packed(), rows, hidden);
        head.backward(hidden, dscores, dhidden);
        model.backward_hidden(dhidden);
    }
};

}  // namespace

TEST_CASE("a score's gradient is its slope, in the head and in every weight below",
          "[model][reward_head]") {
    const Cpu cpu(2);
    for (const Activations kept : {Activations::kept, Activations::recomputed}) {
        Scorer s(cpu, last_rows(TinyBatch{}.packed().offsets), kept);
        s.gradients();
        const auto loss = [&] { return dot(s.scores(), s.dscores); };
        std::vector<float> w(s.head.weights().begin(), s.head.weights().end());
        const std::vector<float> dw(s.head.gradients().begin(), s.head.gradients().end());
        check_slope(w, dw, [&] {
            std::copy(w.begin(), w.end(), s.head.weights().begin());
            return loss();
        });
        std::copy(w.begin(), w.end(), s.head.weights().begin());  // the last step back
        std::vector<float> m(s.model.weights().begin(), s.model.weights().end());
        const std::vector<float> dm(s.model.gradients().begin(), s.model.gradients().end());
        check_slope(
            m, dm,
            [&] {
                std::copy(m.begin(), m.end(), s.model.weights().begin());
                return loss();
            },
            1e-2, 1e-3f);
    }
}

TEST_CASE("a score is one of the whole sequence, and of no other", "[model][reward_head]") {
    const Cpu cpu(1);
    Scorer all(cpu, {3, 4, 10}), one(cpu, {5});
    const std::vector<float> together = all.scores();
    one.batch.tokens = {6, 7, 8, 1, 1, 12};
    one.batch.offsets = {0, 6};
    CHECK(one.scores()[0] == Approx(together[2]).margin(1e-6));
    all.batch.tokens[5] = 2;  // the first token of the last sequence
    const std::vector<float> changed = all.scores();
    CHECK(changed[0] == together[0]);
    CHECK(changed[2] != together[2]);
}

TEST_CASE("a new head prefers nothing, and threads change no bit", "[model][reward_head]") {
    const Cpu one(1), three(3);
    const RewardHead<Cpu> fresh(one, 10);
    std::vector<float> hidden(20, 3.0f), scores(2, 7.0f);
    fresh.forward(hidden, scores);
    CHECK(scores == std::vector<float>{0, 0});
    Scorer a(one, {0, 1, 2, 3, 4, 6, 9}), b(three, {0, 1, 2, 3, 4, 6, 9});
    a.gradients(), b.gradients();
    CHECK(a.scores() == b.scores());
    CHECK(std::equal(a.head.gradients().begin(), a.head.gradients().end(),
                     b.head.gradients().begin()));
}

TEST_CASE("hidden states out of order or of another size are refused", "[model][reward_head]") {
    const Cpu cpu(1);
    Scorer s(cpu, {4, 3});
    CHECK_THROWS_AS(s.scores(), Error);
    std::vector<float> hidden(20);
    const std::vector<Index> row{3}, empty_sequence{0, 3, 3};
    CHECK_THROWS_AS(s.model.forward_hidden(s.batch.packed(), row, hidden), Error);
    CHECK_THROWS_AS(s.model.backward_hidden(hidden), Error);
    CHECK_THROWS_AS(last_rows(empty_sequence), Error);
    std::vector<float> scores(3);
    CHECK_THROWS_AS(s.head.forward(hidden, scores), Error);
}
