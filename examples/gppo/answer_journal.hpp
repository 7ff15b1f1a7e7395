// SPDX-License-Identifier: Apache-2.0
//
// What endpoints have answered, so that a run that ended early asks nothing twice. One JSON line a
// question, written when its answers are there; a line that a kill cut off is no line.
#pragma once

#include <gppo/core/file.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

/// Safe for several threads. Throws gppo::Error naming the file.
class AnswerJournal {
  public:
    explicit AnswerJournal(const std::string& path);

    /// The answers to a request, if they are known. A request is known by all of its body.
    std::optional<std::vector<std::string>> find(const nlohmann::json& request) const;
    void add(const nlohmann::json& request, const std::vector<std::string>& answers);
    std::size_t size() const { return answers_.size(); }

  private:
    std::string path_;
    gppo::Descriptor file_;
    mutable std::mutex mutex_;
    std::map<std::string, std::vector<std::string>> answers_;
};
