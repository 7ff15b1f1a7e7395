// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/train/moments.hpp>
#include <gppo/train/shard.hpp>

using namespace gppo;

namespace gppo::moments_test {
namespace {

const std::vector<TensorInfo> tensors{{"matrix", {30, 40}, 0},
                                      {"norm", {100}, 1200},
                                      {"none", {0, 4}, 1300},
                                      {"last", {2, 350}, 1300}};

}  // namespace

TEST_CASE("a weight's moments take 8, 4 or 2.03 bytes", "[train][moments]") {
    const std::vector<TensorInfo> large{{"a", {4096, 1024}, 0}};
    const auto bytes = [&](MomentStorage storage) {
        Moments<> moments(storage);
        moments.reset(large);
        return moments.bytes().size;
    };
    constexpr Index n = 4096 * 1024;
    CHECK(bytes(MomentStorage::fp32) == 8 * n);
    CHECK(bytes(MomentStorage::bf16) == 4 * n);
    CHECK(bytes(MomentStorage::int8) == 2 * n + 8 * n / 256);
    CHECK(moment_storage_from_name("bf16") == MomentStorage::bf16);
    CHECK_THROWS_AS(moment_storage_from_name("fp16"), Error);
}

TEST_CASE("no two tensors share a block, and a part from a multiple of 256 on has the whole's",
          "[train][moments]") {
    CHECK(moment_blocks(tensors[0]) == 5);  // 0 … 1199
    CHECK(moment_blocks(tensors[1]) == 2);  // 1200 … 1299, with a border at 1280
    CHECK(moment_blocks(tensors[2]) == 0);
    CHECK(moment_blocks(tensors[3]) == 3);  // 1300 … 1999, borders at 1536 and 1792
    CHECK(moment_blocks(MomentStorage::int8, tensors) == 10);
    CHECK(moment_blocks(MomentStorage::bf16, tensors) == 0);
    for (Index cut = 0; cut <= 2000; cut += 256)
        CHECK(moment_blocks(MomentStorage::int8, shard_of(tensors, 0, cut)) +
                  moment_blocks(MomentStorage::int8, shard_of(tensors, cut, 2000 - cut)) ==
              10);
}

TEST_CASE("parts lie one behind the other, aligned, and begin at 0 after every reset",
          "[train][moments]") {
    const Cpu cpu(1);
    Moments<Cpu> moments(cpu, MomentStorage::int8);
    for (int times = 0; times < 2; ++times) {
        moments.reset(tensors);
        CHECK(moments.size() == 2000);
        CHECK(moments.part(0).size == 2000);
        CHECK(moments.part(3).size == 40);
        CHECK(moments.part(1).data - moments.part(0).data == 2048);
        for (const char byte : moments.bytes()) REQUIRE(byte == 0);
        for (char& byte : moments.bytes()) byte = 7;
    }
    const MomentSpan at = moments.span(100, 3);
    CHECK(at.part[0] == moments.part(0).data + 100);
    CHECK(at.part[2] == moments.part(2).data + 12);
    moments.clear();
    CHECK(moments.size() == 0);
    CHECK(moments.bytes().empty());
}

}  // namespace gppo::moments_test
