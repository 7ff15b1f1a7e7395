// SPDX-License-Identifier: Apache-2.0
//
// Our side of bench/data.py. argv: a JSON file {"benchmarks": {name: [text]}, "rows": [text],
// "documents": [text]}. Each line on standard input names a case, which is answered with the
// seconds it took and what it found.
//   decontaminate, decontaminate open-r1     the rows flagged
//   minhash                                  one sum over all signatures
//   dedup                                    signatures and clusters: the rows that go
#include <gppo/core/file.hpp>
#include <gppo/data/duplicates.hpp>
#include <gppo/data/ngram_index.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

using nlohmann::json;

gppo::NgramIndex index_of(const json& benchmarks, const gppo::NgramOptions& options) {
    gppo::NgramIndex index(options);
    for (const auto& [name, texts] : benchmarks.items()) {
        index.add_benchmark(name);
        for (std::size_t i = 0; i < texts.size(); ++i)
            index.add(static_cast<gppo::Index>(i) + 1, texts[i].get<std::string>());
    }
    return index;
}

std::size_t flagged(const gppo::NgramIndex& index, const std::vector<std::string>& rows) {
    gppo::Words words(index.options().words);
    std::vector<gppo::NgramHit> hits;
    std::size_t count = 0;
    for (const std::string& row : rows) {
        index.find(words, row, hits);
        count += !hits.empty();
    }
    return count;
}

std::uint64_t signature_sum(const std::vector<std::string>& documents) {
    const gppo::MinHash minhash;
    gppo::Words words(gppo::WordRule::letters);
    std::vector<std::uint64_t> shingles, signature(minhash.size());
    std::uint64_t sum = 0;
    for (const std::string& document : documents) {
        words.read(document);
        minhash.shingles(words, shingles);
        if (shingles.empty()) continue;
        minhash.signature(shingles, signature);
        for (const std::uint64_t value : signature) sum += value;
    }
    return sum;
}

std::size_t duplicates(const std::vector<std::string>& documents) {
    gppo::NearDuplicates near;
    for (const std::string& document : documents) near.add(document);
    const auto first = near.clusters();
    std::size_t count = 0;
    for (std::size_t i = 0; i < first.size(); ++i) count += first[i] != i;
    return count;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 1;
    const json data = json::parse(gppo::read_file(argv[1]));
    const auto rows = data["rows"].get<std::vector<std::string>>();
    const auto documents = data["documents"].get<std::vector<std::string>>();
    const auto ours = index_of(data["benchmarks"], {}),
               open_r1 = index_of(data["benchmarks"], gppo::open_r1_ngrams);
    for (std::string name; std::getline(std::cin, name);) {
        const auto start = std::chrono::steady_clock::now();
        std::uint64_t found = 0;
        if (name == "decontaminate") found = flagged(ours, rows);
        if (name == "decontaminate open-r1") found = flagged(open_r1, rows);
        if (name == "minhash") found = signature_sum(documents);
        if (name == "dedup") found = duplicates(documents);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        std::cout << json{{"seconds", took.count()}, {"found", found}}.dump() << std::endl;
    }
}
