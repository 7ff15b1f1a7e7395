// SPDX-License-Identifier: Apache-2.0
//
// gppo report RUN_DIR: makes report.html from the files of a run, also of one that is still going;
// or converts its metrics to TensorBoard events.
#include "commands.hpp"

#include <gppo/report/html.hpp>
#include <gppo/report/tensorboard.hpp>

#include <iostream>

namespace {

/// Every number of metrics.jsonl and timing.jsonl as scalars at its x, and every sample as text.
/// Replaces what earlier files in `events_dir` say from the run's first step on.
void write_events(const std::filesystem::path& run_dir, const std::filesystem::path& events_dir) {
    const gppo::RunFiles run = gppo::read_run(run_dir);
    const double first = run.stages.empty() ? 0.0 : run.stages.front().first;
    gppo::TensorBoard events(events_dir, static_cast<gppo::Index>(first));
    for (const gppo::Curve& curve : run.curves)
        for (const gppo::Point& point : curve.points)
            events.scalar(static_cast<gppo::Index>(point.x), curve.name, point.y);
    for (const auto& sample : run.samples)
        events.text(
            static_cast<gppo::Index>(gppo::sample_number(sample, "step")),
            "sample/" + gppo::sample_text(sample, "stage"),
            gppo::sample_text(sample, "prompt") + "\n\n" + gppo::sample_text(sample, "completion"));
    std::cout << events.path().string() << '\n';
}

}  // namespace

void add_report_command(CLI::App& app) {
    struct Options {
        std::string run_dir, events_dir;
        std::vector<std::filesystem::path> others;
    };
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("report", "Write report.html from the files of a run directory");
    command
        ->add_option("run_dir", options->run_dir,
                     "Directory with metrics.jsonl, as gppo sft and gppo rl leave it")
        ->required();
    command->add_option(
        "--tensorboard", options->events_dir,
        "Instead write the metrics and samples as a TensorBoard event file into this directory");
    command->add_option("--compare", options->others,
                        "Other run directories whose curves are drawn beside this one's");
    command->callback([options] {
        if (!options->events_dir.empty())
            return write_events(options->run_dir, options->events_dir);
        gppo::write_report(options->run_dir, options->others);
        std::cout << (std::filesystem::path(options->run_dir) / "report.html").string() << '\n';
    });
}
