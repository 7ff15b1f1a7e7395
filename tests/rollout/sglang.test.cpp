// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "rollout/mapped.hpp"

#include <gppo/rollout/sglang.hpp>

using namespace gppo;
using Catch::Contains;

namespace {

// As a 0.5 server answers.
nlohmann::json sglang_answer() {
    return nlohmann::json::parse(R"({"text":" Paris. It","output_ids":[12095,13,1084,374,7407,304],
  "meta_info":{"id":"26223ea355df4c0ab45e5af04505ed67","finish_reason":{"type":"length","length":6},
    "prompt_tokens":5,"weight_version":"default",
    "input_token_logprobs":[[null,6722,null],[-0.58203125,315,null]],
    "output_token_logprobs":[[-0.73046875,12095,null],[-0.9765625,13,null],[-1.3984375,1084," It"],
      [-0.171875,374,null],[-0.42578125,7407,null],[-0.060546875,304,null]],
    "completion_tokens":6,"cached_tokens":0,"e2e_latency":0.21}})");
}

}  // namespace

TEST_CASE("SGLang is asked for ids, log-probs and exactly our sampling", "[rollout][sglang]") {
    Sampling s;
    s.temperature = 0.5f, s.top_p = 0.75f, s.top_k = 40, s.min_p = 0.25f, s.stop = {3, 4};
    const ServerCall call = asked(Sglang{}, s);
    CHECK(call.path == "/generate");
    CHECK(call.body == nlohmann::json::parse(R"({"input_ids":[5,6,7],"return_logprob":true,
        "stream":false,"sampling_params":{"max_new_tokens":20,"temperature":0.5,"top_p":0.75,
        "top_k":40,"min_p":0.25,"stop_token_ids":[3,4],"skip_special_tokens":false}})"));
    s.top_k = 0;
    CHECK(asked(Sglang{}, s).body["sampling_params"]["top_k"] == -1);
    s.greedy = true;  // at temperature 0 the server would answer log-probs of temperature 1
    CHECK(asked(Sglang{}, s).body["sampling_params"]["top_k"] == 1);
    CHECK(asked(Sglang{}, s).body["sampling_params"]["temperature"] == 0.5);
    CHECK(asked(Sglang{.seeded = true}, s).body["sampling_params"]["sampling_seed"] == 1234);
    CHECK(Sglang{}.logp_temperature(s) == 0.5f);
}

TEST_CASE("SGLang's answer becomes a completion with the version of its weights",
          "[rollout][sglang]") {
    const Served served = mapped(Sglang{}, sglang_answer());
    CHECK(served.completion.tokens == std::vector<std::int32_t>{12095, 13, 1084, 374, 7407, 304});
    CHECK(served.completion.logp == std::vector<float>{-0.73046875f, -0.9765625f, -1.3984375f,
                                                       -0.171875f, -0.42578125f, -0.060546875f});
    CHECK(served.completion.finish == Finish::length);
    CHECK(served.weights == "default");
    CHECK_FALSE(served.aborted);

    auto older = sglang_answer();  // without output_ids and weight_version
    older.erase("output_ids");
    older["meta_info"].erase("weight_version");
    CHECK(mapped(Sglang{}, older).weights.empty());

    auto stopped = sglang_answer();
    stopped["meta_info"]["finish_reason"] = {{"type", "stop"}, {"matched", 304}};
    CHECK(mapped(Sglang{}, stopped).completion.finish == Finish::stop);
    // A limit that falls on the stop token: the server calls it length.
    CHECK(mapped(Sglang{}, sglang_answer(), {304}).completion.finish == Finish::stop);

    auto aborted = sglang_answer();
    aborted["meta_info"]["finish_reason"] = {{"type", "abort"},
                                             {"message", "Abort in waiting queue"}};
    CHECK(mapped(Sglang{}, aborted).aborted);
}

TEST_CASE("what is wrong in SGLang's answer is named", "[rollout][sglang]") {
    const auto fails = [](const char* pointer, const nlohmann::json& value,
                          const std::string& with) {
        auto wrong = sglang_answer();
        wrong[nlohmann::json::json_pointer(pointer)] = value;
        CHECK_THROWS_WITH(mapped(Sglang{}, wrong),
                          Contains("http://h:1/p: field ") && Contains(with));
    };
    fails("/meta_info", 1, "meta_info must be an object");
    fails("/meta_info/finish_reason", nullptr,
          "meta_info.finish_reason must be an object, it is null");
    fails("/meta_info/finish_reason/type", "tired",
          "type must be stop, length or abort, it is \"tired\"");
    fails("/meta_info/output_token_logprobs", "x", "output_token_logprobs must be a list");
    fails("/meta_info/output_token_logprobs/2", {-1.0},
          "output_token_logprobs[2] has only 1 elements");
    fails("/meta_info/output_token_logprobs/2/0", nullptr,
          "output_token_logprobs[2][0] must be a log-prob");
    fails("/meta_info/output_token_logprobs/2/1", -3,
          "output_token_logprobs[2][1] must be a token id");
    fails("/output_ids", {1, 2}, "output_ids has 2 tokens, meta_info.output_token_logprobs has 6");
    fails("/output_ids/3", 1, "output_ids[3] is not the token of");
    // What a server writes whose logits are NaN.
    auto nan = sglang_answer();
    nan["meta_info"]["finish_reason"] = {{"type", "stop"}, {"matched", "NaN happened"}};
    CHECK_THROWS_WITH(mapped(Sglang{}, nan), Contains("NaN happened"));
    CHECK_THROWS_WITH(mapped(Sglang{}, nlohmann::json::array()),
                      Contains("must be an object, it is an array"));
}

TEST_CASE("SGLang loads a directory between pause and continue", "[rollout][sglang]") {
    const WeightUpdate update = Sglang{}.load_weights("/m/7", "step-7");
    REQUIRE(update.before.size() == 1);
    REQUIRE(update.load.size() == 1);
    REQUIRE(update.after.size() == 1);
    CHECK(update.before[0].path == "/pause_generation");
    CHECK(update.load[0].path == "/update_weights_from_disk");
    CHECK(update.load[0].body["model_path"] == "/m/7");
    CHECK(update.load[0].body["weight_version"] == "step-7");
    CHECK(update.load[0].body["flush_cache"] == true);
    CHECK(update.after[0].path == "/continue_generation");
    CHECK(update.after[0].body.is_object());  // a POST
    CHECK(Sglang{.pause = false}.load_weights("", "").before.empty());

    const nlohmann::json yes = {
        {"success", true}, {"message", "Succeeded"}, {"num_paused_requests", 0}};
    CHECK_NOTHROW(Sglang{}.expects_loaded(Answer(yes, "u")));
    const nlohmann::json no = {{"success", false}, {"message", "no such\ndirectory"}};
    CHECK_THROWS_WITH(Sglang{}.expects_loaded(Answer(no, "u")),
                      "u: field success is false: \"no such\\ndirectory\"");
}
