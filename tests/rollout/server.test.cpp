// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/rollout/llama_cpp.hpp>
#include <gppo/rollout/server.hpp>
#include <gppo/rollout/sglang.hpp>

#include <set>

using namespace gppo;
using Catch::Contains;

namespace {

/// Answers calls without a network.
struct Echo {
    std::function<ServerReply(const ServerCall&)> answer;
    ServerReply operator()(const ServerCall& call) { return answer(call); }
    std::string url() const { return "http://h:1"; }
};

using Server = RolloutServer<Sglang, Echo>;

Server serving(std::function<ServerReply(const ServerCall&)> answer, ServerLimits limits) {
    return {Sglang{.seeded = true}, [=] { return std::make_unique<Echo>(Echo{answer}); }, limits};
}

/// The prompt's first token as often as asked, with the log-prob -1.
ServerReply echoed(const ServerCall& call, const std::string& version = "default") {
    nlohmann::json triples = nlohmann::json::array();
    for (int i = 0; i < call.body["sampling_params"]["max_new_tokens"].get<int>(); ++i)
        triples.push_back({-1.0, call.body["input_ids"][0], nullptr});
    const nlohmann::json answer = {{"meta_info",
                                    {{"output_token_logprobs", triples},
                                     {"weight_version", version},
                                     {"finish_reason", {{"type", "length"}}}}}};
    return {200, answer.dump()};
}

const std::vector<Request> requests = {{{1, 2}, 10, 2}, {{3}, 11, 3}};

}  // namespace

TEST_CASE("every completion is one call, with a seed of its own, whatever the order",
          "[rollout][server]") {
    std::mutex mutex;
    std::set<std::int64_t> seeds;
    const auto answer = [&](const ServerCall& call) {
        const std::lock_guard lock(mutex);
        seeds.insert(call.body["sampling_params"]["sampling_seed"].get<std::int64_t>());
        return echoed(call);
    };
    for (const Index connections : {1, 3, 100}) {
        seeds.clear();
        Server server = serving(answer, {.connections = connections, .vocab_size = 10});
        const auto done = server.generate(requests, 4, Sampling{}, 7);
        REQUIRE(done.size() == 2);
        for (const auto& row : done) REQUIRE(row.size() == 4);
        CHECK(done[0][3].completion.tokens == std::vector<std::int32_t>{1, 1});
        CHECK(done[1][0].completion.tokens == std::vector<std::int32_t>{3, 3, 3});
        CHECK(done[1][0].completion.logp == std::vector<float>{-1, -1, -1});
        CHECK(done[1][0].weights == "default");
        CHECK(seeds.size() == 8);
        CHECK(*seeds.begin() >= 0);
        CHECK(*seeds.rbegin() < (std::int64_t{1} << 31));
    }
    const std::set<std::int64_t> first = seeds;
    Server server = serving(answer, {.connections = 2, .vocab_size = 10});
    seeds.clear();
    server.generate(requests, 4, Sampling{}, 8);
    CHECK(seeds != first);
}

TEST_CASE("requests are checked before anything is sent", "[rollout][server]") {
    int calls = 0;
    Server server = serving([&](const ServerCall& call) { return ++calls, echoed(call); },
                            {.vocab_size = 3, .context = 8});
    CHECK_THROWS_WITH(server.generate(requests, 1, Sampling{}, 0),
                      Contains("has token 3 in its prompt"));
    CHECK_THROWS_WITH(server.generate(std::vector<Request>{{{}, 0, 1}}, 1, Sampling{}, 0),
                      Contains("empty prompt"));
    Sampling cold;
    cold.temperature = 0;
    CHECK_THROWS_WITH(server.generate({}, 1, cold, 0), Contains("temperature"));
    CHECK(calls == 0);
    CHECK(server.generate({}, 1, Sampling{}, 0).empty());
}

