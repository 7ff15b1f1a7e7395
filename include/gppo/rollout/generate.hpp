// SPDX-License-Identifier: Apache-2.0
//
// Generation with continuous batching (Yu et al., OSDI 2022): a fixed number of slots, and a
// finished completion's slot goes to the next one at once. A prompt runs through the model once;
// its keys and values serve its whole group. Every completion is a function of (weights, prompt,
// seed, request id, index) alone: slots, batch and threads do not change a bit of it.
#pragma once

#include <gppo/backend/mirror.hpp>
#include <gppo/model/qwen3_decode.hpp>
#include <gppo/rollout/draw_row.hpp>
#include <gppo/rollout/request.hpp>
#include <gppo/rollout/sampling.hpp>

#include <algorithm>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// One call of generate: the state between steps.
template <DecodeBackend K>
class Rollout {
  public:
    Rollout(Qwen3Decoder<K>& decoder, std::span<const Request> requests, Index group,
            const Sampling& sampling, std::uint64_t seed, const Generation& options)
        : decoder_(&decoder),
          requests_(requests),
          group_(group),
          sampling_(sampling),
          rule_(sample_rule(sampling)),
          seed_(seed),
          options_(options),
          prompts_(requests.size()),
          done_(requests.size()),
          drawn_copy_(decoder.backend()),
          sample_copy_(decoder.backend()) {
        expects(group > 0 && options.slots > 0 && options.prompt_rows > 0,
                "generate: group, slots and prompt_rows must be positive");
        for (std::size_t i = 0; i < requests.size(); ++i) {
            prompts_[i].limit =
                new_token_limit(requests[i], static_cast<Index>(i), decoder.config());
            prompt_capacity_ = std::max(prompt_capacity_, std::ssize(requests[i].prompt));
            own_capacity_ = std::max(own_capacity_, prompts_[i].limit);
            done_[i].resize(static_cast<std::size_t>(group));
        }
        report_.completions = std::ssize(requests) * group;
    }

    ~Rollout() {  // strips go back even if a step threw
        for (const Slot& slot : slots_) decoder_->cache().release(slot.strip);
        for (const Prompt& prompt : prompts_)
            if (prompt.strip >= 0) decoder_->cache().release(prompt.strip);
    }
    Rollout(const Rollout&) = delete;
    Rollout& operator=(const Rollout&) = delete;

    std::vector<std::vector<Completion>> run() {
        while (report_.finished < report_.completions) {
            admit();
            if constexpr (!K::host_memory) prefill();
            gather_rows();
            decoder_->step(tokens_, rows_);
            draw();
            retire();
            if (options_.progress) options_.progress(report_);
        }
        return std::move(done_);
    }

  private:
    struct Prompt {
        Index limit = 0;     // new tokens a completion may have
        Index strip = -1;    // while some completion still reads it
        Index taken = 0;     // prompt tokens that went through the model
        Index finished = 0;  // completions
    };
    struct Slot {
        Index request = 0, index = 0, strip = 0;
    };
    /// A token to sample: the wanted row it comes from, and where it goes.
    struct Draw {
        Index wanted = 0, request = 0, index = 0;
    };

    Prompt& prompt(Index r) { return prompts_[static_cast<std::size_t>(r)]; }
    const Request& request(Index r) const { return requests_[static_cast<std::size_t>(r)]; }
    Completion& completion(Index r, Index g) {
        return done_[static_cast<std::size_t>(r)][static_cast<std::size_t>(g)];
    }
    bool ended(Index r, Index g) {
        const Completion& c = completion(r, g);
        return !c.tokens.empty() &&
               (std::ssize(c.tokens) == prompt(r).limit || c.finish == Finish::stop);
    }

