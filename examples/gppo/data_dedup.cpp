// SPDX-License-Identifier: Apache-2.0
//
// gppo data dedup: leaves out copies of earlier rows, exact and near ones.
//   gppo data dedup math.jsonl gsm8k.jsonl -o unique.jsonl --report report.json
#include "data_filter.hpp"

#include <gppo/data/asked_text.hpp>
#include <gppo/data/duplicates.hpp>

#include <memory>
#include <set>
#include <utility>

namespace {

struct DedupOptions {
    FilterFiles files;
    gppo::MinHashOptions minhash;
    std::string words = "letters";
    bool exact_only = false, same_answer = false;
};

struct Place {
    std::size_t file;
    gppo::Index row;
};

void dedup(const DedupOptions& options) {
    gppo::FilterReport report{.filter = "dedup"};
    report.settings = {{"near", !options.exact_only}};
    if (!options.exact_only)
        report.settings.update({{"words", options.words},
                                {"shingle", options.minhash.words},
                                {"buckets", options.minhash.buckets},
                                {"hashes", options.minhash.hashes},
                                {"seed", options.minhash.seed},
                                {"same_answer", options.same_answer}});
    gppo::ExactDuplicates exact;
    gppo::NearDuplicates near(options.minhash, word_rule(options.words));
    std::vector<Place> places;
    std::vector<std::size_t> same;       // for each row, the first one with its text
    std::vector<std::size_t> different;  // rows in `near`
    std::vector<std::string> answers;    // theirs, with --same-answer
    std::set<std::pair<std::size_t, std::string>> kept;  // clusters with the answers that stayed
    const auto look = [&](const std::string& file, gppo::StreamRow& row) {
        const std::string text = gppo::asked_text(row.value, options.files.field);
        std::size_t number = 0;
        while (options.files.inputs[number] != file) ++number;
        same.push_back(exact.first(text, places.size()));
        if (same.back() == places.size() && !options.exact_only) {
            near.add(text);
            if (options.same_answer) answers.push_back(gold_of(row.value));
            different.push_back(places.size());
        }
        places.push_back({number, row.row});
    };
    std::vector<std::size_t> clusters;
    std::size_t next = 0;  // in `different`
    const auto dropped = [&](const char* why, std::size_t first, double similarity) {
        const Place& place = places[first];
        return Dropped{
            why,
            {{"copy_of", {{"file", options.files.inputs[place.file]}, {"row", place.row}}},
             {"similarity", similarity}}};
    };
    const auto judge = [&](std::size_t i) -> std::optional<Dropped> {
        if (i == 0 && !options.exact_only) clusters = near.clusters();
        if (same[i] != i) return dropped("exact", same[i], 1);
        if (options.exact_only) return std::nullopt;
        const std::size_t own = next++, first = clusters[own];
        if (options.same_answer && kept.emplace(first, answers[own]).second) return std::nullopt;
        if (first == own) return std::nullopt;
        return dropped("near", different[first],
                       gppo::MinHash::similarity(near.signature(own), near.signature(first)));
    };
    filter_rows_twice(options.files, report, look, judge);
}

}  // namespace

void add_dedup_command(CLI::App& data) {
    CLI::App* command = data.add_subcommand(
        "dedup", "Leave out copies of earlier rows: exact ones and, by MinHash, near ones");
    const auto o = std::make_shared<DedupOptions>();
    add_filter_files(*command, o->files);
    command->add_flag("--same-answer", o->same_answer,
                      "Near copies with another gold answer stay: they are other problems");
    command->add_flag("--exact-only", o->exact_only, "Near copies stay");
    command
        ->add_option(
            "--words", o->words,
            "For near copies: letters (punctuation only separates) or spaces (it belongs to words)")
        ->check(CLI::IsMember({"letters", "spaces"}))
        ->capture_default_str();
    command->add_option("--shingle", o->minhash.words, "Words in a row that are compared")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command
        ->add_option("--buckets", o->minhash.buckets, "Buckets of hashes; one in common is enough")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--hashes", o->minhash.hashes, "Hashes of a bucket, which must all agree")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--seed", o->minhash.seed, "Which hash functions are drawn")
        ->capture_default_str();
    command->callback([o] { dedup(*o); });
}
