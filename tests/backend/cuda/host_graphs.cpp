// SPDX-License-Identifier: Apache-2.0
//
// When kernels are recorded and started as a graph, without a GPU: CUDA's functions for it stand
// here and keep count.
#include "catch.hpp"

#include <gppo/backend/cuda/cuda_graphs.hpp>

#include <stdexcept>

namespace {

struct Calls {
    int recording = 0, recorded = 0, started = 0, freed = 0;
} calls;

}  // namespace

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
    return calls.recording++ == 0 ? cudaSuccess : cudaErrorStreamCaptureUnsupported;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
    --calls.recording;
    *graph = reinterpret_cast<cudaGraph_t>(&calls);
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* graph, cudaGraph_t, unsigned long long) {
    ++calls.recorded;
    *graph = reinterpret_cast<cudaGraphExec_t>(&calls);
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t) {
    return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t) {
    ++calls.started;
    return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t) {
    ++calls.freed;
    return cudaSuccess;
}

}  // extern "C"

using namespace gppo;

TEST_CASE("work that comes again is recorded once and then started", "[cuda]") {
    calls = {};
    CudaGraphs graphs;
    int run = 0, of_this = 0;
    const auto repeat = [&](Index rows, Index parts) {
        graphs.repeat(nullptr, {&run, rows, parts}, [&] { ++run; });
    };
    repeat(8, 1);  // plainly: it may take memory
    CHECK(run == 1);
    CHECK(calls.recorded == 0);
    repeat(8, 1);
    CHECK(run == 2);  // recorded
    CHECK(calls.started == 1);
    for (int n = 0; n < 5; ++n) repeat(8, 1);
    CHECK(run == 2);
    CHECK(calls.started == 6);
    repeat(8, 2);
    repeat(16, 1);
    CHECK(run == 4);  // other shapes
    graphs.repeat(nullptr, {&of_this, 8, 1}, [&] { ++of_this; });
    CHECK(of_this == 1);  // somebody else's
    CHECK(calls.recorded == 1);
}

TEST_CASE("memory that was taken ends what was recorded", "[cuda]") {
    calls = {};
    CudaGraphs graphs;
    int run = 0, grows = 0;
    const auto repeat = [&] {
        graphs.repeat(nullptr, {&run, 8, 1}, [&] {
            ++run;
            if (grows-- > 0) ++cuda_allocations;
        });
    };
    grows = 1;
    repeat();  // takes memory, which is no reason to forget this very shape
    repeat(), repeat();
    CHECK(run == 2);
    CHECK(calls.started == 2);
    ++cuda_allocations;
    repeat();
    CHECK(run == 3);
    CHECK(calls.freed == 1);
    grows = 1;
    repeat();  // taken by another thread while this one recorded: run plainly
    CHECK(run == 5);
    CHECK(calls.started == 2);
    repeat(), repeat();
    CHECK(run == 7);
    CHECK(calls.started == 3);
}

TEST_CASE("an error while recording ends the recording", "[cuda]") {
    calls = {};
    CudaGraphs graphs;
    const auto repeat = [&](bool fails) {
        graphs.repeat(nullptr, {&graphs, 1, 1}, [=] {
            if (fails) throw std::runtime_error("no");
        });
    };
    repeat(false);
    CHECK_THROWS(repeat(true));
    CHECK(calls.recording == 0);
    repeat(false);
    CHECK(calls.started == 1);
}
