// tests/program/fuzz/seeds.cpp — program_seeds FOLDER: writes programs for the fuzzer to begin from
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/program/programs.h"

int main(int count, char** words) {
  if (count != 2) {
    std::cerr << "program_seeds FOLDER\n";
    return 2;
  }
  int number = 0;
  for (const char* text : pliant::test::kPrograms)
    std::ofstream(std::filesystem::path(words[1]) / ("seed" + std::to_string(number++))) << text;
  return 0;
}
