// SPDX-License-Identifier: Apache-2.0
#include "tools.hpp"

#include <gppo/rollout/multi_turn.hpp>
#include <gppo/rollout/python_tool.hpp>

#include <thread>
#include <utility>

gppo::ToolFrame tool_frame(const Config& config) {
    return config.task.chat_template ? gppo::chat_tool_frame() : gppo::ToolFrame{};
}

std::shared_ptr<const gppo::PythonTool> make_tool(const Config& config,
                                                  const gppo::Tokenizer& tokenizer) {
    const ToolsConfig& c = config.tools;
    if (c.kind == "none") return nullptr;
    gppo::PythonToolOptions o;
    o.minimum = *gppo::isolation_level(config.sandbox.level);
    o.forced = config.sandbox.forced;
    o.form = c.form == "fence" ? gppo::CallForm::fence : gppo::CallForm::tool_call;
    o.frame = tool_frame(config);
    o.seconds = c.seconds;
    o.max_output_tokens = c.max_output_tokens;
    o.threads = config.sandbox.threads > 0 ? static_cast<int>(config.sandbox.threads)
                                           : static_cast<int>(std::thread::hardware_concurrency());
    return std::make_shared<const gppo::PythonTool>(tokenizer, std::move(o));
}

Complete with_tool(Complete complete, std::shared_ptr<const gppo::PythonTool> tool,
                   const ToolsConfig& config, Index context) {
    if (!tool) return complete;
    return [complete = std::move(complete), tool = std::move(tool),
            limits = gppo::MultiTurn{.calls = config.max_calls, .context = context}](
               std::span<const gppo::Request> requests, Index group, const gppo::Sampling& sampling,
               std::uint64_t seed) {
        const auto turn = [&](std::span<const gppo::Request> asked, Index count) {
            std::vector<std::vector<gppo::Completion>> turns;
            for (auto& row : complete(asked, count, sampling, seed)) {
                turns.emplace_back();
                for (gppo::Served& each : row) turns.back().push_back(std::move(each.completion));
            }
            return turns;
        };
        std::vector<std::vector<gppo::Served>> served;
        for (auto& row : gppo::multi_turn(turn, *tool, requests, group, limits)) {
            served.emplace_back();
            for (gppo::Completion& each : row)
                served.back().push_back({.completion = std::move(each), .weights = {}});
        }
        return served;
    };
}
