// cli/torch_main.cpp — pliant-torch: the subcommands that need torch; `pliant` calls it
#include <c10/util/Exception.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/torch_errors.h"

int main(int argc, char** argv) {
  using pliant::cli::Arguments;
  const Arguments arguments(argv + std::min(argc, 1), argv + argc);
  return pliant::cli::report_errors([&] {
    const std::string command = arguments.empty() ? "" : arguments.front();
    const Arguments rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
    try {
      if (command == "train") return pliant::cli::run_train(rest);
      if (command == "eval") return pliant::cli::run_eval(rest);
      if (command == "demo") return pliant::cli::run_demo(rest);
      if (command == "render") return pliant::cli::run_render(rest);
    } catch (const c10::Error& error) {
      pliant::cli::rethrow(error);
    }
    std::cerr << "pliant-torch is called by pliant, with train, eval, demo or render\n";
    return pliant::cli::kUsersMistake;
  });
}
