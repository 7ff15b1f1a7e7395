// SPDX-License-Identifier: Apache-2.0
#include "backend/far_memory.hpp"

#include "catch.hpp"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace gppo;

namespace {

struct DoubleRow {
    const float* from;
    float* to;

    template <class Team>
    void operator()(Team, Index i) const {
        to[i] = 2 * from[i];
    }
};

}  // namespace

TEST_CASE("far memory is reached by the backend's functions", "[backend][far_memory]") {
    const FarMemory far(2);
    FarBuffer<float> x = far.allocate<float>(100), y = far.allocate<float>(100);
    std::vector<float> host(100, 3.0f);
    far.upload(host, x.view());
    far.for_rows(100, DoubleRow{x.data(), y.data()});
    far.download(y.view(), View<float>(host));
    CHECK(host == std::vector<float>(100, 6.0f));
}

TEST_CASE("a touch of far memory from the host is a fault", "[backend][far_memory]") {
    const FarMemory far(1);
    const FarBuffer<float> x = far.allocate<float>(100);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGSEGV, SIG_DFL);
        const volatile float* const touched = x.data();
        ::_exit(touched[0] == 0.0f ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGSEGV);
}

#if defined(__GNUC__) && !defined(__clang__)
TEST_CASE("far rows take no pointer of the host's", "[backend][far_memory]") {
    const FarMemory far(1);
    FarBuffer<float> x = far.allocate<float>(100);
    std::vector<float> host(100);
    CHECK_THROWS_AS(far.for_rows(100, DoubleRow{host.data(), x.data()}), Error);
    CHECK_THROWS_AS(far.gemm({10, 10, 10}, host.data(), x.data(), x.data()), Error);
    CHECK_THROWS_AS(far.upload(host, View<float>(host)), Error);
}
#endif
