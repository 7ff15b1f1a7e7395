// SPDX-License-Identifier: Apache-2.0
#include "rl_ahead.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

Ahead::Ahead(Run& run) {
    const Complete complete = run.frozen();
    const Index step = run.state.step;
    thread_ = std::jthread([this, &run, complete, step] {
        try {
            rollout_ = roll_out(run, complete, step + 1);
            rollout_.policy = step - 1;
        } catch (...) {
            error_ = std::current_exception();
        }
    });
}

Rollout Ahead::wait() {
    const Clock clock;
    thread_.join();
    if (error_) std::rethrow_exception(error_);
    rollout_.hidden = std::max(0.0, rollout_.seconds - clock.seconds());
    return std::move(rollout_);
}

Rollout next_rollout(Run& run) {
    if (run.pending) return std::move(*std::exchange(run.pending, nullptr));
    const bool copy = run.config.rl.pipeline;
    Rollout rollout = roll_out(run, copy ? run.frozen() : run.complete(), run.state.step);
    rollout.policy = run.state.step - 1;
    return rollout;
}

std::string bytes_of(const Rollout& rollout) {
    nlohmann::json head{{"places", rollout.places},
                        {"rounds", rollout.rounds.size()},
                        {"first_request", rollout.first_request},
                        {"policy", rollout.policy},
                        {"temperature", rollout.temperature}};
    std::string tail;
    for (const Judged& each : rollout.judged) {
        const gppo::Completion& c = each.completion;
        head["tokens"].push_back(c.tokens.size());
        head["finish"].push_back(static_cast<int>(c.finish));
        tail.append(reinterpret_cast<const char*>(c.tokens.data()), 4 * c.tokens.size());
        tail.append(reinterpret_cast<const char*>(c.logp.data()), 4 * c.logp.size());
    }
    return head.dump() + "\n" + tail;
}

Rollout rollout_from_bytes(Run& run, const std::string& bytes) {
    const auto end = bytes.find('\n');
    const auto head = nlohmann::json::parse(bytes.substr(0, end));
    Rollout rollout;
    rollout.places = head.at("places").get<std::vector<Index>>();
    rollout.first_request = head.at("first_request"), rollout.policy = head.at("policy");
    rollout.temperature = head.at("temperature");
    const Sampler sampler = rollout_sampler(run, {}, rollout.temperature);
    const auto prompts = static_cast<std::size_t>(run.config.rl.prompts);
    const char* at = bytes.data() + end + 1;
    std::size_t b = 0, place = 0;
    for (std::size_t round = 0; round < head.at("rounds"); ++round) {
        std::vector<Example>& examples = rollout.rounds.emplace_back();
        std::vector<std::vector<gppo::Served>> served(prompts);
        const auto request = static_cast<std::uint64_t>(rollout.first_request) + place;
        for (auto& row : served) {
            examples.push_back(run.feed.at(rollout.places[place++]));
            for (Index g = 0; g < run.config.rl.group; ++g, ++b) {
                gppo::Completion c;
                const auto n = head.at("tokens")[b].get<std::size_t>();
                c.tokens.resize(n), c.logp.resize(n);
                std::memcpy(c.tokens.data(), at, 4 * n);
                std::memcpy(c.logp.data(), at + 4 * n, 4 * n);
                at += 8 * n;
                c.finish = static_cast<gppo::Finish>(head.at("finish")[b].get<int>());
                row.push_back({.completion = std::move(c), .weights = {}});
            }
        }
        take_round(run.config,
                   sampler.judge(examples, std::move(served), run.config.rl.group, request),
                   rollout);
    }
    return rollout;
}
