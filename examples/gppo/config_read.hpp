// SPDX-License-Identifier: Apache-2.0
//
// TOML into fields: a file, or one `--set section.key=value`. Every mistake is an Error with the
// place
// ("run.toml:12" or "--set rl.lr=x"), the key, and what would be right.
#pragma once

#include "config_field.hpp"
#include "presets.hpp"

#include <gppo/core/error.hpp>
#include <gppo/core/file.hpp>

#include <toml++/toml.h>

#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

/// The value as it would be written in TOML, for messages.
inline std::string toml_text(const toml::node& node) {
    std::ostringstream out;
    node.visit([&](const auto& value) { out << value; });
    return out.str();
}

inline FreeTable toml_to_json(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        FreeTable object = FreeTable::object();
        for (const auto& [key, value] : *table)
            object[std::string(key.str())] = toml_to_json(value);
        return object;
    }
    if (const auto* array = node.as_array()) {
        FreeTable list = FreeTable::array();
        for (const auto& value : *array) list.push_back(toml_to_json(value));
        return list;
    }
    if (node.is_boolean()) return node.ref<bool>();
    if (node.is_integer()) return node.ref<std::int64_t>();
    if (node.is_floating_point()) return node.ref<double>();
    if (node.is_string()) return node.ref<std::string>();
    return toml_text(node);  // dates and times
}

/// Reads values into a field list.
class ConfigReader {
  public:
    /// `source` is the file's name in messages about text given to read().
    /// `context` comes before what is wrong.
    explicit ConfigReader(FieldList& list, std::string source = "", std::string context = "")
        : list_(list), source_(std::move(source)), context_(std::move(context)), lines_(true) {}

    /// Part of a file that was parsed already.
    void read_table(const toml::table& table) { root(table); }

    void read_file(const std::filesystem::path& path) {
        source_ = path.string();
        lines_ = true;
        read(gppo::read_file(path));
    }

    /// `assignment` is section.key=value; the value is TOML, and a bare word is a string.
    void set(const std::string& assignment) {
        source_ = "--set " + assignment;
        lines_ = false;
        const std::size_t equals = assignment.find('=');
        if (equals == std::string::npos) fail("", "expected section.key=value");
        const std::string path = assignment.substr(0, equals),
                          value = assignment.substr(equals + 1);
        try {
            root(toml::parse(path + " = " + value));
        } catch (const toml::parse_error&) {
            toml::table table;
            try {
                table = toml::parse(path + " = " + quoted(value));
            } catch (const toml::parse_error& error) {
                fail("", error.description());
            }
            root(table);
        }
    }

    void read(std::string_view text) {
        try {
            root(toml::parse(text, source_));
        } catch (const toml::parse_error& error) {
            throw gppo::Error(source_ + ":" + std::to_string(error.source().begin.line) + ": " +
                              std::string(error.description()));
        }
    }

  private:
    void root(const toml::table& table) {
        for (const auto& [section, node] : table) {
            const std::string name(section.str());
            const auto where = place(section.source());
            if (!list_.has_section(name)) unknown_section(where, name, node);
            const auto* keys = node.as_table();
            if (!keys)
                fail(where, "'" + name + "' is a section: write [" + name + "] and keys below it");
            if (const auto* preset = keys->get_as<std::string>("preset"))
                fill(place(preset->source()), name, preset->get());
            for (const auto& [key, value] : *keys)
                assign(place(key.source()), name, std::string(key.str()), value);
        }
    }

    /// What a preset says, before the other keys of its section: those override it. Nothing of an
    /// earlier preset stays.
    void fill(const std::string& where, const std::string& section, const std::string& preset) {
        if (preset.empty() || !list_.find(section, "preset")) return;
        FreeTable all;
        try {
            all = objective_keys(preset);
        } catch (const gppo::Error& error) {
            fail(where, error.what());
        }
        for (const auto& item : all.items()) {
            const Field* field = list_.find(section, item.key());
            if (!field)
                fail(where, "preset '" + preset + "' needs " + item.key() +
                                ", which this section does not have");
            const FreeTable& value = item.value();
            if (auto* const* text = std::get_if<std::string*>(&field->slot))
                **text = value.get<std::string>();
            else if (auto* const* number = std::get_if<double*>(&field->slot))
                **number = value.get<double>();
            else if (auto* const* table = std::get_if<FreeTable*>(&field->slot))
                **table = value;
        }
    }

    void assign(const std::string& where, const std::string& section, const std::string& key,
                const toml::node& value) {
        const Field* field = list_.find(section, key);
        if (!field) unknown_key(where, section, key);
        std::visit([&](auto* slot) { store(where, *field, *slot, value); }, field->slot);
    }

