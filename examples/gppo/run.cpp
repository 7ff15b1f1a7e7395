// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include "commands.hpp"
#include "device_plan.hpp"
#include "memory_plan.hpp"
#include "rl_step.hpp"
#include "run_directory.hpp"

#include <gppo/core/file.hpp>
#include <gppo/model/adapter_directory.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/text/tokenizer_files.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <sys/file.h>
#include <utility>

namespace {

namespace fs = std::filesystem;

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

/// Of run.threads those that sample while the others train.
std::int64_t sampling_threads(const Config& c) {
    const std::int64_t all = gppo::Cpu(static_cast<int>(c.run.threads)).threads();
    const std::int64_t wanted = c.rl.pipeline_threads > 0 ? c.rl.pipeline_threads : all / 2;
    return std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(all - 1, 1));
}

std::int64_t training_threads(const Config& c, const std::string& kind) {
    if (kind != "rl" || !c.rl.pipeline || uses_server(c.rollout)) return c.run.threads;
    const std::int64_t all = gppo::Cpu(static_cast<int>(c.run.threads)).threads();
    return std::max<std::int64_t>(all - sampling_threads(c), 1);
}

}  // namespace

std::optional<gppo::LoraConfig> make_lora(const AdapterConfig& c) {
    if (!c.path.empty()) return gppo::load_adapter_config(c.path);
    if (c.rank == 0) return std::nullopt;
    gppo::LoraConfig lora;
    lora.rank = c.rank;
    lora.alpha = c.alpha;
    lora.target_modules = c.target_modules;
    return lora;
}

