// SPDX-License-Identifier: Apache-2.0
#include "grader.hpp"

#include "catch.hpp"

#include <string>
#include <utility>
#include <vector>

namespace {

Example example(const std::string& gold) {
    Example e;
    e.record.gold = gold;
    e.record.data_source = "arithmetic";
    return e;
}

std::vector<Judged> judge(const RewardConfig& config, const Example& e,
                          const std::vector<std::string>& texts, Index group = 1) {
    std::vector<Judged> judged;
    for (const std::string& text : texts) {
        Judged each{&e, {}, text};
        each.completion.tokens.assign(text.size(), 7);
        each.completion.finish = text.ends_with("...") ? gppo::Finish::length : gppo::Finish::stop;
        judged.push_back(std::move(each));
    }
    Grader{config}(judged, group, 100);
    return judged;
}

}  // namespace

TEST_CASE("a completion is judged by channel", "[grader]") {
    const Example e = example("12");
    const auto judged = judge({}, e,
                              {"<think>5+7</think>\\boxed{12}", "<think>5+7</think>\\boxed{13}",
                               "\\boxed{12}", "<think>5+7...", "<think>x</think>no box"});
    CHECK(judged[0].score == gppo::Score{.score = 1, .acc = 1, .passed = 1, .format = 1});
    CHECK(judged[1].score == gppo::Score{.format = 1});
    CHECK(judged[2].score == gppo::Score{});  // right, but without thinking
    CHECK(judged[2].verdict == "equal");
    CHECK(judged[3].score == gppo::Score{.truncated = true, .unparsable = true});
    CHECK(judged[4].score == gppo::Score{.format = 1, .unparsable = true});
    RewardConfig lenient;
    lenient.needs_thinking = false;
    CHECK(judge(lenient, e, {"\\boxed{12}"})[0].score ==
          gppo::Score{.score = 1, .acc = 1, .passed = 1});
}

TEST_CASE("every verdict is counted, those that never came as 0", "[grader]") {
    const Example e = example("12");
    const auto judged = judge({}, e,
                              {"<think>a</think>\\boxed{12}", "<think>a</think>\\boxed{13}",
                               "<think>a</think>\\boxed{14}", "nothing"});
    using Counts = std::vector<std::pair<std::string, Index>>;
    CHECK(count_verdicts(judged) ==
          Counts{{"equal", 1}, {"different", 2}, {"unparsable", 1}, {"budget", 0}});
}

TEST_CASE("parts of the reward see the group, the tags and the tokens", "[grader]") {
    const Example e = example("12");
    RewardConfig config;
    config.parts = {
        {{"name", "kimi_length"}}, {{"name", "repetition"}}, {{"name", "think_penalty"}}};
    const std::string brief = "<think>a</think>\\boxed{12}",
                      wordy = "<think>aaaa</think>\\boxed{12}";
    const auto judged = judge(config, e, {brief, wordy, "<think>", "\\boxed{12}</think>"}, 2);
    CHECK(judged[0].parts[0] == 0.5f);
    CHECK(judged[1].parts[0] == -0.5f);
    CHECK(judged[0].parts[1] < -0.9f);  // one token all along
    CHECK(judged[2].score.score == -0.5f);
    CHECK(judged[3].score.score == -2.0f);
    CHECK(Grader{config}.part_names() ==
          Strings{"0_kimi_length", "1_repetition", "2_think_penalty"});
}

TEST_CASE("what a tool said is no answer of the model's", "[grader]") {
    const Example e = example("12");
    RewardConfig config;
    config.needs_thinking = false;
    config.parts = {FreeTable{{"name", "zero_one"}}, FreeTable{{"name", "turns"}}};
    Judged said{&e, {}, "call\\boxed{12} done"}, right = said, broken = said;
    for (Judged* each : {&said, &right, &broken}) {
        each->completion.tokens.assign(9, 7);
        each->completion.mask = {1, 1, 1, 0, 0, 0, 1, 1, 1};
        each->completion.finish = gppo::Finish::stop;
        each->completion.tools = {.turns = 2, .final_turn = 6, .calls = 1};
        each->final_turn = " done";
    }
    right.final_turn = "\\boxed{12}";
    right.completion.tools.malformed_turns = 1;
    broken.completion.tools.broken = true;
    std::vector<Judged> judged{said, right, broken};
    Grader{config}(judged, 3, 100);
    CHECK(judged[0].score.acc == 0);
    CHECK(judged[0].score.score == Approx(0.1));  // a well-formed turn, and no answer
    CHECK(judged[1].score.acc == 1);
    CHECK(judged[1].score.score == Approx(0.9));
    CHECK(judged[2].score.infra);
}

TEST_CASE("a reward model's score is a part of the reward, and leaves the verdict alone",
          "[grader]") {
    const Example e = example("12");
    RewardConfig config;
    config.needs_thinking = false;
    config.parts = {FreeTable{{"name", "zero_one"}},
                    FreeTable{{"name", "model"}, {"scale", 0.5}, {"shift", 1.0}}};
    Grader grader(config);
    CHECK(grader.needs_model());
    CHECK_FALSE(Grader(RewardConfig{}).needs_model());
    std::vector<Judged> judged{{&e, {}, "\\boxed{12}"}, {&e, {}, "\\boxed{13}"}};
    grader.use_model([](std::span<const Judged> all) {
        std::vector<float> scores;
        for (const Judged& each : all) scores.push_back(each.text.find("13") ? 3.0f : -3.0f);
        scores[0] = -1.0f;
        return scores;
    });
    grader(judged, 2, 100);
    CHECK(judged[0].score.score == Approx(1.0));
    CHECK(judged[0].score.acc == 1);
    CHECK(judged[1].score.score == Approx(2.0));  // liked, and wrong
    CHECK(judged[1].score.acc == 0);
}
