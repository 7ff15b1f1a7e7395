// SPDX-License-Identifier: Apache-2.0
//
// The rules of gppo data filter: NAME, or NAME:key=value,key=value.
#pragma once

#include "data_filter.hpp"

#include <gppo/data/record.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// A rule as it was written. Every key that nobody asks for is an error.
class RuleText {
  public:
    /// Throws gppo::Error if the text has no such form.
    explicit RuleText(const std::string& text);

    const std::string& name() const { return name_; }
    const std::string& whole() const { return whole_; }
    std::optional<std::string> text(const std::string& key);
    std::string needed(const std::string& key);
    std::optional<double> number(const std::string& key);
    /// Throws gppo::Error if a key was not asked for.
    void check_keys() const;

  private:
    std::string name_, whole_;
    std::map<std::string, std::string> values_;
    std::vector<std::string> known_;
};

/// A rule that looks at one row. A gppo::Error makes it a bad row.
using RowRule = std::function<std::optional<Dropped>(const gppo::StreamRow& row)>;

/// The rule, or nothing if the name is not one of those that look at one row. `field` is --field.
std::optional<RowRule> row_rule(RuleText& rule, const std::string& field);

/// The text of a row's source; "" where the row has none. Throws gppo::Error if it is not text.
std::string source_text(const gppo::StreamRow& row, const std::string& field);
/// The value of a field. Throws gppo::Error where the row has none.
const nlohmann::json& needed_field(const gppo::StreamRow& row, const std::string& field);