gppo::Tokenizer make_tokenizer(const Config& config) {
    const TokenizerConfig& c = config.tokenizer;
    if (c.kind == "bytes") return gppo::Tokenizer::byte_level();
    if (c.kind == "characters")
        return gppo::Tokenizer::characters(task_alphabet(config.task, config.tools));
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

/// The same, if a run of it fits into memory.
gppo::Qwen3Config fitting_shape(const Config& config, const std::string& kind,
                                const gppo::Tokenizer& tokenizer, Ranks& ranks) {
    const gppo::Qwen3Config shape = make_shape(config, tokenizer, ranks);
    expects_fits(config, kind, shape, memory_limit(config.run), false,
                 RankCount::from_environment());
    expects_device_fits(config, kind, shape, on_device(config.run) ? device_limit(config.run) : 0,
                        false, RankCount::from_environment());
    return shape;
}

/// `stream` tells the models of a stage apart: each is rounded by random numbers of its own.
MomentOptions moment_options(const Config& config, const std::string& kind,
                             std::uint64_t stream = 0) {
    return {.storage = moment_storage(config, kind),
            .key = (kind == "reward" ? "reward_model" : kind) + ".moments",
            .offload = offloads(config.run, "moments"),
            .noise = {.random = {static_cast<std::uint64_t>(config.run.seed) ^ (stream << 56)}}};
}

Run::~Run() = default;

Run::Run(const Config& c, const std::string& kind, const StageOptions& o)
    : config(c),
      options(o),
      ranks(Ranks::of_process(std::chrono::seconds(c.run.rank_timeout))),
      sampling_ranks(ranks),
      backend(make_engine(c.run, training_threads(c, kind))),
      tokenizer(make_tokenizer(config, *ranks)),
      task(config, tokenizer),
      feed(task, config.curriculum, stream(kind == "rl" ? rl_stream : sft_stream)),
      grader(config.reward, config.sandbox),
      tool(make_tool(config, tokenizer)),
      learner(backend, fitting_shape(config, kind, tokenizer, *ranks),
              gppo::activations_from_name(config.model.activations), make_lora(config.lora), *ranks,
              moment_options(config, kind), kept_weights(config)) {
    state.stage = o.name.empty() ? kind : o.name;
    if (o.name.empty() && kind == "rl") options.after = "sft", options.before = "after sft";
    gppo::expects(learner.model.config().vocab_size >= tokenizer.vocab_size(), [&] {
        return "the tokenizer has " + std::to_string(tokenizer.vocab_size()) +
               " tokens but the model's vocab_size is " +
               std::to_string(learner.model.config().vocab_size) +
               ": use the tokenizer the model was made with";
    });
    if (kind == "reward" || (kind == "rl" && config.rl.advantage == "gae"))
        scores = std::make_unique<ScoreModel>(backend, learner.model.config(),
                                              gppo::activations_from_name(config.model.activations),
                                              *ranks, moment_options(config, kind, 1));
    if (kind == "rl") use_reward_model();
    if (ranks->leads()) {
        start();
        remove_leftovers(config.run.dir);
    }
    share_start(kind);
    stop_on(SIGINT);
    stop_on(SIGTERM);
    first_event_ = state.global_step + 1;
    if (!ranks->leads()) return;
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

std::vector<Lesson> sequences_of(std::span<const Judged> judged) {
    std::vector<Lesson> sequences;
    for (const Judged& each : judged)
        sequences.push_back({each.example->prompt, each.completion.tokens});
    return sequences;
}

Grader::ScoreAll scores_of(const std::string& directory, const Engine& backend,
                           const gppo::Tokenizer& tokenizer) {
    return [model = RewardModel(directory, backend, tokenizer)](std::span<const Judged> judged) {
        return model(sequences_of(judged));
    };
}

/// The one that a part of the reward needs, or that evaluations choose the best of n with.
void Run::use_reward_model() {
    const std::string directory = reward_model_directory(config);
    gppo::expects(!grader.needs_model() || !directory.empty(),
                  "reward part model: there is no reward model in run.dir/reward; train one with "
                  "gppo reward, or set reward_model.path");
    if (grader.needs_model() || (!directory.empty() && config.eval.samples > 1))
        grader.use_model(scores_of(directory, backend, tokenizer));
}

/// Has the server load the weights as they are now, unless it did.
void Run::load_server() {
    if (!server_) server_ = make_server(config.rollout, learner.model.config());
    const std::string version = state.stage + "-" + std::to_string(learner.count.updates);
    if (served_ == version) return;
    if (ranks->leads()) {
        const fs::path directory = fs::path(config.run.dir) / "served";
        gppo::save_pretrained(directory, learner.model.config(),
                              std::as_const(learner.model).stored_weights(),
                              gppo::tokenizer_files(tokenizer));
        server_->load_weights(directory.string(), version);
    }
    ranks->broadcast(std::string());  // the others ask it when it has them
    server_->expect_weights(version);
    served_ = version;
}

Complete Run::complete() {
    if (!config.run.offload.empty() && !config.rl.pipeline) learner.model.on().rest(false);
    const Index context = learner.model.config().max_position_embeddings;
    if (uses_server(config.rollout)) {
        load_server();
        return with_tool(from_server(server_), tool, config.tools, context);
    }
    if (decoder_)
        decoder_->load();
    else
        decoder_ = make_decoder(backend, learner.model);
    return with_tool(from_decoder(*decoder_), tool, config.tools, context);
}

Complete Run::frozen() {
    if (uses_server(config.rollout)) return complete();
    if (frozen_)
        frozen_->load();
    else
        frozen_ = make_frozen_decoder(make_cpu(sampling_threads(config), config.run.precision),
                                      learner.model);
    return with_tool(from_decoder(*frozen_), tool, config.tools,
                     learner.model.config().max_position_embeddings);
}

void Run::expects_exact_logp(const gppo::Sampling& sampling) const {
    gppo::expects(!server_ || server_->exact_logp(sampling), [&] {
        return "rl.temperature must be 1 with rollout.backend " + config.rollout.backend +
               ", whose log-probs are those of temperature 1";
    });
}

Turn::Turn(Run& run, Model& model, const std::string& part)
    : model_(offloads(run.config.run, part) ? &model : nullptr) {
    if (model_ != nullptr) run.learner.model.on().rest(false);
}

Turn::~Turn() {
    if (model_ != nullptr) model_->on().rest(true);
}

void Run::keep_reference() {
    const fs::path dir = fs::path(config.run.dir) / "reference";
    if (state.step == 0 && ranks->leads())
        gppo::save_pretrained(dir, learner.model.config(), learner.model.stored_weights());
    reference = std::make_unique<Model>(backend, learner.model.config(),
                                        gppo::Activations::recomputed,  // goes forward only
                                        kept_weights(config));
    if (ranks->leads()) gppo::load_weights(dir, reference->config(), reference->stored_weights());
    ranks->broadcast(reference->stored_weights());
}

void Run::log(const gppo::Sample& sample) {
    if (ranks->leads()) samples_log.write(sample);
}

void Run::log(const gppo::Metrics& metrics) {
    if (!ranks->leads()) return;
    metrics_log.write(metrics);
    if (!config.run.tensorboard) return;
    if (!events_) events_.emplace(config.run.dir, first_event_);
    events_->write(metrics);
}

void Run::show(gppo::ProgressState shown) {
    if (!ranks->leads()) return;
    shown.stage = state.stage;
    progress_.update(shown);
}

int Run::stopped_by() const {
    return ranks->alone() ? static_cast<int>(stop_requested) : signal_;
}

bool Run::goes_on(Index steps) {
    const std::vector<int> signals = ranks->gather_values(static_cast<int>(stop_requested));
    signal_ = *std::max_element(signals.begin(), signals.end());
    return state.step < steps && !state.early && !interrupted();
}

bool Run::due_for_saving() const {
    return config.run.save_every > 0 && state.step % config.run.save_every == 0;
}

void Run::say(const std::string& text) {
    if (!ranks->leads()) return;
    progress_.finish();
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
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
