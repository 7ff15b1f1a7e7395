// SPDX-License-Identifier: Apache-2.0
//
// How several ranks begin one run: rank 0 starts or resumes it, alone in run.dir, and the others
// take over what it then is.
#include "resume.hpp"
#include "rl_ahead.hpp"
#include "run.hpp"

#include <gppo/model/config_json.hpp>

#include <string>

gppo::Tokenizer make_tokenizer(const Config& config, Ranks& ranks) {
    if (ranks.alone()) return make_tokenizer(config);
    return gppo::Tokenizer::from_json(
        ranks.broadcast(ranks.leads() ? make_tokenizer(config).to_json() : std::string()));
}

gppo::Qwen3Config make_shape(const Config& config, const gppo::Tokenizer& tokenizer, Ranks& ranks) {
    if (ranks.alone()) return make_shape(config, tokenizer);
    return gppo::qwen3_config_from_json(
        ranks.broadcast(ranks.leads() ? gppo::qwen3_config_to_json(make_shape(config, tokenizer))
                                      : std::string()),
        "the shape that rank 0 tells");
}

/// Where all devices reach each other, gradients need not come here. Adapters are stepped here, and
/// so are weights in bf16: devices share out floats.
void Run::join_devices() {
    JoinFarRanks* const join = find_far_ranks(config.run.backend);
    const bool can = join != nullptr && learner.model.on().optimizer() != nullptr &&
                     !learner.adapter && kept_weights(config) == gppo::Precision::fp32;
    for (const char each : ranks->gather_values(static_cast<char>(can)))
        if (each == 0) return;
    static FarRanks* const devices = join({ranks->rank(), ranks->size(), ranks->patience(),
                                           [&](std::string said) { return ranks->broadcast(said); },
                                           [all = ranks] { all->expects_alive(); }});
    if (devices != nullptr) learner.join(*devices);
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
    ranks->broadcast(learner.model.stored_weights());
    if (Adapter* const adapter = learner.adapter.get()) {
        ranks->broadcast(adapter->weights());
        ranks->broadcast(adapter->base());
    }
    learner.share_moments();
    join_devices();
    if (scores) scores->share_start();
    if (kind == "rl" && config.rl.pipeline) sampling_ranks = ranks->second();
    const std::string waiting = ranks->broadcast(pending ? bytes_of(*pending) : std::string());
    if (!ranks->leads() && !waiting.empty())
        pending = std::make_unique<Rollout>(rollout_from_bytes(*this, waiting));
}
