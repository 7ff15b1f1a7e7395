// SPDX-License-Identifier: Apache-2.0
//
// Everything that computes for the trainer. It is compiled once, optimised, in engine.cpp; the
// other files only call it, so no slower copy of a kernel can reach the binary.
#pragma once

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/lora.hpp>
#include <gppo/model/qwen3.hpp>
#include <gppo/model/qwen3_decode.hpp>
#include <gppo/model/reward_head.hpp>
#include <gppo/rollout/generate.hpp>
#include <gppo/train/adamw.hpp>
#include <gppo/train/packed_batch.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

using gppo::Index;

using Model = gppo::Qwen3<gppo::Cpu>;
using Decoder = gppo::Qwen3Decoder<gppo::Cpu>;
using Adapter = gppo::Lora<gppo::Cpu>;
using Head = gppo::RewardHead<gppo::Cpu>;

extern template class gppo::Qwen3<gppo::Cpu>;
extern template class gppo::Qwen3Decoder<gppo::Cpu>;
extern template class gppo::Lora<gppo::Cpu>;
extern template class gppo::RewardHead<gppo::Cpu>;

/// The backend of a run. `precision`, fp32 or bf16, is that of products.
gppo::Cpu make_cpu(std::int64_t threads, const std::string& precision);

/// Log-probs of the batch's targets at `temperature`, and their entropies unless that is empty.
void forward(Model& model, const gppo::PackedBatch& batch, float temperature,
             gppo::View<float> logp /*(T)*/, gppo::View<float> entropy = {} /*(T) or empty*/);

/// Adds to the gradients, after forward of the same batch.
void backward(Model& model, gppo::View<const float> dlogp /*(T)*/,
              gppo::View<const float> dentropy = {} /*(T) or empty*/);

/// Of the adapters where they alone train; their gradients are taken from the model's.
double gradient_norm(Model& model, Adapter* adapter /*or null*/);

/// Step `update`, counted from 1, with the gradients times `scale`, of the model's weights or,
/// where there are adapters, of theirs, which go into the model's weights.
void adamw_step(Model& model, Adapter* adapter /*or null*/,
                gppo::Buffer<float>& first_moment /*(trained)*/,
                gppo::Buffer<float>& second_moment /*(trained)*/, const gppo::AdamWOptions& options,
                Index update, double scale);

/// The final norm's output at every token of the batch. Of that only tokens and offsets are read.
void hidden_states(Model& model, const gppo::PackedBatch& batch,
                   gppo::View<float> hidden /*(T, D)*/);

/// Scores of rows of the batch by a model's head. Fills `hidden`, which backward reads.
void score_forward(Model& model, Head& head, const gppo::PackedBatch& batch,
                   gppo::View<const Index> rows /*(N)*/, gppo::View<float> hidden /*(N, D)*/,
                   gppo::View<float> scores /*(N)*/);

/// Adds to both gradients. `dhidden` is room to work in.
void score_backward(Model& model, Head& head, gppo::View<const float> hidden /*(N, D)*/,
                    gppo::View<const float> dscores /*(N)*/, gppo::View<float> dhidden /*(N, D)*/);

/// Of a model and its head together.
double gradient_norm(Model& model, Head& head);
void adamw_step(Model& model, Head& head, gppo::Buffer<float>& first_moment /*(weights + D)*/,
                gppo::Buffer<float>& second_moment /*(weights + D)*/,
                const gppo::AdamWOptions& options, Index update, double scale);

/// gppo::generate.
std::vector<std::vector<gppo::Completion>> complete(Decoder& decoder,
                                                    std::span<const gppo::Request> requests,
                                                    Index group, const gppo::Sampling& sampling,
                                                    std::uint64_t seed);
