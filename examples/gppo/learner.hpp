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
#include "whole_moments.hpp"

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

/// Of the element `first` further on.
inline gppo::RoundingNoise noise_from(gppo::RoundingNoise noise, Index first) {
    noise.first += first;
    return noise;
}

struct Learner {
    /// Rank 0 holds all moments until share_moments().
    /// `kept` is of activations, `weights` how the model's are kept.
    Learner(const Engine& backend, const gppo::Qwen3Config& shape, gppo::Activations kept,
            const std::optional<gppo::LoraConfig>& lora, Ranks& others, MomentOptions how = {},
            gppo::Precision weights = gppo::Precision::fp32)
        : ranks(&others),
          model(backend, shape, kept, weights),
          fp32(backend.threads()),
          adapter(lora ? std::make_unique<Adapter>(fp32, shape, *lora) : nullptr),
          moment_options(std::move(how)),
          moments(moment_options.storage) {
        if (moments.storage() == gppo::MomentStorage::int8) ranks->cut_at(gppo::moment_block);
        restart_moments();
    }
    Learner(const Learner&) = delete;
    Learner& operator=(const Learner&) = delete;

    Ranks* ranks;
    Model model;
    gppo::Cpu fp32;                    // adapters are small: always in full
    std::unique_ptr<Adapter> adapter;  // null where every weight trains
    MomentOptions moment_options;
    Moments moments;    // (own); far away: see fetch_moments()
    UpdateCount count;  // of this stage

    /// What trains: its number of floats, and its tensors.
    Index trained() const { return adapter ? adapter->weights().size : model.layout().count; }
    const std::vector<gppo::TensorInfo>& tensors() const {
        return adapter ? adapter->tensors() : model.tensors();
    }
    gppo::StoredView<float> weights() {
        if (adapter) return adapter->weights();
        return model.stored_weights();
    }
    gppo::View<float> gradients() { return adapter ? adapter->gradients() : model.gradients(); }
    /// Of what trains, the part that this rank steps.
    Share own() const { return ranks->part(trained()); }
    std::vector<gppo::TensorInfo> own_tensors() const {
        return gppo::shard_of(tensors(), own().first, own().count);
    }

    /// Rank 0's moments go to where they are stepped.
    void share_moments() { ::share_moments(*ranks, moments, tensors(), trained()); }
    /// All ranks' moments on rank 0, for a checkpoint.
    WholeMoments whole_moments() { return {*ranks, moments, tensors(), trained()}; }

    /// From now on the devices of all ranks add gradients and share weights out themselves. After
    /// share_moments().
    void join(FarRanks& devices) {
        FarOptimizer& there = *model.on().optimizer();
        there.join(devices, own().first, own().count, ranks->part(trained(), 0).count);
        there.begin(moment_options, copies() ? nullptr : &moments);
        send_moments();
    }

    /// What steps where the model is; null where this process does: in its own memory, or for
    /// adapters and ranks whose devices have not joined, which need the gradients here.
    FarOptimizer* far() {
        FarOptimizer* const there = adapter ? nullptr : model.on().optimizer();
        return there != nullptr && (ranks->alone() || there->joined()) ? there : nullptr;
    }

    /// Where the model is stepped far away the moments above are copies, for a checkpoint: these
    /// bring them from there, and there, and give their memory back.
    void fetch_moments() {
        if (!copies()) return;
        moments.reset(ranks->alone() ? tensors() : own_tensors());
        if (count.updates > 0) far()->read_moments(moments);
    }
    void send_moments() {
        if (copies() && count.updates > 0) far()->write_moments(moments);
        drop_copies();
    }
    void drop_copies() {
        if (copies()) moments.clear();
    }

    /// Forgets the moments, for a new stage, before share_moments().
    void restart_optimizer() {
        restart_moments();
        count = {};
    }

    /// Clips to `clip_norm` (0: not), steps and returns the norm before clipping. See UpdateCount
    /// for a gradient that is not finite.
    double update(const gppo::AdamWOptions& options, double clip_norm) {
        if (FarOptimizer* const there = far()) return update(*there, options, clip_norm);
        if (adapter) adapter->take_gradients(model.gradients());
        const Share part = own();
        const auto own_part = [&](auto all) { return all.slice(part.first, part.count); };
        ranks->reduce_scatter(gradients());
        const double norm =
            std::sqrt(ranks->sum(squared_norm(model.backend(), own_part(gradients()))));
        const auto scale = count.next(norm, clip_norm);
        if (!scale) return norm;
        adamw_step(model.backend(),
                   {own_tensors(), own_part(weights()), own_part(gradients()), moments,
                    noise_from(moment_options.noise, part.first)},
                   options, count.updates, *scale);
        ranks->all_gather(weights());
        if (adapter) adapter->apply(model.weights());
        return norm;
    }

  private:
    /// Whether `moments` are copies of those that are far away.
    bool copies() { return far() != nullptr && !moment_options.offload; }
    void restart_moments() {
        if (far() != nullptr) far()->begin(moment_options, copies() ? nullptr : &moments);
        if (copies())
            moments.clear();
        else
            moments.reset(ranks->leads() ? tensors() : own_tensors());
    }

    double update(FarOptimizer& there, const gppo::AdamWOptions& options, double clip_norm) {
        const double norm = std::sqrt(ranks->sum(there.squared_norm()));
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
