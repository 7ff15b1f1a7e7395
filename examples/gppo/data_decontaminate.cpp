// SPDX-License-Identifier: Apache-2.0
//
// gppo data decontaminate: leaves out rows that share n words in a row with a benchmark.
//   gppo data decontaminate train.jsonl -o clean.jsonl --against aime24.jsonl hmmt=hmmt25.jsonl
#include "data_filter.hpp"

#include <gppo/data/asked_text.hpp>
#include <gppo/data/ngram_index.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

namespace {

struct DecontaminateOptions {
    FilterFiles files;
    std::vector<std::string> against;
    std::string against_field, words = "letters";
    gppo::NgramOptions ngrams;
    double overlap = 0;
    bool open_r1 = false, mark = false;
};

/// A benchmark's name and file: "NAME=FILE", or a file whose name it takes.
std::pair<std::string, std::string> benchmark_file(const std::string& text) {
    const auto sign = text.find('=');
    if (sign != text.npos && sign > 0 && text.find('/') > sign)
        return {text.substr(0, sign), text.substr(sign + 1)};
    return {std::filesystem::path(text).stem().string(), text};
}

struct BenchmarkFlags {
    gppo::Index rows = 0, flagged = 0, half = 0;  // half: rows with half of a benchmark row
};

gppo::NgramIndex read_benchmarks(const DecontaminateOptions& options,
                                 const gppo::NgramOptions& ngrams,
                                 std::vector<BenchmarkFlags>& benchmarks) {
    gppo::NgramIndex index(ngrams);
    for (const std::string& text : options.against) {
        const auto [name, file] = benchmark_file(text);
        const auto& names = index.benchmarks();
        gppo::expects(std::find(names.begin(), names.end(), name) == names.end(), [&, &n = name] {
            return "two benchmarks have the name " + n + ": write --against NAME=FILE";
        });
        index.add_benchmark(name);
        BenchmarkFlags flags;
        // A row of a benchmark that cannot be read is one that would not be looked for.
        gppo::for_each_row(file, {.max_bad_ratio = 0}, [&](gppo::StreamRow& row) -> std::string {
            try {
                index.add(row.row, gppo::asked_text(row.value, options.against_field));
            } catch (const gppo::Error& error) {
                return error.what();
            }
            ++flags.rows;
            return {};
        });
        benchmarks.push_back(flags);
    }
    return index;
}

/// The n-grams for which most rows were flagged: boilerplate shows here.
OrderedJson frequent_ngrams(const gppo::NgramIndex& index,
                            const std::map<std::size_t, gppo::Index>& counts) {
    std::vector<std::pair<std::size_t, gppo::Index>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (sorted.size() > 20) sorted.resize(20);
    OrderedJson list = OrderedJson::array();
    for (const auto& [gram, rows] : sorted)
        list.push_back(
            {{"ngram", index.gram(gram)}, {"flagged", rows}, {"benchmark_rows", index.rows(gram)}});
    return list;
}

void decontaminate(const DecontaminateOptions& options) {
    gppo::NgramOptions ngrams = options.ngrams;
    ngrams.words = word_rule(options.words);
    if (options.open_r1) ngrams = gppo::open_r1_ngrams;
    std::vector<BenchmarkFlags> benchmarks;
    const gppo::NgramIndex index = read_benchmarks(options, ngrams, benchmarks);
    gppo::FilterReport report{.filter = "decontaminate"};
    report.settings = {{"n", ngrams.n},
                       {"words", ngrams.words == gppo::WordRule::spaces ? "spaces" : "letters"},
                       {"short_texts", ngrams.short_texts},
                       {"shared_rows", ngrams.shared_rows},
                       {"overlap", options.overlap}};
    gppo::Words words(ngrams.words);
    std::vector<gppo::NgramHit> hits;
    std::map<std::size_t, gppo::Index> flagged_by;
    const auto judge = [&](const std::string&, gppo::StreamRow& row) -> std::optional<Dropped> {
        index.find(words, gppo::asked_text(row.value, options.files.field), hits);
        if (hits.empty()) return std::nullopt;
        const gppo::NgramOverlap most = index.overlap(words);
        if (most.share < options.overlap) hits.clear();
        OrderedJson shared = OrderedJson::array();
        for (const gppo::NgramHit& hit : hits) {
            ++benchmarks[hit.benchmark].flagged;
            shared.push_back({{"benchmark", index.benchmarks()[hit.benchmark]},
                              {"benchmark_row", hit.row},
                              {"ngram", index.gram(hit.gram)}});
        }
        if (!hits.empty()) {
            ++flagged_by[hits.front().gram];
            benchmarks[most.benchmark].half += most.share >= 0.5;
        }
        if (hits.empty() || options.mark) return std::nullopt;
        // One reason a row: the benchmark named first on the command line.
        const auto first = std::min_element(
            hits.begin(), hits.end(),
            [](const auto& a, const auto& b) { return a.benchmark < b.benchmark; });
        return Dropped{index.benchmarks()[first->benchmark],
                       {{"shared", shared},
                        {"overlap",
                         {{"benchmark", index.benchmarks()[most.benchmark]},
                          {"benchmark_row", most.row},
                          {"share", most.share}}}}};
    };
    const auto marked = [&](const gppo::StreamRow& row) {
        OrderedJson fields;
        for (std::size_t b = 0; b < index.benchmarks().size(); ++b)
            fields["contaminated_" + index.benchmarks()[b]] = std::any_of(
                hits.begin(), hits.end(), [&](const auto& hit) { return hit.benchmark == b; });
        return with_fields(row.text, fields,
                           [&](const auto& name) { return row.value.contains(name); });
    };
    filter_rows(options.files, report, judge, options.mark ? WriteRow(marked) : WriteRow(), [&] {
        for (std::size_t b = 0; b < benchmarks.size(); ++b)
            report.more["benchmarks"][index.benchmarks()[b]] = {
                {"rows", benchmarks[b].rows},
                {"flagged", benchmarks[b].flagged},
                {"half_of_a_row", benchmarks[b].half}};
        report.more["ngrams"] = frequent_ngrams(index, flagged_by);
    });
}

}  // namespace

