// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include "catch.hpp"

#include <set>
#include <vector>

namespace {

using gppo::Index;

Config sums(Index rows) {
    Config config;
    config.task.digits_min = config.task.digits_max = 1;
    config.task.rows = rows;
    return config;
}

struct Pool {
    explicit Pool(Index rows, Config c = {})
        : config(sums(rows)),
          tokenizer(gppo::Tokenizer::characters(task_alphabet(config.task))),
          task(config, tokenizer) {
        config.curriculum = c.curriculum;
    }
    Config config;
    gppo::Tokenizer tokenizer;
    Task task;
};

/// Two completions of `example`, `right` of them right.
std::vector<Judged> outcome(const Example& example, int right) {
    std::vector<Judged> judged(2);
    for (int g = 0; g < 2; ++g) {
        judged[static_cast<std::size_t>(g)].example = &example;
        judged[static_cast<std::size_t>(g)].score.acc = g < right ? 1.0f : 0.0f;
    }
    return judged;
}

/// The rows of the next `count` examples.
std::vector<Index> draw(Feed& feed, Index& position, Index count) {
    std::vector<Index> rows;
    for (Index i = 0; i < count; ++i) rows.push_back(feed.next(position).row);
    return rows;
}

}  // namespace

TEST_CASE("without a curriculum a feed gives out what the task alone would", "[feed]") {
    const Pool pool(11);
    Feed feed(pool.task, pool.config.curriculum, 2);
    REQUIRE(feed.begin());
    Index position = 0;
    for (Index i = 0; i < 30; ++i) CHECK(feed.next(position).row == pool.task.training(2, i).row);
    CHECK(position == 30);
    gppo::Metrics metrics{.step = 1, .stage = "rl", .values = {}};
    feed.log(metrics);
    CHECK(metrics.values.empty());
}

TEST_CASE("solved rows are left out of the next epoch, and back when they fail", "[feed]") {
    Config config;
    config.curriculum.drop_solved = true;
    config.curriculum.refresh = "epoch";
    const Pool pool(6, config);
    Feed feed(pool.task, pool.config.curriculum, 2);
    REQUIRE(feed.begin());
    Index position = 0;
    draw(feed, position, 6);
    const Example first = pool.task.row(0), second = pool.task.row(1);
    feed.add(outcome(first, 2), 2);
    feed.add(outcome(second, 1), 2);
    const auto next = draw(feed, position, 5);
    CHECK(std::set<Index>(next.begin(), next.end()) == std::set<Index>{1, 2, 3, 4, 5});
    feed.add(outcome(first, 1), 2);
    const auto again = draw(feed, position, 6);
    CHECK(std::set<Index>(again.begin(), again.end()).size() == 6);
    CHECK_FALSE(feed.exhausted());
    for (Index row = 0; row < 6; ++row) {
        const Example e = pool.task.row(row);
        feed.add(outcome(e, 2), 2);
    }
    draw(feed, position, 1);  // the step that needs it gets it, and is the last
    CHECK(feed.exhausted());
    Feed later(pool.task, pool.config.curriculum, 2);
    later.restore(feed.json(), true);
    CHECK_FALSE(later.begin());
}

TEST_CASE("a completion that no verifier could judge is no outcome", "[feed]") {
    const Pool pool(3);
    Feed feed(pool.task, pool.config.curriculum, 2);
    const Example e = pool.task.row(1);
    auto judged = outcome(e, 0);
    for (Judged& each : judged) each.score.infra = true;
    feed.add(judged, 2);
    CHECK(feed.untried() == std::vector<Index>{0, 1, 2});
}

TEST_CASE("a feed goes on from its JSON, in the middle of an epoch too", "[feed]") {
    Config config;
    config.curriculum.high = 0.5;
    const Pool pool(9, config);
    Feed feed(pool.task, pool.config.curriculum, 2);
    const Example e = pool.task.row(4);
    feed.add(outcome(e, 2), 2);
    REQUIRE(feed.begin());
    Index position = 0;
    draw(feed, position, 5);
    Feed copy(pool.task, pool.config.curriculum, 2);
    copy.restore(nlohmann::ordered_json::parse(feed.json().dump()), false);
    CHECK(copy.json() == feed.json());
    Index same = position;
    CHECK(draw(copy, same, 20) == draw(feed, position, 20));
}

TEST_CASE("pass rates outlive stages with other rows, unless carry is off", "[feed]") {
    const Pool sums_pool(9), other_pool(8);
    Feed feed(sums_pool.task, {}, 2);
    const Example e = sums_pool.task.row(4);
    feed.add(outcome(e, 2), 2);
    Feed between(other_pool.task, {}, 2);
    between.restore(feed.json(), true);
    CHECK(between.untried().size() == 8);
    Feed after(sums_pool.task, {}, 2);
    after.restore(between.json(), true);
    CHECK(after.untried().size() == 8);
    Feed fresh(sums_pool.task, {.carry = false}, 2);
    fresh.restore(between.json(), true);
    CHECK(fresh.untried().size() == 9);
}
