// SPDX-License-Identifier: Apache-2.0
//
// Standard modules a Python program mentions. The sandbox imports them once for all tests; programs
// written for LeetCode and LiveCodeBench also use their names without an import.
#pragma once

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// Every identifier of `source`, those in its texts and comments too.
inline std::set<std::string_view> identifiers(std::string_view source) {
    std::set<std::string_view> names;
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    for (std::size_t i = 0; i < source.size();) {
        std::size_t end = i;
        while (end < source.size() && letter(source[end])) ++end;
        if (end > i) names.insert(source.substr(i, end - i));
        i = std::max(end, i + 1);
    }
    return names;
}

/// Modules whose names LeetCode and LiveCodeBench give to every program, with those names.
struct PreludeModule {
    std::string_view module;
    std::string_view names;  ///< between blanks
};
inline constexpr std::array<PreludeModule, 12> prelude_modules{{
    {"typing",
     " Any Callable Counter DefaultDict Deque Dict FrozenSet Generator Generic Iterable Iterator "
     "List "
     "Literal Mapping NamedTuple NewType Optional OrderedDict Sequence Set Tuple Type TypeVar "
     "Union "
     "Text AnyStr Hashable NoReturn Protocol cast overload "},
    {"collections",
     " Counter OrderedDict ChainMap defaultdict deque namedtuple UserDict UserList "},
    {"math",
     " acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf "
     "erfc "
     "exp exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite "
     "isinf "
     "isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi prod radians "
     "remainder sin sinh sqrt tan tanh tau trunc ulp "},
    {"heapq", " heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest "},
    {"bisect", " bisect bisect_left bisect_right insort insort_left insort_right "},
    {"itertools",
     " accumulate chain combinations combinations_with_replacement compress count cycle dropwhile "
     "filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee "
     "zip_longest "},
    {"functools",
     " cache cached_property cmp_to_key lru_cache partial partialmethod reduce singledispatch "
     "total_ordering wraps "},
    {"operator",
     " add and_ attrgetter concat contains countOf eq floordiv ge getitem gt iadd iand imul index "
     "indexOf inv invert ior is_ is_not isub itemgetter itruediv ixor le lshift lt matmul "
     "methodcaller mod mul ne neg not_ or_ pos rshift setitem sub truediv truth xor "},
    {"string",
     " ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits printable "
     "punctuation whitespace Formatter Template "},
    {"random", " betavariate choice choices randint random randrange sample shuffle uniform seed "},
    {"re", " compile findall finditer fullmatch match search split subn escape Pattern Match "},
    {"datetime", " date datetime time timedelta timezone tzinfo "},
}};

/// Further modules that are worth importing before the fork.
inline constexpr std::array<std::string_view, 14> common_modules{
    "copy",        "decimal", "fractions", "statistics", "queue",  "threading", "io",
    "dataclasses", "json",    "enum",      "time",       "bisect", "array",     "hashlib"};

/// Modules of the prelude of which `source` mentions the name or a member.
inline std::vector<std::string> prelude_for(std::string_view source) {
    const auto names = identifiers(source);
    std::vector<std::string> modules;
    for (const auto& [module, members] : prelude_modules) {
        bool used = names.contains(module);
        for (auto name = names.begin(); name != names.end() && !used; ++name)
            used = members.find(" " + std::string(*name) + " ") != members.npos;
        if (used) modules.emplace_back(module);
    }
    if (names.contains("ListNode") || names.contains("TreeNode")) modules.emplace_back("nodes");
    return modules;
}

/// Standard modules that `source` seems to import.
inline std::vector<std::string> imports_of(std::string_view source) {
    const auto names = identifiers(source);
    std::vector<std::string> modules;
    for (const auto& entry : prelude_modules)
        if (names.contains(entry.module)) modules.emplace_back(entry.module);
    for (std::string_view module : common_modules)
        if (names.contains(module)) modules.emplace_back(module);
    return modules;
}

}  // namespace gppo
