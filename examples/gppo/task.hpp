// SPDX-License-Identifier: Apache-2.0
//
// What a run trains on: prompts as token ids and the gold answer. Generated problems and rows from
// files come through the same door.
#pragma once

#include "config.hpp"

#include <gppo/core/view.hpp>
#include <gppo/data/record.hpp>
#include <gppo/text/tokenizer.hpp>
#include <gppo/text/tool_frame.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// A record as the model sees it.
struct Example {
    gppo::Index row = -1;  // of Task::rows, where those are finite
    gppo::Record record;
    std::string prompt_text;             // rendered
    std::vector<std::int32_t> prompt;    // prompt_text as ids
    std::vector<std::int32_t> response;  // with the end token; empty if the record has none
    std::vector<std::uint8_t> mask{};    // of the response, 0: a tool wrote it; empty: all learnt
};

/// The examples of a run. Training examples are a pure function of (seed, stream, position), so a
/// resumed run needs no state but the position.
class Task {
  public:
    enum class Use { training, evaluation };

    /// Reads and checks the files. `tokenizer` must outlive the task. For evaluation alone the
    /// training files are not read.
    Task(const Config& config, const gppo::Tokenizer& tokenizer, Use use = Use::training);

    /// Training example number `position` of a stream (the stages draw different ones).
    Example training(std::uint64_t stream, gppo::Index position) const;

    /// Rows that training draws from; 0 where problems are generated without end.
    gppo::Index rows() const { return static_cast<gppo::Index>(train_.size()); }
    /// One of them, and the seed of their order in a stream.
    Example row(gppo::Index index) const;
    std::uint64_t order_seed(std::uint64_t stream) const;
    /// Hash of the questions and answers of rows(): equal pools have equal rows.
    std::string pool() const;

    /// Up to `count` examples that training never sees, always the same ones.
    std::vector<Example> held_out(gppo::Index count) const;

    /// What was left out of the files and why, one line each.
    const std::vector<std::string>& warnings() const { return warnings_; }

    /// Hash of the rows trained on; empty for generated tasks, which follow from the configuration.
    const std::string& fingerprint() const { return fingerprint_; }

    /// Where pass rates are logged: val/<name>/acc.
    const std::string& name() const { return name_; }

  private:
    Example example(gppo::Record record) const;
    void add_response(Example& example, std::string_view text) const;
    void add_turns(Example& example, const std::vector<gppo::Message>& turns) const;
    std::vector<gppo::Record> read(const Strings& paths, const char* key);
    void generate_rows();

    TaskConfig config_;
    ToolsConfig tools_;
    gppo::ToolFrame frame_;
    std::uint64_t seed_ = 0;
    const gppo::Tokenizer* tokenizer_;
    std::vector<gppo::Record> train_, held_out_;  // jsonl, or task.rows generated ones
    std::vector<std::string> warnings_;
    std::string name_, fingerprint_;
    // The order of the epoch last asked for.
    mutable std::vector<gppo::Index> order_;
    mutable std::uint64_t order_stream_ = 0, order_epoch_ = 0;
};

/// Every character a generated task uses, for a character tokenizer.
std::string task_alphabet(const TaskConfig& config, const ToolsConfig& tools = {});

/// The token that ends a completion.
std::int32_t end_token(const gppo::Tokenizer& tokenizer);
