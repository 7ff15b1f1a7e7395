// SPDX-License-Identifier: Apache-2.0
//
// A model that gives tokens a number, and its optimizer: the reward model, which scores the last
// token of a sequence, and the critic of PPO, which values every token.
#pragma once

#include "learner.hpp"
#include "whole_moments.hpp"

#include <gppo/core/file.hpp>
#include <gppo/text/tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

struct ScoreModel {
    ScoreModel(const Engine& backend, const gppo::Qwen3Config& shape,
               gppo::Activations kept = gppo::Activations::kept, Ranks& others = Ranks::none(),
               MomentOptions how = {})
        : ranks(&others),
          model(backend, shape, kept),
          head(backend, shape.hidden_size),
          moment_options(std::move(how)),
          moments(moment_options.storage),
          head_moments(moment_options.storage) {}

    Ranks* ranks;
    Model model;
    Head head;
    MomentOptions moment_options;
    // Of the weights (own) the part that this rank steps, but rank 0 has them all between start()
    // or restore() and share_start(); of the small head (D) all, on every rank.
    Moments moments, head_moments;
    UpdateCount count;

    /// Begins training from a policy's weights, with a head of zeros. Its own are fp32, however the
    /// policy's are kept.
    void start(gppo::StoredView<const float> weights);
    /// After rank 0 started or restored: all ranks have its weights, and each its moments.
    void share_start();

    /// Scores (N) of rows of a batch; both must stay alive until backward.
    void forward(const gppo::PackedBatch& batch, gppo::View<const Index> rows,
                 gppo::View<float> scores /*(N)*/);
    /// Adds to the gradients of this rank.
    void backward(gppo::View<const float> dscores /*(N)*/);
    void zero_gradients();
    /// As Learner::update.
    double update(const gppo::AdamWOptions& options, double clip_norm);

    /// For a checkpoint: everything training goes on from, on rank 0. The file borrows, from
    /// `moments` too.
    gppo::File checkpoint_file(const WholeMoments& moments) const;
    /// What it needs, of all ranks; the gradients are gone then.
    WholeMoments whole_moments();
    nlohmann::ordered_json state() const { return count.json(); }
    void restore(const std::filesystem::path& directory, const nlohmann::ordered_json& state);

    /// A directory that transformers loads the backbone of, with the head beside it.
    void save(const std::filesystem::path& directory,
              std::vector<gppo::File> tokenizer_files) const;
    void load(const std::filesystem::path& directory);

  private:
    /// Of the weights, the part that this rank steps.
    Share own() const { return ranks->part(model.layout().count); }

    std::vector<float> hidden_, dhidden_;  // (N, D)
};

/// One number a sequence, that of its last token.
std::vector<float> score_sequences(ScoreModel& model, std::span<const Lesson> sequences,
                                   Index budget);

/// Laid out so that every token is an input: `chosen` and `rejected` of pairs, or whatever else.
void pack_whole(std::span<const Lesson> sequences, gppo::PackedBatch& packed);

/// Tokens that a reward model reads at a time, or one longer sequence.
inline constexpr Index reward_model_tokens = 8192;

/// A trained reward model.
class RewardModel {
  public:
    /// The directory must hold the policy's tokenizer: scores are of token ids.
    RewardModel(const std::filesystem::path& directory, const Engine& backend,
                const gppo::Tokenizer& tokenizer);
    std::vector<float> operator()(std::span<const Lesson> sequences) const;

  private:
    std::shared_ptr<ScoreModel> model_;
};

/// Where [reward_model] says it is; empty where nothing is there.
std::string reward_model_directory(const Config& config);