    /// Gives free slots to the next completions, and their prompts a strip.
    void admit() {
        while (std::ssize(slots_) < options_.slots && next_ < report_.completions) {
            const Index r = next_ / group_, g = next_ % group_;
            ++next_;
            if (ended(r, g)) continue;  // its first token, drawn with the prompt, was its last
            if (prompt(r).strip < 0) {
                prompt(r).strip = decoder_->cache().acquire(prompt_capacity_);
                filling_.push_back(r);
            }
            slots_.push_back({r, g, decoder_->cache().acquire(own_capacity_)});
            const auto room = static_cast<std::size_t>(prompt(r).limit);
            completion(r, g).tokens.reserve(room);
            completion(r, g).logp.reserve(room);
        }
    }

    /// Prompts that go in whole, some at a time, up to their last token. Which ones follows from
    /// their own length, so that a completion does not depend on what runs beside it.
    void prefill() {
        tokens_.clear(), prompt_offsets_.assign(1, 0), prompt_strips_.clear();
        for (const Index r : filling_) {
            const Index length = std::ssize(request(r).prompt) - 1;
            if (prompt(r).taken > 0 || length < 1 || length + 1 < options_.whole_prompt) continue;
            if (std::ssize(tokens_) + length > options_.prefill_tokens) run_prompts();
            const auto& all = request(r).prompt;
            tokens_.insert(tokens_.end(), all.begin(), all.end() - 1);
            prompt_offsets_.push_back(std::ssize(tokens_));
            prompt_strips_.push_back(prompt(r).strip);
            prompt(r).taken = length;
        }
        run_prompts();
    }
    void run_prompts() {
        if (tokens_.empty()) return;
        decoder_->prefill(tokens_, prompt_offsets_, prompt_strips_);
        tokens_.clear(), prompt_offsets_.assign(1, 0), prompt_strips_.clear();
    }

    /// The step's rows: the last token of every running completion, then prompt tokens. `wanted_`
    /// and `draws_` say which rows are sampled, and for whom.
    void gather_rows() {
        tokens_.clear(), rows_.clear(), wanted_.clear(), draws_.clear();
        for (const Slot& slot : slots_) {
            const Completion& c = completion(slot.request, slot.index);
            if (c.tokens.empty()) continue;  // its prompt is still going in
            draws_.push_back({std::ssize(wanted_), slot.request, slot.index});
            wanted_.push_back(std::ssize(rows_));
            tokens_.push_back(c.tokens.back());
            rows_.push_back({prompt(slot.request).strip, std::ssize(request(slot.request).prompt),
                             slot.strip, std::ssize(c.tokens)});
        }
        for (Index room = options_.prompt_rows; room > 0 && !filling_.empty();) {
            const Index r = filling_.front(), length = std::ssize(request(r).prompt);
            for (; room > 0 && prompt(r).taken < length; --room) {
                tokens_.push_back(request(r).prompt[static_cast<std::size_t>(prompt(r).taken)]);
                rows_.push_back({0, 0, prompt(r).strip, ++prompt(r).taken});
            }
            if (prompt(r).taken < length) break;
            for (Index g = 0; g < group_; ++g) draws_.push_back({std::ssize(wanted_), r, g});
            wanted_.push_back(std::ssize(rows_) - 1);
            filling_.pop_front();
        }
    }

    /// Samples every draw, some wanted rows at a time so that logits stay small.
    void draw() {
        const Index vocabulary = decoder_->config().vocab_size;
        const Index block = logits_at_once(vocabulary, K::host_memory);
        logits_.resize(std::min(block, std::ssize(wanted_)) * vocabulary);
        std::size_t begin = 0;
        for (Index first = 0; first < std::ssize(wanted_); first += block) {
            const Index rows = std::min(block, std::ssize(wanted_) - first);
            decoder_->logits(View<const Index>(wanted_).slice(first, rows),
                             logits_.view().slice(0, rows * vocabulary));
            while (begin < draws_.size() && draws_[begin].wanted < first + rows) {
                std::size_t end = begin;
                while (end < draws_.size() && draws_[end].wanted < first + rows &&
                       static_cast<Index>(end - begin) < block)
                    ++end;
                draw_block(View<const Draw>(draws_).slice(static_cast<Index>(begin),
                                                          static_cast<Index>(end - begin)),
                           first);
                begin = end;
            }
        }
    }

