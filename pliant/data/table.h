// pliant/data/table.h — text tables of categories and numbers, as bits (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::data {

/// What a field of a table's lines is, and which bits it becomes.
struct TableColumn {
  enum class Kind : std::uint8_t {
    kCategory,  ///< a bit for each of `categories`: "name=category"
    kNumber,  ///< a whole number ≥ 0; a bit for each bin: "name<b₀", "b₀<=name<b₁", …, "name>=b"
    kLabel,   ///< the class, one of `categories`
    kUnused,  ///< any text, not looked at
  };
  Kind kind = Kind::kUnused;
  std::string name{};
  std::vector<std::string> categories{};
  std::vector<std::int64_t> bounds{};  ///< of a number: where its bins but the first begin

  /// How many bits it becomes; 0 of a label.
  [[nodiscard]] std::size_t bits() const;
};

/// How a table is written.
struct TableLayout {
  std::vector<TableColumn> columns;  ///< in the order of a line's fields; exactly one is the label
  char separator = ',';              ///< ' ': any run of blanks
};

/// A table as bits, with labels. The bits of a row stand in the order of the columns, those of
/// categories first, then those of numbers; of each column with bits exactly one is 1.
struct BitTable {
  std::vector<std::string> columns{};  ///< names of the bits
  std::vector<std::string> classes{};
  std::vector<std::uint8_t> bits{};    ///< (size, columns), each 0 or 1
  std::vector<std::int64_t> labels{};  ///< (size), each in 0 … classes − 1
  std::vector<std::size_t> lines{};    ///< (size), where each row stands in its file, from 1
  std::size_t incomplete = 0;          ///< rows that were left out: they have a "?"

  [[nodiscard]] std::size_t size() const { return labels.size(); }
  /// The bits of row i.
  [[nodiscard]] const std::uint8_t* row(std::size_t i) const {
    return bits.data() + i * columns.size();
  }
};

/// Reads a table as C4.5 and the UCI repository write them: a row a line; blanks around a field and
/// a full stop at the end of a line are no part of it; empty lines and what follows a '|' are no
/// rows. There are no quotes. A row with "?" for any field is left out and counted. Gzip is seen by
/// its first bytes, not by the name.
/// @throws std::invalid_argument that names file, line and column, what was expected and what came:
///         another number of fields, an unknown category, a number that is none, no rows at all; or
///         what is wrong with the layout
/// @throws std::system_error if the file cannot be read
BitTable read_table(const std::filesystem::path& path, const TableLayout& layout);

/// The same from memory.   @param file  what error texts call it
BitTable parse_table(std::span<const std::uint8_t> bytes, std::string_view file,
                     const TableLayout& layout);

/// The rows `rows` of the table, in this order; `incomplete` is 0.   @param rows  each <
/// table.size()
BitTable select_rows(const BitTable& table, std::span<const std::size_t> rows);

}  // namespace pliant::data
