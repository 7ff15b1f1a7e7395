// SPDX-License-Identifier: Apache-2.0
#include "rank_rollout.hpp"

#include <gppo/core/error.hpp>

#include <set>
#include <string>
#include <type_traits>

namespace {

/// Values, strings and vectors one behind the other. All ranks run one binary.
class RankWriter {
  public:
    template <class T>
    void operator()(const T& value) {
        if constexpr (std::is_trivially_copyable_v<T> &&
                      !std::is_convertible_v<T, std::string_view>)
            bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
        else
            sequence(value);
    }
    const std::string& bytes() const { return bytes_; }

  private:
    template <class S>
    void sequence(const S& values) {
        (*this)(values.size());
        bytes_.append(reinterpret_cast<const char*>(values.data()),
                      values.size() * sizeof(typename S::value_type));
    }
    std::string bytes_;
};

class RankReader {
  public:
    explicit RankReader(std::string_view bytes) : bytes_(bytes) {}
    template <class T>
    void operator()(T& value) {
        if constexpr (std::is_same_v<T, std::string_view>) {
            std::string text;
            (*this)(text);
            value = kept(text);
        } else if constexpr (std::is_trivially_copyable_v<T>) {
            take(reinterpret_cast<char*>(&value), sizeof value);
        } else {
            std::size_t size = 0;
            (*this)(size);
            value.resize(size);
            take(reinterpret_cast<char*>(value.data()), size * sizeof(typename T::value_type));
        }
    }
    bool empty() const { return bytes_.empty(); }

  private:
    /// A verifier's words: there are a few, which outlive every rollout.
    static std::string_view kept(const std::string& text) {
        static std::set<std::string> words;
        return *words.insert(text).first;
    }
    void take(char* to, std::size_t size) {
        gppo::expects(size <= bytes_.size(), "ranks: half a rollout came; do all run one binary?");
        bytes_.copy(to, size);
        bytes_.remove_prefix(size);
    }
    std::string_view bytes_;
};

/// Everything but the example, which all ranks know.
template <class J, class F>
void each_part(J& judged, F&& part) {
    auto& c = judged.completion;
    part(c.tokens), part(c.logp), part(c.finish), part(c.mask), part(c.tools);
    part(judged.text), part(judged.score), part(judged.verdict), part(judged.reason);
    part(judged.parts), part(judged.model_score), part(judged.final_turn);
}

}  // namespace

std::vector<Judged> gather_judged(Ranks& ranks, std::span<const Example> examples, Index group,
                                  const std::vector<Judged>& own) {
    RankWriter writer;
    for (const Judged& each : own) each_part(each, writer);
    std::vector<Judged> all;
    for (const std::string& bytes : ranks.gather(writer.bytes()))
        for (RankReader reader(bytes); !reader.empty();) {
            const auto prompt = all.size() / static_cast<std::size_t>(group);
            gppo::expects(prompt < examples.size(), "ranks: more completions came than were asked");
            each_part(all.emplace_back(), reader);
            all.back().example = &examples[prompt];
        }
    gppo::expects(std::ssize(all) == std::ssize(examples) * group,
                  "ranks: fewer completions came than were asked for");
    return all;
}
