// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "rollout/mapped.hpp"

#include <gppo/rollout/llama_cpp.hpp>

using namespace gppo;
using Catch::Contains;

namespace {

nlohmann::json llama_cpp_answer() {
    return nlohmann::json::parse(
        R"({"index":0,"content":" Paris.","tokens":[11751,13,2],"id_slot":0,"stop":true,
  "model":"tiny","tokens_predicted":3,"tokens_evaluated":5,"generation_settings":{"temperature":1.0},
  "prompt":"x","has_new_line":false,"truncated":false,"stop_type":"eos","stopping_word":"",
  "tokens_cached":7,"timings":{"predicted_ms":1.5},
  "completion_probabilities":[
    {"id":11751,"token":" Paris","bytes":[32,80],"logprob":-0.716,"top_logprobs":[{"id":11751,"logprob":-0.716}]},
    {"id":13,"token":".","bytes":[46],"logprob":-5.9367986978031695e-05,"top_logprobs":[]},
    {"id":2,"token":"","bytes":[],"logprob":-0.25,"top_logprobs":[]}]})");
}

}  // namespace

TEST_CASE("llama.cpp is asked for our samplers in our order and nothing else",
          "[rollout][llama_cpp]") {
    Sampling s;
    s.temperature = 0.5f, s.top_p = 0.75f, s.top_k = 40, s.min_p = 0.25f;
    const ServerCall call = asked(LlamaCpp{}, s);
    CHECK(call.path == "/completion");
    CHECK(call.body == nlohmann::json::parse(R"({"prompt":[5,6,7],"n_predict":20,
        "samplers":["temperature","top_k","top_p","min_p"],"temperature":0.5,"dynatemp_range":0.0,
        "top_k":40,"top_p":0.75,"min_p":0.25,"repeat_penalty":1.0,"seed":1234,"n_probs":1,
        "return_tokens":true,"cache_prompt":false,"stream":false})"));
    s.greedy = true;
    CHECK(asked(LlamaCpp{}, s).body["top_k"] == 1);
    CHECK(LlamaCpp{}.logp_temperature(s) == 1.0f);
}

TEST_CASE("llama.cpp's answer becomes a completion", "[rollout][llama_cpp]") {
    const Served served = mapped(LlamaCpp{}, llama_cpp_answer(), {2});
    CHECK(served.completion.tokens == std::vector<std::int32_t>{11751, 13, 2});
    CHECK(served.completion.logp == std::vector<float>{-0.716f, -5.9367986978031695e-05f, -0.25f});
    CHECK(served.completion.finish == Finish::stop);
    // A stop token that the server does not know: what it wrote behind it is not ours.
    auto passed = llama_cpp_answer();
    passed["stop_type"] = "limit";
    CHECK(mapped(LlamaCpp{}, passed).completion.finish == Finish::length);
    CHECK(mapped(LlamaCpp{}, passed, {13}).completion.tokens ==
          std::vector<std::int32_t>{11751, 13});
    CHECK(mapped(LlamaCpp{}, passed, {13}).completion.finish == Finish::stop);
}

TEST_CASE("what is wrong in llama.cpp's answer is named", "[rollout][llama_cpp]") {
    const auto fails = [](const char* pointer, const nlohmann::json& value,
                          const std::string& with) {
        auto wrong = llama_cpp_answer();
        wrong[nlohmann::json::json_pointer(pointer)] = value;
        CHECK_THROWS_WITH(mapped(LlamaCpp{}, wrong),
                          Contains("http://h:1/p: field ") && Contains(with));
    };
    fails("/stop_type", "none", "stop_type must be eos, word or limit");
    fails("/truncated", true, "truncated is true");
    fails("/tokens", nlohmann::json::array(),
          "completion_probabilities has 3 elements for 0 tokens");
    fails("/tokens/1", 14, "completion_probabilities[1].id is not the token of the same place");
    fails("/completion_probabilities/2/logprob", -3.4028234663852886e38,
          "completion_probabilities[2].logprob must be a finite log-probability");
    auto without = llama_cpp_answer();
    without.erase("completion_probabilities");
    CHECK_THROWS_WITH(mapped(LlamaCpp{}, without),
                      Contains("has no field completion_probabilities"));
}

TEST_CASE("llama.cpp's server cannot load other weights", "[rollout][llama_cpp]") {
    CHECK_THROWS_WITH(LlamaCpp{}.load_weights("/m", "1"), Contains("start it anew"));
}
