// pliant/data/table_sets.cpp — what the tables' columns are, and which rows are which split (no
// torch)
#include "pliant/data/table_sets.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>
#include <numeric>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/data/root.h"

namespace pliant::data {
namespace {

namespace fs = std::filesystem;
using Kind = TableColumn::Kind;
using Names = std::vector<std::string>;
using Columns = std::vector<TableColumn>;

/// "0-4", "5-9", … as the ranges of a question are written, `width` numbers each.
Names ranges(int first, int last, int width) {
  Names names;
  for (int low = first; low < last; low += width) {
    names.push_back(std::to_string(low) + "-" + std::to_string(low + width - 1));
  }
  return names;
}

/// The words of a text.
Names words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

const char* const kEducation =
    "Bachelors Some-college 11th HS-grad Prof-school Assoc-acdm Assoc-voc 9th 7th-8th 12th Masters "
    "1st-4th 10th Doctorate 5th-6th Preschool";
const char* const kOccupation =
    "Tech-support Craft-repair Other-service Sales Exec-managerial Prof-specialty "
    "Handlers-cleaners Machine-op-inspct Adm-clerical Farming-fishing Transport-moving "
    "Priv-house-serv Protective-serv Armed-Forces";
const char* const kCountry =
    "United-States Cambodia England Puerto-Rico Canada Germany Outlying-US(Guam-USVI-etc) India "
    "Japan Greece South China Cuba Iran Honduras Philippines Italy Poland Jamaica Vietnam Mexico "
    "Portugal Ireland France Dominican-Republic Laos Ecuador Taiwan Haiti Columbia Hungary "
    "Guatemala Nicaragua Scotland Thailand Yugoslavia El-Salvador Trinadad&Tobago Peru Hong "
    "Holand-Netherlands";

Columns adult_columns() {
  return {
      {Kind::kNumber, "age", {}, {21, 30, 45, 60}},
      {Kind::kCategory, "workclass",
       words("Private Self-emp-not-inc Self-emp-inc Federal-gov Local-gov State-gov Without-pay "
             "Never-worked")},
      {Kind::kUnused, "fnlwgt"},
      {Kind::kCategory, "education", words(kEducation)},
      {Kind::kUnused, "education-num"},
      {Kind::kCategory, "marital-status",
       words("Married-civ-spouse Divorced Never-married Separated Widowed Married-spouse-absent "
             "Married-AF-spouse")},
      {Kind::kCategory, "occupation", words(kOccupation)},
      {Kind::kCategory, "relationship",
       words("Wife Own-child Husband Not-in-family Other-relative Unmarried")},
      {Kind::kCategory, "race", words("White Asian-Pac-Islander Amer-Indian-Eskimo Other Black")},
      {Kind::kCategory, "sex", words("Female Male")},
      {Kind::kNumber, "capital-gain", {}, {1, 5000}},
      {Kind::kNumber, "capital-loss", {}, {1, 5000}},
      {Kind::kNumber, "hours-per-week", {}, {1, 13, 26, 41, 60}},
      {Kind::kCategory, "native-country", words(kCountry)},
      {Kind::kLabel, "income", words("<=50K >50K")},
  };
}

Columns breast_cancer_columns() {
  Names nodes = ranges(0, 36, 3);
  nodes.emplace_back("36-39");
  return {
      {Kind::kLabel, "class", words("no-recurrence-events recurrence-events")},
      {Kind::kCategory, "age", ranges(10, 100, 10)},
      {Kind::kCategory, "menopause", words("lt40 ge40 premeno")},
      {Kind::kCategory, "tumor-size", ranges(0, 60, 5)},
      {Kind::kCategory, "inv-nodes", nodes},
      {Kind::kCategory, "node-caps", words("yes no")},
      {Kind::kCategory, "deg-malig", words("1 2 3")},
      {Kind::kCategory, "breast", words("left right")},
      {Kind::kCategory, "breast-quad", words("left_up left_low right_up right_low central")},
      {Kind::kCategory, "irradiat", words("yes no")},
  };
}

Columns monk_columns() {
  Columns columns = {{Kind::kLabel, "class", words("0 1")}};
  const std::array<int, 6> values = {3, 3, 2, 3, 4, 2};
  for (std::size_t a = 0; a < values.size(); ++a) {
    TableColumn column{Kind::kCategory, "a" + std::to_string(a + 1)};
    for (int v = 1; v <= values[a]; ++v) column.categories.push_back(std::to_string(v));
    columns.push_back(std::move(column));
  }
  columns.push_back({Kind::kUnused, "id"});
  return columns;
}

/// A set: its files and columns.
struct Source {
  std::string_view name;
  const char* train;
  const char* test;  ///< null: a share of the training file is the test
  char separator;
  Columns (*columns)();
};
constexpr double kTestShare = 0.25;
constexpr std::array<Source, 5> kSources = {{
    {"adult", "adult.data", "adult.test", ',', &adult_columns},
    {"breast_cancer", "breast-cancer.data", nullptr, ',', &breast_cancer_columns},
    {"monk1", "monks-1.train", "monks-1.test", ' ', &monk_columns},
    {"monk2", "monks-2.train", "monks-2.test", ' ', &monk_columns},
    {"monk3", "monks-3.train", "monks-3.test", ' ', &monk_columns},
}};
constexpr std::string_view kFolder = "uci";

const Source& source_of(std::string_view name) {
  std::string known;
  for (const Source& source : kSources) {
    if (source.name == name) return source;
    known += (known.empty() ? "" : ", ") + std::string(source.name);
  }
  base::fail("unknown data set '", name, "'; there are: ", known);
}

/// 0 … n − 1 in the order of NumPy's RandomState(seed).permutation(n): Fisher and Yates from the
/// end, each place drawn from the low bits of the Mersenne Twister, too large ones drawn again.
std::vector<std::size_t> permutation(std::size_t n, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i-- > 1;) {
    const std::uint32_t mask = std::bit_ceil(static_cast<std::uint32_t>(i) + 1) - 1;
    std::uint32_t place = 0;
    do {
      place = static_cast<std::uint32_t>(random()) & mask;
    } while (place > i);
    std::swap(order[i], order[place]);
  }
  return order;
}

struct Parts {
  BitTable kept;
  BitTable held_out;
};

/// scikit-learn's train_test_split: what is held out is the beginning of the permutation.
Parts hold_out(const BitTable& table, double share, std::uint32_t seed) {
  const auto order = permutation(table.size(), seed);
  const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(table.size())));
  base::require(count < table.size(), "of ", table.size(), " rows a share of ", share,
                " leaves none to train on");
  const std::span<const std::size_t> rows = order;
  return {select_rows(table, rows.subspan(count)), select_rows(table, rows.first(count))};
}

