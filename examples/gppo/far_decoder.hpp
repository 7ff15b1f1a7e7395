// SPDX-License-Identifier: Apache-2.0
//
// Sampling where a far model's weights are (far_model.hpp): only tokens and log-probs come back. A
// frozen one has a copy of the weights and a backend of its own, so that a thread samples from it
// while the model trains.
#pragma once

#include "any_decoder.hpp"
#include "device_slots.hpp"

#include <gppo/kernel/paged_attention.hpp>
#include <gppo/rollout/generate.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

/// A chunk of a copy.
struct CopyChunk {
    static constexpr gppo::Index chunk = 16384;
    gppo::View<const float> from;
    float* to;  // as from

    template <class Team>
    GPPO_HD void operator()(Team team, gppo::Index n) const {
        const float* const read = from.data + n * chunk;
        float* const written = to + n * chunk;
        team.for_each(gppo::math::min(chunk, from.size - n * chunk),
                      [=](gppo::Index i) { written[i] = read[i]; });
    }
};

template <gppo::DecodeBackend K>
class FarDecoder final : public AnyDecoder {
  public:
    /// The model's weights on its backend, with whatever this process wrote into its copy.
    using Weights = std::function<gppo::View<const float>()>;

    /// The model, whose backend, shape and layout these are, must outlive it.
    FarDecoder(const K& models, const gppo::Qwen3Config& shape, const gppo::Qwen3Layout& layout,
               Weights weights, bool frozen)
        : models_(&models),
          weights_(std::move(weights)),
          own_(frozen ? std::unique_ptr<K>(new K(models.another())) : nullptr),
          decoder_(own_ ? *own_ : models, shape, layout, take_weights()) {}

    void load() override { decoder_.load(take_weights()); }

    std::vector<std::vector<gppo::Completion>> complete(std::span<const gppo::Request> requests,
                                                        gppo::Index group,
                                                        const gppo::Sampling& sampling,
                                                        std::uint64_t seed) override {
        auto done = gppo::generate(decoder_, requests, group, sampling, seed,
                                   {.slots = slots(requests, group)});
        decoder_.trim();  // training needs the room
        return done;
    }

  private:
    gppo::View<const float> take_weights() {
        const gppo::View<const float> weights = weights_();
        if (!own_) return weights;
        copy_.resize(weights.size);
        models_->for_rows((weights.size + CopyChunk::chunk - 1) / CopyChunk::chunk,
                          CopyChunk{weights, copy_.data()});
        models_->wait();  // the copy is read in another stream
        return std::as_const(copy_).view();
    }

    /// Completions at once. A prompt counts by its share, as its group has it once.
    gppo::Index slots(std::span<const gppo::Request> requests, gppo::Index group) const {
        gppo::Index longest = 1;
        for (const gppo::Request& r : requests) {
            const gppo::Index share = (std::ssize(r.prompt) + group - 1) / group;
            longest = std::max(longest, share + r.max_new_tokens);
        }
        const gppo::Index all = decoder_.backend().memory(),
                          memory =
                              device_memory_limit > 0 ? std::min(all, device_memory_limit) : all;
        return device_slots(memory, longest, decoder_.config(), decoder_.backend().precision());
    }

    const K* models_;
    Weights weights_;
    std::unique_ptr<K> own_;     // null: samples with the model's backend, from its weights
    gppo::FloatBuffer<K> copy_;  // (weights), of a frozen one
    gppo::Qwen3Decoder<K> decoder_;
};
