// SPDX-License-Identifier: Apache-2.0
#include "policy_loss.hpp"

#include "objective_request.hpp"
#include "policy_loss_parts.hpp"
#include "policy_pass.hpp"
#include "presets.hpp"

#include <gppo/torch.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <numeric>

namespace {

using gppo::Index;

AnyObjective parse_objective(const std::string& text) {
    FreeTable request;
    try {
        request = FreeTable::parse(text);
    } catch (const nlohmann::json::exception& error) {
        throw gppo::Error(std::string("objective is not JSON: ") + error.what());
    }
    gppo::expects(request.is_object(), "objective must be a JSON object");
    expects_known_keys(request, objective_key_help, "objective has an ");
    AnyObjective objective = read_objective(with_preset(request));
    objective.expects_legal();
    return objective;
}

template <class T>
gppo::View<T> view_or(const char* name, const MaybeTensor& tensor, gppo::View<T> otherwise = {}) {
    return tensor ? gppo::view_of<T>(name, *tensor) : otherwise;
}

/// The inputs as a batch, whose coefficients are written to `layout`.
gppo::Batch<> batch_of(const PolicyLossInputs& in, BatchLayout& layout) {
    gppo::Batch<> batch = sequences_of(in, layout);
    batch.logp = gppo::view_of<const float>("logp", in.logp);
    batch.logp_old = gppo::view_of<const float>("logp_old", in.logp_old);
    const auto advantage = gppo::view_of<const float>("advantage", in.advantage);
    batch.advantage = {const_cast<float*>(advantage.data), advantage.size};  // read only
    batch.logp_ref = view_or<const float>("logp_ref", in.logp_ref);
    batch.entropy = view_or<const float>("entropy", in.entropy);
    batch.logp_rollout = view_or<const float>("logp_rollout", in.logp_rollout);
    batch.entropy_old = view_or<const float>("entropy_old", in.entropy_old);
    batch.off_policy = view_or<const std::uint8_t>("off_policy", in.off_policy);
    gppo::validate(batch);
    return batch;
}

/// Sequences of which a token trains, as a batch without a mask: aggregations look at the mask of
/// every token several times, here it is counted once, on all threads.
struct Trained {
    std::vector<Index> sequence, offsets{0}, group;  // (K), (K + 1), (K)
    std::vector<std::uint8_t> positive;              // (K) or empty
    std::vector<float> coefficient, positive_coefficient;

    explicit Trained(const gppo::Batch<>& batch) {
        gppo::validate_layout(batch);
        std::vector<Index> lengths(static_cast<std::size_t>(batch.sequences()));
        gppo::aten_threads.for_rows(batch.sequences(), [&](auto, Index b) {
            lengths[static_cast<std::size_t>(b)] = gppo::trained_tokens(batch, b);
        });
        for (Index b = 0; b < batch.sequences(); ++b) {
            const Index length = lengths[static_cast<std::size_t>(b)];
            if (length == 0) continue;
            sequence.push_back(b), group.push_back(batch.group[b]);
            offsets.push_back(offsets.back() + length);
            if (!batch.positive.empty()) positive.push_back(batch.positive[b]);
        }
        coefficient.resize(sequence.size());
        if (!batch.positive_coefficient.empty()) positive_coefficient.resize(sequence.size());
    }
    gppo::Batch<> batch() {
        gppo::Batch<> all;
        all.offsets = offsets, all.group = group, all.positive = positive;
        all.coefficient = coefficient, all.positive_coefficient = positive_coefficient;
        return all;
    }
};

/// The same coefficients as from the whole batch; 0 where no token trains.
void count_coefficients(const AnyObjective& objective, const gppo::Batch<>& batch) {
    if (batch.mask.empty()) return objective.coefficients(batch);
    Trained trained(batch);
    std::fill(batch.coefficient.begin(), batch.coefficient.end(), 0.0f);
    std::fill(batch.positive_coefficient.begin(), batch.positive_coefficient.end(), 0.0f);
    if (trained.sequence.empty()) return;
    objective.coefficients(trained.batch());
    for (std::size_t k = 0; k < trained.sequence.size(); ++k) {
        batch.coefficient[trained.sequence[k]] = trained.coefficient[k];
        if (!trained.positive_coefficient.empty())
            batch.positive_coefficient[trained.sequence[k]] = trained.positive_coefficient[k];
    }
}

std::vector<double> statistics(const gppo::Loss& loss, const gppo::Diagnostics* d) {
    std::vector<double> x = {loss.value,   loss.pg,       loss.kl,
                             loss.entropy, loss.positive, double(loss.non_finite.count)};
    if (d != nullptr)
        x.insert(x.end(), {d->tokens,         d->clip_fraction(), d->clip_fraction_lower(),
                           d->approx_kl(),    d->ratio_mean(),    d->ratio_max,
                           d->kl_k2(),        d->kl_k3(),         d->effective_sample_size(),
                           d->in_range.count, d->r1.count,        d->r2.count,
                           d->r3.count,       d->r4.count,        d->dual.count,
                           d->in_range.mass,  d->r1.mass,         d->r2.mass,
                           d->r3.mass,        d->r4.mass,         d->dual.mass});
    return x;
}

}  // namespace

