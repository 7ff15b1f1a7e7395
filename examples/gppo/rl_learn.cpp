// SPDX-License-Identifier: Apache-2.0
#include "device_plan.hpp"
#include "rl_step.hpp"

#include <gppo/core/token_slice.hpp>

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
    std::vector<float> of_reference;            // (T) or empty: with each micro-batch
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

/// What the model, and the reference where the loss looks at it, says of tokens in a row, and the
/// gradients of that. One pass over a micro-batch, or over a whole optimizer step.
struct Passed {
    std::vector<float> logp, entropy, dlogp, dentropy;  // (T)
    std::vector<float> logp_ref;                        // (T) or empty

    void resize(std::size_t tokens, bool compares) {
        for (auto* column : {&logp, &entropy, &dlogp, &dentropy}) column->resize(tokens);
        logp_ref.resize(compares ? tokens : 0);
    }
};

/// What one optimizer step is made of.
struct Step {
    Run& run;
    const AnyObjective& objective;
    float temperature;
    Minibatch& minibatch;

    /// The reference may be there for the rewards alone.
    bool compares() const { return run.reference && objective.kl.kind != AnyKl::Kind::none; }
    template <class F>
    void for_own_parts(F learn) const {
        for_own_microbatches(*run.ranks, minibatch.lessons, run.config.rl.microbatch_tokens,
                             run.packed, learn);
    }
    /// Where the minibatch's sequence `first` begins among its tokens.
    Index start(Index first) const { return minibatch.offsets[static_cast<std::size_t>(first)]; }
    View<float> reference_of(Index first, const gppo::PackedBatch& packed) const {
        return View<float>(minibatch.of_reference).slice(start(first), std::ssize(packed.targets));
    }
    /// The reference passes over all parts at once where it is brought here for it alone.
    void bring_reference() const {
        if (!compares() || !offloads(run.config.run, "reference")) return;
        const Turn turn(run, *run.reference, "reference");
        minibatch.of_reference.resize(minibatch.logp_old.size());
        for_own_parts([&](Index first, gppo::PackedBatch& packed) {
            forward(*run.reference, packed, temperature, reference_of(first, packed));
        });
    }
    /// Makes room, and brings what the reference says.
    void begin_pass(Index first, const gppo::PackedBatch& packed, Passed& passed) const {
        passed.resize(packed.targets.size(), compares());
        if (!minibatch.of_reference.empty())
            std::ranges::copy(reference_of(first, packed), passed.logp_ref.begin());
        else if (compares())
            forward(*run.reference, packed, temperature, passed.logp_ref);
    }
    void pass_forward(Index first, const gppo::PackedBatch& packed, Passed& passed) const {
        begin_pass(first, packed, passed);
        forward(run.learner.model, packed, temperature, passed.logp, passed.entropy);
    }
    View<const float> if_used(View<const float> dentropy) const {
        return objective.entropy.coefficient != 0 ? dentropy : View<const float>();
    }
    void pass_back(View<const float> dlogp, View<const float> dentropy) const {
        backward(run.learner.model, dlogp, if_used(dentropy));
    }
    /// Forward and back at once: some tokens' gradients while their logits are still there.
    void pass_in_one(Index first, const gppo::PackedBatch& packed, Passed& passed) const {
        begin_pass(first, packed, passed);
        const gppo::Batch<> batch = minibatch.part(passed.logp, passed.entropy, passed.logp_ref,
                                                   packed.target_offsets, first);
        const auto weigh = [&](Index from, Index count) {
            const gppo::TokenSlice slice(batch, from, count);
            gppo::Diagnostics unused;
            objective.evaluate(run.backend, slice.batch(),
                               View<float>(passed.dlogp).slice(from, count),
                               View<float>(passed.dentropy).slice(from, count), unused);
        };
        ::learn(run.learner.model, packed, temperature, passed.logp, passed.entropy, passed.dlogp,
                if_used(passed.dentropy), weigh);
    }
    /// Loss and gradients of the sequences from `first` on that `cut` holds.
    void evaluate(Passed& passed, View<const Index> cut, Index first, Update& update) const {
        const gppo::Batch<> batch =
            minibatch.part(passed.logp, passed.entropy, passed.logp_ref, cut, first);
        update.loss.add(
            objective.evaluate(run.backend, batch, passed.dlogp, passed.dentropy, update.seen));
        add_tokens(update, batch, passed.dlogp, passed.dentropy);
    }
};

/// Micro-batch by micro-batch: each is evaluated as soon as the model has passed over it. `in_one`:
/// no token's gradient waits for other tokens, so it has gone back by then; loss and diagnostics
/// are of the whole micro-batch, and its gradients, made again with them, are those that went back.
Update learn_parts(const Step& step, bool in_one) {
    Update update;
    Passed passed;
    step.for_own_parts([&](Index first, gppo::PackedBatch& packed) {
        if (in_one)
            step.pass_in_one(first, packed, passed);
        else
            step.pass_forward(first, packed, passed);
        step.evaluate(passed, packed.target_offsets, first, update);
        if (!in_one) step.pass_back(passed.dlogp, passed.dentropy);
    });
    return of_all_ranks(*step.run.ranks, update);
}

/// For a policy that chooses among the tokens of the whole step: first all log-probs, of all ranks;
/// then every rank evaluates all of them; then each goes over its part once more for the gradients,
/// unless the model still holds it.
Update learn_at_once(const Step& step) {
    Passed part, whole;
    whole.resize(step.minibatch.logp_old.size(), step.compares());
    Index parts = 0;
    step.for_own_parts([&](Index first, gppo::PackedBatch& packed) {
        step.pass_forward(first, packed, part), ++parts;
        std::copy(part.logp.begin(), part.logp.end(), whole.logp.begin() + step.start(first));
        std::copy(part.entropy.begin(), part.entropy.end(),
                  whole.entropy.begin() + step.start(first));
        std::copy(part.logp_ref.begin(), part.logp_ref.end(),
                  whole.logp_ref.begin() + (step.compares() ? step.start(first) : 0));
    });
    for (auto* column : {&whole.logp, &whole.entropy, &whole.logp_ref})
        step.run.ranks->sum(View<float>(*column));  // zero where it is another rank's
    Update update;
    step.evaluate(whole, step.minibatch.offsets, 0, update);
    step.for_own_parts([&](Index first, gppo::PackedBatch& packed) {
        if (parts > 1) step.pass_forward(first, packed, part);
        const auto of_part = [&](const std::vector<float>& all) {
            return View<const float>(all).slice(step.start(first), std::ssize(packed.targets));
        };
        step.pass_back(of_part(whole.dlogp), of_part(whole.dentropy));
    });
    return update;
}

}  // namespace

Update learn(Run& run, const Rollout& rollout, const AnyObjective& objective,
             const std::vector<Index>& chosen, double lr) {
    const RlConfig& c = run.config.rl;
    Minibatch minibatch(rollout, chosen, objective);
    const Step step{run, objective, rollout.temperature, minibatch};
    step.bring_reference();
    run.learner.model.zero_gradients();
    const bool in_one = objective.looks_at_tokens() && run.config.model.logits == "kept";
    Update update = objective.looks_at_step() ? learn_at_once(step) : learn_parts(step, in_one);
    gppo::expects(update.loss.non_finite.count == 0, [&] {
        return "step " + std::to_string(run.state.step) + ": " + update.loss.non_finite.message() +
               ": the weights are broken, go back to an earlier checkpoint and lower rl.lr";
    });
    update.grad_norm = run.learner.update(adamw_options(c, lr), c.clip_norm);
    return update;
}
