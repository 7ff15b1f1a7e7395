// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/key_value_cache.hpp>

using namespace gppo;

TEST_CASE("strips are reused, the tightest that fits first, and grown before new ones are made",
          "[backend][key_value_cache]") {
    KeyValueCache cache({4, 2, 8, 1.0f}, 3);
    const Index small = cache.acquire(1), large = cache.acquire(10 * cache_block);
    CHECK(cache.strip(small, 0).capacity == cache_block);
    CHECK(cache.strip(large, 2).capacity == 10 * cache_block);
    const Index size = cache.size();
    cache.release(small), cache.release(large);
    CHECK(cache.acquire(2) == small);
    CHECK(cache.acquire(2) == large);
    cache.release(small), cache.release(large);
    CHECK(cache.acquire(5 * cache_block) == large);
    CHECK(cache.size() == size);
    CHECK(cache.acquire(5 * cache_block) == small);  // grown
    CHECK(cache.strip(small, 0).capacity == 5 * cache_block);
    CHECK(cache.acquire(1) == 2);
}

TEST_CASE("layers of a strip do not overlap, and a head_dim beyond the limit is refused",
          "[backend][key_value_cache]") {
    KeyValueCache cache({2, 1, 6, 1.0f}, 2);
    const Index strip = cache.acquire(40);
    const CacheStrip first = cache.strip(strip, 0), second = cache.strip(strip, 1);
    CHECK(first.values >= first.keys + 6 * first.capacity);
    CHECK(second.keys >= first.values + padded(6) * first.capacity);
    CHECK_THROWS_WITH(KeyValueCache({1, 1, 258, 1.0f}, 1), Catch::Contains("258"));
}
