// pliant/data/cifar.cpp — CIFAR's records, names and folders (no torch)
#include "pliant/data/cifar.h"

#include <algorithm>
#include <array>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/data/root.h"

namespace pliant::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kValidationImages = 5000;
constexpr int kCoarseClasses = 20;

/// How a set is laid out.
struct Layout {
  std::string_view name;
  std::string_view folder;  ///< under $PLIANT_DATA
  int classes;
  bool coarse;  ///< a coarse label stands before the fine one
  std::span<const std::string_view> train;
  std::span<const std::string_view> test;
  std::string_view class_names;
};
constexpr std::array<std::string_view, 5> kTrain10 = {"data_batch_1.bin", "data_batch_2.bin",
                                                      "data_batch_3.bin", "data_batch_4.bin",
                                                      "data_batch_5.bin"};
constexpr std::array<std::string_view, 1> kTest10 = {"test_batch.bin"};
constexpr std::array<std::string_view, 1> kTrain100 = {"train.bin"};
constexpr std::array<std::string_view, 1> kTest100 = {"test.bin"};
constexpr std::array<Layout, 2> kLayouts = {{
    {"cifar10", "cifar-10-batches-bin", 10, false, kTrain10, kTest10, "batches.meta.txt"},
    {"cifar100", "cifar-100-binary", 100, true, kTrain100, kTest100, "fine_label_names.txt"},
}};

const Layout& layout_of(std::string_view name) {
  std::string known;
  for (const Layout& layout : kLayouts) {
    if (layout.name == name) return layout;
    known += (known.empty() ? "" : ", ") + std::string(layout.name);
  }
  base::fail("unknown data set '", name, "'; there are: ", known);
}

/// The lines of a file of names; the published ones end with empty lines.
std::vector<std::string> read_names(const fs::path& path, int count) {
  std::vector<std::string> names(1);
  for (const std::uint8_t byte : base::read_file(path)) {
    if (byte == '\r') continue;
    if (byte != '\n') {
      names.back().push_back(static_cast<char>(byte));
    } else if (!names.back().empty()) {
      names.emplace_back();
    }
  }
  if (names.back().empty()) names.pop_back();
  base::require(names.size() == static_cast<std::size_t>(count), path.string(), ": expected ",
                count, " names, a line each, got ", names.size());
  return names;
}

/// Keeps [begin, end) of the images.
void cut(CifarSet& set, std::size_t begin, std::size_t end) {
  const auto keep = [&](std::vector<std::uint8_t>& values, std::size_t each) {
    if (values.empty()) return;
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(end * each), values.end());
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(begin * each));
  };
  keep(set.pixels, CifarSet::kImage);
  keep(set.labels, 1);
  keep(set.coarse_labels, 1);
}

}  // namespace

std::vector<std::string_view> cifar_names() {
  std::vector<std::string_view> names;
  names.reserve(kLayouts.size());
  for (const Layout& layout : kLayouts) names.push_back(layout.name);
  return names;
}

void parse_cifar(std::span<const std::uint8_t> bytes, std::string_view file, CifarSet& set) {
  const Layout& layout = layout_of(set.name);
  const std::size_t labels = layout.coarse ? 2 : 1;
  const std::size_t record = labels + CifarSet::kImage;
  base::require(!bytes.empty() && bytes.size() % record == 0, file, ": expected records of ",
                record, " bytes, one or more, got ", bytes.size(), " bytes, which is ",
                bytes.size() / record, " records and ", bytes.size() % record, " bytes");
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    const auto one = bytes.subspan(at, record);
    const int coarse = one[0], fine = one[labels - 1];
    base::require(!layout.coarse || coarse < kCoarseClasses, file,
                  ": coarse labels must be in 0 … ", kCoarseClasses - 1, ", got ", coarse,
                  " in record ", at / record);
    base::require(fine < layout.classes, file, ": labels must be in 0 … ", layout.classes - 1,
                  ", got ", fine, " in record ", at / record);
    if (layout.coarse) set.coarse_labels.push_back(one[0]);
    set.labels.push_back(one[labels - 1]);
    set.pixels.insert(set.pixels.end(), one.begin() + static_cast<std::ptrdiff_t>(labels),
                      one.end());
  }
}

CifarSet read_cifar(std::string_view name, const fs::path& folder, Split split) {
  const Layout& layout = layout_of(name);
  CifarSet set{.name = std::string(name), .split = split};
  const bool test = split == Split::kTest;
  for (const std::string_view file : test ? layout.test : layout.train) {
    const fs::path path = folder / file;
    parse_cifar(base::read_file(path), path.string(), set);
  }
  set.classes = read_names(folder / layout.class_names, layout.classes);
  if (layout.coarse) {
    set.coarse_classes = read_names(folder / "coarse_label_names.txt", kCoarseClasses);
  }
  if (test) return set;
  base::require(set.size() > kValidationImages, name, ": ", set.size(),
                " training images, but the last ", kValidationImages, " are for validation");
  const std::size_t border = set.size() - kValidationImages;
  split == Split::kTrain ? cut(set, 0, border) : cut(set, border, set.size());
  return set;
}

CifarSet load_cifar(std::string_view name, Split split) {
  const Layout& layout = layout_of(name);
  const fs::path folder = find_under_root(layout.folder);
  base::require(!folder.empty(), "the data set ", name,
                " is not here. Unpack the archive of its binary version, which holds a folder ",
                layout.folder, "/, and name the folder above it in ", root_variable());
  return read_cifar(name, folder, split);
}

}  // namespace pliant::data
