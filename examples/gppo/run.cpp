// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include "commands.hpp"

#include <gppo/model/pretrained.hpp>
#include <gppo/report/html.hpp>
#include <gppo/text/tokenizer_files.hpp>

#include <csignal>
#include <cstdio>
#include <utility>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
    stop_requested = 1;
    std::signal(signal, SIG_DFL);  // a second one ends the process at once
}

fs::path checkpoint_directory(const Config& config) { return fs::path(config.run.dir) / "checkpoints"; }

gppo::Tokenizer make_tokenizer(const Config& config) {
    const TokenizerConfig& c = config.tokenizer;
    if (c.kind == "bytes") return gppo::Tokenizer::byte_level();
    if (c.kind == "characters") return gppo::Tokenizer::characters(task_alphabet(config.task));
    const std::string path = c.path.empty() ? config.model.path + "/tokenizer.json" : c.path;
    return gppo::Tokenizer::from_file(path);
}

gppo::Qwen3Config make_shape(const Config& config, const gppo::Tokenizer& tokenizer) {
    if (!config.model.path.empty()) return gppo::load_config(config.model.path);
    const ModelConfig& m = config.model;
    gppo::Qwen3Config shape;
    shape.vocab_size = (tokenizer.vocab_size() + 15) / 16 * 16;  // whole cache lines
    shape.hidden_size = m.hidden_size;
    shape.intermediate_size = m.intermediate_size;
    shape.num_hidden_layers = m.num_hidden_layers;
    shape.num_attention_heads = m.num_attention_heads;
    shape.num_key_value_heads = m.num_key_value_heads;
    shape.head_dim = m.head_dim;
    shape.max_position_embeddings = m.max_position_embeddings;
    shape.tie_word_embeddings = m.tie_word_embeddings;
    shape.eos_token_id = end_token(tokenizer);
    shape.pad_token_id = tokenizer.token_id("<|endoftext|>");
    gppo::check(shape);
    return shape;
}

/// Removes what a run writes, and nothing else.
void remove_run(const fs::path& dir) {
    for (const char* name : {"checkpoints", "model", "reference", "metrics.jsonl", "timing.jsonl", "samples.jsonl", "summary.json",
                             "config.json", "report.html"})
        fs::remove_all(dir / name);
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(dir, none))
        if (entry.path().filename().string().starts_with("events.out.tfevents.")) fs::remove(entry.path());
}

Json to_json(const RunState& s) {
    return {{"stage", s.stage},       {"step", s.step}, {"global_step", s.global_step},
            {"position", s.position}, {"done", s.done}, {"evaluations", s.evaluations}};
}

void from_json(const Json& json, RunState& s) {
    json.at("stage").get_to(s.stage);
    json.at("step").get_to(s.step);
    json.at("global_step").get_to(s.global_step);
    json.at("position").get_to(s.position);
    json.at("done").get_to(s.done);
    s.evaluations = json.at("evaluations");
}

/// Both moments under the names of the weights they belong to.
gppo::File optimizer_file(const Learner& learner) {
    std::vector<gppo::StoredTensor> tensors;
    const auto add = [&](const char* prefix, gppo::View<const float> values) {
        for (const gppo::TensorInfo& t : learner.model.tensors())
            tensors.push_back({prefix + t.name, "F32", t.shape, gppo::bytes_of(values.slice(t.offset, t.size()))});
    };
    add("exp_avg.", learner.first_moment.view());
    add("exp_avg_sq.", learner.second_moment.view());
    return gppo::safetensors_file("optimizer.safetensors", tensors);
}

void read_optimizer(const fs::path& path, Learner& learner) {
    const std::string bytes = gppo::read_file(path);
    const auto stored = gppo::parse_safetensors(bytes, path.string());
    const auto& tensors = learner.model.tensors();
    gppo::expects(stored.size() == 2 * tensors.size(), path.string() + ": made by a model of another shape");
    for (std::size_t i = 0; i < stored.size(); ++i) {
        const gppo::TensorInfo& t = tensors[i % tensors.size()];
        const gppo::View<float> moment = i < tensors.size() ? learner.first_moment.view() : learner.second_moment.view();
        gppo::expects(stored[i].name.ends_with(t.name) && stored[i].shape == t.shape,
                      [&] { return path.string() + ": expected the moment of " + t.name + ", found " + stored[i].name; });
        gppo::read_as_float(stored[i], moment.slice(t.offset, t.size()));
    }
}

}  // namespace

Run::Run(const Config& c, std::string stage, const StageOptions& options)
    : config(c),
      backend(static_cast<int>(c.run.threads)),
      tokenizer(make_tokenizer(config)),
      task(config, tokenizer),
      learner(backend, make_shape(config, tokenizer), config.model.recompute) {
    state.stage = std::move(stage);
    gppo::expects(learner.model.config().vocab_size >= tokenizer.vocab_size(), [&] {
        return "the tokenizer has " + std::to_string(tokenizer.vocab_size()) + " tokens but the model's vocab_size is " +
               std::to_string(learner.model.config().vocab_size) + ": use the tokenizer the model was made with";
    });
    start(options);
    std::signal(SIGINT, request_stop);
    std::signal(SIGTERM, request_stop);
    gppo::write_file(fs::path(config.run.dir) / "config.json", config_to_json(config_fields(config)).dump(2) + "\n");
    if (config.run.tensorboard) events_.emplace(config.run.dir, state.global_step + 1);
    for (const std::string& warning : task.warnings()) std::fprintf(stderr, "gppo: warning: %s\n", warning.c_str());
}