    /// Draws from logits of the wanted rows [first, …), and appends the tokens.
    void draw_block(View<const Draw> draws, Index first) {
        const Index vocabulary = decoder_->config().vocab_size;
        weights_.resize(draws.size * vocabulary);
        drawn_.clear();
        for (const Draw& d : draws)
            drawn_.push_back(
                {d.wanted - first,
                 sample_uniform(seed_, completion_stream(request(d.request).id, d.index),
                                std::ssize(completion(d.request, d.index).tokens))});
        samples_.resize(static_cast<std::size_t>(draws.size));
        decoder_->backend().for_rows(
            draws.size, DrawRow{vocabulary, rule_, logits_.data(), drawn_copy_.read(drawn_),
                                weights_.data(), sample_copy_.room(samples_).data});
        sample_copy_.fetch(samples_);
        for (Index i = 0; i < draws.size; ++i)
            append(draws[i], samples_[static_cast<std::size_t>(i)]);
    }

    void append(const Draw& d, const SampledToken& s) {
        Completion& c = completion(d.request, d.index);
        expects(s.finite, [&] {
            return "generate: request " + std::to_string(d.request) + " (id " +
                   std::to_string(request(d.request).id) + "), completion " +
                   std::to_string(d.index) + ", position " + std::to_string(c.tokens.size()) +
                   ": a logit is NaN or infinite; the weights are not usable";
        });
        c.tokens.push_back(s.token);
        c.logp.push_back(s.logp);
        ++report_.tokens;
        if (sampling_.stops(c.tokens)) c.finish = Finish::stop;
        if (!ended(d.request, d.index)) return;
        ++report_.finished;
        if (++prompt(d.request).finished < group_) return;
        decoder_->cache().release(std::exchange(prompt(d.request).strip, -1));
    }

    /// Frees the slots of completions that ended.
    void retire() {
        std::erase_if(slots_, [&](const Slot& slot) {
            if (!ended(slot.request, slot.index)) return false;
            decoder_->cache().release(slot.strip);
            return true;
        });
    }

    Qwen3Decoder<K>* decoder_;
    std::span<const Request> requests_;
    Index group_;
    Sampling sampling_;
    SampleRule rule_;
    std::uint64_t seed_;
    Generation options_;
    Index prompt_capacity_ = 0, own_capacity_ = 0;
    std::vector<Prompt> prompts_;
    std::vector<std::vector<Completion>> done_;
    Index next_ = 0;  // completions in order of (request, index)
    std::vector<Slot> slots_;
    std::deque<Index> filling_;  // prompts on their way into the cache
    GenerationProgress report_;
    std::vector<std::int32_t> tokens_;
    std::vector<DecodeRow> rows_;
    std::vector<Index> prompt_offsets_, prompt_strips_;  // that go in together
    std::vector<Index> wanted_;
    std::vector<Draw> draws_;
    std::vector<Drawn> drawn_;
    std::vector<SampledToken> samples_;
    Mirror<K, Drawn> drawn_copy_;
    Mirror<K, SampledToken> sample_copy_;
    FloatBuffer<K> logits_, weights_;
};

/// `group` completions of every request, as [request][index]. Throws Error naming the request if a
/// prompt cannot run, and naming request, completion and position if a logit is not finite.
template <DecodeBackend K>
std::vector<std::vector<Completion>> generate(Qwen3Decoder<K>& decoder,
                                              std::span<const Request> requests, Index group,
                                              const Sampling& sampling, std::uint64_t seed,
                                              const Generation& options = {}) {
    return Rollout<K>(decoder, requests, group, sampling, seed, options).run();
}

/// The same from a model, packing its weights for this one call.
template <DecodeBackend K>
std::vector<std::vector<Completion>> generate(const Qwen3<K>& model,
                                              std::span<const Request> requests, Index group,
                                              const Sampling& sampling, std::uint64_t seed,
                                              const Generation& options = {}) {
    Qwen3Decoder<K> decoder(model);
    return generate(decoder, requests, group, sampling, seed, options);
}

}  // namespace gppo
