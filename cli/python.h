// cli/python.h — Python programs of the package pliant, run from here
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pliant::cli {

/// Runs `python ARGUMENTS…` and waits. Python is $PLIANT_PYTHON, else the one that the build used
/// if it is still there, else python3; in a checkout it sees the checkout's package.
/// @return the exit code; 127 if there is no such Python
int run_python(const std::vector<std::string>& arguments);

/// The same as a line for a shell.
std::string python_line(const std::vector<std::string>& arguments);

/// Makes the report of a run, which says where it is; on failure says how to do it by hand.
/// @return 0, or kOurMistake
int make_report(const std::filesystem::path& run);

/// One report of several runs, of those that came to something.   @return as above
int make_report(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& file);

/// The page of a demo, from its demo.json and the runs beside it.   @return as above
int make_demo_page(const std::filesystem::path& demo);

}  // namespace pliant::cli
