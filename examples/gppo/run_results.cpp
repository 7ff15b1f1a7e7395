// SPDX-License-Identifier: Apache-2.0
//
// How a stage ends: the model's directory, the summary, and the report.
#include "run.hpp"

#include <gppo/core/file.hpp>
#include <gppo/model/adapter_directory.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/report/html.hpp>
#include <gppo/text/tokenizer_files.hpp>

#include <cstdio>

namespace fs = std::filesystem;

std::vector<gppo::File> Run::model_files() const {
    return gppo::pretrained_files(learner.model.config(), learner.model.stored_weights(),
                                  gppo::tokenizer_files(tokenizer));
}

bool Run::already_done(Index steps) {
    if (!state.done || (state.step < steps && !state.early)) {
        state.done = false;  // more steps are asked for than when it was
        return false;
    }
    say("stage " + state.stage + " of " + config.run.dir + " is finished: all " +
        std::to_string(state.step) + " steps are done\n");
    // A kill may also have come between the last save and the removal of what it replaced.
    if (ranks->leads())
        gppo::remove_old_checkpoints(fs::path(config.run.dir) / "checkpoints", state.global_step,
                                     config.run.keep);
    write_results();
    return true;
}

/// The held-out pass@1 at the ends of the stages, one a line.
std::string Run::summary_text() const {
    std::string text = "\nHeld-out pass@1, sampled as in training\n";
    for (const auto& [name, result] : state.evaluations.items())
        if (name.find(' ') != std::string::npos)  // the ends of stages
            text += "  " + evaluation_text(name, result) + '\n';
    const fs::path dir = config.run.dir;
    text += "model  " + (dir / "model").string() + "   (loads in transformers)\n";
    if (learner.adapter) text += "adapter " + (dir / "adapter").string() + "   (loads in PEFT)\n";
    if (config.run.report) text += "report " + (dir / "report.html").string() + '\n';
    return text;
}

void Run::finish() {
    save();
    // A launcher that sees one rank end with a status kills the others: rank 0 has saved first.
    ranks->broadcast(std::string());
    if (ranks->leads()) progress_.finish();
    if (state.done) return write_results();
    say("stopped at step " + std::to_string(state.step) + " of stage " + state.stage +
        "; go on with --resume\n");
    throw CLI::RuntimeError(128 + stopped_by());
}

void Run::write_results() {
    if (!ranks->leads()) return;
    const fs::path dir = config.run.dir;
    gppo::make_directories(dir / "model");
    for (const gppo::File& file : model_files()) gppo::write_file(dir / "model", file);
    if (const Adapter* adapter = learner.adapter.get())
        gppo::save_adapters(dir / "adapter", adapter->layout(), adapter_config(),
                            adapter->weights());
    const nlohmann::ordered_json summary = {
        {"title", dir.filename().string()}, {"status", "finished stage " + state.stage},
        {"seed", config.run.seed},          {"parameters", learner.model.layout().count},
        {"steps", state.global_step},       {"evaluations", state.evaluations}};
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
