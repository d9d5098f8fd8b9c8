// tests/data/fuzz/seeds.cpp — obj_seeds FOLDER: writes small meshes for the fuzzer to begin from
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/data/fuzz/obj.h"

int main(int count, char** words) {
  if (count != 2) {
    std::cerr << "obj_seeds FOLDER\n";
    return 2;
  }
  int number = 0;
  for (const std::string& text : pliant::data::small_meshes())
    std::ofstream(std::filesystem::path(words[1]) / ("seed" + std::to_string(number++))) << text;
  return 0;
}
