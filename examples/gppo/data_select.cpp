// SPDX-License-Identifier: Apache-2.0
//
// gppo data filter: keeps the rows that every rule accepts.
//   gppo data filter rows.jsonl -o kept.jsonl --rule links --rule question --rule answer
//   gppo data filter rows.jsonl -o kept.jsonl --rule pass_rate:field=passes,above=0,below=1
#include "data_rules.hpp"

#include <gppo/core/in_threads.hpp>
#include <gppo/data/asked_text.hpp>
#include <gppo/data/pass_count.hpp>
#include <gppo/data/selection.hpp>
#include <gppo/data/test_validity.hpp>
#include <gppo/verify/code_pool.hpp>
#include <gppo/verify/code_rows.hpp>

#include <iostream>
#include <memory>
#include <utility>

namespace {

struct SelectOptions {
    FilterFiles files;
    std::vector<std::string> rules;
    std::string minimum = "bubblewrap";
    bool force = false;
    int threads = 2;
};

/// Programs of a field: one, or a list of them.
std::vector<std::string> programs_of(const nlohmann::json& value) {
    if (value.is_string()) return {value.get<std::string>()};
    gppo::expects(value.is_array() && !value.empty(), "the solutions are neither text nor a list");
    std::vector<std::string> programs;
    for (const nlohmann::json& one : value) {
        gppo::expects(one.is_string(), "a solution is not text");
        programs.push_back(one.get<std::string>());
    }
    return programs;
}

/// Rows wait until there are enough of them for all threads; the tests are judged after the rules
/// that only read.
class TestsRule {
  public:
    TestsRule(RuleText& rule, const SelectOptions& options)
        : solution_(rule.needed("solution")),
          wrong_(rule.text("wrong")),
          threads_(options.threads),
          judge_(judge_options(options)) {
        std::cerr << "isolation: " << judge_.isolation() << "\n";
    }

    void add(std::size_t number, const gppo::StreamRow& row,
             std::vector<std::optional<Dropped>>& dropped) {
        Waiting waiting{number,
                        gppo::read_code_tests(gppo::parse_tests(row.text)),
                        programs_of(needed_field(row, solution_)),
                        {}};
        gppo::expects(waiting.tests.size() > 0, "the row has no tests");
        if (wrong_) waiting.wrong = programs_of(needed_field(row, *wrong_));
        waiting_.push_back(std::move(waiting));
        if (waiting_.size() >= 64) judge(dropped);
    }

    void judge(std::vector<std::optional<Dropped>>& dropped) {
        const auto judge_row = [&](std::size_t i) {
            const Waiting& w = waiting_[i];
            std::string why = gppo::invalid_tests(judge_, w.tests, w.solutions, w.wrong);
            if (!why.empty()) dropped[w.number] = Dropped{std::move(why), {{"rule", "tests"}}};
        };
        gppo::in_threads(waiting_.size(), threads_, [&] { return judge_row; });
        waiting_.clear();
    }

  private:
    struct Waiting {
        std::size_t number;
        gppo::CodeTests tests;
        std::vector<std::string> solutions, wrong;
    };
    static gppo::CodeJudgeOptions judge_options(const SelectOptions& options) {
        gppo::CodeJudgeOptions judge;
        judge.minimum = *gppo::isolation_level(options.minimum);
        judge.forced = options.force;
        judge.whole_response = true;
        judge.stop_at_first = true;
        return judge;
    }

    std::string solution_;
    std::optional<std::string> wrong_;
    int threads_;
    gppo::CodeJudge judge_;
    std::vector<Waiting> waiting_;
};

/// The top part by potential, of the rows that all other rules keep.
struct PotentialRule {
    std::string field;
    double top;
    std::vector<double> values;  // of each row

    PotentialRule(RuleText& rule)
        : field(rule.needed("field")), top(rule.number("top").value_or(0.25)) {
        gppo::expects(top > 0 && top <= 1, [&] {
            return "rule " + rule.whole() + ": top must be above 0 and at most 1";
        });
    }
    void add(const gppo::StreamRow& row) {
        values.push_back(
            gppo::improvement_potential(gppo::pass_count(needed_field(row, field)).rate));
    }
    void finish(std::vector<std::optional<Dropped>>& dropped) const {
        std::vector<double> scores;
        std::vector<std::size_t> rows;
        for (std::size_t i = 0; i < dropped.size(); ++i)
            if (!dropped[i]) rows.push_back(i), scores.push_back(values[i]);
        if (rows.empty()) return;
        const auto in = gppo::top_share(scores, top);
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (!in[i])
                dropped[rows[i]] =
                    Dropped{"less potential", {{"rule", "potential"}, {"potential", scores[i]}}};
    }
};

/// The k sources of the best mean quality, over the rows that the rules on single rows keep.
struct SourcesRule {
    std::string quality, source;
    double k;
    std::vector<std::pair<std::string, double>> values;  // of each row

