// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/report/progress.hpp>

#include <fcntl.h>

using gppo::duration_text;
using gppo::Progress;
using gppo::progress_line;
using gppo::ProgressState;

TEST_CASE("durations are short and round to the second", "[report][progress]") {
    CHECK(duration_text(0) == "0s");
    CHECK(duration_text(59.4) == "59s");
    CHECK(duration_text(59.6) == "1m 00s");
    CHECK(duration_text(7500) == "2h 05m");
    CHECK(duration_text(-1) == "?");
    CHECK(duration_text(ProgressState::unknown) == "?");
}

TEST_CASE("the line shows what is known and nothing else", "[report][progress]") {
    ProgressState state{.stage = "rl", .step = 12, .total = 40};
    CHECK(progress_line(state, -1, 0) == "rl     12/40");
    state.reward = 0.6125;
    state.pass_rate = 0.5;
    state.entropy = 0.34;
    state.tokens_per_second = 12345;
    CHECK(progress_line(state, 80, 0) ==
          "rl     12/40  reward 0.613  pass 50.0%  entropy 0.340  12.3k tok/s  1m 20s left");
    CHECK(progress_line({.stage = "sft", .step = 1, .total = 2, .loss = 2.5}, -1, 4) ==
          "sft     1/2 ▕██░░▏  loss 2.500");
}

TEST_CASE("without a terminal there is a plain line at the start, every few seconds and at the end",
          "[report][progress]") {
    TemporaryDirectory dir;
    std::FILE* out = std::fopen((dir.path / "log").c_str(), "w");
    REQUIRE(out != nullptr);
    {
        Progress progress(out, 10);
        CHECK_FALSE(progress.terminal());
        const Progress::Clock::time_point start{std::chrono::hours(1)};
        for (gppo::Index step = 1; step <= 30; ++step)
            progress.update({.stage = "sft", .step = step, .total = 30},
                            start + std::chrono::seconds(step - 1));
        progress.update({.stage = "rl", .step = 1, .total = 9}, start + std::chrono::seconds(30));
    }
    std::fclose(out);
    CHECK(read_file(dir.path / "log") ==
          "sft     1/30\n"
          "sft    11/30  19s left\n"
          "sft    21/30  9s left\n"
          "sft    30/30  0s left\n"
          "rl      1/9\n");
}

namespace {

/// A pseudo-terminal of 60 columns: what is written to `out` can be read back from `screen`.
struct Terminal {
    int screen = ::posix_openpt(O_RDWR | O_NOCTTY);
    std::FILE* out = nullptr;

    Terminal() {
        if (screen < 0 || ::grantpt(screen) != 0 || ::unlockpt(screen) != 0) return;
        winsize size{};
        size.ws_col = 60;
        size.ws_row = 24;
        ::ioctl(screen, TIOCSWINSZ, &size);
        out = std::fopen(::ptsname(screen), "w");
    }
    ~Terminal() {
        if (out != nullptr) std::fclose(out);
        if (screen >= 0) ::close(screen);
    }
    std::string read() const {
        char text[4096];
        const auto count = ::read(screen, text, sizeof text);
        return {text, count > 0 ? static_cast<std::size_t>(count) : 0};
    }
};

}  // namespace

TEST_CASE("on a terminal one line is rewritten in place and never wraps", "[report][progress]") {
    ::setenv("TERM", "xterm", 1);
    Terminal terminal;
    if (terminal.out == nullptr) {
        WARN("skipped: no pseudo-terminal here");
        return;
    }
    {
        Progress progress(terminal.out);
        REQUIRE(progress.terminal());
        progress.update({.stage = "rl", .step = 1, .total = 4, .reward = 0.5});
        CHECK(terminal.read() == "\rrl      1/4 ▕████░░░░░░░░░░░░▏  reward 0.500\x1b[K");
        progress.update({.stage = "rl",
                         .step = 2,
                         .total = 4,
                         .reward = 0.5,
                         .pass_rate = 0.5,
                         .loss = 1,
                         .entropy = 2,
                         .tokens_per_second = 99999});
        CHECK(terminal.read().size() == 1 + 59 + 3);  // cut at the last column but one
    }
    CHECK(terminal.read() == "\r\n");
}
