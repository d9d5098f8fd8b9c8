// cli/errors.h — what a subcommand throws, as a message and an exit code
#pragma once

#include <CLI/CLI.hpp>
#include <iostream>
#include <new>
#include <stdexcept>
#include <system_error>

namespace pliant::cli {

inline constexpr int kUsersMistake = 2;
inline constexpr int kOurMistake = 1;

/// A mistake of the command line itself, or a request for help, has been answered: `code`.
struct Answered {
  int code;
};

/// Parses, and answers --help and mistakes as CLI11 does.
/// @param arguments  in order   @throws Answered
inline void parse(CLI::App& app, std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    throw Answered{app.exit(error) == 0 ? 0 : kUsersMistake};
  }
}

/// Runs the subcommand: 0 done; 2 a mistake in options, files or folders, or sizes that the memory
/// does not hold; 1 a mistake of ours.
template <class Run>
int report_errors(Run&& run) {
  try {
    return run();
  } catch (const Answered& answered) {
    return answered.code;
  } catch (const std::invalid_argument& error) {
    std::cerr << "error: " << error.what() << '\n';
    return kUsersMistake;
  } catch (const std::system_error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return kUsersMistake;
  } catch (const CLI::Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return kUsersMistake;
  } catch (const std::bad_alloc&) {
    std::cerr << "error: out of memory; smaller sizes take less\n";
    return kUsersMistake;
  } catch (const std::exception& error) {
    std::cerr << "internal error: " << error.what() << '\n';
    return kOurMistake;
  }
}

}  // namespace pliant::cli
