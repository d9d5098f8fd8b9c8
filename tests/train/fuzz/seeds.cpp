// tests/train/fuzz/seeds.cpp — train_seeds config FOLDER: writes files for the fuzzer to begin from
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>

#include "tests/train/fuzz/config.h"

int main(int count, char** words) {
  if (count != 3 || std::string_view(words[1]) != "config") {
    std::cerr << "train_seeds config FOLDER\n";
    return 2;
  }
  int number = 0;
  for (const std::string& text : pliant::train::small_configs())
    std::ofstream(std::filesystem::path(words[2]) / ("seed" + std::to_string(number++))) << text;
  return 0;
}
