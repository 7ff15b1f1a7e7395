// SPDX-License-Identifier: Apache-2.0
//
// gppo data judge and gppo data similar: filters that ask an OpenAI-compatible endpoint.
//   gppo data judge rows.jsonl -o kept.jsonl --endpoint http://127.0.0.1:8000/v1 --model qwen
//   gppo data similar code.jsonl -o kept.jsonl --endpoint http://127.0.0.1:8000/v1 --threshold 0.95
//   gppo data similar code.jsonl -o kept.jsonl --checkpoint run/model --centre --threshold 0.95
#include "data_endpoint.hpp"
#include "data_filter.hpp"
#include "own_embeddings.hpp"

#include <gppo/core/file.hpp>
#include <gppo/core/in_threads.hpp>
#include <gppo/data/asked_text.hpp>
#include <gppo/data/embedding_duplicates.hpp>
#include <gppo/data/judge_votes.hpp>
#include <gppo/data/pooled_states.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace {

struct AskOptions {
    FilterFiles files;
    std::string endpoint, question_file;
    gppo::JudgeQuestion question;
    gppo::Index minimum = 9;
    double threshold = 0.95, deadline = 600;
    int connections = 8;
    std::size_t batch = 32;
    OwnEmbeddingOptions own;  // of similar, in place of an endpoint
    bool centre = false;
    std::string vectors;
};

/// ask(endpoint, i) for i = 0 … count - 1, `connections` at a time. The first failure ends it.
void ask_all(const AskOptions& options, std::size_t count,
             const std::function<void(const Endpoint&, std::size_t)>& ask) {
    gppo::in_threads(count, options.connections, [&] {
        return [&ask, endpoint = make_endpoint(options.endpoint, options.deadline)](std::size_t i) {
            ask(endpoint, i);
        };
    });
}

/// The texts of all rows; a model is asked when all files are read, so that a bad file costs
/// no call.
template <class Ask, class Judge>
void filter_by_asking(const AskOptions& options, gppo::FilterReport& report, Ask ask, Judge judge) {
    if (!options.endpoint.empty())
        make_endpoint(options.endpoint, options.deadline);  // a bad address is refused before that
    std::vector<std::string> texts;
    bool asked = false;
    filter_rows_twice(
        options.files, report,
        [&](const std::string&, gppo::StreamRow& row) {
            texts.push_back(gppo::asked_text(row.value, options.files.field));
        },
        [&](std::size_t i) {
            if (!asked) ask(texts);
            asked = true;
            return judge(i);
        });
}

void judge_rows(AskOptions options) {
    if (!options.question_file.empty())
        options.question.text = gppo::read_file(options.question_file);
    gppo::judge_request(options.question, "");  // {text} is there
    gppo::expects(options.minimum <= options.question.votes,
                  "--min asks for more votes than --votes gives");
    gppo::FilterReport report{.filter = "judge"};
    report.settings = {{"model", options.question.model},
                       {"votes", options.question.votes},
                       {"min", options.minimum},
                       {"temperature", options.question.temperature}};
    std::vector<gppo::JudgeVotes> votes;
    const auto ask = [&](const std::vector<std::string>& texts) {
        votes.resize(texts.size());
        ask_all(options, texts.size(), [&](const Endpoint& endpoint, std::size_t i) {
            votes[i] = gppo::read_votes(
                endpoint("/chat/completions", gppo::judge_request(options.question, texts[i])),
                options.question.votes);
        });
    };
    filter_by_asking(options, report, ask, [&](std::size_t i) -> std::optional<Dropped> {
        if (votes[i].yes >= options.minimum) return std::nullopt;
        return Dropped{"too few votes",
                       {{"yes", votes[i].yes}, {"no", votes[i].no}, {"none", votes[i].none}}};
    });
}

/// Embeddings of all texts from the endpoint, a batch a call.
std::vector<std::vector<float>> asked_embeddings(const AskOptions& options,
                                                 const std::vector<std::string>& texts) {
    std::vector<std::vector<float>> vectors(texts.size());
    const std::size_t batches = (texts.size() + options.batch - 1) / options.batch;
    ask_all(options, batches, [&](const Endpoint& endpoint, std::size_t b) {
        const std::size_t begin = b * options.batch,
                          end = std::min(texts.size(), begin + options.batch);
        nlohmann::json body{
            {"input", std::vector<std::string>(texts.begin() + static_cast<std::ptrdiff_t>(begin),
                                               texts.begin() + static_cast<std::ptrdiff_t>(end))}};
        if (!options.question.model.empty()) body["model"] = options.question.model;
        auto read = gppo::read_embeddings(endpoint("/embeddings", body), end - begin);
        std::move(read.begin(), read.end(), vectors.begin() + static_cast<std::ptrdiff_t>(begin));
    });
    return vectors;
}

