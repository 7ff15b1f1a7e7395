// SPDX-License-Identifier: Apache-2.0
//
// Copies by meaning: rows whose embeddings point the same way, as Skywork-OR1 (2505.22312) finds
// them in code. Embeddings come from any OpenAI-compatible endpoint. A row is a copy of the earlier
// row, among those that stay, with the largest cosine, if that reaches the threshold. Every pair is
// compared: rows^2 / 2 products of vectors.
#pragma once

#include <gppo/core/error.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// The vectors in the answer of POST /embeddings, in the order of the inputs. Throws Error if it is
/// not of the expected form or lacks one.
inline std::vector<std::vector<float>> read_embeddings(std::string_view body,
                                                       std::size_t expected) {
    const nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
    expects(answer.is_object() && answer.contains("data") && answer["data"].is_array() &&
                answer["data"].size() == expected,
            [&] {
                return "the endpoint's answer has no list \"data\" of " + std::to_string(expected) +
                       " embeddings";
            });
    std::vector<std::vector<float>> vectors(expected);
    for (std::size_t i = 0; i < expected; ++i) {
        const nlohmann::json& entry = answer["data"][i];
        const bool good = entry.is_object() && entry.contains("embedding") &&
                          entry["embedding"].is_array() && !entry["embedding"].empty();
        expects(good, "an entry of \"data\" has no list \"embedding\"");
        const std::size_t place = entry.contains("index") && entry["index"].is_number_unsigned()
                                      ? entry["index"].get<std::size_t>()
                                      : i;
        expects(place < expected && vectors[place].empty(),
                "the indices of the embeddings are not 0, 1, 2, …");
        for (const nlohmann::json& value : entry["embedding"]) {
            expects(value.is_number(), "an embedding has something else than numbers in it");
            vectors[place].push_back(value.get<float>());
        }
    }
    return vectors;
}

struct EmbeddingMatch {
    std::size_t row = 0;  ///< the earlier one
    double cosine = 0;
};

class EmbeddingDuplicates {
  public:
    explicit EmbeddingDuplicates(double threshold) : threshold_(threshold) {
        expects(threshold > 0 && threshold <= 1, "a cosine's threshold is above 0 and at most 1");
    }

    /// The row that the next one is a copy of, or nothing, and then it stays. Throws Error for a
    /// vector without direction or of another length.
    std::optional<EmbeddingMatch> add(std::span<const float> vector  // (D)
    ) {
        const std::size_t row = rows_++;
        if (width_ == 0) width_ = vector.size();
        expects(vector.size() == width_, [&] {
            return "an embedding of " + std::to_string(vector.size()) + " numbers after those of " +
                   std::to_string(width_);
        });
        double squares = 0;
        for (const float x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
        expects(squares > 0 && std::isfinite(squares), "an embedding is zero or not finite");
        std::vector<float> unit(vector.begin(), vector.end());
        for (float& x : unit) x = static_cast<float>(static_cast<double>(x) / std::sqrt(squares));
        EmbeddingMatch best{0, -2};
        for (std::size_t k = 0; k < kept_.size(); ++k) {
            const float* other = units_.data() + k * width_;
            float product = 0;
#pragma omp simd reduction(+ : product)
            for (std::size_t d = 0; d < width_; ++d) product += unit[d] * other[d];
            if (static_cast<double>(product) > best.cosine)
                best = {kept_[k], static_cast<double>(product)};
        }
        // Equal vectors must count as 1 whatever the rounding of their product.
        if (best.cosine >= threshold_ - 1e-6) return best;
        kept_.push_back(row);
        units_.insert(units_.end(), unit.begin(), unit.end());
        return std::nullopt;
    }

  private:
    double threshold_;
    std::size_t width_ = 0, rows_ = 0;
    std::vector<std::size_t> kept_;
    std::vector<float> units_;
};

}  // namespace gppo
