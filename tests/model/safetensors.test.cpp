// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/safetensors.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace {

/// A file with this header text and this many zero bytes of data.
std::string file_with(const std::string& header, std::size_t data) {
    std::string file(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(file.data(), &length, 8);
    return file + header + std::string(data, '\0');
}

/// The message of the Error that reading gives; "" when it is read.
std::string file_problem(const std::string& file) {
    try {
        gppo::parse_safetensors(file, "x.safetensors");
    } catch (const gppo::Error& error) {
        return error.what();
    }
    return "";
}

std::string content(const gppo::File& file) {
    return file.head + std::string(file.tail);
}

const std::string two_tensors = R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                                R"("b":{"dtype":"F16","shape":[3],"data_offsets":[16,22]}})";

}  // namespace

TEST_CASE("safetensors reads back what it wrote, in order, without copying", "[safetensors]") {
    const std::vector<float> values = {1, -2, 3.5f, 0, 1e-40f, 7};
    const gppo::View<const float> all(values);
    const std::vector<gppo::StoredTensor> tensors = {
        {"w\"\n\u00e9", "F32", {2, 2}, gppo::bytes_of(all.slice(0, 4))},
        {"scalar", "F32", {}, gppo::bytes_of(all.slice(4, 1))},
        {"none", "F32", {0, 7}, gppo::bytes_of(all.slice(5, 0))},
        {"last", "F32", {1}, gppo::bytes_of(all.slice(5, 1))}};
    const gppo::File file = gppo::safetensors_file("model.safetensors", tensors);
    CHECK(file.tail.data() == gppo::bytes_of(all).data());
    CHECK(file.tail.size() == 24);
    CHECK(file.head.size() % 8 == 0);
    CHECK(file.head.substr(8, 33) == R"({"__metadata__":{"format":"pt"},")");

    const std::string bytes = content(file);
    const auto read = gppo::parse_safetensors(bytes, "x");
    REQUIRE(read.size() == 4);
    std::vector<float> back;
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(read[i].name == tensors[i].name);
        CHECK(read[i].shape == tensors[i].shape);
        std::vector<float> part(read[i].bytes.size() / 4);
        gppo::read_as_float(read[i], part);
        back.insert(back.end(), part.begin(), part.end());
    }
    CHECK(back == values);
}

TEST_CASE("safetensors copies when the tensors are apart in memory", "[safetensors]") {
    const std::vector<float> a = {1, 2}, b = {3};
    const std::vector<gppo::StoredTensor> tensors = {{"a", "F32", {2}, gppo::bytes_of(a)},
                                                     {"b", "F32", {1}, gppo::bytes_of(b)}};
    const gppo::File file = gppo::safetensors_file("x", tensors);
    const std::string bytes = content(file);
    const auto read = gppo::parse_safetensors(bytes, "x");
    std::vector<float> back(1);
    gppo::read_as_float(read.at(1), back);
    CHECK(back[0] == 3);
}

