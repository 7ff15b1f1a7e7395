// SPDX-License-Identifier: Apache-2.0
#include "score_model.hpp"

#include "moment_file.hpp"

#include <gppo/core/mapped_file.hpp>
#include <gppo/model/adapter_directory.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/text/tokenizer.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

void ScoreModel::start(gppo::StoredView<const float> weights) {
    gppo::expects(weights.size == model.layout().count,
                  "the critic or reward model must have the policy's shape");
    if (weights.data != model.weights().data)  // a resumed run begins where its file says
        gppo::copy_stored(weights, model.weights());
    moments.reset(model.tensors());
    head_moments.reset(head.tensors());
    std::fill_n(head.weights().data, head.width(), 0.0f);
    count = {};
}

void ScoreModel::forward(const gppo::PackedBatch& batch, gppo::View<const Index> rows,
                         gppo::View<float> scores) {
    hidden_.resize(static_cast<std::size_t>(rows.size * head.width()));
    score_forward(model, head, batch, rows, hidden_, scores);
}

void ScoreModel::backward(gppo::View<const float> dscores) {
    dhidden_.resize(hidden_.size());
    score_backward(model, head, hidden_, dscores, dhidden_);
}

void ScoreModel::zero_gradients() {
    model.zero_gradients();
    head.zero_gradients();
}

double ScoreModel::update(const gppo::AdamWOptions& options, double clip_norm) {
    const gppo::Cpu& cpu = model.backend();
    const Share part = own();
    const auto own_part = [&](gppo::View<float> all) { return all.slice(part.first, part.count); };
    ranks->reduce_scatter(model.gradients());
    ranks->sum(head.gradients());
    const double norm = std::sqrt(ranks->sum(squared_norm(cpu, own_part(model.gradients()))) +
                                  squared_norm(cpu, head.gradients()));
    const auto scale = count.next(norm, clip_norm);
    if (!scale) return norm;
    const gppo::RoundingNoise& noise = moment_options.noise;
    adamw_step(cpu,
               {gppo::shard_of(model.tensors(), part.first, part.count), own_part(model.weights()),
                own_part(model.gradients()), moments, noise_from(noise, part.first)},
               options, count.updates, *scale);
    // The head is small: every rank steps all of it, to the same bits.
    adamw_step(cpu,
               {head.tensors(), head.weights(), head.gradients(), head_moments,
                noise_from(noise, model.layout().count)},
               options, count.updates, *scale);
    ranks->all_gather(model.weights());
    return norm;
}

void ScoreModel::share_start() {
    if (ranks->alone()) return;
    count.restore(nlohmann::ordered_json::parse(ranks->broadcast(count.json().dump())));
    ranks->broadcast(model.weights());
    ranks->broadcast(head.weights());
    share_moments(*ranks, moments, model.tensors(), model.layout().count);
    if (!ranks->leads()) head_moments.reset(head.tensors());
    const gppo::View<char> of_head = head_moments.bytes();
    const std::string told = ranks->broadcast(
        std::string(of_head.data, ranks->leads() ? static_cast<std::size_t>(of_head.size) : 0));
    std::copy(told.begin(), told.end(), of_head.begin());
}

WholeMoments ScoreModel::whole_moments() {
    return {*ranks, moments, model.tensors(), model.layout().count};
}

gppo::File ScoreModel::checkpoint_file(const WholeMoments& whole) const {
    auto stored = gppo::stored_tensors(model.tensors(), model.weights(), "weights.");
    const auto add = [&](auto more) {
        for (auto& tensor : more) stored.push_back(std::move(tensor));
    };
    add(gppo::stored_tensors(head.tensors(), head.weights(), "weights."));
    for (std::size_t part = 0; part < moment_parts_of(moments.storage()); ++part) {
        add(stored_moments(model.tensors(), whole.whole(), part));
        add(stored_moments(head.tensors(), head_moments, part));
    }
    return gppo::safetensors_file("scores.safetensors", stored);
}

