// SPDX-License-Identifier: Apache-2.0
//
// One run: its directory, the model in training and the logs; how it starts, is saved and goes on.
// Everything a later step depends on is in RunState, the weights and the moments, so a resumed run
// is the same run.
#pragma once

#include "commands.hpp"
#include "completions.hpp"
#include "config.hpp"
#include "feed.hpp"
#include "grader.hpp"
#include "learner.hpp"
#include "ranks.hpp"
#include "recipe.hpp"
#include "score_model.hpp"
#include "task.hpp"
#include "tools.hpp"

#include <gppo/entropy/adaptive.hpp>
#include <gppo/report/metrics.hpp>
#include <gppo/report/progress.hpp>
#include <gppo/report/samples.hpp>
#include <gppo/report/tensorboard.hpp>
#include <gppo/text/tokenizer.hpp>
#include <gppo/train/checkpoint.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Streams of training examples: the stages draw different ones.
inline constexpr std::uint64_t sft_stream = 1, rl_stream = 2, reward_stream = 3;

/// Seconds since it was made.
struct Clock {
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
};

/// How a stage begins.
struct StageOptions {
    bool resume = false;       // go on from the newest valid checkpoint
    bool overwrite = false;    // remove what run.dir holds and start over
    Strings clears = {};       // with it, run directories that go first
    std::string name = {};     // in metrics and checkpoints; "" is the kind
    std::string after = {};    // the stage whose end this one goes on from; "": rl after sft
    std::string before = {};   // the evaluation that stands for the one before this stage; "": none
    std::uint64_t number = 0;  // stages of this kind before: others draw other random numbers
    UntilConfig until = {};
    EnterConfig enter = {};
};

/// What a checkpoint knows besides weights and moments.
struct RunState {
    std::string stage;
    Index step = 0;                       // steps done in this stage
    Index global_step = 0;                // steps done in all stages
    Index position = 0;                   // training examples drawn in this stage
    bool done = false;                    // the stage has ended
    bool early = false;                   // because `until` was reached, or `enter` was not
    std::vector<double> pass_rates = {};  // of the last until.window steps
    bool own_base = false;      // run.dir/base is what lies below the adapters, not model.path
    double reward_kl_coef = 0;  // of the adaptive controllers, as they stand
    gppo::EntropyControl entropy = {};
    nlohmann::ordered_json evaluations =
        nlohmann::ordered_json::object();  // name -> pass@1 and its interval
};

struct Rollout;  // rl_step.hpp

class Run {
  public:
    ~Run();
    Run(const Config& config, const std::string& kind, const StageOptions& options);

    Config config;
    StageOptions options;
    std::shared_ptr<Ranks> ranks;           // this process and those that train with it
    std::shared_ptr<Ranks> sampling_ranks;  // the same, for a thread that samples beside training
    Engine backend;
    gppo::Tokenizer tokenizer;
    Task task;
    Feed feed;  // of rl
    Grader grader;
    std::shared_ptr<const gppo::PythonTool> tool;  // of [tools], or null
    Learner learner;
    std::unique_ptr<ScoreModel> scores;  // in training: the critic, or the reward model
    RunState state;
    gppo::PackedBatch packed;
    std::unique_ptr<Rollout> pending;  // sampled ahead: the next step's
    std::unique_ptr<Model> reference;  // what this stage began with, where a KL term needs it
    gppo::MetricsLog metrics_log;
    gppo::SamplesLog samples_log;

    /// Samples from the model as it is now, here or on the server of [rollout].
    Complete complete();

    /// The same from a copy of the model, which stays as it is while the model trains.
    Complete frozen();

    /// Throws where a server's log-probs are not those of the sampling.
    void expects_exact_logp(const gppo::Sampling& sampling) const;

    /// Makes `reference`; it is kept in run.dir/reference, so that a resumed run has the same one.
    void keep_reference();

    void next_step() { ++state.step, ++state.global_step; }
    gppo::Metrics begin_metrics() const {
        return {.step = state.global_step, .stage = state.stage, .values = {}};
    }

    /// To metrics.jsonl, timing.jsonl and TensorBoard.
    void log(const gppo::Metrics& metrics);
    void log(const gppo::Sample& sample);

    /// True when a resumed stage has all its `steps` behind it: says so and writes what a kill may
    /// have left unwritten after the last checkpoint. Otherwise the stage goes on.
    bool already_done(Index steps);

    /// False where `enter` says that this stage is left out: it has ended then. Evaluates first
    /// unless an earlier evaluation will do.
    bool enters();

