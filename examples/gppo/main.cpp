// SPDX-License-Identifier: Apache-2.0
//
// gppo: trains language models by reinforcement learning. One subcommand per job; `gppo rl --help`
// lists every configuration key. Errors are one line on stderr: exit code 2 for wrong usage, 1 for
// all else.
#include "commands.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <string>

namespace {

int fail(std::string message) {
    // One line, whatever a library put into its message.
    std::replace_if(
        message.begin(), message.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    std::cout.flush();
    std::cerr << "gppo: " << message << std::endl;
    return 1;
}

void add_commands(CLI::App& app) {
    add_sft_command(app);
    add_rl_command(app);
    add_reward_command(app);
    add_run_command(app);
    add_plan_command(app);
    add_eval_command(app);
    add_generate_command(app);
    add_logprobs_command(app);
    add_loss_command(app);
    add_report_command(app);
    add_config_command(app);
    add_convert_command(app);
    add_inspect_command(app);
    add_data_command(app);
    add_score_command(app);
    add_tokenize_command(app);
    add_detokenize_command(app);
    add_train_tokenizer_command(app);
}

/// CLI11 reports a misspelt command as a missing one.
std::string usage_problem(const CLI::App& app, const std::string& problem,
                          const std::string& word) {
    if (!app.get_subcommands().empty() || word.empty() || word.front() == '-') return problem;
    Strings names;
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
    return "unknown command '" + word + "'; did you mean '" + nearest(word, names) + "'?";
}

}  // namespace

int main(int argc, char** argv) {
    // A file-size limit and a closed pipe become errors of the write, which know the file's name.
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);

    CLI::App app("Reinforcement learning of language models with gradient-preserving clipping.",
                 "gppo");
    app.require_subcommand(1);
    const std::string word = argc > 1 ? argv[1] : "";
    app.failure_message([&](const CLI::App*, const CLI::Error& error) {
        return "gppo: " + usage_problem(app, error.what(), word) + " (see gppo --help)\n";
    });
    try {
        add_commands(app);
        app.parse(argc, argv);
        std::cout.flush();
        if (!std::cout) return fail("cannot write standard output");
        return 0;
    } catch (const CLI::RuntimeError& stopped) {  // by a signal, in good order
        return stopped.get_exit_code();
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const std::bad_alloc&) {
        return fail("out of memory: make the batch, model.* or rl.microbatch_tokens smaller");
    } catch (const std::exception& error) {
        return fail(error.what());
    }
}
