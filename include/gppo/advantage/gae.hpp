// SPDX-License-Identifier: Apache-2.0
//
// Generalised advantage estimation (Schulman et al. 2015, arXiv 1506.02438), token by token:
//
//   delta_t = r_t + gamma V_{t+1} - V_t,   A_t = delta_t + gamma lambda A_{t+1},   R_t = A_t + V_t
//
// Tokens the policy did not sample (observations, tool output; mask 0) are skipped as verl, NeMo-RL
// and AReaL do: the token before them is followed by the one after. OpenRLHF, SkyRL, slime and ROLL
// do not skip them. A reward on a skipped token would be lost; advantages() refuses it. Every
// system whitens the advantages, not the returns. VAPO (arXiv 2504.05118) and NeMo-RL know a lambda
// that depends on the length L, 1 - 1 / (alpha L), and another lambda for the returns.
#pragma once

#include <gppo/advantage/whiten.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/feedback.hpp>

namespace gppo {

/// Needs Feedback::value. Writes Feedback::returns, the target of the value head, where it has
/// room.
struct Gae {
    float gamma = 1.0f;
    float lambda = 1.0f;
    float length_alpha = 0.0f;     ///< above 0: lambda = 1 - 1 / (alpha L) instead; VAPO 0.05
    float returns_lambda = -1.0f;  ///< lambda of the returns; negative: the same. VAPO 1
    bool whitened = true;
    Whiten whiten{};

    template <std::floating_point T>
    void operator()(Trajectory<T> s, View<T> advantages /*(T)*/) const {
        expects(!s.values.empty(), "GAE needs the value of every token");
        const double of_policy = length_alpha > 0.0f ? lambda_at(s) : static_cast<double>(lambda);
        sweep(s, of_policy, [&](Index t, double a) { advantages[t] = static_cast<T>(a); });
        if (s.returns.empty()) return;
        sweep(s, returns_lambda < 0.0f ? of_policy : static_cast<double>(returns_lambda),
              [&](Index t, double a) {
                  s.returns[t] = static_cast<T>(a + static_cast<double>(s.values[t]));
              });
    }
    template <std::floating_point T>
    void finish(const Feedback<T>& feedback, View<T> advantage /*(T)*/) const {
        if (whitened) whiten(feedback, advantage);
    }

  private:
    template <std::floating_point T>
    double lambda_at(const Trajectory<T>& s) const noexcept {
        double length = 0.0;
        for (Index t = 0; t < s.rewards.size; ++t) length += s.trained(t) ? 1.0 : 0.0;
        const double lowered = 1.0 - 1.0 / (static_cast<double>(length_alpha) * length);
        return lowered > 0.0 ? lowered : 0.0;
    }
    /// write(t, A_t) from the last token to the first; 0 for a skipped one.
    template <std::floating_point T, class Write>
    void sweep(const Trajectory<T>& s, double decay, Write write) const {
        const double g = static_cast<double>(gamma);
        double next = 0.0, sum = 0.0;
        for (Index t = s.rewards.size; t-- > 0;) {
            const bool trained = s.trained(t);
            if (trained) {
                const double value = static_cast<double>(s.values[t]);
                sum = static_cast<double>(s.rewards[t]) + g * next - value + g * decay * sum;
                next = value;
            }
            write(t, trained ? sum : 0.0);
        }
    }
};

}  // namespace gppo
