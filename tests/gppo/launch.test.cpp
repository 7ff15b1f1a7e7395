// SPDX-License-Identifier: Apache-2.0
#include "launch.hpp"

#include "catch.hpp"

#include <gppo/core/error.hpp>

#include <cstdlib>
#include <string>

namespace {

/// CUDA_VISIBLE_DEVICES after a rank took its own GPU; null stands for a variable that is not set.
std::string own_gpu(const char* size, const char* local_rank, const char* visible) {
    const auto set = [](const char* name, const char* value) {
        value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
    };
    set("WORLD_SIZE", size), set("LOCAL_RANK", local_rank), set("CUDA_VISIBLE_DEVICES", visible);
    std::string seen;
    try {
        take_own_gpu();
        const char* const now = std::getenv("CUDA_VISIBLE_DEVICES");
        seen = now != nullptr ? now : "unset";
    } catch (const gppo::Error& error) {
        seen = error.what();
    }
    set("WORLD_SIZE", nullptr), set("LOCAL_RANK", nullptr), set("CUDA_VISIBLE_DEVICES", nullptr);
    return seen;
}

}  // namespace

TEST_CASE("each rank of a machine takes one GPU", "[launch]") {
    CHECK(own_gpu("4", "2", nullptr) == "2");
    CHECK(own_gpu("4", "1", "4,7") == "7");
    CHECK(own_gpu("4", "1", "GPU-6e,GPU-9a") == "GPU-9a");
    CHECK(own_gpu("4", "3", "5") == "5");  // the launcher gave it
    CHECK(own_gpu("4", "1", "").empty());  // none is to be seen
    CHECK(own_gpu("4", nullptr, "0,1") == "0,1");
    CHECK(own_gpu("1", "1", nullptr) == "unset");
    CHECK(own_gpu(nullptr, "1", nullptr) == "unset");
    CHECK_THAT(own_gpu("4", "2", "4,7"), Catch::Matchers::Contains("LOCAL_RANK is 2") &&
                                             Catch::Matchers::Contains("names 2 GPUs"));
}
