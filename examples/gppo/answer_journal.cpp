// SPDX-License-Identifier: Apache-2.0
#include "answer_journal.hpp"

#include <gppo/data/xxhash64.hpp>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <unistd.h>

namespace {

std::string journal_key(const nlohmann::json& request) {
    const std::string body = request.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    char text[40];
    std::snprintf(text, sizeof text, "%016llx%016llx",
                  static_cast<unsigned long long>(gppo::xxhash64(body)),
                  static_cast<unsigned long long>(gppo::xxhash64(body, 1)));
    return text;
}

}  // namespace

AnswerJournal::AnswerJournal(const std::string& path) : path_(path) {
    std::size_t whole = 0;
    if (std::filesystem::exists(path)) {
        const std::string text = gppo::read_file(path);
        for (std::size_t end; (end = text.find('\n', whole)) != text.npos; whole = end + 1) {
            const auto line = nlohmann::json::parse(
                std::string_view(text).substr(whole, end - whole), nullptr, false);
            const bool right = line.is_object() && line.contains("request") &&
                               line["request"].is_string() && line.contains("answers") &&
                               line["answers"].is_array();
            gppo::expects(right, [&] {
                return path +
                       " is not a file of answers that gppo wrote: delete it, or name "
                       "another one (--answers)";
            });
            line["answers"].get_to(answers_[line["request"].get<std::string>()]);
        }
    }
    file_ = gppo::Descriptor(path, O_WRONLY | O_CREAT | O_APPEND);
    if (!file_) gppo::throw_file_error("write", path, errno);
    if (::ftruncate(file_.get(), static_cast<off_t>(whole)) != 0)
        gppo::throw_file_error("write", path, errno);
}

std::optional<std::vector<std::string>> AnswerJournal::find(const nlohmann::json& request) const {
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(journal_key(request));
    return found == answers_.end() ? std::nullopt : std::optional(found->second);
}

void AnswerJournal::add(const nlohmann::json& request, const std::vector<std::string>& answers) {
    const std::string key = journal_key(request);
    const std::string line = nlohmann::ordered_json{{"request", key}, {"answers", answers}}.dump(
                                 -1, ' ', false, nlohmann::json::error_handler_t::replace) +
                             "\n";
    const std::lock_guard lock(mutex_);
    gppo::write_bytes(file_, line, path_);
    answers_[key] = answers;
}
