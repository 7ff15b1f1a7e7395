// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include "commands.hpp"
#include "resume.hpp"

#include <gppo/core/file.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/report/html.hpp>
#include <gppo/text/tokenizer_files.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <sys/file.h>
#include <utility>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
    stop_requested = signal;
    std::signal(signal, SIG_DFL);  // a second one ends the process at once
}

/// From now on the signal asks for an end, unless whoever started us had it ignored (nohup, a
/// background job).
void stop_on(int signal) {
    if (std::signal(signal, request_stop) == SIG_IGN) std::signal(signal, SIG_IGN);
}

fs::path checkpoint_directory(const Config& config) {
    return fs::path(config.run.dir) / "checkpoints";
}

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

/// Removes what a run writes, and nothing else. The checkpoints go in one step: half of them must
/// not look like a run to resume.
void remove_run(const fs::path& dir) {
    std::error_code none;
    const fs::path doomed = dir / "checkpoints.removed";
    fs::remove_all(doomed);
    fs::rename(dir / "checkpoints", doomed, none);
    for (const char* name :
         {"checkpoints.removed", "checkpoints", "model", "reference", "metrics.jsonl",
          "timing.jsonl", "samples.jsonl", "summary.json", "config.json", "report.html"})
        fs::remove_all(dir / name);
    for (const auto& entry : fs::directory_iterator(dir, none))
        if (entry.path().filename().string().starts_with("events.out.tfevents."))
            fs::remove(entry.path());
}

/// What killed processes left half written.
void remove_leftovers(const fs::path& dir) {
    for (const fs::path& place : {dir, dir / "model", dir / "reference"})
        gppo::remove_stale_files(place);
    gppo::remove_stale_checkpoints(dir / "checkpoints");
    fs::remove_all(dir / "checkpoints.removed");
}

/// Whether the metrics in `path` go beyond the evaluation before step 1.
bool has_steps(const fs::path& path) {
    if (!fs::exists(path)) return false;
    const std::string text = gppo::read_file(path);
    const auto end = text.rfind('\n');  // a line without end was never finished
    if (end == std::string::npos) return false;
    const auto begin = text.rfind('\n', end - 1);
    return !std::string_view(text)
                .substr(begin == std::string::npos ? 0 : begin + 1)
                .starts_with("{\"step\":0,");
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
            tensors.push_back({prefix + t.name, "F32", t.shape,
                               gppo::bytes_of(values.slice(t.offset, t.size()))});
    };
    add("exp_avg.", learner.first_moment.view());
    add("exp_avg_sq.", learner.second_moment.view());
    return gppo::safetensors_file("optimizer.safetensors", tensors);
}

void read_optimizer(const fs::path& path, Learner& learner) {
    const std::string bytes = gppo::read_file(path);
    const auto stored = gppo::parse_safetensors(bytes, path.string());
    const auto& tensors = learner.model.tensors();
    gppo::expects(stored.size() == 2 * tensors.size(),
                  path.string() + ": made by a model of another shape");
    for (std::size_t i = 0; i < stored.size(); ++i) {
        const gppo::TensorInfo& t = tensors[i % tensors.size()];
        const gppo::View<float> moment =
            i < tensors.size() ? learner.first_moment.view() : learner.second_moment.view();
        gppo::expects(stored[i].name.ends_with(t.name) && stored[i].shape == t.shape, [&] {
            return path.string() + ": expected the moment of " + t.name + ", found " +
                   stored[i].name;
        });
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
        return "the tokenizer has " + std::to_string(tokenizer.vocab_size()) +
               " tokens but the model's vocab_size is " +
               std::to_string(learner.model.config().vocab_size) +
               ": use the tokenizer the model was made with";
    });
    start(options);
    remove_leftovers(config.run.dir);
    stop_on(SIGINT);
    stop_on(SIGTERM);
    first_event_ = state.global_step + 1;
    gppo::write_file(fs::path(config.run.dir) / "config.json",
                     config_to_json(config_fields(config)).dump(2) + "\n");
    for (const std::string& warning : task.warnings())
        std::fprintf(stderr, "gppo: warning: %s\n", warning.c_str());
}

