// SPDX-License-Identifier: Apache-2.0
//
// How a run starts from nothing or from its newest checkpoint, and how it is saved.
#include "moment_file.hpp"
#include "resume.hpp"
#include "rl_ahead.hpp"
#include "run.hpp"
#include "run_directory.hpp"

#include <gppo/core/file.hpp>
#include <gppo/core/mapped_file.hpp>
#include <gppo/model/adapter_directory.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/text/tokenizer_files.hpp>

#include <cstdio>
#include <span>
#include <utility>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path checkpoint_directory(const Config& config) {
    return fs::path(config.run.dir) / "checkpoints";
}

}  // namespace

nlohmann::ordered_json state_to_json(const RunState& s) {
    return {{"stage", s.stage},
            {"step", s.step},
            {"global_step", s.global_step},
            {"position", s.position},
            {"done", s.done},
            {"early", s.early},
            {"pass_rates", s.pass_rates},
            {"evaluations", s.evaluations},
            {"reward_kl_coef", s.reward_kl_coef},
            {"entropy_coef", s.entropy.coefficient},
            {"entropy_active", s.entropy.active},
            {"own_base", s.own_base}};
}

void state_from_json(const nlohmann::ordered_json& json, RunState& s) {
    json.at("stage").get_to(s.stage);
    json.at("step").get_to(s.step);
    json.at("global_step").get_to(s.global_step);
    json.at("position").get_to(s.position);
    json.at("done").get_to(s.done);
    json.at("reward_kl_coef").get_to(s.reward_kl_coef);
    json.at("entropy_coef").get_to(s.entropy.coefficient);
    json.at("entropy_active").get_to(s.entropy.active);
    s.evaluations = json.at("evaluations");
    s.own_base = json.value("own_base", false);
    s.early = json.value("early", false);
    s.pass_rates = json.value("pass_rates", std::vector<double>());
}

namespace {

gppo::File optimizer_file(const Learner& learner, const Moments& moments) {
    std::vector<gppo::StoredTensor> all;
    for (std::size_t part = 0; part < moment_parts_of(moments.storage()); ++part)
        for (auto& tensor : stored_moments(learner.tensors(), moments, part))
            all.push_back(std::move(tensor));
    return gppo::safetensors_file("optimizer.safetensors", all);
}

void read_optimizer(const fs::path& path, Learner& learner) {
    const gppo::MappedFile file(path);
    const auto stored = gppo::parse_safetensors(file.bytes(), path.string());
    expects_storage(stored, learner.moment_options, path.string());
    const std::size_t each = learner.tensors().size();
    const std::size_t parts = moment_parts_of(learner.moments.storage());
    gppo::expects(stored.size() == parts * each,
                  path.string() + ": made by a model of another shape");
    learner.moments.reset(learner.tensors());
    for (std::size_t part = 0; part < parts; ++part)
        read_moments(std::span(stored).subspan(part * each, each), learner.tensors(),
                     learner.moments, part, path.string());
}

/// The adapters, and the weights below them under "base.", for a resumed run to be the same.
gppo::File adapter_file(const Adapter& adapter) {
    auto tensors = gppo::stored_tensors(adapter.layout().bases, adapter.base(), "base.");
    for (auto& tensor : gppo::stored_tensors(adapter.tensors(), adapter.weights()))
        tensors.push_back(std::move(tensor));
    return gppo::safetensors_file("lora.safetensors", tensors);
}

void read_adapters(const fs::path& path, Adapter& adapter) {
    gppo::load_tensors(path, adapter.tensors(), adapter.weights(), "base.");
    std::vector<gppo::TensorInfo> bases = adapter.layout().bases;
    for (gppo::TensorInfo& t : bases) t.name = "base." + t.name;
    gppo::load_tensors(path, bases, adapter.base(), "base_model.");
}

}  // namespace

gppo::LoraConfig Run::adapter_config() const {
    gppo::LoraConfig c = learner.adapter->config();
    c.base_model = state.own_base ? config.run.dir + "/base" : config.model.path;
    return c;
}

