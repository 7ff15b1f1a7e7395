// SPDX-License-Identifier: Apache-2.0
//
// The CPU backend with a stopwatch on each operation. Models are written over the backend concept,
// so a model on this one runs the same code and afterwards knows where its time went.
#pragma once

#include "bench_clock.hpp"

#include <gppo/backend/cpu/cpu.hpp>

#include <map>
#include <string>

class TimedCpu : public gppo::Cpu {
  public:
    using gppo::Cpu::Cpu;

    void reset() const { milliseconds_.clear(); }
    const std::map<std::string, double>& milliseconds() const { return milliseconds_; }

    template <class F>
    void for_rows(gppo::Index n, F f) const {
        time("rows (norm, rope, SwiGLU, loss, AdamW)", [&] { Cpu::for_rows(n, f); });
    }
    void gemm(const gppo::Gemm& g, gppo::Factor a, gppo::Factor b, float* c) const {
        const char* const kind = g.transpose_a   ? "products, weight gradients"
                                 : g.transpose_b ? "products, forward"
                                                 : "products, input gradients";
        time(kind, [&] { Cpu::gemm(g, a, b, c); });
    }
    void attention_forward(const gppo::AttentionInput& in, gppo::Rows<float> out,
                           gppo::View<float> lse) const {
        time("attention, forward", [&] { Cpu::attention_forward(in, out, lse); });
    }
    void attention_backward(const gppo::AttentionInput& in, gppo::Rows<const float> out,
                            gppo::View<const float> lse, gppo::Rows<const float> dout,
                            gppo::Rows<float> dq, gppo::Rows<float> dk,
                            gppo::Rows<float> dv) const {
        time("attention, backward",
             [&] { Cpu::attention_backward(in, out, lse, dout, dq, dk, dv); });
    }
    void pack(gppo::Index n, gppo::Index k, gppo::Factor weights, Weights& out) const {
        time("packing weights", [&] { Cpu::pack(n, k, weights, out); });
    }
    void packed_product(const Weights& w, gppo::Index rows, const float* x, float* y,
                        bool add) const {
        time("products, decoding", [&] { Cpu::packed_product(w, rows, x, y, add); });
    }
    void cache_store(Cache& cache, gppo::Index layer, gppo::Rows<const float> keys,
                     gppo::Rows<const float> values) const {
        time("cache store", [&] { Cpu::cache_store(cache, layer, keys, values); });
    }
    void attention_decode(Cache& cache, gppo::Index layer, gppo::Rows<const float> queries,
                          float* out) const {
        time("attention, decoding", [&] { Cpu::attention_decode(cache, layer, queries, out); });
    }

  private:
    template <class F>
    void time(const char* part, F f) const {
        const double start = bench_clock();
        f();
        milliseconds_[part] += 1e3 * (bench_clock() - start);
    }

    mutable std::map<std::string, double> milliseconds_;
};