/// The kernel lets go of it when the process ends, however it ends.
void Run::lock() {
    lock_ = gppo::Descriptor(config.run.dir, O_RDONLY | O_DIRECTORY);
    const bool taken =
        lock_ && ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    gppo::expects(!taken, [&] {
        return config.run.dir +
               " is in use by another gppo process: wait for its end, or choose another run.dir";
    });
}

void Run::start(const StageOptions& options) {
    const fs::path dir = config.run.dir;
    gppo::make_directories(dir);
    lock();
    if (options.overwrite) remove_run(dir);
    if (const auto checkpoint = gppo::newest_valid_checkpoint(checkpoint_directory(config)))
        return restore(*checkpoint, options);
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
        gppo::load_weights(config.model.path, learner.model.config(), learner.model.weights());
    metrics_log = gppo::MetricsLog::resume(dir, {});
    samples_log = gppo::SamplesLog::resume(dir, 0);
}

/// Reads and checks everything before the logs are cut: a command that is refused changes nothing.
void Run::restore(const gppo::Checkpoint& checkpoint, const StageOptions& options) {
    const std::string stage = state.stage;
    const fs::path path = checkpoint.path / "state.json";
    Json json;
    gppo::MetricsLog::Cursor cursor;
    std::uint64_t samples_lines = 0;
    try {
        json = Json::parse(gppo::read_file(path));
        from_json(json, state);
        json.at("updates").get_to(learner.updates);
        json.at("skipped").get_to(learner.skipped);
        json.at("skipped_in_a_row").get_to(learner.skipped_in_a_row);
        cursor = {json.at("metrics_lines"), json.at("timing_lines")};
        samples_lines = json.at("samples_lines");
        json.at("identity");
    } catch (const Json::exception& error) {
        throw gppo::Error(path.string() + ": not a checkpoint of this version: " + error.what());
    }
    const bool new_stage = state.stage != stage;
    const std::string held = config.run.dir + " holds a run of stage " + state.stage + " at step " +
                             std::to_string(state.step) + (state.done ? ", its last" : "");
    gppo::expects(!new_stage || (stage == "rl" && state.done), [&] {
        return held + ": " +
               (stage == "rl" ? "finish it first with --resume"
                              : "there is no way back to " + stage) +
               ", choose another run.dir, or pass --overwrite to start over";
    });
    gppo::expects(new_stage || options.resume,
                  [&] { return held + ": pass --resume to go on or --overwrite to start over"; });
    const auto changes =
        compare_identity(json["identity"], identity(config, task, backend.threads()), new_stage,
                         checkpoint.path.string());
    check_tokenizer(checkpoint, tokenizer);
    check_shape(checkpoint, learner.model.config());
    gppo::load_weights(checkpoint.path, learner.model.config(), learner.model.weights());
    read_optimizer(checkpoint.path / "optimizer.safetensors", learner);
    metrics_log = gppo::MetricsLog::resume(config.run.dir, cursor);
    samples_log = gppo::SamplesLog::resume(config.run.dir, samples_lines);
    for (const std::string& change : changes)
        std::fprintf(stderr, "gppo: warning: %s\n", change.c_str());
    if (new_stage) begin_stage(stage);
}

/// The next stage takes the weights and the logs, and nothing else.
void Run::begin_stage(const std::string& stage) {
    state.stage = stage;
    state.step = state.position = 0;
    state.done = false;
    learner.restart_optimizer();
}

void Run::keep_reference() {
    const fs::path dir = fs::path(config.run.dir) / "reference";
    if (state.step == 0)
        gppo::save_pretrained(dir, learner.model.config(), learner.model.weights());
    reference = std::make_unique<gppo::Qwen3<gppo::Cpu>>(backend, learner.model.config());
    gppo::load_weights(dir, reference->config(), reference->weights());
}

void Run::log(const gppo::Metrics& metrics) {
    metrics_log.write(metrics);
    if (!config.run.tensorboard) return;
    if (!events_) events_.emplace(config.run.dir, first_event_);
    events_->write(metrics);
}