TEST_CASE("safetensors accepts what the reference accepts", "[safetensors]") {
    CHECK(file_problem(file_with(two_tensors, 22)).empty());
    CHECK(file_problem(file_with("{}", 0)).empty());
    CHECK(file_problem(file_with("{}      ", 0)).empty());
    CHECK(file_problem(file_with(R"({"__metadata__":null})", 0)).empty());
    CHECK(
        file_problem(
            file_with(
                R"({"__metadata__":{"a":"b"},"z":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})",
                8))
            .empty());
    CHECK(
        file_problem(
            file_with(
                R"({"z":{"new":{"a":[1,{"b":null}]},"dtype":"F4","shape":[2],"data_offsets":[0,1]}})",
                1))
            .empty());
    CHECK(file_problem(file_with(R"({"n":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]},)"
                                 R"("m":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                 1))
              .empty());
}

TEST_CASE("safetensors names the reference's error for each hostile file", "[safetensors]") {
    struct Case {
        std::string file, word;
    };
    const std::string f32 = R"({"a":{"dtype":"F32",)";
    std::string long_claim = file_with("{}", 0), huge_claim = long_claim;
    long_claim[0] = 100;
    huge_claim[7] = '\x7F';
    const std::vector<Case> cases = {
        {"", "HeaderTooSmall"},
        {"1234567", "HeaderTooSmall"},
        {long_claim, "InvalidHeaderLength"},
        {huge_claim, "HeaderTooLarge"},
        {file_with("", 0), "InvalidHeaderStart"},
        {file_with(" {}", 0), "InvalidHeaderStart"},
        {file_with("\xEF\xBB\xBF{}", 0), "InvalidHeaderStart"},
        {file_with("[]", 0), "InvalidHeaderStart"},
        {file_with(std::string("{}\0 x", 5), 0), "InvalidHeaderDeserialization"},
        {file_with("{", 0), "InvalidHeaderDeserialization"},
        {file_with("{} x", 0), "InvalidHeaderDeserialization"},
        {file_with("{\"\xFF\":{}}", 0), "(InvalidHeader)"},
        {file_with(std::string(100000, '{'), 0), "InvalidHeaderDeserialization"},
        {file_with("{\"a\":" + std::string(100000, '['), 0), "InvalidHeaderDeserialization"},
        {file_with("{\"a\":{\"x\":" + std::string(100000, '['), 0), "InvalidHeaderDeserialization"},
        {file_with(R"({"a":1})", 0), "InvalidHeaderDeserialization"},
        {file_with(R"({"__metadata__":{"a":1}})", 0), "InvalidHeaderDeserialization"},
        {file_with(R"({"__metadata__":{"a":{}}})", 0), "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":[-1],"data_offsets":[0,4]}})", 4),
         "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":[1.0],"data_offsets":[0,4]}})", 4),
         "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":[[1]],"data_offsets":[0,4]}})", 4),
         "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":1,"data_offsets":[0,4]}})", 4), "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":[18446744073709551616],"data_offsets":[0,4]}})", 4),
         "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":[1],"data_offsets":[0,4,8]}})", 4),
         "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":[1],"data_offsets":[0]}})", 4), "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":[1]}})", 4), "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("data_offsets":[0,4]}})", 4), "InvalidHeaderDeserialization"},
        {file_with(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4),
         "InvalidHeaderDeserialization"},
        {file_with(R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", 4),
         "InvalidHeaderDeserialization"},
        {file_with(R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})", 4),
         "InvalidHeaderDeserialization"},
        {file_with(f32 + R"("shape":[1],"shape":[1],"data_offsets":[0,4]}})", 4), "twice"},
        {file_with(
             f32 +
                 R"("shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
             0),
         "twice"},
        {file_with(f32 + R"("shape":[1],"data_offsets":[4,8]}})", 8), "InvalidOffset"},
        {file_with(f32 + R"("shape":[1],"data_offsets":[4,0]}})", 8), "InvalidOffset"},
        {file_with(
             f32 +
                 R"("shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
             8),
         "InvalidOffset"},
        {file_with(
             f32 +
                 R"("shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
             4),
         "InvalidOffset"},
        {file_with(f32 + R"("shape":[1],"data_offsets":[18446744073709551612,0]}})", 4),
         "InvalidOffset"},
        {file_with(f32 + R"("shape":[2],"data_offsets":[0,4]}})", 4), "TensorInvalidInfo"},
        {file_with(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2),
         "MisalignedSlice"},
        {file_with(f32 + R"("shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
         "ValidationOverflow"},
        {file_with(f32 + R"("shape":[4611686018427387904],"data_offsets":[0,0]}})", 0),
         "ValidationOverflow"},
        {file_with(f32 + R"("shape":[0,9223372036854775808],"data_offsets":[0,0]}})", 0),
         "ValidationOverflow"},
        {file_with(two_tensors, 21), "MetadataIncompleteBuffer"},
        {file_with(two_tensors, 23), "MetadataIncompleteBuffer"},
        {file_with("{}", 1), "MetadataIncompleteBuffer"},
        {file_with(f32 + R"("shape":[576460752303423487],"data_offsets":[0,2305843009213693948]}})",
                   4),
         "MetadataIncompleteBuffer"},
    };
    for (const Case& hostile : cases) {
        INFO(hostile.file.substr(0, 200));
        const std::string text = file_problem(hostile.file);
        INFO(text);
        CHECK(text.find(hostile.word) != std::string::npos);
        CHECK(text.rfind("x.safetensors: ", 0) == 0);
        CHECK(text.find('\n') == std::string::npos);
        CHECK(text.size() < 500);
    }
}

TEST_CASE("safetensors refuses a file cut at any byte", "[safetensors]") {
    const std::string whole = file_with(two_tensors, 22);
    REQUIRE(file_problem(whole).empty());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO("cut to " << size);
        // A copy of exactly this size, so that a sanitizer sees any read past the end.
        const std::string cut = whole.substr(0, size);
        CHECK_FALSE(file_problem(cut).empty());
    }
}

TEST_CASE("safetensors survives any single changed byte and random damage", "[safetensors]") {
    const std::string whole = file_with(two_tensors, 22);
    for (std::size_t at = 0; at < whole.size() - 22; ++at)
        for (int value = 0; value < 256; value += at < 8 ? 1 : 3) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(value);
            try {
                for (const auto& tensor : gppo::parse_safetensors(damaged, "x")) {
                    const char* end = damaged.data() + damaged.size();
                    REQUIRE(tensor.bytes.data() + tensor.bytes.size() <= end);
                }
            } catch (const gppo::Error&) {
            }
        }
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::string letters =
        "{}[]\":,0123456789-+eE.\\u aF32BO16dtypeshapedata_offsets\xFF\x80\x01";
    for (int round = 0; round < 20000; ++round) {
        std::string damaged = whole;
        for (std::size_t changes = 1 + random() % 6; changes > 0; --changes) {
            const std::size_t at = 8 + random() % two_tensors.size();
            damaged[at] = letters[random() % letters.size()];
        }
        try {
            gppo::parse_safetensors(damaged, "x");
        } catch (const gppo::Error&) {
        }
    }
    SUCCEED();
}

TEST_CASE("a header of a hundred thousand aliases is refused, quickly", "[safetensors]") {
    std::string header = "{";
    for (int i = 0; i < 100000; ++i)
        header += (i ? ",\"" : "\"") + std::to_string(i) +
                  R"(":{"dtype":"U8","shape":[1000],"data_offsets":[0,1000]})";
    CHECK(file_problem(file_with(header + "}", 1000)).find("InvalidOffset") != std::string::npos);
}