    /// Ends the stage before its first step, and says why.
    void leave(const std::string& why);

    /// After each step of `rl`, with the share of right completions, and after evaluations: ends
    /// the stage where `until` says so.
    void check_end(std::optional<double> pass_rate = {});

    /// More steps are to be made. All ranks ask at the same time: a signal to one stops all.
    bool goes_on(Index steps);

    /// The seed of sampling, and the stream of training examples, of this stage.
    std::uint64_t seed() const {
        return static_cast<std::uint64_t>(config.run.seed) ^ (options.number << 40);
    }
    std::uint64_t stream(std::uint64_t kind) const { return kind + (options.number << 8); }

    /// After the loop: evaluates where the stage has ended, then finish().
    void end(Index steps);

    /// The live progress line.
    void show(gppo::ProgressState progress);

    /// Text for a person, on stdout, after the progress line has ended.
    void say(const std::string& text);

    /// After SIGINT or SIGTERM: finish the step, save, stop.
    bool interrupted() const { return stopped_by() != 0; }

    bool due_for_saving() const;
    void save();

    /// Saves, writes the model directory, the summary and the report. After a signal it saves and
    /// throws CLI::RuntimeError(128 + signal), so that `gppo sft && gppo rl` stops as well.
    void finish();

  private:
    void start();
    void share_start(const std::string& kind);
    void join_devices();
    int stopped_by() const;
    void lock();
    struct LogEnds;
    nlohmann::ordered_json read_state(const std::filesystem::path& path, LogEnds& ends);
    void expects_to_go_on(const std::string& stage) const;
    void restore_stage(const gppo::Checkpoint& checkpoint, const nlohmann::ordered_json& json);
    void restore(const gppo::Checkpoint& checkpoint);
    void begin_stage(const std::string& stage);
    void load_server();
    void use_reward_model();
    void begin_adapters(bool own_base);
    void restore_adapters(const gppo::Checkpoint& checkpoint, const nlohmann::ordered_json& then,
                          bool new_stage);
    gppo::LoraConfig adapter_config() const;
    void write_results();
    std::string summary_text() const;
    std::vector<gppo::File> model_files() const;

    std::unique_ptr<AnyDecoder> decoder_;  // made by the first use
    std::unique_ptr<AnyDecoder> frozen_;   // the same
    std::shared_ptr<Server> server_;       // the same
    std::string served_;                   // version of the weights that it loaded last
    int signal_ = 0;                       // that any rank got, as of the last goes_on()
    gppo::Descriptor lock_;  // of run.dir: two processes would write into each other's logs
    std::optional<gppo::TensorBoard> events_;  // opened by the first value
    Index first_event_ = 0;
    gppo::Progress progress_;
};

/// While one lives, a model beside the one in training computes. Where run.offload has `part` the
/// gradients and activations of the latter make room, and afterwards the weights of the former go
/// back to this process's memory.
class Turn {
  public:
    Turn(Run& run, Model& model, const std::string& part);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    Model* model_;  // null where it stays
};

/// Prompts and completions, as a reward model reads them. They point into `judged`.
std::vector<Lesson> sequences_of(std::span<const Judged> judged);

/// The scores of the reward model in a directory.
Grader::ScoreAll scores_of(const std::string& directory, const Engine& backend,
                           const gppo::Tokenizer& tokenizer);
/// As a checkpoint stores it.
nlohmann::ordered_json state_to_json(const RunState& state);
void state_from_json(const nlohmann::ordered_json& json, RunState& state);

/// The tokenizer, the model's shape and the adapters, if any, that a configuration asks for.
gppo::Tokenizer make_tokenizer(const Config& config);
gppo::Qwen3Config make_shape(const Config& config, const gppo::Tokenizer& tokenizer);
std::optional<gppo::LoraConfig> make_lora(const AdapterConfig& config);
/// Those of rank 0 on all ranks: the files they are read from may lie in its run.dir.
gppo::Tokenizer make_tokenizer(const Config& config, Ranks& ranks);
gppo::Qwen3Config make_shape(const Config& config, const gppo::Tokenizer& tokenizer, Ranks& ranks);

/// "after sft    46.1 %   [41.8, 50.4], 512 prompts", from RunState::evaluations.
std::string evaluation_text(const std::string& name, const nlohmann::ordered_json& result);

/// Adds a subcommand that trains: --config, --set, --resume and --overwrite.
void add_stage_command(CLI::App& app, const std::string& name, const std::string& help,
                       void (*stage)(const Config&, const StageOptions&));
