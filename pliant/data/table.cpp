// pliant/data/table.cpp — lines, fields and their bits (no torch)
#include "pliant/data/table.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/data/gzip.h"

namespace pliant::data {
namespace {

using Kind = TableColumn::Kind;

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kMissing = "?";
constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// What of a line is data.
std::string_view data_of(std::string_view line) {
  line = trimmed(line.substr(0, line.find('|')));
  if (!line.empty() && line.back() == '.') line.remove_suffix(1);
  return trimmed(line);
}

std::vector<std::string_view> split_fields(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t end = separator == ' ' ? line.find_first_of(kBlanks) : line.find(separator);
    fields.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
    if (separator == ' ') line = trimmed(line);
  }
}

template <class Names>
std::string listed(const Names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

void check_layout(const TableLayout& layout) {
  std::size_t labels = 0;
  for (const TableColumn& column : layout.columns) {
    const bool named = column.kind == Kind::kCategory || column.kind == Kind::kLabel;
    base::require(!named || !column.categories.empty(), "table: the column '", column.name,
                  "' has no categories");
    base::require(std::ranges::is_sorted(column.bounds, std::ranges::less_equal()), "table: the ",
                  "bounds of the column '", column.name, "' must increase");
    labels += column.kind == Kind::kLabel ? 1 : 0;
  }
  base::require(labels == 1, "table: one column must be the label, got ", labels);
}

/// The names of a column's bits, as TableColumn::Kind says.
std::vector<std::string> bit_names(const TableColumn& column) {
  std::vector<std::string> names(column.bits());
  const auto& bounds = column.bounds;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string& name = names[i];
    if (column.kind == Kind::kCategory) {
      name = column.name + "=" + column.categories[i];
    } else if (i > 0 && i == bounds.size()) {
      name = column.name + ">=" + std::to_string(bounds[i - 1]);
    } else {
      if (i > 0) name = std::to_string(bounds[i - 1]) + "<=";
      name += column.name;
      if (i < bounds.size()) name += "<" + std::to_string(bounds[i]);
    }
  }
  return names;
}

/// Where a row stands, for errors: "file:line: column".
struct Place {
  std::string_view file;
  std::size_t line;

  [[noreturn]] void fail(const TableColumn& column, const std::string& expected,
                         std::string_view came) const {
    base::fail(file, ":", line, ": ", column.name, ": expected ", expected, ", got '", came, "'");
  }
};

/// Which of the column's bits, or classes, the field stands for; nothing if it is missing.
std::optional<std::size_t> level(const TableColumn& column, std::string_view field,
                                 const Place& place) {
  if (field == kMissing) return std::nullopt;
  if (column.kind == Kind::kUnused) return 0;
  if (column.kind == Kind::kNumber) {
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(field.begin(), field.end(), number);
    if (error != std::errc() || end != field.end() || number < 0) {
      place.fail(column, "a whole number ≥ 0", field);
    }
    const auto bin = std::ranges::upper_bound(column.bounds, number);
    return static_cast<std::size_t>(bin - column.bounds.begin());
  }
  const auto found = std::ranges::find(column.categories, field);
  if (found == column.categories.end()) {
    place.fail(column, "one of " + listed(column.categories), field);
  }
  return static_cast<std::size_t>(found - column.categories.begin());
}

/// Turns rows into bits: knows where those of every column begin.
class Encoder {
 public:
  explicit Encoder(const TableLayout& layout) : layout_(layout), first_(layout.columns.size(), 0) {
    check_layout(layout);
    for (const Kind kind : {Kind::kCategory, Kind::kNumber}) {
      for (std::size_t c = 0; c < layout.columns.size(); ++c) {
        if (layout.columns[c].kind != kind) continue;
        first_[c] = table_.columns.size();
        std::ranges::move(bit_names(layout.columns[c]), std::back_inserter(table_.columns));
      }
    }
    table_.classes =
        std::ranges::find(layout.columns, Kind::kLabel, &TableColumn::kind)->categories;
  }

  void add(std::string_view line, const Place& place) {
    const auto fields = split_fields(line, layout_.separator);
    check_count(fields.size(), place);
    std::vector<std::uint8_t> bits(table_.columns.size());
    std::size_t label = 0;
    bool complete = true;
    for (std::size_t c = 0; c < fields.size(); ++c) {
      const TableColumn& column = layout_.columns[c];
      const auto at = level(column, fields[c], place);
      complete = complete && at.has_value();
      if (column.kind == Kind::kLabel) label = at.value_or(0);
      if (column.bits() > 0 && at) bits[first_[c] + *at] = 1;
    }
    if (!complete) {
      ++table_.incomplete;
      return;
    }
    table_.bits.insert(table_.bits.end(), bits.begin(), bits.end());
    table_.labels.push_back(static_cast<std::int64_t>(label));
    table_.lines.push_back(place.line);
  }

  [[nodiscard]] BitTable table() && { return std::move(table_); }

 private:
  void check_count(std::size_t count, const Place& place) const {
    if (count == layout_.columns.size()) return;
    std::vector<std::string_view> names;
    names.reserve(layout_.columns.size());
    for (const TableColumn& column : layout_.columns) names.push_back(column.name);
    base::fail(place.file, ":", place.line, ": expected ", names.size(), " fields separated by ",
               layout_.separator == ' ' ? "blanks" : "'" + std::string(1, layout_.separator) + "'",
               " (", listed(names), "), got ", count);
  }

  const TableLayout& layout_;
  std::vector<std::size_t> first_;  ///< a column's first bit
  BitTable table_;
};

}  // namespace

std::size_t TableColumn::bits() const {
  if (kind == Kind::kCategory) return categories.size();
  return kind == Kind::kNumber ? bounds.size() + 1 : 0;
}

BitTable parse_table(std::span<const std::uint8_t> bytes, std::string_view file,
                     const TableLayout& layout) {
  const auto unpacked = unpack(bytes, kMaxBytes + 1, file);
  base::require(unpacked.size() <= kMaxBytes, file, ": expected a table of at most ", kMaxBytes,
                " bytes, got more");
  std::string_view rest(reinterpret_cast<const char*>(unpacked.data()), unpacked.size());
  Encoder encoder(layout);
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = data_of(rest.substr(0, end));
    if (!line.empty()) encoder.add(line, {file, number});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  BitTable table = std::move(encoder).table();
  base::require(table.size() + table.incomplete > 0, file, ": there are no rows");
  return table;
}

BitTable read_table(const std::filesystem::path& path, const TableLayout& layout) {
  return parse_table(base::read_file(path), path.string(), layout);
}

BitTable select_rows(const BitTable& table, std::span<const std::size_t> rows) {
  BitTable part{.columns = table.columns, .classes = table.classes};
  part.bits.reserve(rows.size() * table.columns.size());
  for (const std::size_t i : rows) {
    base::require(i < table.size(), "select_rows: rows must be below ", table.size(), ", got ", i);
    part.bits.insert(part.bits.end(), table.row(i), table.row(i) + table.columns.size());
    part.labels.push_back(table.labels[i]);
    part.lines.push_back(table.lines[i]);
  }
  return part;
}

}  // namespace pliant::data
