// SPDX-License-Identifier: Apache-2.0
//
// Attention of single tokens over pages by cuDNN, beside that of PagedCache. Pages are as there,
// but keys are not transposed, and all pages lie in one piece of memory.
#pragma once

#include "model_cases.hpp"

#include <gppo/backend/cuda/cudnn_call.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

class CudnnDecode {
  public:
    enum Tensor : std::int64_t { queries = 1, keys, values, ones, lengths, lists, out };

    CudnnDecode(const gppo::CudnnDevice& device, const PagedCase& c) {
        namespace fe = cudnn_frontend;
        gppo::describe_cudnn_graph(graph_, device);
        const gppo::Index d = c.shape.head_dim, list = gppo::pages_of(c.length);
        const auto place = [&](std::int64_t id, auto dims, auto strides) {
            return fe::graph::Tensor_attributes().set_uid(id).set_dim(dims).set_stride(strides);
        };
        using Four = std::vector<std::int64_t>;
        const Four query{c.batch, c.shape.heads, 1, d}, query_strides{c.shape.heads * d, d, d, 1};
        const Four pages{c.pages(), c.shape.kv_heads, gppo::page_positions, d};
        const Four page_strides{c.page().elements(), c.page().head_elements(), d, 1};
        const auto integers = [&](std::int64_t id, gppo::Index width) {
            return graph_.tensor(place(id, Four{c.batch, 1, width, 1}, Four{width, width, 1, 1})
                                     .set_data_type(fe::DataType_t::INT32));
        };
        const auto table = integers(lists, list);
        const auto options = fe::graph::SDPA_attributes()
                                 .set_attn_scale(c.shape.scale)
                                 .set_padding_mask(true)
                                 .set_seq_len_q(integers(ones, 1))
                                 .set_seq_len_kv(integers(lengths, 1))
                                 .set_paged_attention_k_table(table)
                                 .set_paged_attention_v_table(table)
                                 .set_paged_attention_max_seq_len_kv(static_cast<int>(c.length))
                                 .set_generate_stats(false);
        const auto result =
            graph_.sdpa(graph_.tensor(place(queries, query, query_strides)),
                        graph_.tensor(place(keys, pages, page_strides)),
                        graph_.tensor(place(values, pages, page_strides)), options)[0];
        result->set_output(true).set_uid(out).set_dim(query).set_stride(query_strides);
        workspace_ = gppo::plan_cudnn_graph(graph_, [&] { return "planning " + c.name(); });
    }

    /// Bytes that run() works in.
    gppo::Index workspace() const noexcept { return workspace_; }

    void run(cudnnHandle_t handle, std::unordered_map<std::int64_t, void*>& tensors,
             void* memory /* (workspace()) */) {
        gppo::cudnn_call(graph_.execute(handle, tensors, memory),
                         [] { return std::string("running attention over pages"); });
    }

  private:
    cudnn_frontend::graph::Graph graph_;
    std::int64_t workspace_ = 0;
};