void add_decontaminate_command(CLI::App& data) {
    CLI::App* command = data.add_subcommand(
        "decontaminate", "Leave out rows that share n words in a row with a benchmark");
    const auto o = std::make_shared<DecontaminateOptions>();
    add_filter_files(*command, o->files);
    command->add_option("--against", o->against, "Benchmarks: files of rows, FILE or NAME=FILE")
        ->required();
    command->add_option("--against-field", o->against_field, "--field of the benchmarks");
    auto* n = command->add_option("--n", o->ngrams.n, "Words in a row that make a contamination")
                  ->capture_default_str();
    auto* words =
        command
            ->add_option("--words", o->words,
                         "letters (punctuation only separates) or spaces (it belongs to words)")
            ->check(CLI::IsMember({"letters", "spaces"}))
            ->capture_default_str();
    auto* shared = command
                       ->add_option("--shared-rows", o->ngrams.shared_rows,
                                    "n-grams of so many benchmark rows are boilerplate; 0: none is")
                       ->capture_default_str();
    auto* overlap =
        command
            ->add_option("--overlap", o->overlap,
                         "Part of a benchmark row's n-grams that a row must have to go; "
                         "0: one n-gram is enough")
            ->check(CLI::Range(0.0, 1.0))
            ->capture_default_str();
    command->add_flag("!--no-short-texts", o->ngrams.short_texts,
                      "Texts of fewer than n words match nothing, instead of the same text");
    command->add_flag("--open-r1", o->open_r1, "The flags of open-r1's script: n = 8, spaces")
        ->excludes(n, words, shared, overlap);
    command->add_flag("--mark", o->mark,
                      "Keep all rows, with contaminated_NAME for each benchmark");
    command->callback([o] { decontaminate(*o); });
}
