// SPDX-License-Identifier: Apache-2.0
//
// The run and its model: [run], [model] and [lora].
#pragma once

#include "config_field.hpp"

#include <cstdint>
#include <string>

struct RunConfig {
    std::string dir = "runs/demo";
    std::int64_t seed = 1;
    std::int64_t threads = 0;
    std::string precision = "fp32";
    double memory = 0.0;
    std::string backend = "cpu";
    std::string device = "cpu";
    double device_memory = 0.0;
    Strings offload;
    std::int64_t rank_timeout = 600;
    std::int64_t save_every = 20;
    std::int64_t keep = 2;
    bool report = true;
    bool tensorboard = true;
    std::int64_t samples = 8;
};

inline void describe(FieldList& add, RunConfig& c) {
    add("dir", c.dir, "directory for metrics, samples, report and checkpoints");
    add("seed", c.seed, "one seed for everything random", at_least(0));
    add("threads", c.threads, "CPU threads; 0 takes all cores", between(0, 4096));
    add("precision", c.precision,
        "of matrix products: bf16 rounds both factors and sums in fp32, faster where the processor "
        "has AVX512_BF16 or AMX; weights and moments stay as they are kept",
        one_of({"fp32", "bf16"}));
    add("memory", c.memory,
        "GiB that a run may take, or it does not begin; 0: what the machine has", at_least(0));
    add("backend", c.backend,
        "what computes the model in training: this project's own code on the processor, LibTorch "
        "or a GPU where they were built in; completions are sampled by the first",
        one_of({"cpu", "torch", "cuda"}));
    add("device", c.device, "where that is; cuda goes with backend cuda or torch",
        one_of({"cpu", "cuda"}));
    add("device_memory", c.device_memory,
        "GiB of the GPU that a run may take, or it does not begin; 0: what the GPU has",
        at_least(0));
    add("offload", c.offload,
        "what waits in the host's memory for its turn on the GPU: slower, and room for more",
        one_of({"moments", "reference", "critic"}));
    add("rank_timeout", c.rank_timeout,
        "under torchrun or mpirun: seconds that ranks wait for each other", between(1, 86400));
    add("save_every", c.save_every, "steps between checkpoints; 0 saves only at the end",
        at_least(0));
    add("keep", c.keep, "checkpoints kept", at_least(1));
    add("report", c.report, "write report.html at the end");
    add("tensorboard", c.tensorboard, "write a TensorBoard event file");
    add("samples", c.samples, "completions logged per step to samples.jsonl", at_least(0));
}

struct ModelConfig {
    std::string path;
    std::int64_t hidden_size = 128;
    std::int64_t num_hidden_layers = 4;
    std::int64_t num_attention_heads = 4;
    std::int64_t num_key_value_heads = 2;
    std::int64_t head_dim = 32;
    std::int64_t intermediate_size = 384;
    std::int64_t max_position_embeddings = 512;
    bool tie_word_embeddings = true;
    std::string activations = "kept";
    std::string logits = "kept";
    std::string weights = "fp32";
};

inline void describe(FieldList& add, ModelConfig& c) {
    add("path", c.path,
        "Hugging Face directory to start from; \"\" makes a new model of the size below");
    add("hidden_size", c.hidden_size, "width", at_least(1));
    add("num_hidden_layers", c.num_hidden_layers, "layers", at_least(1));
    add("num_attention_heads", c.num_attention_heads, "query heads", at_least(1));
    add("num_key_value_heads", c.num_key_value_heads, "key-value heads; divides the query heads",
        at_least(1));
    add("head_dim", c.head_dim, "width of one head; even", at_least(2));
    add("intermediate_size", c.intermediate_size, "width of the feed-forward layer", at_least(1));
    add("max_position_embeddings", c.max_position_embeddings,
        "longest prompt plus completion, tokens", at_least(1));
    add("tie_word_embeddings", c.tie_word_embeddings, "share the embedding with the output head");
    add("activations", c.activations,
        "what a layer leaves for the backward pass: all of it, the same rounded to bf16 in less "
        "than half the memory, or its input alone, with the layer run once more",
        one_of({"kept", "rounded", "recomputed"}));
    add("logits", c.logits,
        "of 512 tokens at a time, where a token's gradient follows from the token; or a tile, made "
        "again in the backward pass, which the others always take",
        one_of({"kept", "recomputed"}));
    add("weights", c.weights,
        "how every weight is kept: bf16 takes half the memory and rounds each step "
        "stochastically, with no copy in fp32",
        one_of({"fp32", "bf16"}));
}

struct AdapterConfig {
    std::int64_t rank = 0;
    double alpha = 16;
    Strings target_modules = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                              "gate_proj", "up_proj", "down_proj"};
    std::string path;
};

inline void describe(FieldList& add, AdapterConfig& c) {
    add("rank", c.rank, "width of low-rank adapters, which alone train; 0 trains every weight",
        at_least(0));
    add("alpha", c.alpha, "the adapters count alpha / rank times", above(0));
    add("target_modules", c.target_modules, "linear layers that get an adapter",
        one_of({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}));
    add("path", c.path,
        "PEFT directory to start the adapters from; its rank, alpha and target modules replace "
        "those above");
}
