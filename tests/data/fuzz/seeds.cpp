// tests/data/fuzz/seeds.cpp — data_seeds FORMAT FOLDER: writes small files for a fuzzer to begin
// from
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/data/fuzz/readers.h"

int main(int count, char** words) {
  const std::string_view format = count == 3 ? words[1] : "";
  const auto readers = pliant::data::readers();
  const auto reader = std::ranges::find(readers, format, &pliant::data::Reader::name);
  if (reader == readers.end()) {
    std::cerr << "data_seeds FORMAT FOLDER\n";
    return 2;
  }
  int number = 0;
  for (const auto& file : reader->small_files()) {
    std::ofstream(std::filesystem::path(words[2]) / ("seed" + std::to_string(number++)))
        .write(reinterpret_cast<const char*>(file.data()),
               static_cast<std::streamsize>(file.size()));
  }
  return 0;
}
