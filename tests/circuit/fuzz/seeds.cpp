// tests/circuit/fuzz/seeds.cpp — fuzz_seeds FORMAT FOLDER: writes the small files of a format
#include <array>
#include <filesystem>
#include <iostream>
#include <string>

#include "pliant/base/file.h"
#include "tests/circuit/fuzz/small_files.h"

int main(int count, char** words) {
  if (count != 3) {
    std::cerr << "fuzz_seeds FORMAT FOLDER\n";
    return 2;
  }
  int number = 0;
  for (const std::vector<std::uint8_t>& file : pliant::circuit::small_files(words[1])) {
    const std::filesystem::path path =
        std::filesystem::path(words[2]) / ("seed" + std::to_string(number++));
    pliant::base::replace_file(path, std::array{std::span<const std::uint8_t>(file)});
  }
  return 0;
}
