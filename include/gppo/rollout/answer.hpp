// SPDX-License-Identifier: Apache-2.0
//
// A value inside the JSON that a rollout server answered, which knows the address it came from and
// where in the answer it lies: what is missing or of another kind becomes one line that names both.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace gppo {

/// The first `length` bytes of text that a stranger sent, quoted and on one line.
inline std::string quoted_excerpt(std::string_view text, std::size_t length = 160) {
    const bool cut = text.size() > length;
    return nlohmann::json(text.substr(0, length))
               .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) +
           (cut ? " ..." : "");
}

/// Points into a parsed answer, which must outlive it.
class Answer {
  public:
    /// The whole answer of `url`.
    Answer(const nlohmann::json& value, std::string url) : value_(&value), url_(std::move(url)) {}

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(url_ + ": " + (path_.empty() ? "the answer" : "field " + path_) + " " + what);
    }

    /// True where the object has the key and it is not null.
    bool has(const char* key) const {
        return value_->is_object() && value_->contains(key) && !(*value_)[key].is_null();
    }

    Answer operator[](const char* key) const {
        if (!value_->is_object()) fail("must be an object, it is " + kind());
        const auto found = value_->find(key);
        const std::string path = path_.empty() ? key : path_ + "." + key;
        if (found == value_->end())
            throw Error(url_ + ": the answer has no field " + path +
                        "; is this the server that the configuration says?");
        return {*found, url_, path};
    }

    Answer operator[](Index i) const {
        if (i >= size()) fail("has only " + std::to_string(size()) + " elements");
        return {(*value_)[static_cast<std::size_t>(i)], url_,
                path_ + "[" + std::to_string(i) + "]"};
    }

    /// Elements of a list.
    Index size() const {
        if (!value_->is_array()) fail("must be a list, it is " + kind());
        return static_cast<Index>(value_->size());
    }

    /// A token id.
    std::int32_t token() const {
        if (!value_->is_number_integer()) fail("must be a token id, it is " + kind());
        const bool fits =
            value_->is_number_unsigned()
                ? value_->get<std::uint64_t>() <= std::uint64_t{INT32_MAX}
                : value_->get<std::int64_t>() >= 0 && value_->get<std::int64_t>() <= INT32_MAX;
        if (!fits) fail("must be a token id, it is " + value_->dump());
        return value_->get<std::int32_t>();
    }

    /// A log-probability: finite, and not above 0 but for rounding.
    float logp() const {
        if (!value_->is_number()) fail("must be a log-probability, it is " + kind());
        const double number = value_->get<double>();
        if (!(number <= 1e-3) || number < -1e30)
            fail("must be a finite log-probability, it is " + quoted_excerpt(value_->dump()));
        return static_cast<float>(std::fmin(number, 0.0));
    }

    bool boolean() const {
        if (!value_->is_boolean()) fail("must be true or false, it is " + kind());
        return value_->get<bool>();
    }

    std::string text() const {
        if (!value_->is_string()) fail("must be a string, it is " + kind());
        return value_->get<std::string>();
    }

    bool is_list() const { return value_->is_array(); }
    bool is_text() const { return value_->is_string(); }

  private:
    Answer(const nlohmann::json& value, std::string url, std::string path)
        : value_(&value), url_(std::move(url)), path_(std::move(path)) {}

    std::string kind() const {
        const std::string name = value_->type_name();
        return name == "null" ? name : (name == "array" || name == "object" ? "an " : "a ") + name;
    }

    const nlohmann::json* value_;
    std::string url_, path_;
};

}  // namespace gppo
