// SPDX-License-Identifier: Apache-2.0
//
// A method by name: what a configuration or `gppo loss` asks for becomes a value here. One row per
// method; a row's function reads its parameters, and the same call with nothing to read lists them.
#pragma once

#include "config_field.hpp"

#include <gppo/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Reads the parameters of one method from a JSON object and remembers which it asked for.
class Parameters {
  public:
    struct Row {
        std::string key;
        FreeTable value;  ///< the default
    };

    /// `owner` is what an error calls the method, e.g. "policy gppo".
    Parameters(std::string owner, const FreeTable& given)
        : owner_(std::move(owner)), given_(given) {
        gppo::expects(given.is_object() || given.is_null(),
                      owner_ + ": its parameters must be an object of name: value");
    }

    /// A finite number, at least `low`.
    double number(const std::string& key, double standard, double low = 0.0) {
        rows_.push_back({key, standard});
        const FreeTable* value = find(key);
        if (value == nullptr) return standard;
        gppo::expects(value->is_number(), owner_ + ": " + key + " must be a number");
        const double x = value->get<double>();
        gppo::expects(std::isfinite(x) && x >= low && std::abs(x) < 1e30, [&] {
            return owner_ + ": " + key + " is " + value->dump() + ", it must be at least " +
                   FreeTable(low).dump() + " and finite";
        });
        return x;
    }
    float real(const std::string& key, float standard, double low = 0.0) {
        // Through the shortest decimal, so that --list shows 0.2 and not 0.20000000298.
        return static_cast<float>(number(key, std::stod(short_decimal(standard)), low));
    }
    bool flag(const std::string& key, bool standard) {
        rows_.push_back({key, standard});
        const FreeTable* value = find(key);
        if (value == nullptr) return standard;
        gppo::expects(value->is_boolean(), owner_ + ": " + key + " must be true or false");
        return value->get<bool>();
    }
    /// Finite numbers; none by default.
    std::vector<float> reals(const std::string& key) {
        rows_.push_back({key, FreeTable::array()});
        const FreeTable* value = find(key);
        std::vector<float> numbers;
        if (value == nullptr) return numbers;
        gppo::expects(value->is_array(), owner_ + ": " + key + " must be an array of numbers");
        for (const FreeTable& x : *value) {
            gppo::expects(x.is_number() && std::abs(x.get<double>()) < 1e30,
                          owner_ + ": " + key + " must be finite numbers");
            numbers.push_back(static_cast<float>(x.get<double>()));
        }
        return numbers;
    }
    /// The place of the given word among `words`; the first is the default.
    std::size_t choice(const std::string& key, const Strings& words) {
        rows_.push_back({key, words.front()});
        const FreeTable* value = find(key);
        if (value == nullptr) return 0;
        gppo::expects(value->is_string(), owner_ + ": " + key + " must be a string");
        const auto word = value->get<std::string>();
        const auto place = std::find(words.begin(), words.end(), word);
        gppo::expects(place != words.end(), [&] {
            return owner_ + ": " + key + " is '" + word + "'; did you mean '" +
                   nearest(word, words) + "'?";
        });
        return static_cast<std::size_t>(place - words.begin());
    }

    /// Throws if something was given that nobody asked for.
    void finish() const {
        if (!given_.is_object()) return;
        Strings known;
        for (const Row& row : rows_) known.push_back(row.key);
        for (const auto& [key, value] : given_.items()) {
            if (std::find(known.begin(), known.end(), key) != known.end()) continue;
            throw gppo::Error(owner_ + ": unknown parameter '" + key + "'" +
                              (known.empty() ? "; it has none"
                                             : "; did you mean '" + nearest(key, known) + "'?"));
        }
    }
    const std::vector<Row>& rows() const { return rows_; }

  private:
    static std::string short_decimal(float x) {
        char text[32];
        std::snprintf(text, sizeof text, "%.7g", static_cast<double>(x));
        return text;
    }
    const FreeTable* find(const std::string& key) const {
        if (!given_.is_object()) return nullptr;
        const auto entry = given_.find(key);
        return entry == given_.end() ? nullptr : &*entry;
    }

    std::string owner_;
    const FreeTable& given_;
    std::vector<Row> rows_;
};

template <class Any>
struct Method {
    std::string name;
    std::string help;
    std::function<Any(Parameters&)> make;
};

/// The method called `name`; `kind` is what an error calls the family, e.g. "policy".
template <class Any>
Any make_method(const std::string& kind, const std::vector<Method<Any>>& methods,
                const std::string& name, const FreeTable& parameters) {
    Strings names;
    for (const Method<Any>& method : methods) {
        names.push_back(method.name);
        if (method.name != name) continue;
        Parameters reader(kind + " " + name, parameters);
        Any made = method.make(reader);
        reader.finish();
        return made;
    }
    throw gppo::Error("unknown " + kind + " '" + name + "'; did you mean '" + nearest(name, names) +
                      "'?");
}
