// SPDX-License-Identifier: Apache-2.0
//
// [tools]: what the model may call while it answers, put between its turns wherever completions
// come from.
#pragma once

#include "completions.hpp"

#include <gppo/text/tokenizer.hpp>
#include <gppo/text/tool_frame.hpp>

#include <memory>

namespace gppo {
class PythonTool;
}

/// The tool, null for kind = "none". Error where its programs cannot be isolated. `tokenizer` must
/// outlive it.
std::shared_ptr<const gppo::PythonTool> make_tool(const Config& config,
                                                  const gppo::Tokenizer& tokenizer);

/// What stands around its answers: Qwen's turns with task.chat_template, else a block.
gppo::ToolFrame tool_frame(const Config& config);

/// `complete` with the tool's answers between turns; itself without a tool. `context`: most tokens
/// of prompt and completion together.
Complete with_tool(Complete complete, std::shared_ptr<const gppo::PythonTool> tool,
                   const ToolsConfig& config, Index context);
