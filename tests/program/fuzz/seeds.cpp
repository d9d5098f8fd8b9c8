// tests/program/fuzz/seeds.cpp — program_seeds program|while FOLDER: writes programs for a fuzzer
// to begin from
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>

#include "tests/program/programs.h"
#include "tests/program/random_while.h"

namespace {

template <class Texts>
void write(const Texts& texts, const std::filesystem::path& folder) {
  int number = 0;
  for (const char* text : texts)
    std::ofstream(folder / ("seed" + std::to_string(number++))) << text;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view language = count == 3 ? words[1] : "";
  if (language == "program") {
    write(pliant::test::kPrograms, words[2]);
  } else if (language == "while") {
    write(pliant::test::kWhilePrograms, words[2]);
  } else {
    std::cerr << "program_seeds program|while FOLDER\n";
    return 2;
  }
  return 0;
}
