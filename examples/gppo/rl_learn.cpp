// SPDX-License-Identifier: Apache-2.0
#include "rl_step.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace {

using gppo::View;

/// The sequences of one optimizer step. Coefficients are made from all of them, so how they are cut
/// into micro-batches does not change the gradient.
struct Minibatch {
    std::vector<Lesson> lessons;                // (B)
    std::vector<Index> offsets{0}, group;       // (B + 1) into logp_old, (B)
    std::vector<float> advantage, coefficient;  // (B), or advantage (T)
    std::vector<std::uint8_t> right;            // (B)
    std::vector<float> right_coefficient;       // (B)
    std::vector<float> logp_old, logp_rollout;  // (T)
    std::vector<float> entropy_old;             // (T) or empty
    std::vector<std::uint8_t> mask;             // (T) or empty

    Minibatch(const Rollout& rollout, const std::vector<Index>& chosen,
              const AnyObjective& objective) {
        const std::vector<Index> starts = rollout.offsets();
        const bool by_token = rollout.advantage.size() != rollout.judged.size();
        for (const Index index : chosen) {
            const auto b = static_cast<std::size_t>(index);
            const Judged& each = rollout.judged[b];
            lessons.push_back({each.example->prompt, each.completion.tokens});
            const auto append = [&](auto& to, const auto& all) {
                to.insert(to.end(), all.begin() + starts[b], all.begin() + starts[b + 1]);
            };
            append(logp_old, rollout.logp_old);
            if (!rollout.mask.empty()) append(mask, rollout.mask);
            if (!rollout.entropy_old.empty()) append(entropy_old, rollout.entropy_old);
            logp_rollout.insert(logp_rollout.end(), each.completion.logp.begin(),
                                each.completion.logp.end());
            offsets.push_back(static_cast<Index>(logp_old.size()));
            group.push_back(rollout.group[b]);
            if (by_token)
                append(advantage, rollout.advantage);
            else
                advantage.push_back(rollout.advantage[b]);
            right.push_back(rollout.positive[b]);
        }
        coefficient.resize(chosen.size());
        right_coefficient.resize(chosen.size());
        objective.coefficients(part({}, {}, {}, offsets, 0));
    }

    /// The sequences from `first` on that `cut` holds, with this pass's log-probs.
    gppo::Batch<> part(View<const float> logp, View<const float> entropy,
                       View<const float> logp_ref, View<const Index> cut, Index first) {
        const Index sequences = cut.size - 1, from = offsets[static_cast<std::size_t>(first)];
        gppo::Batch<> batch;
        batch.logp = logp;
        batch.logp_old = View<const float>(logp_old).slice(from, cut[sequences]);
        batch.logp_rollout = View<const float>(logp_rollout).slice(from, cut[sequences]);
        if (!entropy_old.empty())
            batch.entropy_old = View<const float>(entropy_old).slice(from, cut[sequences]);
        if (!mask.empty()) batch.mask = View<const std::uint8_t>(mask).slice(from, cut[sequences]);
        batch.logp_ref = logp_ref;
        batch.entropy = entropy;
        batch.offsets = cut;
        batch.group = View<const Index>(group).slice(first, sequences);
        const bool by_token = advantage.size() != group.size();
        batch.advantage = by_token ? View<float>(advantage).slice(from, cut[sequences])
                                   : View<float>(advantage).slice(first, sequences);
        batch.coefficient = View<float>(coefficient).slice(first, sequences);
        batch.positive = View<const std::uint8_t>(right).slice(first, sequences);
        batch.positive_coefficient = View<float>(right_coefficient).slice(first, sequences);
        return batch;
    }
};

/// What a pass saw of the batch's tokens; those that a tool wrote are looked at for their gradient
/// alone.
void add_tokens(Update& update, const gppo::Batch<>& batch, View<const float> dlogp,
                View<const float> dentropy) {
    for (Index t = 0; t < batch.logp.size; ++t) {
        if (!batch.mask.empty() && batch.mask[t] == 0) {
            const float size = std::max(std::abs(dlogp[t]), std::abs(dentropy[t]));
            update.masked_gradient = std::max(update.masked_gradient, static_cast<double>(size));
            continue;
        }
        ++update.tokens;
        update.entropy += static_cast<double>(batch.entropy[t]);
        const double delta =
            static_cast<double>(batch.logp[t]) - static_cast<double>(batch.logp_rollout[t]);
        update.mismatch_max = std::max(update.mismatch_max, std::abs(delta));
        update.mismatch_kl += std::exp(delta) - 1 - delta;
    }
}

/// What all ranks saw of their parts.
Update of_all_ranks(Ranks& ranks, const Update& own) {
    Update all;
    for (const Update& u : ranks.gather_values(own)) {
        all.loss.add(u.loss);
        all.seen.add(u.seen);
        all.entropy += u.entropy, all.tokens += u.tokens, all.mismatch_kl += u.mismatch_kl;
        all.mismatch_max = std::max(all.mismatch_max, u.mismatch_max);
        all.masked_gradient = std::max(all.masked_gradient, u.masked_gradient);
    }
    return all;
}

}  // namespace

Update learn(Run& run, const Rollout& rollout, const AnyObjective& objective,
             const std::vector<Index>& chosen, double lr) {
    const RlConfig& c = run.config.rl;
    const float temperature = rollout.temperature;
    Model& model = run.learner.model;
    Minibatch minibatch(rollout, chosen, objective);
    Update update;
    std::vector<float> logp, logp_ref, entropy, dlogp, dentropy;
    // The reference may be there for the rewards alone.
    const bool in_loss = run.reference && objective.kl.kind != AnyKl::Kind::none;
    model.zero_gradients();
    for_own_microbatches(
        *run.ranks, minibatch.lessons, c.microbatch_tokens, run.packed,
        [&](Index first, gppo::PackedBatch& packed) {
            const std::size_t tokens = packed.targets.size();
            for (auto* buffer : {&logp, &entropy, &dlogp, &dentropy}) buffer->resize(tokens);
            if (in_loss) {
                logp_ref.resize(tokens);
                forward(*run.reference, packed, temperature, logp_ref);
            }
            forward(model, packed, temperature, logp, entropy);
            const gppo::Batch<> batch =
                minibatch.part(logp, entropy, logp_ref, packed.target_offsets, first);
            update.loss.add(objective.evaluate(run.backend, batch, dlogp, dentropy, update.seen));
            backward(model, View<const float>(dlogp),
                     objective.entropy.coefficient != 0 ? View<const float>(dentropy)
                                                        : View<const float>());
            add_tokens(update, batch, dlogp, dentropy);
        });
    update = of_all_ranks(*run.ranks, update);
    gppo::expects(update.loss.non_finite.count == 0, [&] {
        return "step " + std::to_string(run.state.step) + ": " + update.loss.non_finite.message() +
               ": the weights are broken, go back to an earlier checkpoint and lower rl.lr";
    });
    update.grad_norm = run.learner.update(adamw_options(c, lr), c.clip_norm);
    return update;
}
