// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "rollout/mapped.hpp"

#include <gppo/rollout/vllm.hpp>

using namespace gppo;
using Catch::Contains;

namespace {

nlohmann::json vllm_answer() {
    return nlohmann::json::parse(
        R"({"id":"cmpl-8f1c0f6be9a34a4f","object":"text_completion","created":1763700000,
  "model":"Qwen/Qwen3-0.6B","choices":[{"index":0,"text":" Paris.","logprobs":{"text_offset":[0,6,7],
    "token_logprobs":[-0.73046875,-0.9765625,-0.25],"tokens":[" Paris",".","<|im_end|>"],
    "top_logprobs":[{" Paris":-0.73046875},{".":-0.9765625},{"<|im_end|>":-0.25}]},
    "finish_reason":"stop","stop_reason":151645,"token_ids":[12095,13,151645],
    "prompt_logprobs":null,"prompt_token_ids":[785,6722,315]}],
  "usage":{"prompt_tokens":3,"total_tokens":6,"completion_tokens":3}})");
}

}  // namespace

TEST_CASE("vLLM is asked for everything, since its defaults come from the model's directory",
          "[rollout][vllm]") {
    Sampling s;
    s.temperature = 0.5f, s.top_p = 0.75f, s.top_k = 40, s.min_p = 0.25f, s.stop = {3};
    const ServerCall call = asked(Vllm{.model = "m"}, s);
    CHECK(call.path == "/v1/completions");
    CHECK(call.body == nlohmann::json::parse(R"({"model":"m","prompt":[5,6,7],"max_tokens":20,
        "temperature":0.5,"top_p":0.75,"top_k":40,"min_p":0.25,"repetition_penalty":1.0,
        "frequency_penalty":0.0,"presence_penalty":0.0,"n":1,"seed":1234,"logprobs":0,
        "stop_token_ids":[3],"ignore_eos":true,"skip_special_tokens":false,"return_token_ids":true,
        "stream":false})"));
    s.greedy = true;
    CHECK(asked(Vllm{}, s).body["top_k"] == 1);
    CHECK_FALSE(asked(Vllm{}, s).body.contains("model"));
    CHECK(Vllm{}.logp_temperature(s) == 1.0f);
    CHECK(Vllm{.processed_logprobs = true}.logp_temperature(s) == 0.5f);
}

TEST_CASE("vLLM's answer becomes a completion", "[rollout][vllm]") {
    const Served served = mapped(Vllm{}, vllm_answer(), {151645});
    CHECK(served.completion.tokens == std::vector<std::int32_t>{12095, 13, 151645});
    CHECK(served.completion.logp == std::vector<float>{-0.73046875f, -0.9765625f, -0.25f});
    CHECK(served.completion.finish == Finish::stop);
    CHECK(served.weights.empty());
    auto aborted = vllm_answer();
    aborted["choices"][0]["finish_reason"] = "abort";
    CHECK(mapped(Vllm{}, aborted).aborted);
    auto length = vllm_answer();
    length["choices"][0]["finish_reason"] = "length";
    CHECK(mapped(Vllm{}, length).completion.finish == Finish::length);
}

TEST_CASE("what is wrong in vLLM's answer is named", "[rollout][vllm]") {
    const auto fails = [](const char* pointer, const nlohmann::json& value,
                          const std::string& with) {
        auto wrong = vllm_answer();
        wrong[nlohmann::json::json_pointer(pointer)] = value;
        CHECK_THROWS_WITH(mapped(Vllm{}, wrong),
                          Contains("http://h:1/p: field choices") && Contains(with));
    };
    fails("/choices", nlohmann::json::array(), "must have one element");
    fails("/choices/0/finish_reason", nullptr, "finish_reason must be a string, it is null");
    fails("/choices/0/finish_reason", "content_filter", "must be stop, length or abort");
    fails("/choices/0/token_ids", nullptr, "return_token_ids");
    fails("/choices/0/token_ids", {1, 2}, "token_logprobs has 3 numbers for 2 tokens");
    fails("/choices/0/token_ids/1", "13", "token_ids[1] must be a token id, it is a string");
    fails("/choices/0/logprobs", nullptr, "choices[0].logprobs must be an object, it is null");
    fails("/choices/0/logprobs/token_logprobs/0", nullptr, "token_logprobs[0] must be a log-prob");
}

TEST_CASE("vLLM loads a directory through its workers", "[rollout][vllm]") {
    const WeightUpdate update = Vllm{}.load_weights("/m/7", "7");
    REQUIRE(update.load.size() == 2);
    CHECK(update.before[0].path == "/pause?mode=abort");
    CHECK(update.load[0].path == "/collective_rpc");
    CHECK(update.load[0].body ==
          nlohmann::json::parse(R"({"method":"reload_weights","kwargs":{"weights_path":"/m/7"}})"));
    CHECK(update.load[1].path == "/reset_prefix_cache");
    CHECK(update.after[0].path == "/resume");
    const Vllm extended{.pause = false, .load_method = "update_weights_from_path"};
    const WeightUpdate other = extended.load_weights("/m/7", "7");
    CHECK(other.load[0].body ==
          nlohmann::json::parse(R"({"method":"update_weights_from_path","args":["/m/7"]})"));
    CHECK(other.before.empty());
    CHECK(other.after.empty());
}