void Run::start(const StageOptions& options) {
    const fs::path dir = config.run.dir;
    gppo::make_directories(dir);
    if (options.overwrite) remove_run(dir);
    const auto checkpoint = gppo::newest_valid_checkpoint(checkpoint_directory(config));
    if (checkpoint) return restore(*checkpoint);
    // Without a checkpoint whatever an earlier process wrote is of no use to a later one.
    gppo::expects(options.resume || options.overwrite || !fs::exists(dir / "metrics.jsonl"), [&] {
        return config.run.dir + " holds an unfinished run: pass --resume to continue it, or --overwrite to start over";
    });
    if (config.model.path.empty())
        learner.model.initialize(static_cast<std::uint64_t>(config.run.seed));
    else
        gppo::load_weights(config.model.path, learner.model.config(), learner.model.weights());
    metrics_log = gppo::MetricsLog::resume(dir, {});
    samples_log = gppo::SamplesLog::resume(dir, 0);
}

void Run::restore(const gppo::Checkpoint& checkpoint) {
    const std::string stage = state.stage;
    const fs::path path = checkpoint.path / "state.json";
    Json json;
    try {
        json = Json::parse(gppo::read_file(path));
        from_json(json, state);
        json.at("updates").get_to(learner.updates);
        json.at("skipped").get_to(learner.skipped);
        json.at("skipped_in_a_row").get_to(learner.skipped_in_a_row);
        metrics_log = gppo::MetricsLog::resume(config.run.dir, {json.at("metrics_lines"), json.at("timing_lines")});
        samples_log = gppo::SamplesLog::resume(config.run.dir, json.at("samples_lines"));
    } catch (const Json::exception& error) {
        throw gppo::Error(path.string() + ": not a checkpoint of this version: " + error.what());
    }
    gppo::load_weights(checkpoint.path, learner.model.config(), learner.model.weights());
    read_optimizer(checkpoint.path / "optimizer.safetensors", learner);
    if (state.stage == stage) return;
    gppo::expects(stage == "rl" && state.done, [&] {
        return config.run.dir + " is at step " + std::to_string(state.step) + " of stage '" + state.stage +
               "': finish it first, choose another run.dir, or pass --overwrite to start over";
    });
    state.stage = stage;
    state.step = state.position = 0;
    state.done = false;
    learner.restart_optimizer();
}

void Run::keep_reference() {
    const fs::path dir = fs::path(config.run.dir) / "reference";
    if (state.step == 0) gppo::save_pretrained(dir, learner.model.config(), learner.model.weights());
    reference = std::make_unique<gppo::Qwen3<gppo::Cpu>>(backend, learner.model.config());
    gppo::load_weights(dir, reference->config(), reference->weights());
}

void Run::log(const gppo::Metrics& metrics) {
    metrics_log.write(metrics);
    if (events_) events_->write(metrics);
}

void Run::show(gppo::ProgressState shown) {
    shown.stage = state.stage;
    progress_.update(shown);
}

bool Run::interrupted() const { return stop_requested != 0; }

bool Run::due_for_saving() const { return config.run.save_every > 0 && state.step % config.run.save_every == 0; }

std::vector<gppo::File> Run::model_files() const {
    return gppo::pretrained_files(learner.model.config(), learner.model.weights(), gppo::tokenizer_files(tokenizer));
}

void Run::save() {
    Json json = to_json(state);
    const auto cursor = metrics_log.position();
    json["updates"] = learner.updates;
    json["skipped"] = learner.skipped;
    json["skipped_in_a_row"] = learner.skipped_in_a_row;
    json["metrics_lines"] = cursor.metrics;
    json["timing_lines"] = cursor.timing;
    json["samples_lines"] = samples_log.position();
    std::vector<gppo::File> files = model_files();
    files.push_back(optimizer_file(learner));
    files.push_back({.name = "state.json", .head = json.dump(2) + "\n"});
    gppo::save_checkpoint(checkpoint_directory(config), state.global_step, files, config.run.keep);
}

void Run::finish() {
    save();
    progress_.finish();
    const fs::path dir = config.run.dir;
    if (!state.done) {
        std::printf("stopped at step %lld of stage %s; go on with --resume\n", static_cast<long long>(state.step),
                    state.stage.c_str());
        return;
    }
    gppo::make_directories(dir / "model");
    for (const gppo::File& file : model_files()) gppo::write_file(dir / "model", file);
    Json summary = {{"title", dir.filename().string()},
                    {"status", "finished stage " + state.stage},
                    {"seed", config.run.seed},
                    {"parameters", learner.model.weights().size},
                    {"steps", state.global_step},
                    {"evaluations", state.evaluations}};
    for (const auto& [name, result] : state.evaluations.items()) {
        std::string key = name;
        std::replace(key.begin(), key.end(), ' ', '_');
        summary["pass@1"][key] = result.at("pass@1");
    }
    gppo::write_file(dir / "summary.json", summary.dump(2) + "\n");
    if (config.run.report) gppo::write_report(dir);
}

void add_stage_command(CLI::App& app, const std::string& name, const std::string& help,
                       void (*stage)(const Config&, const StageOptions&)) {
    const auto overwrite = std::make_shared<bool>(false);
    CLI::App* command = add_config_command(app, name, help, true, [=](const Config& config, bool resume) {
        gppo::expects(!(resume && *overwrite), "--resume and --overwrite contradict each other: pass one");
        stage(config, {.resume = resume, .overwrite = *overwrite});
    });
    command->add_flag("--overwrite", *overwrite, "Remove the run that run.dir holds and start over");
}
