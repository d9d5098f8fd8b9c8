// tests/data/table_sets_test.cpp — Adult, breast cancer and MONK: columns, splits, the real files
//
// The checksums and splits of the real files were made in Python from the same files, with
// scikit-learn 1.9.1's train_test_split; the orders below are NumPy 2.4's RandomState.
#include "pliant/data/table_sets.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include "tests/data/data_folder.h"
#include "tests/data/gzip.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Lines = std::vector<std::size_t>;
using doctest::Contains;

void write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// The names of the bits that are 1.
std::vector<std::string> ones(const BitTable& table, std::size_t i) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.row(i)[c] == 1) names.push_back(table.columns[c]);
  }
  return names;
}

std::uint32_t crc(const Bytes& bytes) {
  return static_cast<std::uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

std::int64_t positives(const BitTable& table) {
  return std::accumulate(table.labels.begin(), table.labels.end(), std::int64_t{0});
}

const char* const kPerson =
    "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, "
    "2174, 0, 40, United-States, <=50K\n";

TEST_CASE("adult: 116 columns, a row by hand, full stops and comments of the test file") {
  const tests::ScratchFolder folder;
  write(folder / "adult.data", kPerson);
  write(folder / "adult.test",
        "|1x3 Cross validator\n"
        "60, Without-pay, 1, Preschool, 1, Widowed, Armed-Forces, Unmarried, Black, Female, 5000, "
        "1, 0, Holand-Netherlands, >50K.\n"
        "60, ?, 1, Preschool, 1, Widowed, ?, Unmarried, Black, Female, 0, 0, 0, Iran, >50K.\n\n");
  const BitTable train = read_table_set("adult", folder.path(), Split::kTrain);
  CHECK(train.columns.size() == 116);
  CHECK(train.classes == std::vector<std::string>{"<=50K", ">50K"});
  CHECK(ones(train, 0) == std::vector<std::string>{
                              "workclass=State-gov", "education=Bachelors",
                              "marital-status=Never-married", "occupation=Adm-clerical",
                              "relationship=Not-in-family", "race=White", "sex=Male",
                              "native-country=United-States", "30<=age<45", "1<=capital-gain<5000",
                              "capital-loss<1", "26<=hours-per-week<41"});
  CHECK(train.columns[0] == "workclass=Private");
  CHECK(train.columns[98] == "native-country=Holand-Netherlands");
  CHECK((train.columns[99] == "age<21" && train.columns[110] == "hours-per-week<1"));
  const BitTable test = read_table_set("adult", folder.path(), Split::kTest);
  CHECK((test.size() == 1 && test.incomplete == 1 && test.lines == Lines{2}));
  CHECK(test.labels == std::vector<std::int64_t>{1});
  CHECK((test.row(0)[98] == 1 && test.row(0)[103] == 1 && test.row(0)[106] == 1));
  CHECK((test.row(0)[108] == 1 && test.row(0)[110] == 1));
}

TEST_CASE("adult's hours: the bins, and none as published") {
  const tests::ScratchFolder folder;
  std::string text;
  const std::string person = kPerson;
  const std::size_t at = person.find(" 40,");
  const std::vector<int> hours = {0, 1, 12, 13, 25, 26, 40, 41, 59, 60, 99};
  for (const int h : hours)
    text += person.substr(0, at + 1) + std::to_string(h) + person.substr(at + 3);
  write(folder / "adult.data", text);
  const BitTable table = read_table_set("adult", folder.path(), Split::kTrain);
  const BitTable published =
      read_table_set("adult", folder.path(), Split::kTrain, {.published_hours = true});
  const std::vector<int> bins = {0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5};
  for (std::size_t i = 0; i < hours.size(); ++i) {
    for (int bin = 0; bin < 6; ++bin) {
      CHECK(table.row(i)[110 + bin] == (bin == bins[i] ? 1 : 0));
      CHECK(published.row(i)[110 + bin] == 0);
    }
    CHECK(std::equal(table.row(i), table.row(i) + 110, published.row(i)));
  }
  CHECK_THROWS_WITH_AS(
      read_table_set("monk1", folder.path(), Split::kTrain, {.published_hours = true}),
      "monk1: published_hours is an option of adult, which has hours", std::invalid_argument);
}

TEST_CASE("monk: 17 columns, with and without a blank before the row") {
  const tests::ScratchFolder folder;
  write(folder / "monks-2.train", " 1 1 2 1 3 4 2 data_5\n0 3 1 2 2 1 1 data_6\n");
  const BitTable table = read_table_set("monk2", folder.path(), Split::kTrain);
  CHECK(table.bits == Bytes{1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1,  //
                            0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0});
  CHECK(table.labels == std::vector<std::int64_t>{1, 0});
  CHECK((table.columns[0] == "a1=1" && table.columns[16] == "a6=2"));
  write(folder / "monks-2.train", "1 1 2 1 3 5 2 data_5\n");
  CHECK_THROWS_WITH_AS(read_table_set("monk2", folder.path(), Split::kTrain),
                       Contains("monks-2.train:1: a5: expected one of 1, 2, 3, 4, got '5'"),
                       std::invalid_argument);
}

TEST_CASE("breast cancer: 51 columns; a quarter is drawn as scikit-learn draws it") {
  const tests::ScratchFolder folder;
  std::string text;
  for (int i = 0; i < 8; ++i) {
    text += "recurrence-events,40-49,ge40," + std::string(i % 2 == 0 ? "5-9" : "50-54") +
            ",36-39,no,3,left,central,no\n";
  }
  write(folder / "breast-cancer.data", text);
  const auto lines = [&](Split split, double validation = 0) {
    return read_table_set("breast_cancer", folder.path(), split,
                          {.seed = 3, .validation = validation})
        .lines;
  };
  // train_test_split(range(8), test_size=0.25, random_state=3): [4 6 3 1 0 2], [5 7].
  CHECK(lines(Split::kTrain) == Lines{5, 7, 4, 2, 1, 3});
  CHECK(lines(Split::kTest) == Lines{6, 8});
  CHECK(lines(Split::kTest, 0.2) == Lines{6, 8});
  CHECK((lines(Split::kTrain, 0.2).size() == 4 && lines(Split::kValidation, 0.2).size() == 2));
  const BitTable table = read_table_set("breast_cancer", folder.path(), Split::kTest, {.seed = 3});
  CHECK(table.columns.size() == 51);
  CHECK(ones(table, 0) == std::vector<std::string>{"age=40-49", "menopause=ge40",
                                                   "tumor-size=50-54", "inv-nodes=36-39",
                                                   "node-caps=no", "deg-malig=3", "breast=left",
                                                   "breast-quad=central", "irradiat=no"});
}

TEST_CASE("validation: no row in two splits, all rows in one") {
  const tests::ScratchFolder folder;
  std::string text;
  for (int i = 0; i < 101; ++i) text += "1 1 1 1 1 1 1 data\n";
  write(folder / "monks-1.train", text);
  const auto part = [&](Split split, std::uint32_t seed) {
    return read_table_set("monk1", folder.path(), split, {.seed = seed, .validation = 0.1}).lines;
  };
  for (const std::uint32_t seed : {0U, 1U, 4294967295U}) {
    Lines all = part(Split::kTrain, seed);
    const Lines validation = part(Split::kValidation, seed);
    CHECK((all.size() == 90 && validation.size() == 11));  // 10.1 is rounded up
    all.insert(all.end(), validation.begin(), validation.end());
    std::ranges::sort(all);
    Lines expected(101);
    std::iota(expected.begin(), expected.end(), std::size_t{1});
    CHECK(all == expected);
  }
  CHECK(part(Split::kValidation, 0) != part(Split::kValidation, 1));
  const auto error = [&](Split split, double validation, const char* said) {
    CHECK_THROWS_WITH_AS(read_table_set("monk1", folder.path(), split, {.validation = validation}),
                         Contains(said), std::invalid_argument);
  };
  error(Split::kTrain, 1, "monk1: validation must be a share in [0, 1), got 1");
  error(Split::kTrain, -0.5, "got -0.5");
  error(Split::kTrain, 0.999, "of 101 rows a share of 0.999 leaves none to train on");
  error(Split::kValidation, 0, "monk1: there is no validation split");
}

TEST_CASE("what is not there: files, folders, names") {
  const tests::ScratchFolder folder;
  const tests::DataFolder data(folder.path().c_str());
  CHECK_THROWS_WITH_AS(
      load_table_set("adult", Split::kTrain),
      Contains("the data set adult is not here. Put the files adult.data and adult.test of the UCI "
               "repository (plain or with .gz) into a folder uci/ and name the folder above it in "
               "the environment variable PLIANT_DATA (now '"),
      std::invalid_argument);
  write(folder / "uci/monks-3.test", "");
  CHECK_THROWS_WITH_AS(load_table_set("breast_cancer", Split::kTest),
                       Contains("there is no breast-cancer.data (or breast-cancer.data.gz) in '"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(load_table_set("monk3", Split::kTest),
                       Contains("monks-3.test: there are no rows"), std::invalid_argument);
  std::filesystem::remove(folder / "uci/monks-3.test");
  const std::string row = "1 1 1 1 1 1 1 data_1\n";
  const Bytes packed = tests::gzip({row.begin(), row.end()});
  write(folder / "uci/monks-3.test.gz", std::string(packed.begin(), packed.end()));
  CHECK(load_table_set("monk3", Split::kTest).size() == 1);
  CHECK_THROWS_WITH_AS(load_table_set("iris", Split::kTest),
                       "unknown data set 'iris'; there are: adult, breast_cancer, monk1, monk2, "
                       "monk3",
                       std::invalid_argument);
}

TEST_CASE("the real files: counts and checksums of bits and labels, as made in Python") {
  const char* root = std::getenv("PLIANT_DATA");
  const auto folder = std::filesystem::path(root == nullptr ? PLIANT_SHARED_DATA : root) / "uci";
  if (!std::filesystem::is_directory(folder)) {
    MESSAGE("skipped: there is no ", folder.string(),
            "; PLIANT_DATA may name the folder above uci/");
    return;
  }
  const auto check = [&](const char* name, Split split, const TableSetOptions& options,
                         std::size_t size, std::int64_t ones_of_labels, std::uint32_t checksum) {
    CAPTURE(name);
    const BitTable table = read_table_set(name, folder, split, options);
    CHECK(table.size() == size);
    CHECK(positives(table) == ones_of_labels);
    CHECK(crc(table.bits) == checksum);
  };
  check("adult", Split::kTrain, {}, 30'162, 7508, 0x03775C41);
  check("adult", Split::kTest, {}, 15'060, 3700, 0x80358BA4);
  check("adult", Split::kTrain, {.published_hours = true}, 30'162, 7508, 0x7E36230B);
  check("adult", Split::kTest, {.published_hours = true}, 15'060, 3700, 0xBBC534D7);
  check("breast_cancer", Split::kTrain, {}, 207, 57, 0x96C279F0);
  check("breast_cancer", Split::kTest, {}, 70, 24, 0x504DFD13);
  check("breast_cancer", Split::kTrain, {.seed = 1}, 207, 60, 0xBF7BE66B);
  check("breast_cancer", Split::kTest, {.seed = 1}, 70, 21, 0x8E0EF806);
  check("breast_cancer", Split::kTest, {.seed = 19}, 70, 19, 0x5F0EA962);
  check("monk1", Split::kTrain, {}, 124, 62, 0x2256DB1D);
  check("monk2", Split::kTrain, {}, 169, 64, 0x32EDE9D6);
  check("monk3", Split::kTrain, {}, 122, 60, 0x91071548);
  check("monk1", Split::kTest, {}, 432, 216, 0x83C0E371);
  check("monk2", Split::kTest, {}, 432, 142, 0x83C0E371);
  check("monk3", Split::kTest, {}, 432, 228, 0x83C0E371);
  const BitTable validation =
      read_table_set("adult", folder, Split::kValidation, {.validation = 0.1});
  CHECK((validation.size() == 3017 && positives(validation) == 765));
  const BitTable part = read_table_set("breast_cancer", folder, Split::kTrain, {.validation = 0.2});
  CHECK((part.size() == 165 && crc(part.bits) == 0xB2814B99));
  CHECK(read_table_set("adult", folder, Split::kTrain).incomplete == 2399);
}

}  // namespace
}  // namespace pliant::data
