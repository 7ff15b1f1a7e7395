// SPDX-License-Identifier: Apache-2.0
//
// Our side of tests/oracle/safetensors.py: files on standard input, each after its length (8 bytes,
// little-endian); one JSON line for each, a list of [name, dtype, shape, sha256 of the bytes], or
// the message of the error.
#include <gppo/core/sha256.hpp>
#include <gppo/model/safetensors.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <iostream>
#include <string>

int main() {
    for (std::uint64_t size = 0; std::cin.read(reinterpret_cast<char*>(&size), 8);) {
        std::string file(size, '\0');
        std::cin.read(file.data(), static_cast<std::streamsize>(size));
        nlohmann::json answer = nlohmann::json::array();
        try {
            for (const gppo::StoredTensor& tensor : gppo::parse_safetensors(file, "x"))
                answer.push_back(
                    {tensor.name, tensor.dtype, tensor.shape, gppo::sha256(tensor.bytes)});
        } catch (const gppo::Error& error) {
            answer = error.what();
        }
        std::cout << answer.dump() << '\n';
    }
}
