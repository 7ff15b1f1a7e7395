// SPDX-License-Identifier: Apache-2.0
//
// Completions of several turns: the model writes until its turn ends, the environment answers, and
// so on. Both are token ids in one sequence; the mask says whose they are, and what the model did
// not sample has no part in loss, advantage, entropy or KL. Turn k of completion g of a request
// draws from a stream of (request, g, k) alone, so what a completion becomes does not depend on the
// batch. (R1-Code-Interpreter, arXiv 2505.21668: at most 8 calls.)
#pragma once

#include <gppo/concepts/environment.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/rollout/request.hpp>
#include <gppo/rollout/sampling.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace gppo {

struct MultiTurn {
    Index calls = 8;    ///< a turn after so many calls is the last, whatever it asks for
    Index context = 0;  ///< most tokens of prompt and completion together; 0: no limit but the
                        ///< request's own, which counts what the environment says too
};

/// The request that turn `number` of a completion is sampled as.
inline std::uint64_t turn_request(std::uint64_t request, Index index, Index number) {
    return Philox{0x7475726E73u}.bits(completion_stream(request, index),
                                      static_cast<std::uint64_t>(number));
}

/// One call of multi_turn: completions between their turns.
class Conversations {
  public:
    Conversations(std::span<const Request> requests, Index group, const MultiTurn& limits)
        : requests_(requests), limits_(limits), done_(requests.size()) {
        expects(group > 0 && limits.calls >= 0, "multi_turn: group must be positive");
        for (std::size_t r = 0; r < requests.size(); ++r)
            done_[r].resize(static_cast<std::size_t>(group));
    }

    /// Takes in the first turn of every completion.
    void begin(std::vector<std::vector<Completion>> first) {
        for (std::size_t r = 0; r < first.size(); ++r)
            for (std::size_t g = 0; g < first[r].size(); ++g)
                add_turn({r, g}, std::move(first[r][g]));
    }

    /// Asks the environment about the turns that ended; false when no completion goes on.
    template <Environment E>
    bool observe(const E& environment) {
        std::vector<Turn> turns;
        std::vector<Place> asked;
        for (const Place& place : waiting_) {
            const Completion& c = at(place);
            if (c.finish != Finish::stop || c.tools.calls >= limits_.calls) continue;
            const View<const std::int32_t> all = c.tokens;
            const Index from = c.tools.final_turn;
            turns.push_back({requests_[place.request].prompt, all.slice(0, from),
                             all.slice(from, all.size - from), requests_[place.request].id,
                             static_cast<Index>(place.index), c.tools.turns - 1});
            asked.push_back(place);
        }
        waiting_.clear();
        if (turns.empty()) return false;
        const std::vector<Observation> said = environment(turns);
        expects(said.size() == turns.size(),
                "multi_turn: the environment owes one observation a "
                "turn");
        for (std::size_t i = 0; i < said.size(); ++i) add_observation(asked[i], said[i]);
        return !waiting_.empty();
    }

    /// The next turns, each a request of its own: all that was said so far is its prompt.
    std::vector<Request> next() const {
        std::vector<Request> out;
        for (const Place& place : waiting_) {
            const Completion& c = at(place);
            Request request = requests_[place.request];
            request.id = turn_request(request.id, static_cast<Index>(place.index), c.tools.turns);
            request.max_new_tokens = static_cast<int>(room(place));
            request.prompt.insert(request.prompt.end(), c.tokens.begin(), c.tokens.end());
            out.push_back(std::move(request));
        }
        return out;
    }

    /// Takes in the turns of next(), one completion each.
    void add(std::vector<std::vector<Completion>> turns) {
        expects(turns.size() == waiting_.size(), "multi_turn: one completion a request");
        const std::vector<Place> places = std::exchange(waiting_, {});
        for (std::size_t i = 0; i < places.size(); ++i) {
            ++at(places[i]).tools.turns;
            add_turn(places[i], std::move(turns[i].at(0)));
        }
    }

    std::vector<std::vector<Completion>> take() { return std::move(done_); }

  private:
    struct Place {
        std::size_t request, index;
    };
    Completion& at(const Place& place) { return done_[place.request][place.index]; }
    const Completion& at(const Place& place) const { return done_[place.request][place.index]; }

    /// Tokens that a completion may still have.
    Index room(const Place& place) const {
        const Request& request = requests_[place.request];
        Index most = request.max_new_tokens;
        if (limits_.context > 0)
            most = std::min(most, limits_.context - std::ssize(request.prompt));
        return most - std::ssize(at(place).tokens);
    }

    void add_turn(const Place& place, Completion turn) {
        Completion& c = at(place);
        c.tools.final_turn = std::ssize(c.tokens);
        c.tokens.insert(c.tokens.end(), turn.tokens.begin(), turn.tokens.end());
        c.logp.insert(c.logp.end(), turn.logp.begin(), turn.logp.end());
        c.mask.resize(c.tokens.size(), 1);
        c.finish = turn.finish;
        waiting_.push_back(place);
    }

    /// An answer that leaves no room for a reply is not added: the completion is cut off.
    void add_observation(const Place& place, const Observation& said) {
        Completion& c = at(place);
        c.tools.broken |= said.broken;
        if (!said.called || said.broken) return;
        ++c.tools.calls;
        c.tools.malformed_calls += !said.well_formed;
        c.tools.malformed_turns += !said.well_formed;
        c.tools.failed += said.failed;
        if (std::ssize(said.tokens) >= room(place)) {
            c.finish = Finish::length;
            return;
        }
        c.tokens.insert(c.tokens.end(), said.tokens.begin(), said.tokens.end());
        c.logp.resize(c.tokens.size(), 0.0f);
        c.mask.resize(c.tokens.size(), 0);
        waiting_.push_back(place);
    }

    std::span<const Request> requests_;
    MultiTurn limits_;
    std::vector<std::vector<Completion>> done_;
    std::vector<Place> waiting_;
};

/// `group` completions of every request, as [request][index]. `complete(requests, group)` samples
/// one turn of each: generate() with a decoder, or a server. A turn calls what the environment
/// finds in it.
template <Environment E, class C>
std::vector<std::vector<Completion>> multi_turn(const C& complete, const E& environment,
                                                std::span<const Request> requests, Index group,
                                                const MultiTurn& limits = {}) {
    Conversations conversations(requests, group, limits);
    conversations.begin(complete(requests, group));
    while (conversations.observe(environment)) {
        const std::vector<Request> next = conversations.next();
        conversations.add(complete(std::span<const Request>(next), Index{1}));
    }
    return conversations.take();
}

}  // namespace gppo
