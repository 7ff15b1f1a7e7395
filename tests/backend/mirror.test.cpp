// SPDX-License-Identifier: Apache-2.0
#include "backend/far_memory.hpp"
#include "catch.hpp"

#include <gppo/backend/mirror.hpp>

#include <vector>

using namespace gppo;

namespace {

struct AddOneRow {
    View<const float> from;
    View<float> to;

    template <class Team>
    void operator()(Team, Index i) const {
        to[i] = from[i] + 1;
    }
};

template <class K>
std::vector<float> add_one(const K& backend, const std::vector<float>& x) {
    Mirror<K, float> in(backend), out(backend);
    std::vector<float> y(x.size());
    for (const std::size_t n : {x.size() / 2, x.size()}) {  // it grows
        const View<float> to(y.data(), static_cast<Index>(n));
        const View<const float> from(x.data(), static_cast<Index>(n));
        backend.for_rows(to.size, AddOneRow{in.read(from), out.room(to)});
        out.fetch(to);
    }
    return y;
}

}  // namespace

TEST_CASE("the backend reads what the host has and the host what the backend made",
          "[backend][mirror]") {
    const std::vector<float> x{1, 2, 3, 4}, one_more{2, 3, 4, 5};
    CHECK(add_one(Cpu(1), x) == one_more);
    CHECK(add_one(FarMemory(1), x) == one_more);
    CHECK(add_one(FarMemory(1), {}).empty());
}

namespace {

/// x + 1, two numbers at a time.
template <class K>
std::vector<float> add_one_in_parts(const K& backend, std::vector<float> x) {
    Mirror<K, float> in(backend), out(backend);
    std::vector<float> y(x.size());
    const View<const float> from = in.place(View<const float>(x));
    const View<float> to = out.room(y);
    for (Index first = 0; first < std::ssize(x); first += 2) {
        in.send(first, View<const float>(x).slice(first, 2));
        backend.for_rows(2, AddOneRow{from.slice(first, 2), to.slice(first, 2)});
        out.fetch(first, View<float>(y).slice(first, 2));
    }
    return y;
}

}  // namespace

TEST_CASE("parts go there and come back one after another", "[backend][mirror]") {
    const std::vector<float> x{1, 2, 3, 4}, one_more{2, 3, 4, 5};
    CHECK(add_one_in_parts(Cpu(1), x) == one_more);
    CHECK(add_one_in_parts(FarMemory(1), x) == one_more);
}

TEST_CASE("in the host's memory nothing is copied", "[backend][mirror]") {
    const Cpu cpu(1);
    Mirror<Cpu, float> mirror(cpu);
    std::vector<float> x(10);
    CHECK(mirror.read(x).data == x.data());
    CHECK(mirror.room(x).data == x.data());
}
