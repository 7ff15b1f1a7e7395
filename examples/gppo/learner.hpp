// SPDX-License-Identifier: Apache-2.0
//
// The model and its optimizer, and the one thing both stages do: go over packed micro-batches, then
// step.
#pragma once

#include "config.hpp"
#include "engine.hpp"
#include "far_model.hpp"
#include "ranks.hpp"
#include "update_count.hpp"

#include <gppo/train/schedule.hpp>
#include <gppo/train/shard.hpp>

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The part of SftConfig and RlConfig the optimizer reads.
template <class Section>
gppo::AdamWOptions adamw_options(const Section& c, double lr) {
    return {.lr = static_cast<float>(lr),
            .beta1 = static_cast<float>(c.beta1),
            .beta2 = static_cast<float>(c.beta2),
            .eps = static_cast<float>(c.eps),
            .weight_decay = static_cast<float>(c.weight_decay)};
}

/// The learning rate of each of `total` optimizer steps.
template <class Section>
gppo::Schedule schedule_of(const Section& c, Index total) {
    return {.lr = c.lr,
            .lr_min = c.lr_min,
            .warmup = c.warmup,
            .total = total,
            .decay = gppo::decay_from_name(c.schedule)};
}

struct Learner {
    /// Rank 0 holds all moments until share_moments().
    Learner(const Engine& backend, const gppo::Qwen3Config& shape, bool recompute,
            const std::optional<gppo::LoraConfig>& lora, Ranks& others)
        : ranks(&others),
          model(backend, shape, recompute),
          fp32(backend.threads()),
          adapter(lora ? std::make_unique<Adapter>(fp32, shape, *lora) : nullptr),
          first_moment(backend.allocate<float>(ranks->leads() ? trained() : own().count)),
          second_moment(backend.allocate<float>(first_moment.size())) {}

    Ranks* ranks;
    Model model;
    gppo::Cpu fp32;                                   // adapters are small: always in full
    std::unique_ptr<Adapter> adapter;                 // null where every weight trains
    gppo::Buffer<float> first_moment, second_moment;  // (own)
    UpdateCount count;                                // of this stage

    /// What trains: its number of floats, and its tensors.
    Index trained() const { return adapter ? adapter->weights().size : model.weights().size; }
    const std::vector<gppo::TensorInfo>& tensors() const {
        return adapter ? adapter->tensors() : model.tensors();
    }
    gppo::View<float> weights() { return adapter ? adapter->weights() : model.weights(); }
    gppo::View<float> gradients() { return adapter ? adapter->gradients() : model.gradients(); }
    /// Of what trains, the part that this rank steps.
    Share own() const { return ranks->share(trained()); }

    /// Rank 0's moments go to where they are stepped.
    void share_moments() {
        if (ranks->alone()) return;
        for (gppo::Buffer<float>* moment : {&first_moment, &second_moment}) {
            auto part = model.backend().allocate<float>(own().count);
            ranks->distribute(moment->view(), part.view());
            *moment = std::move(part);
        }
    }

    /// What steps where the model is; null where this process does: in its own memory, or for
    /// adapters and several ranks, which need the gradients here.
    FarOptimizer* far() { return adapter || !ranks->alone() ? nullptr : model.on().optimizer(); }

    /// The moments above are copies where the model is stepped far away: these bring them from
    /// there, for a checkpoint, and there.
    void fetch_moments() {
        if (far() != nullptr) far()->read_moments(first_moment.view(), second_moment.view());
    }
    void send_moments() {
        if (far() != nullptr) far()->write_moments(first_moment.view(), second_moment.view());
    }

    /// Forgets the moments, for a new stage.
    void restart_optimizer() {
        std::fill_n(first_moment.data(), first_moment.size(), 0.0f);
        std::fill_n(second_moment.data(), second_moment.size(), 0.0f);
        send_moments();
        count = {};
    }

    /// Clips to `clip_norm` (0: not), steps and returns the norm before clipping. See UpdateCount
    /// for a gradient that is not finite.
    double update(const gppo::AdamWOptions& options, double clip_norm) {
        if (FarOptimizer* const there = far()) return update(*there, options, clip_norm);
        if (adapter) adapter->take_gradients(model.gradients());
        const Share part = own();
        const auto own_part = [&](gppo::View<float> all) {
            return all.slice(part.first, part.count);
        };
        ranks->reduce_scatter(gradients());
        const double norm =
            std::sqrt(ranks->sum(squared_norm(model.backend(), own_part(gradients()))));
        const auto scale = count.next(norm, clip_norm);
        if (!scale) return norm;
        adamw_step(model.backend(),
                   {gppo::shard_of(tensors(), part.first, part.count), own_part(weights()),
                    own_part(gradients()), first_moment.view(), second_moment.view()},
                   options, count.updates, *scale);
        ranks->all_gather(weights());
        if (adapter) adapter->apply(model.weights());
        return norm;
    }

  private:
    double update(FarOptimizer& there, const gppo::AdamWOptions& options, double clip_norm) {
        const double norm = std::sqrt(there.squared_norm());
        const auto scale = count.next(norm, clip_norm);
        if (scale) there.step(options, count.updates, *scale);
        return norm;
    }
};

/// One sequence to learn from.
struct Lesson {
    std::span<const std::int32_t> prompt;
    std::span<const std::int32_t> completion;
    Index tokens() const { return static_cast<Index>(prompt.size() + completion.size()) - 1; }
};

inline std::vector<Index> lengths_of(std::span<const Lesson> lessons) {
    std::vector<Index> tokens;
    for (const Lesson& lesson : lessons) tokens.push_back(lesson.tokens());
    return tokens;
}

/// Calls learn(first, packed) for runs of lessons of at most `budget` tokens; `first` is the first
/// lesson.
template <class F>
void for_microbatches(std::span<const Lesson> lessons, Index budget, gppo::PackedBatch& packed,
                      F learn) {
    const std::vector<Index> lengths = lengths_of(lessons);
    if (lengths.empty()) return;
    const auto first = gppo::token_budgeted_runs(gppo::View<const Index>(lengths), budget);
    for (std::size_t run = 0; run + 1 < first.size(); ++run) {
        packed.clear();
        for (Index i = first[run]; i < first[run + 1]; ++i) {
            const Lesson& lesson = lessons[static_cast<std::size_t>(i)];
            packed.add(lesson.prompt, lesson.completion);
        }
        learn(first[run], packed);
    }
}

/// The same for this rank's part of lessons that all ranks know; `first` counts among all.
template <class F>
void for_own_microbatches(const Ranks& ranks, std::span<const Lesson> lessons, Index budget,
                          gppo::PackedBatch& packed, F learn) {
    const Share own = ranks.share_by(lengths_of(lessons));
    for_microbatches(
        lessons.subspan(static_cast<std::size_t>(own.first), static_cast<std::size_t>(own.count)),
        budget, packed,
        [&](Index first, gppo::PackedBatch& batch) { learn(own.first + first, batch); });
}
