// tests/data/features_test.cpp — feature files: written and read, half precision, what is wrong
#include "pliant/data/features.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "pliant/base/file.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using doctest::Contains;

const std::vector<float> kValues = {1.5F, -2, 0, 1e30F, -1e-40F, 3};
const std::vector<std::int64_t> kLabels = {1, 0, 1};
const std::vector<std::string> kClasses = {"one, \"two\"", "三"};

TensorView view(const std::vector<float>& values, std::int64_t rows, std::int64_t columns) {
  return {"F32", {rows, columns}, values.data(), values.size() * sizeof(float)};
}

std::vector<float> row(const Features& features, std::size_t i) {
  std::vector<float> values(features.dimension());
  features.copy(i, values.data());
  return values;
}

TEST_CASE("what was written is read") {
  const tests::ScratchFolder folder;
  write_features(folder / "f", view(kValues, 3, 2), kLabels, kClasses, {{"network", "n"}});
  const Features features = Features::open(folder / "f");
  CHECK((features.size() == 3 && features.dimension() == 2));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(row(features, i) == std::vector<float>{kValues[2 * i], kValues[2 * i + 1]});
  }
  CHECK(features.labels() == kLabels);
  CHECK(features.classes() == kClasses);
  CHECK(features.metadata().at("network") == "n");
  CHECK(features.metadata().at("classes") == "[\"one, \\\"two\\\"\",\"三\"]");
  CHECK(Features::parse(base::read_file(folder / "f"), "copy").labels() == kLabels);
  CHECK(tests::count_files(folder.path()) == 1);
}

TEST_CASE("half precision: every finite number, and those that are not") {
  const tests::ScratchFolder folder;
  std::vector<std::uint16_t> halves;
  std::vector<double> expected;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 0x1F),
              fraction = static_cast<int>(bits & 0x3FF);
    if (exponent == 31) continue;
    const double size =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    halves.push_back(static_cast<std::uint16_t>(bits));
    expected.push_back(bits >= 0x8000 ? -size : size);
  }
  const TensorView all{
      "F16", {1, static_cast<std::int64_t>(halves.size())}, halves.data(), 2 * halves.size()};
  write_features(folder / "f", all, std::vector<std::int64_t>{0}, {"c"});
  const std::vector<float> values = row(Features::open(folder / "f"), 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    REQUIRE(values[i] == expected[i]);
    REQUIRE(std::signbit(values[i]) == std::signbit(expected[i]));
  }
  for (std::uint16_t bits : {0x7C00, 0xFC00, 0x7C01, 0x7E00}) {
    const TensorView one{"F16", {1, 1}, &bits, 2};
    CHECK_THROWS_WITH_AS(write_features(folder / "g", one, std::vector<std::int64_t>{0}, {"c"}),
                         Contains("features must be finite"), std::invalid_argument);
  }
  CHECK(tests::count_files(folder.path()) == 1);
}

TEST_CASE("no examples") {
  const tests::ScratchFolder folder;
  write_features(folder / "f", view({}, 0, 7), {}, {"c"});
  const Features features = Features::open(folder / "f");
  CHECK((features.size() == 0 && features.dimension() == 7));
}

TEST_CASE("what cannot be written is said, and nothing is") {
  const tests::ScratchFolder folder;
  const auto error = [&](const TensorView& features, const std::vector<std::int64_t>& labels,
                         const std::vector<std::string>& classes, const char* text,
                         const MetadataMap& metadata = {}) {
    CHECK_THROWS_WITH_AS(write_features(folder / "f", features, labels, classes, metadata),
                         Contains(text), std::invalid_argument);
    CHECK(tests::count_files(folder.path()) == 0);
  };
  const TensorView good = view(kValues, 3, 2);
  error(good, {0, 1}, kClasses, "/f: 3 features but 2 labels");
  error(good, {0, 1, 2}, kClasses, "/f: labels must be in 0 … 1, got 2 in example 2");
  error(good, {0, -1, 0}, kClasses, "got -1 in example 1");
  error(good, kLabels, {}, "/f: there are no classes");
  error(good, kLabels, {"a", "\xFF"}, "the name of a class is not UTF-8");
  error(good, kLabels, kClasses, "the metadata 'classes' are the names", {{"classes", ""}});
  error({"F32", {6}, kValues.data(), 24}, kLabels, kClasses,
        "/f: features must be (N, d) with d ≥ 1, got (6)");
  error({"F32", {3, 0}, nullptr, 0}, kLabels, kClasses, "got (3, 0)");
  error({"F64", {3, 1}, kValues.data(), 24}, kLabels, kClasses,
        "features must be F32 or F16, got F64");
  for (float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                    std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> values = kValues;
    values[3] = bad;
    error(view(values, 3, 2), kLabels, kClasses, "in example 1");
  }
}

TEST_CASE("a file of other tensors is refused") {
  const tests::ScratchFolder folder;
  const TensorView features = view(kValues, 3, 2);
  const TensorView labels{"I64", {3}, kLabels.data(), 24};
  const auto error = [&](const TensorMap& tensors, const MetadataMap& metadata, const char* text) {
    write_safetensors(folder / "f", tensors, metadata);
    CHECK_THROWS_WITH_AS(Features::open(folder / "f"), Contains(text), std::invalid_argument);
  };
  const MetadataMap good = {{"classes", R"(["a", "b"])"}};
  error({{"labels", labels}}, good, "/f: there is no tensor 'features'");
  error({{"features", features}}, good, "/f: there is no tensor 'labels'");
  error({{"features", features}, {"labels", labels}}, {}, "/f: there is no metadata 'classes'");
  error({{"features", features}, {"labels", labels}}, {{"classes", "a, b"}},
        "/f: the metadata 'classes' must be a JSON list of names");
  error({{"features", features}, {"labels", labels}}, {{"classes", "[1, 2]"}},
        "/f: the metadata 'classes' must hold texts, got number");
  error({{"features", features}, {"labels", labels}}, {{"classes", R"(["a"])"}},
        "/f: labels must be in 0 … 0, got 1 in example 0");
  error({{"features", features}, {"labels", {"F32", {3}, kValues.data(), 12}}}, good,
        "/f: labels must be I64 (N), got F32 (3)");
  error({{"features", features}, {"labels", {"I64", {3, 1}, kLabels.data(), 24}}}, good,
        "got I64 (3, 1)");
  error({{"features", features}, {"labels", {"I64", {2}, kLabels.data(), 16}}}, good,
        "/f: 3 features but 2 labels");
}

}  // namespace
}  // namespace pliant::data
