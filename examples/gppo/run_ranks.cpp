// SPDX-License-Identifier: Apache-2.0
//
// How several ranks begin one run: rank 0 starts or resumes it, alone in run.dir, and the others
// take over what it then is.
#include "resume.hpp"
#include "rl_ahead.hpp"
#include "run.hpp"

#include <string>

void Run::expects_shareable(const std::string& kind) const {
    if (ranks->alone()) return;
    const auto refuse = [](bool refused, const std::string& what) {
        gppo::expects(!refused, [&] {
            return what + " does not go with several ranks: leave it out, or start one process";
        });
    };
    refuse(kind == "reward", "gppo reward");
    refuse(config.run.backend == "cuda", "run.backend cuda");
}

void Run::share_start(const std::string& kind) {
    if (ranks->alone()) return;
    const auto own = identity(config, task, 0, ranks->size());
    nlohmann::ordered_json told{{"identity", own},
                                {"state", state_to_json(state)},
                                {"count", learner.count.json()},
                                {"feed", feed.json()}};
    told = nlohmann::ordered_json::parse(ranks->broadcast(told.dump()));
    gppo::expects(told.at("identity") == own, [&] {
        return "rank " + std::to_string(ranks->rank()) +
               " has another configuration or other training rows than rank 0: start all ranks "
               "with the same command";
    });
    if (!ranks->leads()) {
        state_from_json(told.at("state"), state);
        learner.count.restore(told.at("count"));
        feed.restore(told.at("feed"), false);
    }
    ranks->broadcast(learner.model.weights());
    if (Adapter* const adapter = learner.adapter.get()) {
        ranks->broadcast(adapter->weights());
        ranks->broadcast(adapter->base());
    }
    learner.share_moments();
    if (scores) scores->share_start();
    if (kind == "rl" && config.rl.pipeline) sampling_ranks = ranks->second();
    const std::string waiting = ranks->broadcast(pending ? bytes_of(*pending) : std::string());
    if (!ranks->leads() && !waiting.empty())
        pending = std::make_unique<Rollout>(rollout_from_bytes(*this, waiting));
}
