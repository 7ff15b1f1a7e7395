// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/rollout/generate.hpp>
#include <gppo/rollout/stop_strings.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace gppo;

namespace {

/// The places, counted in tokens, after which a rule ends a text; every token is a byte.
std::vector<Index> ends(const Tokenizer& bytes, const StopStrings& rule, const std::string& text) {
    const std::vector<std::int32_t> ids = bytes.encode(text);
    std::vector<Index> found;
    for (Index t = 1; t <= std::ssize(ids); ++t)
        if (rule(View<const std::int32_t>(ids).slice(0, t))) found.push_back(t);
    return found;
}

}  // namespace

TEST_CASE("a stop string is found where it ends, however tokens cut it", "[rollout]") {
    const Tokenizer bytes = Tokenizer::byte_level();
    CHECK(ends(bytes, {bytes, {"</answer>"}}, "x</answer>y") == std::vector<Index>{10});
    CHECK(ends(bytes, {bytes, {"ab", "b"}}, "abcb") == std::vector<Index>{2, 4});
    CHECK(ends(bytes, {bytes, {"aa"}}, "aaa") == std::vector<Index>{2, 3});
    CHECK(ends(bytes, {bytes, {"é"}}, "né") == std::vector<Index>{3});
    CHECK(ends(bytes, {bytes, {}}, "anything").empty());
    CHECK_THROWS_WITH(StopStrings(bytes, {"a", ""}), "stop strings: one is empty; leave it out");
}

TEST_CASE("stop strings end at the first place where plain search finds one", "[rollout]") {
    const Tokenizer bytes = Tokenizer::byte_level();
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto word = [&](std::size_t longest) {
        std::string text(1 + random() % longest, 'a');
        for (char& c : text) c = random() % 2 ? 'a' : 'b';
        return text;
    };
    for (int n = 0; n < 300; ++n) {
        const std::string text = word(20);
        const std::vector<std::string> stops{word(4), word(4)};
        std::size_t first = std::string::npos;
        for (const std::string& each : stops)
            if (const auto at = text.find(each); at != std::string::npos)
                first = std::min(first, at + each.size());
        const auto found = ends(bytes, {bytes, stops}, text);
        REQUIRE(found.empty() == (first == std::string::npos));
        if (!found.empty()) REQUIRE(found.front() == static_cast<Index>(first));
    }
}

TEST_CASE("a completion ends where its rule says, with the stop in it", "[rollout]") {
    Qwen3Config c;
    c.vocab_size = 32, c.hidden_size = 16, c.intermediate_size = 24, c.num_hidden_layers = 1;
    c.num_attention_heads = 2, c.num_key_value_heads = 1, c.head_dim = 8;
    c.max_position_embeddings = 64;
    const Cpu cpu(1);
    Qwen3<Cpu> model(cpu, c);
    model.initialize(3);
    const std::vector<Request> asked{{{1, 2}, 0, 40}};
    const auto free = generate(model, asked, 3, {}, 5);
    Sampling sampling;
    sampling.ends = [](View<const std::int32_t> tokens) {
        return tokens[tokens.size - 1] % 4 == 0;
    };
    const auto stopped = generate(model, asked, 3, sampling, 5);
    for (std::size_t g = 0; g < 3; ++g) {
        const std::vector<std::int32_t>& all = free[0][g].tokens;
        const auto at = std::find_if(all.begin(), all.end(), [](auto id) { return id % 4 == 0; });
        REQUIRE(at != all.end());
        CHECK(stopped[0][g].tokens == std::vector<std::int32_t>(all.begin(), at + 1));
        CHECK(stopped[0][g].finish == Finish::stop);
    }
}
