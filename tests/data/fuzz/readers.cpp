// tests/data/fuzz/readers.cpp — any bytes as a file of each format of data
#include "tests/data/fuzz/readers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include "pliant/data/cifar.h"
#include "pliant/data/features.h"
#include "pliant/data/idx.h"
#include "pliant/data/npz.h"
#include "pliant/data/safetensors.h"
#include "pliant/data/table.h"
#include "tests/data/fuzz/obj.h"
#include "tests/data/fuzz/small_files.h"

namespace pliant::data {
namespace {

using Bytes = std::span<const std::uint8_t>;

void require(bool ok, const char* what) {
  if (!ok) throw std::domain_error(what);
}

/// Reads them all: what lies outside of the memory is seen by a sanitizer.
void touch(const void* data, std::size_t bytes) {
  const auto* begin = static_cast<const std::uint8_t*>(data);
  volatile std::uint64_t sum = std::accumulate(begin, begin + bytes, std::uint64_t{0});
  static_cast<void>(sum);
}

/// What `parse` gives goes to `check`, unless the bytes are refused.
template <class Parse, class Check>
void read(const Parse& parse, const Check& check) {
  try {
    check(parse());
  } catch (const std::invalid_argument&) {
  }
}

void check_tensors(const SafetensorsFile& file) {
  for (const auto& [name, view] : file.tensors()) {
    touch(view.data, view.bytes);
    require(&file.tensor(name) == &view, "a tensor is not found by its name");
  }
  for (const auto& [name, text] : file.metadata())
    require(file.text(name) == text, "a text is not found by its name");
}

void check_npy(const NpyHeader& header, std::size_t bytes) {
  const bool sizes = header.item == 1 || header.item == 2 || header.item == 4 || header.item == 8;
  require(sizes && std::string_view("buif").find(header.kind) != std::string_view::npos,
          "an element is of no type");
  require(header.begin <= bytes, "the elements begin behind the file");
  static_cast<void>(header.elements());
}

void fuzz_idx(Bytes bytes) {
  read([&] { return parse_idx(bytes, "f"); },
       [](const IdxArray& array) {
         std::size_t product = 1;
         for (const std::uint32_t size : array.shape) product *= size;
         require(!array.shape.empty() && product == array.values.size(), "values do not fit");
       });
}

void fuzz_npy(Bytes bytes) {
  read([&] { return parse_npy_header(bytes.first(std::min(bytes.size(), kNpyMaxHead)), "f"); },
       [&](const NpyHeader& header) { check_npy(header, bytes.size()); });
}

void fuzz_npz(Bytes bytes) {
  for (const std::string_view array : {"", "a"}) {
    read([&] { return parse_npz(bytes, array, "f"); },
         [](const NpyArray& found) {
           check_npy(found.header, found.bytes.size());
           require(found.header.elements() * found.header.item ==
                       found.bytes.size() - found.header.begin,
                   "an array has not the bytes of its elements");
         });
  }
}

void fuzz_safetensors(Bytes bytes) {
  read([&] { return SafetensorsFile::parse({bytes.begin(), bytes.end()}, "f"); }, check_tensors);
}

void fuzz_cifar(Bytes bytes) {
  for (const std::string_view name : cifar_names()) {
    CifarSet set{.name = std::string(name)};
    const int classes = name == "cifar10" ? 10 : 100;
    read(
        [&] {
          parse_cifar(bytes, "f", set);
          return 0;
        },
        [&](int) {
          require(set.size() > 0 && set.pixels.size() == set.size() * CifarSet::kImage,
                  "not every label has an image");
          require(std::ranges::all_of(set.labels, [&](int label) { return label < classes; }),
                  "a label is out of range");
          require(set.coarse_labels.size() == (name == "cifar10" ? 0 : set.size()),
                  "coarse labels do not fit");
        });
  }
}

void fuzz_table(Bytes bytes) {
  using Kind = TableColumn::Kind;
  for (const char separator : {',', ' '}) {
    const TableLayout layout = {{{Kind::kNumber, "age", {}, {2, 10}},
                                 {Kind::kCategory, "kind", {"cat", "dog", "hen"}},
                                 {Kind::kUnused, "name"},
                                 {Kind::kLabel, "sold", {"no", "yes"}}},
                                separator};
    read([&] { return parse_table(bytes, "f", layout); },
         [](const BitTable& table) {
           require(table.columns.size() == 6 && table.bits.size() == 6 * table.size() &&
                       table.lines.size() == table.size() && table.size() + table.incomplete > 0,
                   "rows do not fit");
           for (std::size_t i = 0; i < table.size(); ++i) {
             const std::uint8_t* row = table.row(i);
             require(row[0] + row[1] + row[2] == 1 && row[3] + row[4] + row[5] == 1,
                     "a column has not one bit");
             require(table.labels[i] == 0 || table.labels[i] == 1, "a label is out of range");
           }
         });
  }
}

void fuzz_features(Bytes bytes) {
  read(
      [&] {
        return Features::parse({bytes.begin(), bytes.end()}, "f");
      },
      [](const Features& features) {
        const auto classes = static_cast<std::int64_t>(features.classes().size());
        std::vector<float> row(features.dimension());
        require(!row.empty() && features.labels().size() == features.size(), "parts do not fit");
        for (std::size_t i = 0; i < features.size(); ++i) {
          features.copy(i, row.data());
          require(std::ranges::all_of(row, [](float x) { return std::isfinite(x); }),
                  "a feature is not finite");
          require(0 <= features.labels()[i] && features.labels()[i] < classes,
                  "a label is out of range");
        }
      });
}

constexpr std::array<Reader, 8> kReaders = {{
    {"idx", fuzz_idx, small_idx},
    {"npy", fuzz_npy, small_npy},
    {"npz", fuzz_npz, small_npz},
    {"safetensors", fuzz_safetensors, small_safetensors},
    {"cifar", fuzz_cifar, small_cifar},
    {"table", fuzz_table, small_tables},
    {"features", fuzz_features, small_features},
    {"obj", fuzz_obj, small_obj},
}};

}  // namespace

std::span<const Reader> readers() { return kReaders; }

}  // namespace pliant::data
