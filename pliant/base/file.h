// pliant/base/file.h — whole files, read and atomically replaced (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace pliant::base {

/// All bytes of a regular file.
/// @throws std::system_error with the path and the system's reason if it cannot be read
std::vector<std::uint8_t> read_file(const std::filesystem::path& path);

/// Replaces the file at `path`, or makes it, so that whoever reads it sees the old bytes or the new
/// ones and never a mixture, whenever the process or the machine stops: the parts, one after
/// another, go to the temporary file `path` + ".tmp" in the same folder, fsync, rename, fsync of
/// the folder. A temporary that a killed process left behind is written over by the next call.
/// Processes that replace the same file take turns (by a lock on the temporary).
/// @throws std::system_error with the path and the system's reason (disk full, no such folder, not
///         writable); the old file is then untouched and the temporary is gone
void replace_file(const std::filesystem::path& path,
                  std::span<const std::span<const std::uint8_t>> parts);

}  // namespace pliant::base
