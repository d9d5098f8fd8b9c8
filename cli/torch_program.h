// cli/torch_program.h — where pliant-torch is
#pragma once

#include <filesystem>

namespace pliant::cli {

/// pliant-torch beside the running program, whether it is there or not.
inline std::filesystem::path torch_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "pliant-torch";
}

}  // namespace pliant::cli