void Run::show(gppo::ProgressState shown) {
    shown.stage = state.stage;
    progress_.update(shown);
}

bool Run::interrupted() const {
    return stop_requested != 0;
}

bool Run::due_for_saving() const {
    return config.run.save_every > 0 && state.step % config.run.save_every == 0;
}

std::vector<gppo::File> Run::model_files() const {
    return gppo::pretrained_files(learner.model.config(), learner.model.weights(),
                                  gppo::tokenizer_files(tokenizer));
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
    json["identity"] = identity(config, task, backend.threads());
    std::vector<gppo::File> files = model_files();
    files.push_back(optimizer_file(learner));
    files.push_back({.name = "state.json", .head = json.dump(2) + "\n"});
    gppo::save_checkpoint(checkpoint_directory(config), state.global_step, files, config.run.keep);
}

bool Run::already_done(Index steps) {
    if (!state.done || state.step < steps) {
        state.done = false;  // more steps are asked for than when it was
        return false;
    }
    std::printf("stage %s of %s is finished: all %lld steps are done\n", state.stage.c_str(),
                config.run.dir.c_str(), static_cast<long long>(state.step));
    write_results();
    return true;
}

void Run::say(const std::string& text) {
    progress_.finish();
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

/// The held-out pass@1 at the ends of the stages, one a line.
std::string Run::summary_text() const {
    std::string text = "\nHeld-out pass@1, sampled as in training\n";
    for (const char* name : {"before sft", "after sft", "before rl", "after rl"})
        if (state.evaluations.contains(name))
            text += "  " + evaluation_text(name, state.evaluations[name]) + '\n';
    const fs::path dir = config.run.dir;
    text += "model  " + (dir / "model").string() + "   (loads in transformers)\n";
    if (config.run.report) text += "report " + (dir / "report.html").string() + '\n';
    return text;
}

void Run::finish() {
    save();
    progress_.finish();
    if (state.done) return write_results();
    std::printf("stopped at step %lld of stage %s; go on with --resume\n",
                static_cast<long long>(state.step), state.stage.c_str());
    throw CLI::RuntimeError(128 + stop_requested);
}

void Run::write_results() {
    const fs::path dir = config.run.dir;
    gppo::make_directories(dir / "model");
    for (const gppo::File& file : model_files()) gppo::write_file(dir / "model", file);
    Json summary = {
        {"title", dir.filename().string()}, {"status", "finished stage " + state.stage},
        {"seed", config.run.seed},          {"parameters", learner.model.weights().size},
        {"steps", state.global_step},       {"evaluations", state.evaluations}};
    for (const auto& [name, result] : state.evaluations.items()) {
        std::string key = name;
        std::replace(key.begin(), key.end(), ' ', '_');
        summary["pass@1"][key] = result.at("pass@1");
    }
    gppo::write_file(dir / "summary.json", summary.dump(2) + "\n");
    if (config.run.report) gppo::write_report(dir);
    say(summary_text());
}

std::string evaluation_text(const std::string& name, const nlohmann::ordered_json& result) {
    char text[160];
    std::snprintf(text, sizeof text, "%-10s  %5.1f %%   [%.1f, %.1f], %d prompts", name.c_str(),
                  100 * result.at("pass@1").get<double>(), 100 * result.at("low").get<double>(),
                  100 * result.at("high").get<double>(), result.at("prompts").get<int>());
    return text;
}

void add_stage_command(CLI::App& app, const std::string& name, const std::string& help,
                       void (*stage)(const Config&, const StageOptions&)) {
    const auto overwrite = std::make_shared<bool>(false);
    CLI::App* command =
        add_config_command(app, name, help, true, [=](const Config& config, bool resume) {
            gppo::expects(!(resume && *overwrite),
                          "--resume and --overwrite contradict each other: pass one");
            stage(config, {.resume = resume, .overwrite = *overwrite});
        });
    command->add_flag("--overwrite", *overwrite,
                      "Remove the run that run.dir holds and start over");
}
