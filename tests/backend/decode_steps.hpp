// SPDX-License-Identifier: Apache-2.0
//
// Steps of generation against a key/value cache, on any backend.
#pragma once

#include "random_values.hpp"

#include <gppo/backend/decode.hpp>
#include <gppo/core/bf16.hpp>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace gppo::test {

using Floats = std::vector<float>;

/// Rows of steps with keys, values and queries that follow from the strip and the position.
template <class K>
class Sequences {
  public:
    /// With `rounded` everything is floats that bf16 has.
    Sequences(const K& backend, AttentionShape shape, bool rounded = false)
        : backend_(&backend),
          shape_(shape),
          rounded_(rounded),
          cache(backend.make_cache(shape, 2)) {}

    /// All rows store, then attend in the second layer: (R, heads, head_dim).
    Floats step(const std::vector<DecodeRow>& rows) {
        const Index wide = shape_.heads * shape_.head_dim;
        const Index narrow = shape_.kv_heads * shape_.head_dim;
        cache.begin(rows);
        Floats q, k, v;
        for (const DecodeRow& row : rows) {
            const auto stream = static_cast<std::uint64_t>(row.position() * 7 + row.own * 1000);
            append(q, random_values(wide, stream)), append(k, random_values(narrow, stream + 1));
            append(v, random_values(narrow, stream + 2));
        }
        if (rounded_)
            for (Floats* const side : {&q, &k, &v})
                for (float& x : *side) x = as_float(kept_as<std::uint16_t>(x));
        auto queries = placed(q), keys = placed(k), values = placed(v);
        auto out = backend_->template allocate<float>(queries.size());
        backend_->cache_store(cache, 1, {keys.data(), narrow}, {values.data(), narrow});
        backend_->attention_decode(cache, 1, {queries.data(), wide}, out.data());
        Floats here(q.size());
        backend_->download(std::as_const(out).view(), View<float>(here));
        return here;
    }

  private:
    static void append(Floats& to, const Floats& from) {
        to.insert(to.end(), from.begin(), from.end());
    }
    auto placed(const Floats& x) const {
        auto there = backend_->template allocate<float>(std::ssize(x));
        backend_->upload(View<const float>(x), there.view());
        return there;
    }

    const K* backend_;
    AttentionShape shape_;
    bool rounded_;

  public:
    typename K::Cache cache;
};

inline std::vector<DecodeRow> prompt_rows(Index strip, Index length) {
    std::vector<DecodeRow> rows;
    for (Index p = 1; p <= length; ++p) rows.push_back({0, 0, strip, p});
    return rows;
}

/// What the last rows of a few steps see: two prompts, three completions, one of them alone.
template <class K>
Floats few_steps(const K& backend, AttentionShape shape, Index length, bool rounded = false) {
    Sequences<K> all(backend, shape, rounded);
    std::array<Index, 5> strip;
    for (Index& each : strip) each = all.cache.acquire(length + 300);
    all.step(prompt_rows(strip[0], length));
    all.step(prompt_rows(strip[1], 3));
    Floats seen;
    for (Index n = 1; n <= 70; ++n) {
        std::vector<DecodeRow> rows{{strip[0], length, strip[2], n},
                                    {strip[0], length, strip[3], n}};
        if (n > 30) rows.push_back({strip[1], 3, strip[4], n - 30});
        seen = all.step(rows);
    }
    return seen;
}

}  // namespace gppo::test
