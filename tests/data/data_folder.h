// tests/data/data_folder.h — the environment variable PLIANT_DATA, set for a scope
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace pliant::tests {

/// Sets PLIANT_DATA, or unsets it, until the end of the scope.
class DataFolder {
 public:
  explicit DataFolder(const char* value) {
    if (const char* old = std::getenv("PLIANT_DATA")) old_ = old;
    set(value);
  }
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;
  ~DataFolder() { set(old_ ? old_->c_str() : nullptr); }

 private:
  static void set(const char* value) {
    value == nullptr ? unsetenv("PLIANT_DATA") : setenv("PLIANT_DATA", value, 1);
  }
  std::optional<std::string> old_;
};

}  // namespace pliant::tests
