// SPDX-License-Identifier: Apache-2.0
//
// Normalisation Form C (Unicode Standard Annex 15): take apart, sort combining marks, compose. Text
// that is plainly in the form already, which is nearly all text, is only looked at.
#pragma once

#include <gppo/text/unicode.hpp>
#include <gppo/text/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gppo {

namespace unicode {

/// Look-up tables of normalisation.
struct NormalForms {
    std::unordered_map<char32_t, std::u32string>
        apart;  ///< full canonical decompositions, but Hangul
    std::unordered_map<std::uint64_t, char32_t> composed{};  ///< by first << 32 | second
    std::unordered_map<char32_t, std::uint8_t> rank{};  ///< of the combining class; 0 is not stored

    NormalForms() {
        for (std::size_t i = 0; i < std::size(singletons); i += 2)
            apart[singletons[i]].push_back(singletons[i + 1]);
        for (std::size_t i = 0; i < std::size(excluded); i += 2 + excluded[i + 1])
            apart[excluded[i]] = std::u32string(excluded + i + 2, excluded[i + 1]);
        for (std::size_t i = 0; i < std::size(combining); i += 3)
            for (char32_t c = combining[i]; c <= combining[i + 1]; ++c)
                rank[c] = static_cast<std::uint8_t>(combining[i + 2]);
        std::unordered_map<char32_t, std::pair<char32_t, char32_t>> halves;
        for (std::size_t i = 0; i < std::size(compositions); i += 3) {
            composed[pair_key(compositions[i], compositions[i + 1])] = compositions[i + 2];
            halves[compositions[i + 2]] = {compositions[i], compositions[i + 1]};
        }
        for (const auto& [c, half] : halves) {
            std::u32string& parts = apart[c];  // last to first, then turned round
            parts.push_back(half.second);
            char32_t first = half.first;
            for (auto next = halves.find(first); next != halves.end(); next = halves.find(first)) {
                parts.push_back(next->second.second);
                first = next->second.first;
            }
            parts.push_back(first);
            std::reverse(parts.begin(), parts.end());
        }
    }

    static std::uint64_t pair_key(char32_t first, char32_t second) noexcept {
        return static_cast<std::uint64_t>(first) << 32 | second;
    }
    std::uint8_t rank_of(char32_t c) const {
        const auto found = rank.find(c);
        return found == rank.end() ? std::uint8_t{0} : found->second;
    }
};

inline const NormalForms& normal_forms() {
    static const NormalForms forms;
    return forms;
}

/// Appends the full canonical decomposition of c.
inline void take_apart(char32_t c, std::u32string& out) {
    const char32_t syllable = c - hangul_syllables;  // wraps around below
    if (syllable < lead_count * vowel_count * tail_count) {
        out.push_back(hangul_leads + syllable / (vowel_count * tail_count));
        out.push_back(hangul_vowels + syllable / tail_count % vowel_count);
        if (syllable % tail_count != 0) out.push_back(hangul_tails + syllable % tail_count);
        return;
    }
    const auto& apart = normal_forms().apart;
    const auto found = c < 0xC0 ? apart.end() : apart.find(c);
    if (found == apart.end())
        out.push_back(c);
    else
        out += found->second;
}

/// The character that first and second make, or 0.
inline char32_t compose(char32_t first, char32_t second) {
    const char32_t lead = first - hangul_leads, vowel = second - hangul_vowels;
    if (lead < lead_count && vowel < vowel_count)
        return hangul_syllables + (lead * vowel_count + vowel) * tail_count;
    const char32_t syllable = first - hangul_syllables, tail = second - hangul_tails;
    if (syllable < lead_count * vowel_count * tail_count && syllable % tail_count == 0 &&
        tail > 0 && tail < tail_count)
        return first + tail;
    const auto& composed = normal_forms().composed;
    const auto found = composed.find(NormalForms::pair_key(first, second));
    return found == composed.end() ? 0 : found->second;
}

/// Sorts each run of combining marks by class, equals keeping their order.
inline void sort_marks(std::u32string& text) {
    const NormalForms& forms = normal_forms();
    std::vector<std::pair<std::uint8_t, char32_t>> run;
    for (std::size_t at = 0; at < text.size(); ++at) {
        run.clear();
        for (std::size_t end = at; end < text.size() && forms.rank_of(text[end]) != 0; ++end)
            run.emplace_back(forms.rank_of(text[end]), text[end]);
        std::stable_sort(run.begin(), run.end(), [](auto a, auto b) { return a.first < b.first; });
        for (const auto& entry : run) text[at++] = entry.second;
    }
}

/// Composes in place: each character joins the last starter unless one of its class or above is
/// between.
inline void compose_all(std::u32string& text) {
    const NormalForms& forms = normal_forms();
    std::size_t kept = 0, starter = text.size();
    std::uint8_t last = 0;  // class of what was kept after the starter
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char32_t c = text[at];
        const std::uint8_t rank = forms.rank_of(c);
        const bool adjacent = starter < kept && kept - starter == 1;
        if (starter < kept && (adjacent || (last != 0 && last < rank))) {
            if (const char32_t joined = compose(text[starter], c); joined != 0) {
                text[starter] = joined;
                continue;
            }
        }
        if (rank == 0) starter = kept;
        last = rank;
        text[kept++] = c;
    }
    text.resize(kept);
}

}  // namespace unicode

/// Whether NFC certainly leaves the text (well-formed UTF-8) as it is; false means that it may not.
inline bool is_surely_nfc(std::string_view text) {
    if (is_ascii(text)) return true;
    const std::uint8_t* classes = unicode::class_table();
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = decode_utf8(text, at);
        if (classes[c.value] & unicode::unsettled) return false;
        at += c.bytes;
    }
    return true;
}

/// The text (well-formed UTF-8) in Normalisation Form C.
inline std::string to_nfc(std::string_view text) {
    if (is_surely_nfc(text)) return std::string(text);
    std::u32string apart;
    apart.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = decode_utf8(text, at);
        unicode::take_apart(c.value, apart);
        at += c.bytes;
    }
    unicode::sort_marks(apart);
    unicode::compose_all(apart);
    std::string out;
    out.reserve(text.size());
    for (const char32_t c : apart) append_utf8(out, c);
    return out;
}

}  // namespace gppo