/// {"row": 1, "embedding": [...]} for every row, counted over all files, bad ones left out.
void write_vectors(const std::string& path, const std::vector<std::vector<float>>& vectors) {
    gppo::AtomicFile file(path);
    for (std::size_t i = 0; i < vectors.size(); ++i)
        file.write(OrderedJson{{"row", i + 1}, {"embedding", vectors[i]}}.dump() + "\n");
    file.commit();
}

void leave_out_similar(const AskOptions& options) {
    gppo::expects(options.endpoint.empty() != options.own.directory.empty(),
                  "gppo data similar needs --endpoint or --checkpoint, and not both");
    std::optional<OwnEmbeddings> own;
    if (!options.own.directory.empty()) own.emplace(options.own);
    gppo::FilterReport report{.filter = "similar"};
    report.settings = {{"model", own ? options.own.directory : options.question.model},
                       {"threshold", options.threshold},
                       {"centre", options.centre}};
    gppo::EmbeddingDuplicates duplicates(options.threshold);
    std::vector<std::vector<float>> vectors;
    const auto ask = [&](const std::vector<std::string>& texts) {
        vectors = own ? (*own)(texts) : asked_embeddings(options, texts);
        if (own) report.more["truncated"] = own->truncated();
        if (!options.vectors.empty()) write_vectors(options.vectors, vectors);
        if (options.centre) gppo::centre(vectors);
    };
    filter_by_asking(options, report, ask, [&](std::size_t i) -> std::optional<Dropped> {
        const auto match = duplicates.add(vectors[i]);
        if (!match) return std::nullopt;
        // Rows are counted over all files, bad ones left out, from 1.
        return Dropped{"similar", {{"copy_of_row", match->row + 1}, {"cosine", match->cosine}}};
    });
}

void add_endpoint_options(CLI::App& command, AskOptions& o, bool required) {
    add_filter_files(command, o.files);
    command
        .add_option(
            "--endpoint", o.endpoint,
            "Address of an OpenAI-compatible server as far as /v1; its key is in GPPO_JUDGE_KEY")
        ->required(required);
    command.add_option("--model", o.question.model,
                       "Name of the model, where the server needs one");
    command.add_option("--connections", o.connections, "Calls under way at a time")
        ->capture_default_str();
    command.add_option("--deadline", o.deadline, "Seconds for each call")->capture_default_str();
}

void add_own_options(CLI::App& command, AskOptions& o) {
    command.add_option("--checkpoint", o.own.directory,
                       "Directory of a model, in place of --endpoint: the mean of its hidden "
                       "states is a row's embedding");
    command
        .add_option("--max-tokens", o.own.max_tokens,
                    "Tokens of a row that the checkpoint reads, 0 for as many as it can")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command
        .add_option("--batch-tokens", o.own.batch_tokens, "Tokens in one pass of the checkpoint")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command.add_option("--threads", o.own.threads, "Of the checkpoint, 0 for all")
        ->capture_default_str();
    command.add_option("--precision", o.own.precision, "Of the checkpoint's products")
        ->check(CLI::IsMember({"fp32", "bf16"}))
        ->capture_default_str();
    command.add_flag("--centre", o.centre, "Subtract the mean of all rows from each embedding");
    command.add_option("--vectors", o.vectors, "JSONL file for the embeddings, before --centre");
}

}  // namespace

void add_judge_commands(CLI::App& data) {
    const auto o = std::make_shared<AskOptions>();
    CLI::App* judge =
        data.add_subcommand("judge", "Keep the rows for which a model votes often enough");
    add_endpoint_options(*judge, *o, true);
    judge->add_option("--votes", o->question.votes, "Answers for each row")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    judge->add_option("--min", o->minimum, "Votes that keep a row")->capture_default_str();
    judge->add_option("--temperature", o->question.temperature, "Of the votes")
        ->capture_default_str();
    judge->add_option("--max-tokens", o->question.max_tokens, "Of each answer")
        ->capture_default_str();
    judge->add_option(
        "--question", o->question_file,
        "File with the question, {text} for the row's text; answers end with yes or no");
    judge->callback([o] { judge_rows(*o); });

    const auto s = std::make_shared<AskOptions>();
    CLI::App* similar = data.add_subcommand(
        "similar", "Leave out rows whose embedding is close to an earlier one's");
    add_endpoint_options(*similar, *s, false);
    add_own_options(*similar, *s);
    similar->add_option("--threshold", s->threshold, "Cosine from which a row is a copy")
        ->capture_default_str();
    similar->add_option("--batch", s->batch, "Texts in a call")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    similar->callback([s] { leave_out_similar(*s); });
}
