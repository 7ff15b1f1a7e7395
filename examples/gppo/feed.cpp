// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include <algorithm>
#include <map>

namespace {

gppo::CurriculumOrder order_from(const std::string& name) {
    static const std::map<std::string, gppo::CurriculumOrder> orders{
        {"shuffled", gppo::CurriculumOrder::shuffled},
        {"easy_first", gppo::CurriculumOrder::easy_first},
        {"hard_first", gppo::CurriculumOrder::hard_first},
        {"potential_first", gppo::CurriculumOrder::potential_first}};
    return orders.at(name);
}

}  // namespace

Feed::Feed(const Task& task, const CurriculumConfig& config, std::uint64_t stream)
    : task_(&task), config_(config), stream_(stream), rates_(task.rows()) {
    if (task.rows() > 0) pool_ = task.pool();
}

bool Feed::choose(std::uint64_t epoch) {
    gppo::Curriculum rule{.order = order_from(config_.order),
                          .top = config_.top,
                          .drop_solved = config_.drop_solved,
                          .drop_unsolved = config_.drop_unsolved,
                          .low = config_.low,
                          .high = config_.high};
    gppo::Index solved = 0, left = 0;
    for (gppo::Index row = 0; row < rates_.rows(); ++row) {
        const double p = rates_.rate(row);
        solved += p == 1;
        left += !((rule.drop_solved && p == 1) || (rule.drop_unsolved && p == 0) ||
                  (rates_.known(row) && (p < rule.low || p > rule.high)));
    }
    exhausted_ = left == 0;
    if (exhausted_) return false;
    rows_ = gppo::curriculum_rows(rates_, rule, task_->order_seed(stream_) ^ epoch);
    dropped_ = rates_.rows() - std::ssize(rows_);
    dropped_solved_ = rule.drop_solved || rule.high < 1 ? solved : 0;
    return true;
}

void Feed::load(gppo::Cursor cursor) {
    loader_.emplace(rows_, order_from(config_.order), task_->order_seed(stream_), cursor);
}

bool Feed::begin() {
    if (task_->rows() == 0) return true;
    if (!choose(0)) return false;
    load({});
    return true;
}

Example Feed::next(gppo::Index& position) {
    if (task_->rows() == 0) return task_->training(stream_, position++);
    const gppo::Cursor cursor = loader_->cursor();
    // Where no row is left for it the epoch that ended is gone through once more: the step that
    // is being made needs its prompts, and is the last.
    if (config_.refresh == "epoch" && cursor.position == std::ssize(rows_)) {
        choose(cursor.epoch + 1);
        load({cursor.epoch + 1, 0});
    }
    ++position;
    return task_->row(loader_->next());
}

Example Feed::at(gppo::Index place) const {
    return task_->rows() == 0 ? task_->training(stream_, place) : task_->row(place);
}

void Feed::add(const std::vector<Judged>& judged, gppo::Index group) {
    if (task_->rows() == 0) return;
    const auto size = static_cast<std::size_t>(group);
    for (std::size_t first = 0; first < judged.size(); first += size) {
        gppo::Index right = 0, tries = 0;
        for (std::size_t b = first; b < first + size; ++b) {
            if (judged[b].score.infra) continue;
            ++tries, right += judged[b].score.acc > 0.5f;
        }
        if (tries > 0) rates_.set(judged[first].example->row, right, tries);
    }
}

std::vector<gppo::Index> Feed::untried() const {
    std::vector<gppo::Index> rows;
    for (gppo::Index row = 0; row < rates_.rows(); ++row)
        if (!rates_.known(row)) rows.push_back(row);
    return rows;
}

void Feed::log(gppo::Metrics& metrics) const {
    if (task_->rows() == 0 || !config_.active()) return;
    gppo::Index tried = 0, solved = 0;
    double sum = 0;
    for (gppo::Index row = 0; row < rates_.rows(); ++row) {
        if (!rates_.known(row)) continue;
        ++tried, solved += rates_.rate(row) == 1, sum += rates_.rate(row);
    }
    metrics["curriculum/rows"] = static_cast<double>(rows_.size());
    metrics["curriculum/dropped"] = static_cast<double>(dropped_);
    metrics["curriculum/dropped_solved"] = static_cast<double>(dropped_solved_);
    metrics["curriculum/tried"] = static_cast<double>(tried);
    metrics["curriculum/solved"] = static_cast<double>(solved);
    metrics["curriculum/rate"] = tried > 0 ? sum / static_cast<double>(tried) : 0.0;
    metrics["curriculum/epoch"] = static_cast<double>(loader_ ? loader_->cursor().epoch : 0);
}

nlohmann::ordered_json Feed::json() const {
    nlohmann::ordered_json json{{"others", others_}};
    if (task_->rows() == 0) return json;
    json["pool"] = pool_, json["rates"] = rates_.json(), json["rows"] = nullptr;
    if (!loader_) return json;
    if (std::ssize(rows_) < rates_.rows() || config_.order != "shuffled") json["rows"] = rows_;
    json["epoch"] = loader_->cursor().epoch, json["position"] = loader_->cursor().position;
    json["dropped"] = dropped_, json["dropped_solved"] = dropped_solved_;
    json["exhausted"] = exhausted_;
    return json;
}

void Feed::restore(const nlohmann::ordered_json& json, bool new_stage) {
    others_ = json.value("others", nlohmann::ordered_json::object());
    const std::string pool = json.value("pool", std::string());
    if (!pool.empty() && (pool != pool_ || new_stage)) others_[pool] = json.at("rates");
    if (task_->rows() == 0) return;
    const auto known = new_stage ? others_.value(pool_, nlohmann::ordered_json::array())
                                 : json.value("rates", nlohmann::ordered_json::array());
    if (!new_stage || config_.carry) rates_ = gppo::PassRates::from_json(known, task_->rows());
    others_.erase(pool_);
    if (new_stage || !json.contains("epoch")) return;
    rows_.clear();
    if (json.at("rows").is_null())
        for (gppo::Index row = 0; row < task_->rows(); ++row) rows_.push_back(row);
    else
        json.at("rows").get_to(rows_);
    dropped_ = json.at("dropped"), dropped_solved_ = json.at("dropped_solved");
    exhausted_ = json.at("exhausted");
    load({json.at("epoch").get<std::uint64_t>(), json.at("position").get<gppo::Index>()});
}