/// Fresh adapters on the weights as they are, or those of lora.path. What lies below them is kept
/// where no directory holds it.
void Run::begin_adapters(bool own_base) {
    Adapter& adapter = *learner.adapter;
    state.own_base = own_base;
    if (own_base)
        gppo::save_pretrained(fs::path(config.run.dir) / "base", learner.model.config(),
                              learner.model.weights(), gppo::tokenizer_files(tokenizer));
    adapter.keep_base(learner.model.weights());
    if (config.lora.path.empty())
        adapter.initialize(static_cast<std::uint64_t>(config.run.seed));
    else
        gppo::load_adapters(config.lora.path, adapter.layout(), adapter.weights());
    adapter.apply(learner.model.weights());
}

/// `then` is the adapters' configuration in the checkpoint, null where it has none.
void Run::restore_adapters(const gppo::Checkpoint& checkpoint, const Json& then, bool new_stage) {
    const std::string where = checkpoint.path.string();
    gppo::LoraConfig before, now;
    if (!then.is_null()) before = gppo::lora_config_from_json(then.dump(), where + "/state.json");
    if (learner.adapter) now = learner.adapter->config();
    before.base_model = now.base_model = "";
    const bool same = then.is_null() == (learner.adapter == nullptr) && before == now;
    gppo::expects(same || new_stage, [&] {
        return "lora.rank, lora.alpha or lora.target_modules: the adapters are not those of " +
               where + ": set them back, choose another run.dir, or pass --overwrite to start over";
    });
    if (same && learner.adapter)
        read_adapters(checkpoint.path / "lora.safetensors", *learner.adapter);
    else if (learner.adapter)
        begin_adapters(true);  // the checkpoint's weights, adapters of then included
}

void Run::start() {
    const fs::path dir = config.run.dir;
    gppo::make_directories(dir);
    lock();
    if (options.overwrite) {
        for (const std::string& other : options.clears) remove_run(other);
        remove_run(dir);
    }
    if (const auto checkpoint = gppo::newest_valid_checkpoint(checkpoint_directory(config)))
        return restore(*checkpoint);
    // Without a checkpoint whatever an earlier process wrote is of no use to a later one.
    gppo::expects(options.resume || !has_steps(dir / "metrics.jsonl"), [&] {
        return config.run.dir +
               " holds the metrics of a run that ended before its first checkpoint: pass "
               "--overwrite "
               "to start over";
    });
    if (config.model.path.empty())
        learner.model.initialize(static_cast<std::uint64_t>(config.run.seed));
    else
        gppo::load_weights(config.model.path, learner.model.config(),
                           learner.model.stored_weights());
    if (learner.adapter) begin_adapters(config.model.path.empty());
    if (scores) scores->start(learner.model.stored_weights());
    metrics_log = gppo::MetricsLog::resume(dir, {});
    samples_log = gppo::SamplesLog::resume(dir, 0);
}

/// Where the logs of a checkpoint end.
struct Run::LogEnds {
    gppo::MetricsLog::Cursor metrics;
    std::uint64_t samples = 0;
};

/// state.json of a checkpoint, of which `state` and the learner's counts are taken.
nlohmann::ordered_json Run::read_state(const fs::path& path, LogEnds& ends) {
    try {
        Json json = Json::parse(gppo::read_file(path));
        state_from_json(json, state);
        learner.count.restore(json);
        ends = {{json.at("metrics_lines"), json.at("timing_lines")}, json.at("samples_lines")};
        json.at("identity"), json.at("feed");
        return json;
    } catch (const Json::exception& error) {
        throw gppo::Error(path.string() + ": not a checkpoint of this version: " + error.what());
    }
}

/// Throws unless `stage` may go on from what `state` says now.
void Run::expects_to_go_on(const std::string& stage) const {
    const bool new_stage = state.stage != stage;
    const std::string held = config.run.dir + " holds a run of stage " + state.stage + " at step " +
                             std::to_string(state.step) + (state.done ? ", its last" : "");
    gppo::expects(!new_stage || (state.stage == options.after && state.done), [&] {
        return held + ": " +
               (state.stage == options.after ? "finish it first with --resume"
                                             : "there is no way back to " + stage) +
               ", choose another run.dir, or pass --overwrite to start over";
    });
    gppo::expects(new_stage || options.resume,
                  [&] { return held + ": pass --resume to go on or --overwrite to start over"; });
}

