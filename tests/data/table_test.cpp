// tests/data/table_test.cpp — tables as bits: lines by hand, and what is wrong with one
#include "pliant/data/table.h"

#include <doctest/doctest.h>

#include <fstream>
#include <system_error>

#include "pliant/base/random.h"
#include "tests/data/gzip.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using Bytes = std::vector<std::uint8_t>;
using doctest::Contains;
using Kind = TableColumn::Kind;

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

TableLayout pets(char separator = ',') {
  return {{{Kind::kNumber, "age", {}, {2, 10}},
           {Kind::kCategory, "kind", {"cat", "dog", "hen"}},
           {Kind::kUnused, "name"},
           {Kind::kLabel, "sold", {"no", "yes"}}},
          separator};
}

BitTable parse(std::string_view text, const TableLayout& layout = pets()) {
  return parse_table(bytes(text), "pets.data", layout);
}

TEST_CASE("a table by hand: categories first, then numbers; the bins' borders") {
  const BitTable table = parse(
      "0, cat, Tom, no\n"
      "1,dog,,yes\n"
      "2, hen, a b, no.\n"
      "9,cat,x,no\n"
      "10,cat,x,yes\n");
  CHECK(table.columns == std::vector<std::string>{"kind=cat", "kind=dog", "kind=hen", "age<2",
                                                  "2<=age<10", "age>=10"});
  CHECK(table.classes == std::vector<std::string>{"no", "yes"});
  CHECK(table.bits == Bytes{1, 0, 0, 1, 0, 0,  //
                            0, 1, 0, 1, 0, 0,  //
                            0, 0, 1, 0, 1, 0,  //
                            1, 0, 0, 0, 1, 0,  //
                            1, 0, 0, 0, 0, 1});
  CHECK(table.labels == std::vector<std::int64_t>{0, 1, 0, 0, 1});
  CHECK(table.lines == std::vector<std::size_t>{1, 2, 3, 4, 5});
  CHECK((table.size() == 5 && table.incomplete == 0 && table.row(2)[2] == 1));
}

TEST_CASE("empty lines, comments, blanks, carriage returns, no line feed at the end") {
  const BitTable table =
      parse("|1x3 Cross validator\n\n  \r\n 3 ,\tdog , Rex,yes. | aside\r\n7,hen,,no");
  CHECK(table.bits == Bytes{0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0});
  CHECK(table.labels == std::vector<std::int64_t>{1, 0});
  CHECK(table.lines == std::vector<std::size_t>{4, 5});
}

TEST_CASE("fields between blanks") {
  const BitTable table = parse(" 3  dog\tRex yes \n12 cat Tom no\n", pets(' '));
  CHECK(table.bits == Bytes{0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1});
  CHECK_THROWS_WITH_AS(parse("3 dog yes\n", pets(' ')),
                       "pets.data:1: expected 4 fields separated by blanks (age, kind, name, "
                       "sold), got 3",
                       std::invalid_argument);
}

TEST_CASE("a row with a missing value is left out, wherever it is, and its other fields count") {
  const BitTable table = parse("?,cat,x,no\n1,?,x,no\n1,cat,?,no\n1,cat,x,?\n4,dog,x,yes\n");
  CHECK((table.size() == 1 && table.incomplete == 4));
  CHECK(table.lines == std::vector<std::size_t>{5});
  CHECK(parse("?,cat,x,no\n").size() == 0);
  CHECK_THROWS_AS(parse("?,cow,x,no\n"), std::invalid_argument);
}

TEST_CASE("what is wrong with a row is said with its file, line and column") {
  const auto error = [](std::string_view text, const char* said) {
    CHECK_THROWS_WITH_AS(parse(text), said, std::invalid_argument);
  };
  error("1,cat,x,no\n\n1,cat,x\n",
        "pets.data:3: expected 4 fields separated by ',' (age, kind, name, sold), got 3");
  error("1,cat,x,no,\n",
        "pets.data:1: expected 4 fields separated by ',' (age, kind, name, sold), got 5");
  error("1,cat,x,no\n1,Cat,x,no\n", "pets.data:2: kind: expected one of cat, dog, hen, got 'Cat'");
  error("1,,x,no\n", "pets.data:1: kind: expected one of cat, dog, hen, got ''");
  error("1,cat,x,maybe\n", "pets.data:1: sold: expected one of no, yes, got 'maybe'");
  for (const std::string number : {"old", "-1", "1.5", "1x", "+1", "", "99999999999999999999"}) {
    error(number + ",cat,x,no\n",
          ("pets.data:1: age: expected a whole number ≥ 0, got '" + number + "'").c_str());
  }
  error("", "pets.data: there are no rows");
  error("| a comment\n\n", "pets.data: there are no rows");
}

