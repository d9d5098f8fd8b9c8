// tests/sorting/network_test.cpp — comparator networks sort, and malformed ones are refused
#include "pliant/sorting/network.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <tuple>

using namespace pliant::sorting;

TEST_CASE("every network sorts every 0-1 input, for every size up to 16") {
  for (const auto kind : network_names()) {
    CAPTURE(kind);
    for (int size = 1; size <= 16; ++size) {
      CAPTURE(size);
      const Network network = make_network(kind, size);
      CHECK(network.size == size);
      CHECK_NOTHROW(check_network(network.comparators, size, "test"));
      CHECK(sorts(network));
    }
  }
}

TEST_CASE("layers and comparators are as many as published") {
  const auto counts = [](const char* kind, int size) {
    const Network network = make_network(kind, size);
    return std::tuple(network.layers(), static_cast<int>(network.comparators.size()));
  };
  CHECK(counts("odd_even", 3) == std::tuple(3, 3));
  CHECK(counts("odd_even", 7) == std::tuple(7, 21));
  CHECK(counts("odd_even", 100) == std::tuple(100, 4950));
  CHECK(counts("bitonic", 5) == std::tuple(6, 11));
  CHECK(counts("bitonic", 13) == std::tuple(10, 57));
  CHECK(counts("bitonic", 16) == std::tuple(10, 80));
  CHECK(counts("bitonic", 50) == std::tuple(21, 492));
  CHECK(counts("bitonic", 100) == std::tuple(28, 1334));
  CHECK(counts("bitonic", 1024) == std::tuple(55, 28160));
  CHECK(counts("batcher", 16) == std::tuple(10, 63));
  CHECK(counts("batcher", 32) == std::tuple(15, 191));
  for (const auto kind : network_names()) CHECK(make_network(kind, 1).comparators.empty());
}

TEST_CASE("a network that leaves out a comparator is found not to sort") {
  Network network = make_network("bitonic", 8);
  network.comparators.pop_back();
  CHECK_FALSE(sorts(network));
}

TEST_CASE("malformed networks are refused with what is wrong") {
  const auto message = [](std::vector<Comparator> comparators, int size) -> std::string {
    try {
      check_network(comparators, size, "sort");
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message({{0, 0, 1}}, 2).empty());
  CHECK(message({{1, 0, 1}}, 2).find("must begin with layer 0") != std::string::npos);
  CHECK(message({{0, 0, 1}, {2, 0, 1}}, 2).find("without gaps") != std::string::npos);
  CHECK(message({{0, 0, 1}, {1, 0, 1}, {0, 0, 1}}, 2).find("without gaps") != std::string::npos);
  CHECK(message({{0, 0, 2}}, 2).find("wire outside 0 … 1") != std::string::npos);
  CHECK(message({{0, -1, 1}}, 2).find("wire outside") != std::string::npos);
  CHECK(message({{0, 1, 1}}, 2).find("wire 1 twice") != std::string::npos);
  CHECK(message({{0, 0, 1}, {0, 1, 2}}, 3).find("wire 1 twice in layer 0") != std::string::npos);
  CHECK(message({{0, 0, 1}}, 3).find("never touches wire 2") != std::string::npos);
  CHECK(message({}, 2).find("never touches wire 0") != std::string::npos);
  CHECK(message({}, 0).find("at least one value") != std::string::npos);
  std::string known;
  for (const auto kind : network_names()) known += (known.empty() ? "" : ", ") + std::string(kind);
  CHECK_THROWS_WITH_AS(make_network("bubble", 4),
                       ("unknown network 'bubble'; there are: " + known).c_str(),
                       std::invalid_argument);
  CHECK_THROWS_AS(make_network("bitonic", 0), std::invalid_argument);
  CHECK_THROWS_AS(sorts(Network{25, {}}), std::invalid_argument);
}