    SourcesRule(RuleText& rule)
        : quality(rule.needed("quality")),
          source(rule.text("source").value_or("data_source")),
          k(rule.number("k").value_or(0)) {
        gppo::expects(k >= 1,
                      [&] { return "rule " + rule.whole() + ": needs k, the sources to keep"; });
    }
    void add(const gppo::StreamRow& row) {
        const nlohmann::json& value = needed_field(row, quality);
        gppo::expects(value.is_number(),
                      [&] { return "field \"" + quality + "\" is not a number"; });
        values.emplace_back(source_text(row, source), value.get<double>());
    }
    void finish(std::vector<std::optional<Dropped>>& dropped, OrderedJson& more) const {
        gppo::SourceQuality sources;
        for (std::size_t i = 0; i < dropped.size(); ++i)
            if (!dropped[i]) sources.add(values[i].first, values[i].second);
        for (const auto& [name, mean] : sources.ranking()) more["sources"][name] = mean;
        const auto top = sources.top(static_cast<std::size_t>(k));
        for (std::size_t i = 0; i < dropped.size(); ++i)
            if (!dropped[i] && !top.contains(values[i].first))
                dropped[i] = Dropped{"source not among the best",
                                     {{"rule", "top_sources"}, {"source", values[i].first}}};
    }
};

/// All rules of a run, in the order in which they look.
struct RuleSet {
    std::vector<RowRule> single;
    std::unique_ptr<TestsRule> tests;
    std::unique_ptr<SourcesRule> sources;
    std::unique_ptr<PotentialRule> potential;

    explicit RuleSet(const SelectOptions& options) {
        for (const std::string& text : options.rules) {
            RuleText rule(text);
            bool known = true;
            if (auto one = row_rule(rule, options.files.field))
                single.push_back(std::move(*one));
            else if (rule.name() == "tests" && !tests)
                tests = std::make_unique<TestsRule>(rule, options);
            else if (rule.name() == "top_sources" && !sources)
                sources = std::make_unique<SourcesRule>(rule);
            else if (rule.name() == "potential" && !potential)
                potential = std::make_unique<PotentialRule>(rule);
            else
                known = false;
            gppo::expects(known, [&] {
                return "rule " + text +
                       ": not known, or given twice; rules are links, question, answer, readable, "
                       "length, test_count, pass_rate, tests, top_sources, potential";
            });
            rule.check_keys();
        }
    }
};

void select_rows(const SelectOptions& options) {
    RuleSet rules(options);
    gppo::FilterReport report{.filter = "filter"};
    report.settings = {{"rules", options.rules}};
    std::vector<std::optional<Dropped>> dropped;
    bool finished = false;
    const auto look = [&](const std::string&, gppo::StreamRow& row) {
        std::optional<Dropped> why;
        for (const RowRule& rule : rules.single)
            if ((why = rule(row))) break;
        // Of a row that goes, what the rules on all rows would ask for may be missing.
        const bool stays = !why;
        dropped.push_back(std::move(why));
        try {
            if (rules.sources)
                stays ? rules.sources->add(row) : void(rules.sources->values.emplace_back());
            if (rules.potential)
                stays ? rules.potential->add(row) : void(rules.potential->values.emplace_back());
            if (rules.tests && stays) rules.tests->add(dropped.size() - 1, row, dropped);
        } catch (...) {  // a bad row is no row
            dropped.pop_back();
            if (rules.sources) rules.sources->values.resize(dropped.size());
            if (rules.potential) rules.potential->values.resize(dropped.size());
            throw;
        }
    };
    const auto finish = [&] {
        if (rules.tests) rules.tests->judge(dropped);
        if (rules.sources) rules.sources->finish(dropped, report.more);
        if (rules.potential) rules.potential->finish(dropped);
        finished = true;
    };
    filter_rows_twice(options.files, report, look, [&](std::size_t i) {
        if (!finished) finish();
        return std::move(dropped[i]);
    });
}

}  // namespace

void add_select_command(CLI::App& data) {
    CLI::App* command = data.add_subcommand("filter", "Keep the rows that every rule accepts");
    const auto o = std::make_shared<SelectOptions>();
    add_filter_files(*command, o->files);
    command
        ->add_option(
            "--rule", o->rules,
            "NAME or NAME:key=value,key=value; several times. The rules:\n"
            "links: no link or image in the question\n"
            "question: no proof, true-or-false, multiple-choice or multi-part question\n"
            "answer: the verifier of the data_source can read the gold answer or the tests\n"
            "readable:field=F[,min=0.5]: it reads more than this share of the responses in F\n"
            "length:[field=F],[min=],[max=],[unit=words|characters|tokens],[tokenizer=FILE],\n"
            "  [part=all|thinking]\n"
            "test_count:min=16\n"
            "pass_rate:field=F,[min=],[max=],[above=],[below=],[k=]: F is a rate, a list of\n"
            "  rewards or verdicts, or {passed, total}; with k, pass@k\n"
            "tests:solution=F[,wrong=F]: the programs in F pass all tests, an empty program\n"
            "  and those in wrong fail\n"
            "top_sources:quality=F,k=K[,source=data_source]: the K sources of the best mean F\n"
            "potential:field=F[,top=0.25]: the part nearest to a pass rate of one half")
        ->required()
        ->allow_extra_args(false);
    command->add_option("--threads", o->threads, "Programs judged at a time (tests)")
        ->capture_default_str();
    command
        ->add_option("--minimum-level", o->minimum,
                     "Refuse to run programs with less isolation (tests)")
        ->check(CLI::IsMember({"none", "rlimits", "landlock", "bubblewrap"}))
        ->capture_default_str();
    command->add_flag("--force", o->force, "Run programs at whatever level works (tests)");
    command->callback([o] { select_rows(*o); });
}