TEST_CASE("what is wrong with a layout is said") {
  TableLayout none = pets();
  none.columns.pop_back();
  CHECK_THROWS_WITH_AS(parse("", none), "table: one column must be the label, got 0",
                       std::invalid_argument);
  TableLayout two = pets();
  two.columns.push_back(two.columns.back());
  CHECK_THROWS_WITH_AS(parse("", two), "table: one column must be the label, got 2",
                       std::invalid_argument);
  TableLayout flat = pets();
  flat.columns[0].bounds = {2, 2};
  CHECK_THROWS_WITH_AS(parse("", flat), "table: the bounds of the column 'age' must increase",
                       std::invalid_argument);
  TableLayout empty = pets();
  empty.columns[1].categories.clear();
  CHECK_THROWS_WITH_AS(parse("", empty), "table: the column 'kind' has no categories",
                       std::invalid_argument);
}

TEST_CASE("a table in a file, plain and gzipped; damaged gzip; no file") {
  const tests::ScratchFolder folder;
  const auto write = [&](const char* name, const Bytes& content) {
    std::ofstream(folder / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
  };
  const Bytes text = bytes("3,dog,Rex,yes\n");
  Bytes packed = tests::gzip(text);
  write("plain", text);
  write("packed", packed);
  CHECK(read_table(folder / "plain", pets()).bits == Bytes{0, 1, 0, 0, 1, 0});
  CHECK(read_table(folder / "packed", pets()).bits == Bytes{0, 1, 0, 0, 1, 0});
  packed.resize(packed.size() - 4);
  write("cut", packed);
  CHECK_THROWS_WITH_AS(read_table(folder / "cut", pets()),
                       Contains("cut: the gzip stream is truncated"), std::invalid_argument);
  CHECK_THROWS_AS(read_table(folder / "none", pets()), std::system_error);
}

TEST_CASE("whatever the bytes: rows whose columns have one bit each, or an error") {
  const std::string_view good = "0, cat, Tom, no\n1,dog,,yes.\n|x\n9,hen,?,no\r\n10,cat,x,yes\n";
  const std::string_view alphabet = "0123456789,|?. \t\r\ncatdoghenysx";
  int errors = 0;
  for (std::uint64_t trial = 0; trial < 5000; ++trial) {
    base::Random random(1, 0, trial);
    Bytes text = bytes(good);
    for (std::uint32_t change = random.below(4) + 1; change-- > 0;) {
      const auto letters = static_cast<std::uint32_t>(alphabet.size());
      text[random.below(static_cast<std::uint32_t>(text.size()))] =
          random.below(8) == 0 ? static_cast<std::uint8_t>(random.below(256))
                               : static_cast<std::uint8_t>(alphabet[random.below(letters)]);
    }
    try {
      const BitTable table = parse_table(text, "f", pets());
      for (std::size_t i = 0; i < table.size(); ++i) {
        const std::uint8_t* row = table.row(i);
        REQUIRE((row[0] + row[1] + row[2] == 1 && row[3] + row[4] + row[5] == 1));
      }
    } catch (const std::invalid_argument&) {
      ++errors;
    }
  }
  CHECK((errors > 1000 && errors < 4900));
}

TEST_CASE("rows are selected in order, with their lines") {
  const BitTable table = parse("1,cat,x,no\n?,cat,x,no\n3,dog,x,yes\n11,hen,x,no\n");
  const BitTable part = select_rows(table, std::vector<std::size_t>{2, 0, 2});
  CHECK(part.bits == Bytes{0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1});
  CHECK(part.labels == std::vector<std::int64_t>{0, 0, 0});
  CHECK(part.lines == std::vector<std::size_t>{4, 1, 4});
  CHECK((part.columns == table.columns && part.classes == table.classes));
  CHECK_THROWS_WITH_AS(select_rows(table, std::vector<std::size_t>{3}),
                       "select_rows: rows must be below 3, got 3", std::invalid_argument);
}

}  // namespace
}  // namespace pliant::data
