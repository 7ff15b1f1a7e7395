// SPDX-License-Identifier: Apache-2.0
//
// Which tests a program is tried on when there are more than wanted: chosen by prompt and step, so
// that every completion of a group meets the same ones and a run can be repeated.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// A number for a prompt's name (64-bit FNV-1a).
constexpr std::uint64_t prompt_number(std::string_view name) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

/// The next number of a SplitMix64 sequence.
constexpr std::uint64_t split_mix(std::uint64_t& state) noexcept {
    std::uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/// `most` of the numbers below `count`, rising; all of them if `most` is 0 or not smaller.
inline std::vector<std::size_t> choose_tests(std::size_t count, std::size_t most,
                                             std::uint64_t prompt, std::uint64_t step) {
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (most == 0 || most >= count) return all;
    std::uint64_t state = prompt;
    state = split_mix(state) ^ step;
    for (std::size_t i = 0; i < most; ++i)
        std::swap(all[i], all[i + split_mix(state) % (count - i)]);
    all.resize(most);
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace gppo
