// SPDX-License-Identifier: Apache-2.0
//
// Calls of cuDNN and of its front end, with an Error that says what to do.
#pragma once

#include <gppo/core/error.hpp>

#include <cstdint>
#include <cstring>  // cudnn_frontend.h needs it and does not say so
#include <cudnn_frontend.h>
#include <memory>
#include <string>
#include <utility>

namespace gppo {

/// A GPU as cuDNN plans for it, without the GPU. `sm` is 90 for Hopper.
struct CudnnDevice {
    std::shared_ptr<const cudnn_frontend::DeviceProperties> properties;
    int sm = 0;
};

/// What a person can do about it; "" where that is not known.
inline const char* cudnn_remedy(cudnn_frontend::error_code_t code) noexcept {
    using Code = cudnn_frontend::error_code_t;
    switch (code) {
        case Code::GRAPH_NOT_SUPPORTED:
        case Code::HEURISTIC_QUERY_FAILED:
        case Code::GRAPH_EXECUTION_PLAN_CREATION_FAILED:
            return ": packed attention is for heads of up to 128 on Hopper (sm_90) or newer, with "
                   "cuDNN 9.8 or later and the NVRTC of its CUDA beside it; without cuDNN gppo has "
                   "an attention of its own";
        case Code::CUDNN_BACKEND_API_FAILED:
        case Code::HANDLE_ERROR:
            return ": the driver is older than this cuDNN, or the GPU's memory is full";
        default:
            return "";
    }
}

/// Throws Error unless `status` is success. what() says what was being done.
template <class F>
void cudnn_call(const cudnn_frontend::error_t& status, F what) {
    expects(status.is_good(),
            [&] { return "cuDNN: " + what() + ": " + status.err_msg + cudnn_remedy(status.code); });
}
inline void cudnn_call(cudnnStatus_t status, const char* what) {
    expects(status == CUDNN_STATUS_SUCCESS, [&] {
        return "cuDNN: " + std::string(what) + ": " + cudnnGetErrorString(status) +
               cudnn_remedy(cudnn_frontend::error_code_t::HANDLE_ERROR);
    });
}

/// The description of a GPU that is there.
inline CudnnDevice cudnn_device(int device, int sm) {
    auto properties = std::make_shared<cudnn_frontend::DeviceProperties>();
    properties->set_device_id(device);
    cudnn_call(properties->build(), [] { return std::string("looking at the GPU"); });
    return {std::move(properties), sm};
}

/// A graph of bf16 with sums in fp32, for `device`.
inline void describe_cudnn_graph(cudnn_frontend::graph::Graph& graph, const CudnnDevice& device) {
    namespace fe = cudnn_frontend;
    graph.set_io_data_type(fe::DataType_t::BFLOAT16)
        .set_intermediate_data_type(fe::DataType_t::FLOAT)
        .set_compute_data_type(fe::DataType_t::FLOAT)
        .set_device_properties(device.properties)
        .set_sm_version(device.sm);
}

/// Makes its plan, and returns the bytes that it works in. what() says what was being done.
template <class F>
std::int64_t plan_cudnn_graph(cudnn_frontend::graph::Graph& graph, F what) {
    cudnn_call(graph.validate(), what);
    cudnn_call(graph.build_operation_graph(), what);
    cudnn_call(graph.create_execution_plans({cudnn_frontend::HeurMode_t::A}), what);
    cudnn_call(graph.check_support(), what);
    cudnn_call(graph.build_plans(), what);
    std::int64_t bytes = 0;
    cudnn_call(graph.get_workspace_size(bytes), what);
    return bytes;
}

}  // namespace gppo
