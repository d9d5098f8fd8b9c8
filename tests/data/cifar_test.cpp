// tests/data/cifar_test.cpp — CIFAR's binary format: records by hand, splits, and what is wrong
#include "pliant/data/cifar.h"

#include <doctest/doctest.h>

#include <fstream>
#include <system_error>

#include "tests/data/data_folder.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using Bytes = std::vector<std::uint8_t>;
using doctest::Contains;

void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

/// `count` lines as the published files have them, an empty one at the end.
Bytes names(int count, const std::string& kind) {
  std::string text;
  for (int i = 0; i < count; ++i) text += kind + std::to_string(i) + "\n";
  text += "\n";
  return {text.begin(), text.end()};
}

/// A record whose pixels are 0, 1, 2, … modulo 251, after `start`.
Bytes record(const Bytes& labels, int start) {
  Bytes bytes = labels;
  for (int i = 0; i < 3072; ++i) bytes.push_back(static_cast<std::uint8_t>((start + i) % 251));
  return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST_CASE("records by hand: coarse and fine labels, the planes of the colours") {
  CifarSet set{.name = "cifar100"};
  parse_cifar(record({19, 99}, 0) + record({3, 7}, 5), "two.bin", set);
  CHECK(set.size() == 2);
  CHECK(set.labels == Bytes{99, 7});
  CHECK(set.coarse_labels == Bytes{19, 3});
  CHECK(set.pixels.size() == 2 * 3072);
  CHECK((set.image(0)[0] == 0 && set.image(0)[1] == 1));
  CHECK(set.image(1)[1024 + 32 * 4 + 9] == (5 + 1024 + 32 * 4 + 9) % 251);  // green, (9, 4)
  CifarSet ten{.name = "cifar10"};
  parse_cifar(record({9}, 1), "one.bin", ten);
  CHECK((ten.labels == Bytes{9} && ten.coarse_labels.empty() && ten.image(0)[0] == 1));
}

TEST_CASE("what is wrong with a file is said") {
  const auto error = [](const char* name, const Bytes& bytes, const char* text) {
    CifarSet set{.name = name};
    CHECK_THROWS_WITH_AS(parse_cifar(bytes, "f.bin", set), Contains(text), std::invalid_argument);
  };
  const Bytes one = record({1, 2}, 0);
  for (std::size_t length : {std::size_t{0}, std::size_t{1}, one.size() - 1}) {
    error("cifar100", Bytes(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(length)),
          "f.bin: expected records of 3074 bytes, one or more, got ");
  }
  error("cifar100", one + Bytes{0}, "got 3075 bytes, which is 1 records and 1 bytes");
  error("cifar10", one, "f.bin: expected records of 3073 bytes");
  error("cifar100", one + record({20, 2}, 0),
        "f.bin: coarse labels must be in 0 … 19, got 20 in record 1");
  error("cifar100", record({1, 100}, 0), "f.bin: labels must be in 0 … 99, got 100 in record 0");
  error("cifar10", record({10}, 0), "f.bin: labels must be in 0 … 9, got 10 in record 0");
  error("cifar", one, "unknown data set 'cifar'; there are: cifar10, cifar100");
}

TEST_CASE("the folders of the archives, and the split of the training images") {
  const tests::ScratchFolder folder;
  const tests::DataFolder data(folder.path().c_str());
  const auto ten = folder / "cifar-10-batches-bin";
  for (int batch = 1; batch <= 5; ++batch) {
    Bytes bytes;
    for (int i = 0; i < 1001; ++i) bytes = std::move(bytes) + Bytes(3073, batch - 1);
    write(ten / ("data_batch_" + std::to_string(batch) + ".bin"), bytes);
  }
  write(ten / "test_batch.bin", record({4}, 0) + record({8}, 1));
  write(ten / "batches.meta.txt", names(10, "class "));
  const CifarSet train = load_cifar("cifar10", Split::kTrain);
  CHECK((train.size() == 5 && train.labels == Bytes(5, 0) && train.split == Split::kTrain));
  const CifarSet validation = load_cifar("cifar10", Split::kValidation);
  CHECK((validation.size() == 5000 && validation.pixels.size() == 5000 * CifarSet::kImage));
  CHECK((validation.labels.front() == 0 && validation.labels[996] == 1));
  CHECK((validation.labels.back() == 4 && *validation.image(4999) == 4));
  const CifarSet test = load_cifar("cifar10", Split::kTest);
  CHECK(test.labels == Bytes{4, 8});
  CHECK((test.classes.size() == 10 && test.classes[9] == "class 9" && test.coarse_classes.empty()));

  const auto hundred = folder / "cifar-100-binary";
  write(hundred / "test.bin", record({4, 50}, 0));
  write(hundred / "fine_label_names.txt", names(100, "fine "));
  write(hundred / "coarse_label_names.txt", names(20, "coarse "));
  const CifarSet fine = load_cifar("cifar100", Split::kTest);
  CHECK((fine.labels == Bytes{50} && fine.coarse_labels == Bytes{4}));
  CHECK((fine.classes[99] == "fine 99" && fine.coarse_classes[19] == "coarse 19"));
  write(hundred / "train.bin", record({4, 50}, 0));
  CHECK_THROWS_WITH_AS(load_cifar("cifar100", Split::kTrain),
                       "cifar100: 1 training images, but the last 5000 are for validation",
                       std::invalid_argument);
  write(hundred / "fine_label_names.txt", names(99, "fine "));
  CHECK_THROWS_WITH_AS(load_cifar("cifar100", Split::kTest),
                       Contains("fine_label_names.txt: expected 100 names, a line each, got 99"),
                       std::invalid_argument);
  std::filesystem::remove(hundred / "test.bin");
  CHECK_THROWS_WITH_AS(load_cifar("cifar100", Split::kTest), Contains("test.bin"),
                       std::system_error);
}

TEST_CASE("a set that is not there: what to put where, and the variable") {
  {
    const tests::DataFolder data(nullptr);
    CHECK_THROWS_WITH_AS(load_cifar("cifar100", Split::kTest),
                         Contains("a folder cifar-100-binary/, and name the folder above it in the "
                                  "environment variable PLIANT_DATA (which is not set)"),
                         std::invalid_argument);
  }
  const tests::DataFolder data("/no/such/folder");
  CHECK_THROWS_WITH_AS(load_cifar("cifar10", Split::kTest), Contains("(now '/no/such/folder')"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(load_cifar("svhn", Split::kTest),
                       "unknown data set 'svhn'; there are: cifar10, cifar100",
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::data
