// SPDX-License-Identifier: Apache-2.0
//
// What the filters of gppo data share: files in, what is kept out, a report beside it.
#pragma once

#include "json_lines.hpp"

#include <gppo/core/view.hpp>
#include <gppo/data/filter_report.hpp>
#include <gppo/data/row_stream.hpp>
#include <gppo/data/words.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// Files and limits that every filter takes.
struct FilterFiles {
    std::vector<std::string> inputs;
    std::string output, report, quarantine, field;
    double max_bad = 0.01;
    std::size_t examples = 10;
};
void add_filter_files(CLI::App& command, FilterFiles& files);

/// Why a row goes, and what the filter saw.
struct Dropped {
    std::string why;
    OrderedJson detail = nullptr;
};

/// Looks at a row; a gppo::Error makes it a bad row.
using JudgeRow = std::function<std::optional<Dropped>(const std::string& file, gppo::StreamRow&)>;

/// Writes the rows that `judge` keeps, then the report and the quarantine. The output is whole or
/// absent. `text` may change the line that is written, `done` adds to the report before it is.
using WriteRow = std::function<std::string(const gppo::StreamRow&)>;
void filter_rows(const FilterFiles& files, gppo::FilterReport& report, const JudgeRow& judge,
                 const WriteRow& text = {}, const std::function<void()>& done = {});

/// The same for filters that decide when they have seen all rows: `look` at each one first, then
/// `judge` number i of those that `look` took. `text` may change the line of number i.
void filter_rows_twice(
    const FilterFiles& files, gppo::FilterReport& report,
    const std::function<void(const std::string&, gppo::StreamRow&)>& look,
    const std::function<std::optional<Dropped>(std::size_t i)>& judge,
    const std::function<std::string(std::size_t i, std::string line)>& text = {});

/// The gold answer of a row; "" where it has none.
std::string gold_of(const nlohmann::json& row);

/// --words: "letters" or "spaces".
gppo::WordRule word_rule(const std::string& name);

/// The lines of a quarantine file.
std::string quarantine_lines(const std::string& file, const std::vector<gppo::BadRow>& rows);

void add_decontaminate_command(CLI::App& data);
void add_dedup_command(CLI::App& data);
void add_select_command(CLI::App& data);
void add_judge_commands(CLI::App& data);
void add_tests_command(CLI::App& data);