void check_options(const Source& source, Split split, const TableSetOptions& options) {
  base::require(0 <= options.validation && options.validation < 1, source.name,
                ": validation must be a share in [0, 1), got ", options.validation);
  base::require(split != Split::kValidation || options.validation > 0, source.name,
                ": there is no validation split: the share of the training rows that it takes, "
                "validation, is 0");
  base::require(!options.published_hours || source.name == "adult", source.name,
                ": published_hours is an option of adult, which has hours");
}

void clear_hours(BitTable& table) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].find("hours-per-week") == std::string::npos) continue;
    for (std::size_t i = 0; i < table.size(); ++i) table.bits[i * table.columns.size() + c] = 0;
  }
}

BitTable read_file_of(const Source& source, const fs::path& folder, const char* file,
                      const TableSetOptions& options) {
  BitTable table =
      read_table(find_plain_or_gzipped(folder, file), {source.columns(), source.separator});
  if (options.published_hours) clear_hours(table);
  return table;
}

}  // namespace

std::vector<std::string_view> table_set_names() {
  std::vector<std::string_view> names;
  names.reserve(kSources.size());
  for (const Source& source : kSources) names.push_back(source.name);
  return names;
}

BitTable read_table_set(std::string_view name, const fs::path& folder, Split split,
                        const TableSetOptions& options) {
  const Source& source = source_of(name);
  check_options(source, split, options);
  if (split == Split::kTest && source.test != nullptr) {
    return read_file_of(source, folder, source.test, options);
  }
  BitTable table = read_file_of(source, folder, source.train, options);
  if (source.test == nullptr) {
    Parts parts = hold_out(table, kTestShare, options.seed);
    if (split == Split::kTest) return std::move(parts.held_out);
    table = std::move(parts.kept);
  }
  if (options.validation == 0) return table;
  Parts parts = hold_out(table, options.validation, options.seed);
  return std::move(split == Split::kTrain ? parts.kept : parts.held_out);
}

BitTable load_table_set(std::string_view name, Split split, const TableSetOptions& options) {
  const Source& source = source_of(name);
  const fs::path folder = find_under_root(kFolder);
  const std::string files = source.test == nullptr
                                ? std::string("file ") + source.train
                                : std::string("files ") + source.train + " and " + source.test;
  base::require(!folder.empty(), "the data set ", name, " is not here. Put the ", files,
                " of the UCI repository (plain or with .gz) into a folder ", kFolder,
                "/ and name the folder above it in ", root_variable());
  return read_table_set(name, folder, split, options);
}

}  // namespace pliant::data
