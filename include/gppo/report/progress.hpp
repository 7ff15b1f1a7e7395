// SPDX-License-Identifier: Apache-2.0
//
// Progress: what a person watching a run sees. On a terminal one line that is rewritten in place;
// elsewhere (a file, CI) a plain line every few seconds. Goes to stderr, so that stdout stays for
// results.
//   rl    12/40 ▕██████░░░░░░░░░░▏ reward 0.61  pass 61.2%  entropy 0.34  12.3k tok/s  1m 20s left
#pragma once

#include <gppo/core/view.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gppo {

/// What is known after a step. NaN = unknown, not shown.
struct ProgressState {
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    std::string stage = {};  // "sft", "rl", "eval", …
    Index step = 0;          // steps done in this stage
    Index total = 0;         // steps of this stage
    double reward = unknown;
    double pass_rate = unknown;  // share, 0 … 1
    double loss = unknown;
    double entropy = unknown;  // nats
    double tokens_per_second = unknown;
};

/// "45s", "3m 20s" or "2h 05m".
inline std::string duration_text(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) return "?";
    const auto total = static_cast<long long>(seconds + 0.5);
    char text[48];
    if (total < 60)
        std::snprintf(text, sizeof text, "%llds", total);
    else if (total < 3600)
        std::snprintf(text, sizeof text, "%lldm %02llds", total / 60, total % 60);
    else
        std::snprintf(text, sizeof text, "%lldh %02lldm", total / 3600, total / 60 % 60);
    return text;
}

/// The line without the cursor movement. `seconds_left` < 0 = unknown. `bar` cells are drawn if
/// there are any.
inline std::string progress_line(const ProgressState& state, double seconds_left, int bar) {
    char text[64];
    std::snprintf(text, sizeof text, "%-5.12s%4lld/%lld", state.stage.c_str(),
                  static_cast<long long>(state.step), static_cast<long long>(state.total));
    std::string line = text;
    if (bar > 0 && state.total > 0) {
        const auto full = std::clamp<Index>(state.step * bar / state.total, 0, bar);
        line += " ▕";
        for (Index i = 0; i < bar; ++i) line += i < full ? "█" : "░";
        line += "▏";
    }
    const auto add = [&](double value, const char* format) {
        if (!std::isfinite(value)) return;
        std::snprintf(text, sizeof text, format, value);
        line += text;
    };
    add(state.loss, "  loss %.3f");
    add(state.reward, "  reward %.3f");
    add(state.pass_rate * 100, "  pass %.1f%%");
    add(state.entropy, "  entropy %.3f");
    if (state.tokens_per_second >= 1e4)
        add(state.tokens_per_second / 1e3, "  %.1fk tok/s");
    else
        add(state.tokens_per_second, "  %.0f tok/s");
    if (seconds_left >= 0) line += "  " + duration_text(seconds_left) + " left";
    return line;
}

class Progress {
  public:
    using Clock = std::chrono::steady_clock;

    /// `seconds`: at most one plain line in this time when `out` is not a terminal (the first and
    /// last step of a stage are always shown).
    explicit Progress(std::FILE* out = stderr, double seconds = 10)
        : out_(out), seconds_(seconds), terminal_(::isatty(::fileno(out)) == 1 && !dumb()) {}

    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { finish(); }

    /// Shows `state`. A new stage starts a new line and a new estimate of the time left.
    void update(const ProgressState& state, Clock::time_point now = Clock::now()) {
        const bool new_stage = state.stage != stage_ || state.step < first_step_;
        if (new_stage) {
            finish();
            stage_ = state.stage;
            first_step_ = state.step;
            first_time_ = now;
        }
        const double elapsed = std::chrono::duration<double>(now - first_time_).count();
        const auto done = static_cast<double>(state.step - first_step_);
        const double left =
            done > 0 ? elapsed / done * static_cast<double>(state.total - state.step) : -1.0;
        if (terminal_) {
            std::fprintf(out_, "\r%s\x1b[K", fitted(state, left).c_str());
            open_line_ = true;
        } else if (new_stage || state.step >= state.total ||
                   std::chrono::duration<double>(now - last_plain_).count() >= seconds_) {
            std::fprintf(out_, "%s\n", progress_line(state, left, 0).c_str());
            last_plain_ = now;
        }
        std::fflush(out_);
    }

    /// Ends the line in place, so that other output can follow. Call before printing anything else.
    void finish() {
        if (open_line_) std::fputc('\n', out_), std::fflush(out_);
        open_line_ = false;
    }

    bool terminal() const noexcept { return terminal_; }

  private:
    static bool dumb() {
        const char* name = std::getenv("TERM");
        return name != nullptr && std::string(name) == "dumb";
    }

    /// Shortens the bar, then drops it, so that the line never wraps: a wrapped line cannot be
    /// rewritten with \r.
    std::string fitted(const ProgressState& state, double left) const {
        winsize size{};
        const bool known = ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
        const int columns = known ? size.ws_col : 80;
        const std::string plain = progress_line(state, left, 0);
        const int room = columns - 1 - static_cast<int>(plain.size());
        if (room < 0) return plain.substr(0, static_cast<std::size_t>(columns - 1));
        return room >= 9 ? progress_line(state, left, std::min(room - 3, 16)) : plain;
    }

    std::FILE* out_;
    double seconds_;
    bool terminal_;
    bool open_line_ = false;
    std::string stage_;
    Index first_step_ = 0;
    Clock::time_point first_time_{}, last_plain_{};
};

}  // namespace gppo
