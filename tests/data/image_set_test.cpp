// tests/data/image_set_test.cpp — the embedded digits, MNIST's layout, missing sets, halving
#include "pliant/data/image_set.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "tests/data/data_folder.h"
#include "tests/data/gzip.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using Bytes = std::vector<std::uint8_t>;
using doctest::Contains;
using tests::DataFolder;

constexpr std::array<Split, 3> kSplits = {Split::kTrain, Split::kValidation, Split::kTest};

std::vector<int> class_counts(const ImageSet& set) {
  std::vector<int> counts(10);
  for (int label : set.labels) ++counts.at(static_cast<std::size_t>(label));
  return counts;
}

std::uint32_t crc(const Bytes& bytes) {
  return static_cast<std::uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

Bytes idx(const std::vector<std::uint32_t>& shape, const Bytes& values) {
  Bytes bytes = {0, 0, 8, static_cast<std::uint8_t>(shape.size())};
  for (std::uint32_t size : shape) {
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(size >> shift));
  }
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

TEST_CASE("the embedded digits: sizes, classes, checksum") {
  const std::vector<std::vector<int>> counts = {{114, 117, 114, 118, 116, 117, 116, 115, 114, 116},
                                                {26, 26, 26, 26, 26, 26, 26, 26, 25, 25},
                                                {38, 39, 37, 39, 39, 39, 39, 38, 35, 39}};
  Bytes pixels;
  Bytes labels;
  std::set<Bytes> distinct;
  for (Split split : kSplits) {
    const ImageSet set = load_image_set("digits", split);
    CHECK(set.split == split);
    CHECK((set.height == 8 && set.width == 8 && set.maximum == 16));
    CHECK(class_counts(set) == counts[static_cast<std::size_t>(split)]);
    for (std::size_t i = 0; i < set.size(); ++i) distinct.emplace(set.image(i), set.image(i) + 64);
    pixels.insert(pixels.end(), set.pixels.begin(), set.pixels.end());
    labels.insert(labels.end(), set.labels.begin(), set.labels.end());
  }
  CHECK(distinct.size() == 1797);  // So no image is in two splits.
  CHECK(*std::max_element(pixels.begin(), pixels.end()) == 16);
  // The checksums of scikit-learn's digits.csv.gz, its columns packed as bytes.
  CHECK(crc(pixels) == 0xF3A2533CU);
  CHECK(crc(labels) == 0xF86FC929U);
}

TEST_CASE("the digits' splits begin with a writer's form: the same text of 30 digits in 0 … 9") {
  for (Split split : kSplits) {
    const ImageSet set = load_image_set("digits", split);
    for (std::size_t i = 0; i < 30; ++i) CHECK(int{set.labels[i]} == int(i % 10));
  }
}

TEST_CASE("MNIST: sizes, classes and checksum of the real files") {
  const char* root = std::getenv("PLIANT_DATA");
  const std::filesystem::path folder =
      std::filesystem::path(root == nullptr ? PLIANT_SHARED_DATA : root) / "mnist";
  if (!std::filesystem::is_directory(folder)) {
    MESSAGE("skipped: there is no ", folder.string(),
            "; PLIANT_DATA may name the folder above mnist/");
    return;
  }
  const ImageSet train = read_image_set("mnist", folder, Split::kTrain);
  const ImageSet validation = read_image_set("mnist", folder, Split::kValidation);
  const ImageSet test = read_image_set("mnist", folder, Split::kTest);
  CHECK(train.size() == 55'000);
  CHECK(validation.size() == 5'000);
  CHECK(test.size() == 10'000);
  CHECK((train.height == 28 && train.width == 28 && train.maximum == 255));
  CHECK(class_counts(test) ==
        std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
  std::vector<int> counts = class_counts(train);
  const std::vector<int> rest = class_counts(validation);
  for (std::size_t digit = 0; digit < 10; ++digit) counts[digit] += rest[digit];
  CHECK(counts == std::vector<int>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
  Bytes pixels = train.pixels;
  pixels.insert(pixels.end(), validation.pixels.begin(), validation.pixels.end());
  CHECK(crc(pixels) == 0xF3639B56U);
  CHECK(crc(test.pixels) == 0xE4CA5F57U);
  // Of the published rule in NumPy.
  CHECK(crc(trim_border(train, 20).pixels) == 0x186F9FD6U);
  CHECK(crc(trim_border(test, 20).pixels) == 0x0488D86EU);
}

TEST_CASE("MNIST's layout in a folder of our own, plain and gzipped, and its split") {
  const tests::ScratchFolder folder;
  const DataFolder data(folder.path().c_str());
  Bytes labels(5003);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::uint8_t>(i % 10);
  write(folder / "mnist/train-images-idx3-ubyte", idx({5003, 1, 1}, labels));
  write(folder / "mnist/train-labels-idx1-ubyte.gz", tests::gzip(idx({5003}, labels)));
  write(folder / "mnist/t10k-images-idx3-ubyte.gz", tests::gzip(idx({2, 1, 2}, {1, 2, 3, 4})));
  write(folder / "mnist/t10k-labels-idx1-ubyte", idx({2}, {7, 8}));
  CHECK(load_image_set("mnist", Split::kTrain).labels == Bytes{0, 1, 2});
  const ImageSet validation = load_image_set("mnist", Split::kValidation);
  CHECK(validation.size() == 5000);
  CHECK((*validation.image(0) == 3 && validation.labels[0] == 3));
  const ImageSet test = load_image_set("mnist", Split::kTest);
  CHECK(test.labels == Bytes{7, 8});
  CHECK((test.height == 1 && test.width == 2 && *test.image(1) == 3));

  write(folder / "mnist/t10k-labels-idx1-ubyte", idx({3}, {7, 8, 9}));
  CHECK_THROWS_WITH_AS(load_image_set("mnist", Split::kTest), Contains("2 images but 3 labels"),
                       std::invalid_argument);
  write(folder / "mnist/t10k-labels-idx1-ubyte", idx({2}, {7, 10}));
  CHECK_THROWS_WITH_AS(load_image_set("mnist", Split::kTest),
                       Contains("labels must be in 0 … 9, got 10"), std::invalid_argument);
  write(folder / "mnist/t10k-labels-idx1-ubyte", idx({2, 1}, {7, 1}));
  CHECK_THROWS_WITH_AS(load_image_set("mnist", Split::kTest), Contains("got 3 and 2"),
                       std::invalid_argument);
  write(folder / "mnist/t10k-labels-idx1-ubyte", {0, 0, 8, 1, 0, 0});
  CHECK_THROWS_WITH_AS(load_image_set("mnist", Split::kTest),
                       Contains("t10k-labels-idx1-ubyte: truncated"), std::invalid_argument);
  std::filesystem::remove(folder / "mnist/t10k-labels-idx1-ubyte");
  CHECK_THROWS_WITH_AS(load_image_set("mnist", Split::kTest),
                       Contains("there is no t10k-labels-idx1-ubyte"), std::invalid_argument);
  write(folder / "mnist/train-labels-idx1-ubyte.gz", idx({5000}, Bytes(5000)));
  CHECK_THROWS_WITH_AS(load_image_set("mnist", Split::kTrain), Contains("5000 training images"),
                       std::invalid_argument);
}

TEST_CASE("a set that is not there: what to put where, and the variable") {
  {
    const DataFolder data(nullptr);
    CHECK_THROWS_WITH_AS(
        load_image_set("mnist", Split::kTrain),
        Contains("folder mnist/ and name the folder above it in the environment variable "
                 "PLIANT_DATA (which is not set)"),
        std::invalid_argument);
  }
  const DataFolder data("/no/such/folder");
  CHECK_THROWS_WITH_AS(load_image_set("mnist", Split::kTrain), Contains("(now '/no/such/folder')"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      load_image_set("minst", Split::kTrain),
      "unknown data set 'minst'; there are: digits, mnist, fashion_mnist, mnist20x20",
      std::invalid_argument);
}

TEST_CASE("half resolution is the mean of 2×2, a half rounded up") {
  ImageSet set{"s",   Split::kTest, 2,
               4,     255,          {0, 1, 255, 255, 0, 1, 255, 254, 4, 0, 0, 0, 0, 0, 0, 1},
               {3, 4}};
  const ImageSet half = half_resolution(set);
  CHECK((half.height == 1 && half.width == 2 && half.maximum == 255 && half.split == Split::kTest));
  CHECK(half.pixels == Bytes{1, 255, 1, 0});  // 2/4, 1019/4; 4/4, 1/4
  CHECK(half.labels == set.labels);
  CHECK_THROWS_WITH_AS(half_resolution(half), Contains("must be even, got 1 × 2"),
                       std::invalid_argument);
  CHECK(half_resolution(load_image_set("digits", Split::kTest)).pixels.size() ==
        std::size_t{382} * 16);
}

/// One image; '#' is ink.
ImageSet picture(const std::vector<std::string>& rows) {
  ImageSet set;
  set.name = "p";
  set.height = static_cast<int>(rows.size());
  set.width = static_cast<int>(rows[0].size());
  for (const std::string& row : rows) {
    for (const char c : row) set.pixels.push_back(c == '#' ? 255 : 0);
  }
  set.labels = {7};
  return set;
}

TEST_CASE("borders are trimmed evenly, and an odd one stays at the top") {
  // Rows: 1 black above and 3 below, 2 to trim: both give back one, so 0 and 2.
  // Columns: 2 and 1, 2 to trim: an odd one is given back on the left, so 1 and 1.
  const ImageSet one =
      trim_border(picture({"......", "..###.", "..#.#.", "......", "......", "......"}), 4);
  CHECK((one.height == 4 && one.width == 4 && one.labels == Bytes{7} && one.maximum == 255));
  CHECK(one.pixels == picture({"....", ".###", ".#.#", "...."}).pixels);
  // Nothing to give back on the left: the right gives back all.
  const ImageSet right = trim_border(picture({"#...", "#...", "#...", "#..."}), 4);
  CHECK(right.pixels == picture({"#...", "#...", "#...", "#..."}).pixels);
  const ImageSet corner = trim_border(picture({"....", "....", ".#..", "...#"}), 3);
  CHECK(corner.pixels == picture({"...", "#..", "..#"}).pixels);
  // A black image is trimmed on both sides; lines beyond the middle are not looked at.
  CHECK(trim_border(picture({"....", "....", "....", "...."}), 2).pixels == Bytes(4));
}

TEST_CASE("an image without enough black lines is refused, by its number") {
  ImageSet two = picture({"....", ".##.", ".##.", "...."});
  const ImageSet full = picture({"....", "####", ".##.", "...."});
  two.pixels.insert(two.pixels.end(), full.pixels.begin(), full.pixels.end());
  two.labels.push_back(3);
  CHECK_THROWS_WITH_AS(
      trim_border(two, 2),
      "p: image 1 has fewer black columns at its borders than the 2 that are to be "
      "trimmed",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(trim_border(two, 1), Contains("p: image 0 has fewer black rows"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(trim_border(two, 5), "trim_border: side must be in 1 … 4, got 5",
                       std::invalid_argument);
  CHECK_THROWS_AS(trim_border(two, 0), std::invalid_argument);
}

TEST_CASE("binarised: more than half of the maximum") {
  ImageSet set = picture({"...."});
  set.pixels = {0, 127, 128, 255};
  const ImageSet binary = binarised(set);
  CHECK((binary.pixels == Bytes{0, 0, 1, 1} && binary.maximum == 1 && binary.labels == Bytes{7}));
  CHECK(binarised(binary).pixels == binary.pixels);
  set.maximum = 16;
  set.pixels = {7, 8, 9, 16};
  CHECK(binarised(set).pixels == Bytes{0, 0, 1, 1});
}

TEST_CASE("mnist20x20 is MNIST's files, trimmed") {
  const tests::ScratchFolder folder;
  const DataFolder data(folder.path().c_str());
  Bytes image(28 * 28);
  image[5 * 28 + 20] = 200;  // 5 black rows above, 22 below; 20 columns left, 7 right
  write(folder / "mnist/t10k-images-idx3-ubyte", idx({1, 28, 28}, image));
  write(folder / "mnist/t10k-labels-idx1-ubyte", idx({1}, {4}));
  const ImageSet set = load_image_set("mnist20x20", Split::kTest);
  CHECK((set.height == 20 && set.width == 20 && set.name == "mnist20x20"));
  // Rows: 5 and 14 → 0 and 9 → 0 and 8. Columns: 14 and 7 → 8 and 1 → 7 and 1.
  const auto at = std::find(set.pixels.begin(), set.pixels.end(), 200) - set.pixels.begin();
  CHECK((at / 20 == 5 && at % 20 == 13));
}

}  // namespace
}  // namespace pliant::data
