// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/sha256.hpp>

// Vectors: FIPS 180-4 examples (NIST CSRC "SHA256.pdf") and coreutils sha256sum.
TEST_CASE("sha256 gives the published digests", "[sha256]") {
    CHECK(gppo::sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(gppo::sha256("abc") ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(gppo::sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(gppo::sha256(std::string(1000000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256 does not depend on how the message is cut", "[sha256]") {
    std::string text;
    for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
    const std::string whole = gppo::sha256(text);
    for (std::size_t piece = 1; piece < 130; ++piece) {
        gppo::Sha256 hash;
        for (std::size_t at = 0; at < text.size(); at += piece)
            hash.update(std::string_view(text).substr(at, piece));
        CHECK(hash.hex() == whole);
    }
}

TEST_CASE("sha256 of every length around a block boundary differs", "[sha256]") {
    std::string last;
    for (std::size_t n = 50; n < 140; ++n) {
        const std::string digest = gppo::sha256(std::string(n, '\0'));
        CHECK(digest.size() == 64);
        CHECK(digest != last);
        last = digest;
    }
}