/// What only the same stage goes on with: moments, a critic, a rollout that waits.
void Run::restore_stage(const gppo::Checkpoint& checkpoint, const Json& json) {
    read_optimizer(checkpoint.path / "optimizer.safetensors", learner);
    learner.send_moments();
    if (scores) {
        gppo::expects(json.contains("scores"), [&] {
            return "rl.advantage gae: " + checkpoint.path.string() +
                   " has no critic: it must be set from the first step on";
        });
        scores->restore(checkpoint.path, json["scores"]);
    }
    if (fs::exists(checkpoint.path / "ahead.bin"))
        pending =
            std::make_unique<Rollout>(rollout_from_bytes(*this, checkpoint.read("ahead.bin")));
}

/// Reads and checks everything before the logs are cut: a command that is refused changes nothing.
void Run::restore(const gppo::Checkpoint& checkpoint) {
    const std::string stage = state.stage;
    LogEnds ends;
    const Json json = read_state(checkpoint.path / "state.json", ends);
    expects_to_go_on(stage);
    const bool new_stage = state.stage != stage;
    const auto changes = compare_identity(
        json["identity"],
        identity(config, task, gppo::Cpu(static_cast<int>(config.run.threads)).threads(),
                 ranks->size()),
        new_stage, checkpoint.path.string());
    check_tokenizer(checkpoint, tokenizer);
    check_shape(checkpoint, learner.model.config());
    gppo::load_weights(checkpoint.path, learner.model.config(), learner.model.stored_weights());
    restore_adapters(checkpoint, json.value("lora", Json()), new_stage);
    feed.restore(json["feed"], new_stage);
    if (!new_stage) restore_stage(checkpoint, json);
    metrics_log = gppo::MetricsLog::resume(config.run.dir, ends.metrics);
    samples_log = gppo::SamplesLog::resume(config.run.dir, ends.samples);
    const bool planned = new_stage && !options.name.empty();  // a recipe's stages differ
    for (const std::string& change : planned ? Strings() : changes)
        std::fprintf(stderr, "gppo: warning: %s\n", change.c_str());
    if (new_stage) begin_stage(stage);
}

/// The next stage takes the weights and the logs, and nothing else.
void Run::begin_stage(const std::string& stage) {
    state.stage = stage;
    state.step = state.position = 0;
    state.done = state.early = false;
    state.pass_rates.clear();
    state.reward_kl_coef = 0;
    state.entropy = {};
    learner.restart_optimizer();
    if (scores) scores->start(learner.model.stored_weights());
}

void Run::save() {
    learner.fetch_moments();
    // All ranks have a part in the moments.
    const WholeMoments moments = learner.whole_moments();
    std::optional<WholeMoments> of_scores;
    if (scores) of_scores.emplace(scores->whole_moments());
    if (!ranks->leads()) return learner.drop_copies();
    Json json = state_to_json(state);
    const auto cursor = metrics_log.position();
    json.update(learner.count.json());
    json["metrics_lines"] = cursor.metrics;
    json["timing_lines"] = cursor.timing;
    json["samples_lines"] = samples_log.position();
    json["identity"] = identity(
        config, task, gppo::Cpu(static_cast<int>(config.run.threads)).threads(), ranks->size());
    json["feed"] = feed.json();
    std::vector<gppo::File> files = model_files();
    json["lora"] = nullptr;
    if (const Adapter* adapter = learner.adapter.get()) {
        json["lora"] = Json::parse(gppo::lora_config_to_json(adapter->config()));
        files.push_back(adapter_file(*adapter));
    }
    files.push_back(optimizer_file(learner, moments.whole()));
    if (scores) {
        json["scores"] = scores->state();
        files.push_back(scores->checkpoint_file(*of_scores));
    }
    if (pending && !state.done)
        files.push_back({.name = "ahead.bin", .head = bytes_of(*pending), .tail = {}});
    files.push_back({.name = "state.json", .head = json.dump(2) + "\n"});
    gppo::save_checkpoint(checkpoint_directory(config), state.global_step, files, config.run.keep);
    learner.drop_copies();
}