void ScoreModel::restore(const std::filesystem::path& directory,
                         const nlohmann::ordered_json& state) {
    start(model.weights());
    const std::string path = (directory / "scores.safetensors").string();
    const gppo::MappedFile file(path);
    const auto stored = gppo::parse_safetensors(file.bytes(), path);
    expects_storage(stored, moment_options, path);
    const std::size_t of_model = model.tensors().size(), each = of_model + 1;
    const std::size_t parts = moment_parts_of(moments.storage());
    gppo::expects(stored.size() == (1 + parts) * each,
                  [&] { return path + ": made by a model of another shape"; });
    const auto read = [&](const gppo::StoredTensor& found, const gppo::TensorInfo& t,
                          gppo::View<float> to) {
        gppo::expects(found.name == "weights." + t.name && found.shape == t.shape, [&] {
            return path + ": expected weights." + t.name + ", found " + found.name;
        });
        gppo::read_as_float(found, to.slice(t.offset, t.size()));
    };
    for (std::size_t i = 0; i < of_model; ++i) read(stored[i], model.tensors()[i], model.weights());
    read(stored[of_model], head.tensors().front(), head.weights());
    for (std::size_t part = 0; part < parts; ++part) {
        const auto of_part = std::span(stored).subspan((1 + part) * each, each);
        read_moments(of_part.first(of_model), model.tensors(), moments, part, path);
        read_moments(of_part.subspan(of_model), head.tensors(), head_moments, part, path);
    }
    nlohmann::ordered_json counts{{"skipped_in_a_row", 0}};  // not kept at first
    counts.update(state);
    count.restore(counts);
}

void ScoreModel::save(const std::filesystem::path& directory,
                      std::vector<gppo::File> tokenizer_files) const {
    tokenizer_files.push_back(gppo::safetensors_file(
        "reward_head.safetensors", gppo::stored_tensors(head.tensors(), head.weights())));
    gppo::save_pretrained(directory, model.config(), model.weights(), std::move(tokenizer_files));
}

void ScoreModel::load(const std::filesystem::path& directory) {
    gppo::load_weights(directory, model.config(), model.weights());
    gppo::load_tensors(directory / "reward_head.safetensors", head.tensors(), head.weights());
}

/// A sequence's last token is an input like any other: PackedBatch takes it for a target only, so
/// one more stands behind it that nothing reads.
void pack_whole(std::span<const Lesson> sequences, gppo::PackedBatch& packed) {
    packed.clear();
    std::vector<std::int32_t> whole;
    for (const Lesson& each : sequences) {
        whole.assign(each.completion.begin(), each.completion.end());
        whole.push_back(0);
        packed.add(each.prompt, whole);
    }
}

std::vector<float> score_sequences(ScoreModel& model, std::span<const Lesson> sequences,
                                   Index budget) {
    std::vector<Index> lengths;
    for (const Lesson& each : sequences) lengths.push_back(each.tokens() + 1);
    const auto first = gppo::token_budgeted_runs(gppo::View<const Index>(lengths), budget);
    std::vector<float> all, scores;
    gppo::PackedBatch packed;
    for (std::size_t run = 0; run + 1 < first.size(); ++run) {
        const auto count = static_cast<std::size_t>(first[run + 1] - first[run]);
        if (count == 0) continue;
        pack_whole(sequences.subspan(static_cast<std::size_t>(first[run]), count), packed);
        const auto rows = gppo::last_rows(packed.offsets);
        scores.resize(rows.size());
        model.forward(packed, rows, scores);
        all.insert(all.end(), scores.begin(), scores.end());
    }
    return all;
}

RewardModel::RewardModel(const std::filesystem::path& directory, const Engine& backend,
                         const gppo::Tokenizer& tokenizer)
    : model_(std::make_shared<ScoreModel>(backend, gppo::load_config(directory),
                                          gppo::Activations::recomputed)) {
    model_->load(directory);
    gppo::expects(gppo::read_file(directory / "tokenizer.json") == tokenizer.to_json(), [&] {
        return directory.string() +
               ": the reward model's tokenizer is not the policy's; train one with gppo reward";
    });
}

std::vector<float> RewardModel::operator()(std::span<const Lesson> sequences) const {
    return score_sequences(*model_, sequences, reward_model_tokens);
}

std::string reward_model_directory(const Config& config) {
    if (!config.reward_model.path.empty()) return config.reward_model.path;
    const std::string trained = config.run.dir + "/reward/reward_model";
    return std::filesystem::exists(trained) ? trained : std::string();
}
