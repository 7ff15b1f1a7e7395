// SPDX-License-Identifier: Apache-2.0
#include "score_model.hpp"

#include <gppo/model/adapter_directory.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/text/tokenizer.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

void ScoreModel::start(gppo::View<const float> weights) {
    gppo::expects(weights.size == model.weights().size,
                  "the critic or reward model must have the policy's shape");
    if (weights.data != model.weights().data)  // a resumed run begins where its file says
        std::copy(weights.begin(), weights.end(), model.weights().begin());
    const Index trained = model.weights().size + head.width();
    for (gppo::Buffer<float>* moment : {&first_moment, &second_moment}) {
        *moment = model.backend().allocate<float>(trained);
        std::fill_n(moment->data(), trained, 0.0f);
    }
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
    const auto moments = [&](Index first, Index n) {
        return std::pair{first_moment.view().slice(first, n), second_moment.view().slice(first, n)};
    };
    const auto [first, second] = moments(0, part.count);
    adamw_step(cpu,
               {gppo::shard_of(model.tensors(), part.first, part.count), own_part(model.weights()),
                own_part(model.gradients()), first, second},
               options, count.updates, *scale);
    // The head is small: every rank steps all of it, to the same bits.
    const auto [head_first, head_second] = moments(part.count, head.width());
    adamw_step(cpu, {head.tensors(), head.weights(), head.gradients(), head_first, head_second},
               options, count.updates, *scale);
    ranks->all_gather(model.weights());
    return norm;
}

void ScoreModel::share_start() {
    if (ranks->alone()) return;
    count.restore(nlohmann::ordered_json::parse(ranks->broadcast(count.json().dump())));
    ranks->broadcast(model.weights());
    ranks->broadcast(head.weights());
    const Index whole = model.layout().count, part = own().count;
    for (gppo::Buffer<float>* moment : {&first_moment, &second_moment}) {
        auto kept = model.backend().allocate<float>(part + head.width());
        const gppo::View<float> of_head = kept.view().slice(part, head.width());
        if (ranks->leads()) {
            std::copy_n(moment->data() + whole, head.width(), of_head.data);
            ranks->distribute(moment->view().slice(0, whole), kept.view().slice(0, part));
        } else {
            ranks->distribute({}, kept.view().slice(0, part));
        }
        ranks->broadcast(of_head);
        *moment = std::move(kept);
    }
}

std::vector<gppo::TensorInfo> ScoreModel::tensors(const std::string& prefix) const {
    std::vector<gppo::TensorInfo> all = model.tensors();
    all.push_back(head.tensors().front());
    all.back().offset = model.weights().size;
    for (gppo::TensorInfo& t : all) t.name = prefix + t.name;
    return all;
}

WholeMoments ScoreModel::whole_moments() {
    const Index part = own().count;
    return {*ranks, first_moment.view().slice(0, part), second_moment.view().slice(0, part),
            model.gradients()};
}

gppo::File ScoreModel::checkpoint_file(const WholeMoments& moments) const {
    auto stored = gppo::stored_tensors(model.tensors(), model.weights(), "weights.");
    const auto add = [&](auto more) {
        for (auto& tensor : more) stored.push_back(std::move(tensor));
    };
    add(gppo::stored_tensors(head.tensors(), head.weights(), "weights."));
    const auto add_moment = [&](gppo::View<const float> whole, const gppo::Buffer<float>& kept,
                                const char* prefix) {
        add(gppo::stored_tensors(model.tensors(), whole, prefix));
        add(gppo::stored_tensors(head.tensors(), kept.view().slice(own().count, head.width()),
                                 prefix));
    };
    add_moment(moments.first, first_moment, "exp_avg.");
    add_moment(moments.second, second_moment, "exp_avg_sq.");
    return gppo::safetensors_file("scores.safetensors", stored);
}

void ScoreModel::restore(const std::filesystem::path& directory,
                         const nlohmann::ordered_json& state) {
    start(model.weights());
    const std::filesystem::path path = directory / "scores.safetensors";
    const std::string bytes = gppo::read_file(path);
    const auto stored = gppo::parse_safetensors(bytes, path.string());
    const std::size_t each = model.tensors().size() + 1;
    gppo::expects(stored.size() == 3 * each,
                  [&] { return path.string() + ": made by a model of another shape"; });
    for (std::size_t i = 0; i < stored.size(); ++i) {
        const std::size_t part = i / each;
        const char* const prefix = part == 0 ? "weights." : part == 1 ? "exp_avg." : "exp_avg_sq.";
        const gppo::TensorInfo t = tensors(prefix)[i % each];
        gppo::expects(stored[i].name == t.name && stored[i].shape == t.shape, [&] {
            return path.string() + ": expected " + t.name + ", found " + stored[i].name;
        });
        const bool of_head = i % each + 1 == each;
        const gppo::View<float> to = part == 1   ? first_moment.view().slice(t.offset, t.size())
                                     : part == 2 ? second_moment.view().slice(t.offset, t.size())
                                     : of_head   ? head.weights()
                                                 : model.weights().slice(t.offset, t.size());
        gppo::read_as_float(stored[i], to);
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
    : model_(std::make_shared<ScoreModel>(backend, gppo::load_config(directory))) {
    model_->load(directory);
    gppo::expects(gppo::read_file(directory / "tokenizer.json") == tokenizer.to_json(), [&] {
        return directory.string() +
               ": the reward model's tokenizer is not the policy's; train one with gppo reward";
    });
}

std::vector<float> RewardModel::operator()(std::span<const Lesson> sequences) const {
    return score_sequences(*model_, sequences, 8192);
}

std::string reward_model_directory(const Config& config) {
    if (!config.reward_model.path.empty()) return config.reward_model.path;
    const std::string trained = config.run.dir + "/reward/reward_model";
    return std::filesystem::exists(trained) ? trained : std::string();
}
