// SPDX-License-Identifier: Apache-2.0
#include "data_filter.hpp"

#include "rows_file.hpp"

#include <gppo/core/file.hpp>
#include <gppo/data/rows.hpp>

#include <iostream>
#include <memory>
#include <utility>

namespace {

struct BadRows {
    std::string file;
    std::vector<gppo::BadRow> rows;
};

/// The quarantine, the report and a summary on standard output, once the output is written.
void write_filter_report(const FilterFiles& files, const gppo::FilterReport& report,
                         const std::vector<BadRows>& bad) {
    std::string text;
    gppo::Index count = 0;
    for (const BadRows& file : bad) {
        text += quarantine_lines(file.file, file.rows);
        count += static_cast<gppo::Index>(file.rows.size());
    }
    if (count > 0) {
        const std::string path =
            files.quarantine.empty() ? files.output + ".quarantine" : files.quarantine;
        gppo::write_file(path, text);
        std::cerr << "gppo: " << count << " bad rows are in " << path << "\n";
    }
    OrderedJson json = report.json();
    json["bad"] = count;
    if (!files.report.empty())
        gppo::write_file(files.report,
                         json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
    std::cout << files.output << ": " << report.out << " of " << report.in << " rows kept\n";
    for (const auto& [why, rows] : report.why) std::cout << "  " << why << ": " << rows << "\n";
}

void take_out(gppo::FilterReport& report, const std::string& file, gppo::Index row,
              Dropped dropped) {
    report.drop({file, row, std::move(dropped.why), std::move(dropped.detail)});
}

}  // namespace

std::string gold_of(const nlohmann::json& row) {
    try {
        return gppo::record_of(row).gold;
    } catch (const gppo::Error&) {
        return {};
    }
}

gppo::WordRule word_rule(const std::string& name) {
    return name == "spaces" ? gppo::WordRule::spaces : gppo::WordRule::letters;
}

std::string quarantine_lines(const std::string& file, const std::vector<gppo::BadRow>& rows) {
    std::string text;
    for (const gppo::BadRow& bad : rows)
        text +=
            OrderedJson{
                {"file", file}, {"row", bad.row}, {"reason", bad.reason}, {"text", bad.text}}
                .dump() +
            "\n";
    return text;
}

void add_filter_files(CLI::App& command, FilterFiles& files) {
    command.add_option("inputs", files.inputs, "JSONL files, JSON arrays, or Parquet")->required();
    command
        .add_option("-o,--output", files.output,
                    "JSONL or .parquet file for the rows that are kept")
        ->required();
    command.add_option("--report", files.report,
                       "JSON file: rows in and out, reasons, examples of what went");
    command.add_option("--examples", files.examples, "Examples in the report for each reason")
        ->capture_default_str();
    command.add_option("--field", files.field,
                       "Field with the text to look at (a.b for one inside another), instead of "
                       "prompt, question, problem, messages or conversations");
    command.add_option("--max-bad", files.max_bad, "Share of bad rows that is still accepted")
        ->capture_default_str();
    command.add_option("--quarantine", files.quarantine,
                       "File for the bad rows, with row number and reason [OUTPUT.quarantine]");
}

void filter_rows(const FilterFiles& files, gppo::FilterReport& report, const JudgeRow& judge,
                 const WriteRow& text, const std::function<void()>& done) {
    report.max_examples = files.examples;
    RowsFile output(files.output);
    std::string buffer;
    std::vector<BadRows> bad;
    for (const std::string& file : files.inputs) {
        const auto take = [&](gppo::StreamRow& row) -> std::string {
            std::optional<Dropped> dropped;
            try {
                dropped = judge(file, row);
            } catch (const gppo::Error& error) {
                return error.what();
            }
            if (dropped) {
                take_out(report, file, row.row, std::move(*dropped));
                return {};
            }
            report.keep();
            buffer += (text ? text(row) : row.text) + "\n";
            if (buffer.size() > 1 << 20) {
                output.write(buffer);
                buffer.clear();
            }
            return {};
        };
        bad.push_back({file, gppo::for_each_row(file, {.max_bad_ratio = files.max_bad}, take)});
    }
    output.write(buffer);
    output.commit();
    if (done) done();
    write_filter_report(files, report, bad);
}

void filter_rows_twice(const FilterFiles& files, gppo::FilterReport& report,
                       const std::function<void(const std::string&, gppo::StreamRow&)>& look,
                       const std::function<std::optional<Dropped>(std::size_t)>& judge,
                       const std::function<std::string(std::size_t, std::string)>& text) {
    report.max_examples = files.examples;
    std::vector<BadRows> bad;
    std::vector<std::vector<gppo::Index>> taken;
    for (const std::string& file : files.inputs) {
        std::vector<gppo::Index> rows;
        const auto take = [&](gppo::StreamRow& row) -> std::string {
            try {
                look(file, row);
            } catch (const gppo::Error& error) {
                return error.what();
            }
            rows.push_back(row.row);
            return {};
        };
        bad.push_back({file, gppo::for_each_row(file, {.max_bad_ratio = files.max_bad}, take)});
        taken.push_back(std::move(rows));
    }
    RowsFile output(files.output);
    std::size_t i = 0;
    for (std::size_t f = 0; f < files.inputs.size(); ++f) {
        std::size_t next = 0;
        gppo::for_each_line(files.inputs[f], {}, [&](gppo::Index row, std::string_view line) {
            if (next == taken[f].size() || taken[f][next] != row) return;
            ++next;
            if (auto dropped = judge(i++)) {
                take_out(report, files.inputs[f], row, std::move(*dropped));
                return;
            }
            report.keep();
            output.write((text ? text(i - 1, std::string(line)) : std::string(line)) + "\n");
        });
        gppo::expects(next == taken[f].size(),
                      [&] { return files.inputs[f] + " changed while it was read"; });
    }
    output.commit();
    write_filter_report(files, report, bad);
}
