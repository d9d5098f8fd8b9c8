// tests/circuit/encoder_test.cpp — numbers as bits: thresholds, crops, names, and what is refused
#include "pliant/circuit/encoder.h"

#include <doctest/doctest.h>

#include <limits>
#include <locale>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Two features with thresholds at a quarter and a half.
Encoder quarters() {
  Encoder encoder;
  encoder.features = 2;
  encoder.inputs = 4;
  encoder.feature = {0, 1, 0, 1};
  encoder.threshold = {0.25, 0.25, 0.5, 0.5};
  return encoder;
}

TEST_CASE("a bit is 1 where the number is above its threshold") {
  const Encoder encoder = quarters();
  check_encoder(encoder);
  const std::vector<float> numbers = {0.5F, std::numeric_limits<float>::quiet_NaN()};
  Bytes bits(4);
  encode(encoder, numbers.data(), bits.data());
  CHECK(bits == Bytes{1, 0, 0, 0});
  const Bytes bytes = {63, 128};  // 63/255 < 0.25 < 64/255; 127/255 < 0.5 < 128/255
  encode(encoder, bytes.data(), bits.data());
  CHECK(bits == Bytes{0, 1, 0, 1});
}

TEST_CASE("the threshold of a byte is where float32 crosses it") {
  Encoder encoder = quarters();
  CHECK(byte_threshold(encoder, 0) == 63);
  CHECK(byte_threshold(encoder, 2) == 127);
  encoder.threshold = {-0.1, 0, 1, 0.1F};
  CHECK(byte_threshold(encoder, 0) == -1);
  CHECK(byte_threshold(encoder, 1) == 0);
  CHECK(byte_threshold(encoder, 2) == 255);
  encoder.byte_maximum = 10;  // 1/10 in float32 is the threshold itself: not above
  CHECK(byte_threshold(encoder, 3) == 1);
}

/// Numbers with groups of thousands and a decimal comma.
class Grouped : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST_CASE("names do not depend on the locale of the program") {
  Encoder encoder;
  encoder.inputs = 2000;
  const std::locale kept =
      std::locale::global(std::locale(std::locale::classic(), new Grouped));  // which owns it
  const std::string plain = bit_name(encoder, 1234);
  encoder.features = 2000;
  encoder.feature.assign(2000, 1999);
  encoder.threshold.assign(2000, 0.5);
  const std::string compared = bit_name(encoder, 0);
  std::locale::global(kept);
  CHECK(plain == "x1234");
  CHECK(compared == "x1999>0.5");
}

TEST_CASE("bits are the example itself where there are no features") {
  Encoder encoder;
  encoder.inputs = 3;
  check_encoder(encoder);
  CHECK(encoder.width() == 3);
  const Bytes bytes = {0, 1, 7};
  Bytes bits(3);
  encode(encoder, bytes.data(), bits.data());
  CHECK(bits == Bytes{0, 1, 1});
}

TEST_CASE("a crop is found in each picture") {
  Encoder encoder;
  encoder.crop = {.height = 4, .width = 4, .side = 2};
  encoder.features = 4;
  encoder.inputs = 4;
  encoder.feature = {0, 1, 2, 3};
  encoder.threshold = {0.5, 0.5, 0.5, 0.5};
  check_encoder(encoder);
  CHECK(encoder.width() == 16);
  const Bytes bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 1, 0, 0, 0, 255, 0};
  Bytes bits(4);
  encode(encoder, bytes.data(), bits.data());
  CHECK(bits == Bytes{1, 0, 0, 1});
  const Bytes full(16, 9);
  CHECK_THROWS_WITH_AS(
      encode(encoder, full.data(), bits.data()),
      "the picture has fewer black rows at its borders than the 2 that are to be trimmed",
      std::invalid_argument);
}

TEST_CASE("names of bits") {
  Encoder encoder = quarters();
  CHECK(bit_name(encoder, 3) == "x1>0.5");
  encoder.names = {"age", "hours"};
  CHECK(bit_name(encoder, 0) == "age>0.25");
  encoder.names.clear();
  encoder.shape = {1, 1, 2};
  CHECK(bit_name(encoder, 1) == "pixel[0,1]>0.25");
  Encoder plain;
  plain.inputs = 12;
  CHECK(bit_name(plain, 3) == "x3");
  plain.shape = {2, 2, 3};
  CHECK(bit_name(plain, 10) == "pixel[1,1,1]");
}

template <class Spoil>
bool refused(const Spoil& spoil, std::string_view part) {
  Encoder encoder = quarters();
  spoil(encoder);
  try {
    check_encoder(encoder);
  } catch (const std::invalid_argument& error) {
    return std::string_view(error.what()).find(part) != std::string_view::npos;
  }
  return false;
}

TEST_CASE("an encoder that is not one is refused") {
  CHECK(refused([](Encoder& e) { e.feature[1] = 2; }, "bit 1 reads feature 2, there are 2"));
  CHECK(refused([](Encoder& e) { e.feature.pop_back(); }, "got 3 and 4"));
  CHECK(refused([](Encoder& e) { e.threshold[2] = std::numeric_limits<double>::infinity(); },
                "bit 2 must be finite"));
  CHECK(refused([](Encoder& e) { e.features = 0; }, "need features"));
  CHECK(refused([](Encoder& e) { e.names = {"one"}; }, "2 names"));
  CHECK(refused([](Encoder& e) { e.byte_maximum = 0; }, "byte_maximum"));
  CHECK(refused([](Encoder& e) { e.shape = {1, 3, 1}; }, "shape"));
  CHECK(refused([](Encoder& e) { e.crop = {4, 4, 2}; }, "has 4 features, got 2"));
  CHECK(refused([](Encoder& e) { e.crop = {65, 65, 2}; }, "at most 64"));
  CHECK(refused([](Encoder& e) { e.crop = {4, 4, 5}; }, "in 1 … 4"));
}

}  // namespace
}  // namespace pliant::circuit