/// A training loop asks for the same one again and again.
const AnyObjective& objective_of(std::string_view text) {
    thread_local std::string last;
    thread_local AnyObjective objective;
    if (text != last || last.empty()) {
        objective = parse_objective(std::string(text));
        last = text;
    }
    return objective;
}

BatchLayout layout_of(const PolicyLossInputs& in) {
    BatchLayout layout;
    if (!in.offsets) {
        gppo::expects(in.logp.dim() >= 1 && in.logp.numel() > 0, "logp has no elements");
        const Index rows = in.logp.dim() == 1 ? 1 : in.logp.size(0);
        for (Index b = 0; b <= rows; ++b) layout.offsets.push_back(b * (in.logp.numel() / rows));
    }
    const Index sequences = (in.offsets ? in.offsets->numel() : Index(layout.offsets.size())) - 1;
    gppo::expects(sequences >= 1, "offsets needs B + 1 >= 2 elements: there is no sequence");
    const auto count = static_cast<std::size_t>(sequences);
    if (!in.group) {
        layout.group.resize(count);
        std::iota(layout.group.begin(), layout.group.end(), Index{0});
    }
    layout.coefficient.resize(count);
    if (in.positive) layout.positive_coefficient.resize(count);
    return layout;
}

gppo::Batch<> sequences_of(const PolicyLossInputs& in, BatchLayout& layout) {
    gppo::Batch<> batch;
    batch.offsets = view_or<const Index>("offsets", in.offsets, layout.offsets);
    batch.group = view_or<const Index>("group", in.group, layout.group);
    batch.coefficient = layout.coefficient;
    batch.mask = view_or<const std::uint8_t>("mask", in.mask);
    batch.positive = view_or<const std::uint8_t>("positive", in.positive);
    batch.positive_coefficient = layout.positive_coefficient;
    return batch;
}

void fill_coefficients(const PolicyLossInputs& in, const AnyObjective& objective,
                       gppo::Batch<>& batch) {
    if (!in.coefficient || in.positive) count_coefficients(objective, batch);
    if (!in.coefficient) return;
    const auto given = gppo::view_of<const float>("coefficient", *in.coefficient);
    gppo::expects_size("coefficient", given.size, batch.sequences(), "B");
    std::copy(given.begin(), given.end(), batch.coefficient.begin());
}

at::Tensor loss_tensor(const gppo::Loss& loss) {
    const at::Tensor out = at::empty({}, at::kFloat);
    *out.mutable_data_ptr<float>() = static_cast<float>(loss.value);
    return out;
}

at::Tensor statistics_tensor(const gppo::Loss& loss, const gppo::Diagnostics* diagnostics) {
    const auto numbers = statistics(loss, diagnostics);
    const at::Tensor out = at::empty({Index(numbers.size())}, at::kDouble);
    std::copy(numbers.begin(), numbers.end(), out.mutable_data_ptr<double>());
    return out;
}

std::vector<std::string> statistics_names(bool diagnostics) {
    Strings names = {"value", "pg", "kl", "entropy", "positive", "non_finite"};
    if (diagnostics)
        for (const char* name : {"tokens",
                                 "clip_fraction",
                                 "clip_fraction_lower",
                                 "approx_kl",
                                 "ratio_mean",
                                 "ratio_max",
                                 "kl_k2",
                                 "kl_k3",
                                 "effective_sample_size",
                                 "in_range",
                                 "r1",
                                 "r2",
                                 "r3",
                                 "r4",
                                 "dual",
                                 "in_range_mass",
                                 "r1_mass",
                                 "r2_mass",
                                 "r3_mass",
                                 "r4_mass",
                                 "dual_mass"})
            names.push_back(name);
    return names;
}

PolicyLossTensors policy_loss(const PolicyLossInputs& in) {
    const AnyObjective& objective = objective_of(in.objective);
    gppo::expects_readable("logp", in.logp);
    BatchLayout layout = layout_of(in);
    gppo::Batch<> batch = batch_of(in, layout);
    fill_coefficients(in, objective, batch);

    PolicyLossTensors out;
    out.dlogp = at::empty_like(in.logp);
    out.dentropy = in.entropy ? at::empty_like(*in.entropy) : at::empty({0}, in.logp.options());
    const auto dlogp = gppo::view_of<float>("dlogp", out.dlogp);
    const auto dentropy = gppo::view_of<float>("dentropy", out.dentropy);
    gppo::Diagnostics diagnostics;
    const gppo::Loss loss = in.diagnostics ? objective.evaluate(gppo::Cpu(at::get_num_threads()),
                                                                batch, dlogp, dentropy, diagnostics)
                                           : policy_pass(objective, batch, dlogp, dentropy);

    out.loss = loss_tensor(loss);
    out.statistics = statistics_tensor(loss, in.diagnostics ? &diagnostics : nullptr);
    return out;
}