    void store(const std::string& where, const Field& field, bool& slot, const toml::node& value) {
        if (!value.is_boolean()) wrong_type(where, field, "true or false", value);
        slot = value.ref<bool>();
    }
    void store(const std::string& where, const Field& field, std::int64_t& slot,
               const toml::node& value) {
        if (!value.is_integer()) wrong_type(where, field, "a whole number", value);
        check(where, field, static_cast<double>(value.ref<std::int64_t>()));
        slot = value.ref<std::int64_t>();
    }
    void store(const std::string& where, const Field& field, double& slot,
               const toml::node& value) {
        if (!value.is_number()) wrong_type(where, field, "a number", value);
        const double number = *value.value<double>();
        check(where, field, number);
        slot = number;
    }
    void store(const std::string& where, const Field& field, std::string& slot,
               const toml::node& value) {
        if (!value.is_string()) wrong_type(where, field, "a string in quotes", value);
        check_choice(where, field, value.ref<std::string>());
        slot = value.ref<std::string>();
    }
    void store(const std::string& where, const Field& field, FreeTable& slot,
               const toml::node& value) {
        if (!value.is_table()) wrong_type(where, field, "a table", value);
        if (slot.is_null()) slot = FreeTable::object();
        slot.update(toml_to_json(value));
    }
    template <class Item>
    void store(const std::string& where, const Field& field, std::vector<Item>& slot,
               const toml::node& value) {
        std::vector<Item> items;
        if (const auto* array = value.as_array()) {
            for (const auto& element : *array) store(where, field, items.emplace_back(), element);
        } else {  // one item needs no brackets
            store(where, field, items.emplace_back(), value);
        }
        slot = std::move(items);
    }

    void check(const std::string& where, const Field& field, double number) const {
        const Limit& limit = field.limit;
        const bool low_holds = limit.open ? number > limit.low : number >= limit.low;
        if (low_holds && number <= limit.high && std::isfinite(number)) return;
        std::ostringstream text;
        text << field.name() << " = " << number << " is out of range: it must be ";
        if (std::isinf(limit.low) && std::isinf(limit.high)) text << "a finite number";
        if (!std::isinf(limit.low)) text << (limit.open ? "above " : "at least ") << limit.low;
        if (!std::isinf(limit.low) && !std::isinf(limit.high)) text << " and ";
        if (!std::isinf(limit.high)) text << "at most " << limit.high;
        fail(where, text.str());
    }

    void check_choice(const std::string& where, const Field& field, const std::string& word) const {
        const auto& choices = field.limit.choices;
        if (choices.empty() || std::find(choices.begin(), choices.end(), word) != choices.end())
            return;
        std::string text = field.name() + " = \"" + word + "\" is not one of";
        for (std::size_t i = 0; i < choices.size(); ++i) text += (i ? ", " : " ") + choices[i];
        fail(where, text);
    }

    [[noreturn]] void wrong_type(const std::string& where, const Field& field,
                                 const std::string& wanted, const toml::node& got) const {
        fail(where, field.name() + " must be " + wanted + ", not " + toml_text(got));
    }

    [[noreturn]] void unknown_key(const std::string& where, const std::string& section,
                                  const std::string& key) const {
        // A key in the wrong section is as common as a misspelt one.
        std::vector<std::string> names;
        std::string elsewhere;
        for (const Field& field : list_.fields) {
            if (field.section == section) names.push_back(field.key);
            if (field.key == key) elsewhere = field.name();
        }
        const std::string close = nearest(key, names);
        const bool similar = edit_distance(key, close) <= std::max<std::size_t>(2, key.size() / 3);
        fail(where, "unknown key '" + section + "." + key + "'; did you mean '" +
                        (!similar && !elsewhere.empty() ? elsewhere : section + "." + close) +
                        "'?");
    }

    [[noreturn]] void unknown_section(const std::string& where, const std::string& name,
                                      const toml::node& node) const {
        if (name == "stage" || name == "scale")
            fail(where, "[" + name + "] makes this a recipe: use gppo run");
        std::vector<std::string> names;
        for (const Field& field : list_.fields) {
            if (names.empty() || names.back() != field.section) names.push_back(field.section);
            if (!node.is_table() && field.key == name)
                fail(where, "unknown key '" + name + "'; did you mean '" + field.name() + "'?");
        }
        fail(where, "unknown section '" + name + "'; did you mean '" + nearest(name, names) + "'?");
    }

    [[noreturn]] void fail(const std::string& where, std::string_view problem) const {
        throw gppo::Error((where.empty() ? source_ : where) + ": " + context_ +
                          std::string(problem));
    }

    std::string place(const toml::source_region& region) const {
        return lines_ ? source_ + ":" + std::to_string(region.begin.line) : source_;
    }

    static std::string quoted(const std::string& word) {
        std::string text = "\"";
        for (const char c : word)
            text += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        return text + "\"";
    }

    FieldList& list_;
    std::string source_, context_;
    bool lines_ = false;
};
