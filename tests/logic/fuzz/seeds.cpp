// tests/logic/fuzz/seeds.cpp — network_seeds network FOLDER: writes descriptions for the fuzzer to
// begin from
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string_view>

#include "tests/logic/fuzz/network.h"

int main(int count, char** words) {
  if (count != 3 || std::string_view(words[1]) != "network") {
    std::cerr << "network_seeds network FOLDER\n";
    return 2;
  }
  int number = 0;
  for (const std::string& text : pliant::logic::small_networks())
    std::ofstream(std::filesystem::path(words[2]) / ("seed" + std::to_string(number++))) << text;
  return 0;
}
