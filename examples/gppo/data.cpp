// SPDX-License-Identifier: Apache-2.0
//
// gppo data: makes and checks the files that training reads.
//   gppo data arithmetic --dir sums           sums/train.jsonl and sums/held_out.jsonl
//   gppo data verl gsm8k.jsonl -o verl.jsonl  rows of any known shape as verl rows
//   gppo data check FILE...                   what is in a file, and what is wrong with it
// The filters are in data_*.cpp.
#include "data.hpp"

#include "data_filter.hpp"
#include "rows_file.hpp"

#include <gppo/core/file.hpp>
#include <gppo/data/arithmetic.hpp>
#include <gppo/data/rows.hpp>
#include <gppo/data/source.hpp>
#include <gppo/verify/maths.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

void add_data_command(CLI::App& app);

namespace {

using Json = nlohmann::ordered_json;

std::string line(const nlohmann::json& row) {
    return row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void write_problems(const std::filesystem::path& path,
                    const std::vector<gppo::Arithmetic>& problems, bool worked) {
    std::string text;
    for (const gppo::Arithmetic& p : problems)
        text += Json{{"prompt", p.prompt()},
                     {"response", p.response(worked)},
                     {"gold", p.answer()},
                     {"data_source", "arithmetic"},
                     {"ability", "math"}}
                    .dump() +
                "\n";
    gppo::write_file(path, text);
    std::cout << path.string() << ": " << problems.size() << " problems\n";
}

/// Bad rows beside the output, as JSON lines; says so on stderr.
void write_quarantine(const std::string& path, const std::string& input,
                      const std::vector<gppo::BadRow>& rows) {
    if (rows.empty()) return;
    gppo::write_file(path, quarantine_lines(input, rows));
    std::cerr << "gppo: " << rows.size() << " bad rows of " << input << " are in " << path << "\n";
}

std::string bad_rows(const std::string& path, const gppo::Records& read) {
    const gppo::BadRow& last = read.quarantine.back();
    return path + ": " + std::to_string(read.quarantine.size()) +
           " bad rows are more than --max-bad allows, e.g. row " + std::to_string(last.row) + ": " +
           last.reason;
}

struct Summary {
    gppo::Index gold = 0, numbers = 0, response = 0, turns = 0;
    std::size_t longest_prompt = 0, longest_response = 0;
    std::map<std::string, gppo::Index> sources;
};

Summary summarise(const std::vector<gppo::Record>& records) {
    Summary s;
    for (const gppo::Record& record : records) {
        std::size_t characters = 0;
        for (const gppo::Message& message : record.prompt) characters += message.content.size();
        s.longest_prompt = std::max(s.longest_prompt, characters);
        s.longest_response = std::max(s.longest_response, record.response.size());
        s.turns += static_cast<gppo::Index>(record.prompt.size());
        s.gold += !record.gold.empty();
        s.response += !record.response.empty();
        s.numbers += gppo::is_rational_answer(record.gold);
        ++s.sources[record.data_source];
    }
    return s;
}

/// "maths", "code", or "no verifier".
std::string verifier_name(const std::string& source) {
    gppo::Record record;
    record.data_source = source;
    try {
        return gppo::verifier_of(record) == gppo::Verifier::maths ? "maths" : "code";
    } catch (const gppo::Error&) {
        return "no verifier";
    }
}

void check_file(const std::string& path, const DataOptions& options) {
    gppo::JsonlOptions reading;
    reading.max_bad_ratio = 1;  // the report is the point; the limit decides the exit status below
    const gppo::Records read = gppo::read_records(path, reading);
    const Summary s = summarise(read.records);
    std::cout << path << "\n  rows " << read.records.size() << ", bad " << read.quarantine.size()
              << "\n  with gold answer " << s.gold << " (" << s.numbers
              << " numbers), with response " << s.response << "\n  turns " << s.turns
              << ", longest prompt " << s.longest_prompt << " bytes, longest response "
              << s.longest_response << " bytes\n";
    for (const auto& [source, count] : s.sources)
        std::cout << "  data_source \"" << source << "\" " << count << " rows, "
                  << verifier_name(source) << "\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(read.quarantine.size(), 10); ++i)
        std::cout << "  bad row " << read.quarantine[i].row << ": " << read.quarantine[i].reason
                  << "\n";
    if (!options.quarantine.empty()) write_quarantine(options.quarantine, path, read.quarantine);
    const double all = static_cast<double>(read.records.size() + read.quarantine.size());
    gppo::expects(static_cast<double>(read.quarantine.size()) <= options.max_bad * all,
                  [&] { return bad_rows(path, read); });
}

/// The record's gold answer, or the one that its response gives in a box or after ####.
std::string gold_of(const gppo::Record& record) {
    if (!record.gold.empty()) return record.gold;
    auto answer = gppo::boxed_answer(record.response);
    if (!answer) answer = gppo::gsm8k_answer(record.response);
    return answer ? std::string(*answer) : std::string();
}

void write_verl(const DataOptions& options) {
    RowsFile output(options.output);
    std::vector<gppo::BadRow> quarantine;
    gppo::Index written = 0;
    for (const std::string& input : options.inputs) {
        gppo::Records read = gppo::read_records(input, {.max_bad_ratio = options.max_bad});
        const std::size_t all = read.records.size() + read.quarantine.size();
        for (gppo::Record& record : read.records) {
            record.gold = gold_of(record);
            if (record.gold.empty()) {
                read.quarantine.push_back(
                    {record.row, "no gold answer, and none in the response", ""});
                continue;
            }
            if (!options.source.empty()) record.data_source = options.source;
            if (!options.instruction.empty())
                record.prompt.back().content += " " + options.instruction;
            output.write(line(gppo::verl_row(record, written++, options.split)));
        }
        const std::string path =
            options.quarantine.empty() ? options.output + ".quarantine" : options.quarantine;
        gppo::expects(static_cast<double>(read.quarantine.size()) <=
                          options.max_bad * static_cast<double>(all),
                      [&] { return bad_rows(input, read); });
        write_quarantine(path, input, read.quarantine);
    }
    output.commit();
    std::cout << options.output << ": " << written << " verl rows\n";
}

void write_arithmetic(const DataOptions& options) {
    const auto has = [&](const char* op) {
        return std::find(options.operations.begin(), options.operations.end(), op) !=
               options.operations.end();
    };
    const gppo::ArithmeticOptions task{.min_digits = options.digits_min,
                                       .max_digits = options.digits_max,
                                       .add = has("+"),
                                       .subtract = has("-"),
                                       .multiply = has("*"),
                                       .held_out = options.held_out_share};
    const std::filesystem::path dir(options.dir);
    gppo::make_directories(dir);
    using gppo::Split;
    write_problems(dir / "train.jsonl",
                   gppo::arithmetic_set(task, Split::train, options.seed, options.train),
                   options.worked);
    if (options.held_out > 0)
        write_problems(dir / "held_out.jsonl",
                       gppo::arithmetic_set(task, Split::held_out, options.seed, options.held_out),
                       options.worked);
}

void add_arithmetic(CLI::App& data, const std::shared_ptr<DataOptions>& o) {
    CLI::App* command = data.add_subcommand(
        "arithmetic",
        "Write different sums with worked answers; held-out ones never occur in training");
    command->add_option("--dir", o->dir, "Directory for train.jsonl and held_out.jsonl")
        ->required();
    command->add_option("--train", o->train, "Training problems")->capture_default_str();
    command->add_option("--held-out", o->held_out, "Held-out problems")->capture_default_str();
    command->add_option("--seed", o->seed, "Which problems are drawn")->capture_default_str();
    command->add_option("--digits-min", o->digits_min, "Fewest digits of a number")
        ->capture_default_str();
    command->add_option("--digits-max", o->digits_max, "Most digits of a number")
        ->capture_default_str();
    command->add_option("--operations", o->operations, "Any of + - *")
        ->check(CLI::IsMember({"+", "-", "*"}))
        ->capture_default_str();
    command->add_option("--share", o->held_out_share, "Share of all problems that is held out")
        ->capture_default_str();
    command->add_flag("!--no-working", o->worked, "Responses are the boxed answer alone");
    command->callback([o] { data_command(DataAction::arithmetic, *o); });
}

void add_reading_options(CLI::App& command, DataOptions& o) {
    command
        .add_option("inputs", o.inputs, "JSONL files, JSON arrays, or Parquet, of any known shape")
        ->required();
    command.add_option("--max-bad", o.max_bad, "Share of bad rows that is still accepted")
        ->capture_default_str();
    command.add_option("--quarantine", o.quarantine,
                       "File for the bad rows, with row number and reason");
}

}  // namespace

void data_command(DataAction action, const DataOptions& options) {
    switch (action) {
        case DataAction::arithmetic:
            return write_arithmetic(options);
        case DataAction::verl:
            return write_verl(options);
        case DataAction::check:
            for (const std::string& input : options.inputs) check_file(input, options);
    }
}

void add_data_command(CLI::App& app) {
    CLI::App* data = app.add_subcommand("data", "Make, convert and check training data");
    data->require_subcommand(1);
    const auto o = std::make_shared<DataOptions>();
    add_arithmetic(*data, o);

    CLI::App* verl =
        data->add_subcommand("verl", "Convert rows to verl's schema, keeping unknown fields");
    add_reading_options(*verl, *o);
    verl->add_option("-o,--output", o->output, "The JSONL or .parquet file to write")->required();
    verl->add_option("--split", o->split, "extra_info.split of rows that have none")
        ->capture_default_str();
    verl->add_option("--source", o->source, "data_source of every row, instead of the row's own");
    verl->add_option("--instruction", o->instruction,
                     "Text to add to the last turn of every prompt");
    verl->callback([o] { data_command(DataAction::verl, *o); });

    CLI::App* check =
        data->add_subcommand("check", "Say what is in a file and what is wrong with it");
    add_reading_options(*check, *o);
    check->callback([o] { data_command(DataAction::check, *o); });
    add_decontaminate_command(*data);
    add_dedup_command(*data);
    add_select_command(*data);
    add_judge_commands(*data);
    add_tests_command(*data);
}