TEST_CASE("an answer that does not fit the question is refused", "[rollout][server]") {
    const auto with = [](std::function<void(nlohmann::json&)> change) {
        return serving(
            [=](const ServerCall& call) {
                auto answer = nlohmann::json::parse(echoed(call).body);
                change(answer["meta_info"]);
                return ServerReply{200, answer.dump()};
            },
            {.connections = 2, .vocab_size = 10});
    };
    const auto fails = [&](std::function<void(nlohmann::json&)> change, const std::string& why) {
        Server server = with(change);
        CHECK_THROWS_WITH(server.generate(requests, 1, Sampling{}, 0),
                          Contains("http://h:1/generate: ") && Contains(why));
    };
    fails([](auto& meta) { meta["output_token_logprobs"].clear(); }, "holds no token");
    fails(
        [](auto& meta) {
            meta["output_token_logprobs"].push_back({-1.0, 1, nullptr});
        },
        "tokens, ");
    fails([](auto& meta) { meta["output_token_logprobs"][0][1] = 10; },
          "holds token 10, the vocabulary has 10: the server runs another model");
    Server html = serving(
        [](const ServerCall&) {
            return ServerReply{200, "<html>\n"};
        },
        {.vocab_size = 10});
    CHECK_THROWS_WITH(html.generate(requests, 1, Sampling{}, 0),
                      "http://h:1/generate: the answer is not JSON: \"<html>\\n\"");
    Server aborting = with([](auto& meta) {
        meta["finish_reason"]["type"] = "abort";
        meta["output_token_logprobs"].clear();
    });
    CHECK(aborting.generate(requests, 1, Sampling{}, 0)[0][0].aborted);
}

TEST_CASE("the first error ends the whole and no call is begun after it", "[rollout][server]") {
    std::atomic<int> calls = 0;
    Server server = serving(
        [&](const ServerCall& call) {
            if (++calls == 5) throw Error("the fifth");
            return echoed(call);
        },
        {.connections = 2, .vocab_size = 10});
    CHECK_THROWS_WITH(server.generate(requests, 500, Sampling{}, 0), "the fifth");
    CHECK(calls < 1000);
}

TEST_CASE("weights are loaded between pause and continue, and stale answers are noticed",
          "[rollout][server]") {
    std::vector<std::string> paths;
    std::string version = "default", verdict = R"({"success":true,"message":""})";
    Server server = serving(
        [&](const ServerCall& call) {
            paths.push_back(call.path);
            if (call.path == "/update_weights_from_disk") return ServerReply{200, verdict};
            return call.path == "/generate" ? echoed(call, version) : ServerReply{200, "{}"};
        },
        {.connections = 1, .vocab_size = 10});
    CHECK(server.weights().empty());
    server.load_weights("/m/1", "step-1");
    CHECK(paths == std::vector<std::string>{"/pause_generation", "/update_weights_from_disk",
                                            "/continue_generation"});
    CHECK(server.weights() == "step-1");
    CHECK_THROWS_WITH(server.generate(requests, 1, Sampling{}, 0),
                      Contains("was written by weights \"default\", \"step-1\" were loaded last"));
    version = "step-1";
    CHECK(server.generate(requests, 1, Sampling{}, 0)[1][0].weights == "step-1");

    server.expect_weights("step-2");  // another process had it load them
    CHECK_THROWS_WITH(server.generate(requests, 1, Sampling{}, 0),
                      Contains("was written by weights \"step-1\", \"step-2\" were loaded last"));
    server.expect_weights("step-1");

    verdict = R"({"success":false,"message":"no"})";
    paths.clear();
    CHECK_THROWS_WITH(server.load_weights("/m/2", "step-2"), Contains("success is false: \"no\""));
    CHECK(paths.back() == "/continue_generation");  // a server is not left paused
    CHECK(server.weights() == "step-1");
}

TEST_CASE("a server that does not say its version carries the one loaded last",
          "[rollout][server]") {
    Server server = serving(
        [](const ServerCall& call) {
            if (call.path != "/generate")
                return ServerReply{200, R"({"success":true,"message":""})"};
            auto answer = nlohmann::json::parse(echoed(call).body);
            answer["meta_info"].erase("weight_version");
            return ServerReply{200, answer.dump()};
        },
        {.vocab_size = 10});
    server.load_weights("/m/1", "a");
    CHECK(server.generate(requests, 1, Sampling{}, 0)[0][0].weights == "a");
}
