// pliant/data/image_set.cpp — the embedded digits, and sets with MNIST's layout (no torch)
#include "pliant/data/image_set.h"

#include <algorithm>
#include <array>

#include "pliant/base/errors.h"
#include "pliant/base/trim.h"
#include "pliant/data/digits/embedded.h"
#include "pliant/data/idx.h"
#include "pliant/data/root.h"

namespace pliant::data {
namespace {

namespace fs = std::filesystem;

constexpr int kClasses = 10;
constexpr std::size_t kValidationImages = 5000;

/// The range [begin, end) of a file's images.
struct Range {
  std::size_t begin;
  std::size_t end;
};

/// Cuts `range` out of a pair of IDX files; checks that they belong together.
ImageSet make_set(std::string_view name, Split split, int maximum, const IdxArray& images,
                  const IdxArray& labels, Range range) {
  base::require(images.shape.size() == 3 && labels.shape.size() == 1, name,
                ": expected 3 dimensions of images and 1 of labels, got ", images.shape.size(),
                " and ", labels.shape.size());
  base::require(images.shape[0] == labels.shape[0], name, ": ", images.shape[0], " images but ",
                labels.shape[0], " labels");
  const std::size_t area = std::size_t{images.shape[1]} * images.shape[2];
  base::require(area > 0, name, ": the images have no pixels");
  ImageSet set{std::string(name),
               split,
               static_cast<int>(images.shape[1]),
               static_cast<int>(images.shape[2]),
               maximum,
               {},
               {}};
  const auto pixel = images.values.begin();
  set.pixels.assign(pixel + static_cast<std::ptrdiff_t>(range.begin * area),
                    pixel + static_cast<std::ptrdiff_t>(range.end * area));
  const auto label = labels.values.begin();
  set.labels.assign(label + static_cast<std::ptrdiff_t>(range.begin),
                    label + static_cast<std::ptrdiff_t>(range.end));
  const auto wrong =
      std::find_if(set.labels.begin(), set.labels.end(), [](int l) { return l >= kClasses; });
  base::require(wrong == set.labels.end(), name, ": labels must be in 0 … 9, got ",
                wrong == set.labels.end() ? 0 : int{*wrong});
  return set;
}

ImageSet embedded_digits(Split split) {
  // Between the writers' forms: see the header.
  constexpr std::array<Range, 3> kRanges = {{{0, 1157}, {1157, 1415}, {1415, 1797}}};
  return make_set("digits", split, 16, parse_idx(digits::images(), "the embedded digits"),
                  parse_idx(digits::labels(), "the embedded digits"),
                  kRanges[static_cast<std::size_t>(split)]);
}

/// A set with MNIST's layout: where it may be.
struct Place {
  std::string_view name;
  std::string_view folder;    ///< under $PLIANT_DATA
  std::string_view packaged;  ///< where a Debian package puts it, or empty
  std::string_view advice;
  int side = 0;  ///< what its images are trimmed to; 0: nothing is
};
constexpr std::array<Place, 3> kPlaces = {{
    {"mnist", "mnist", "", ""},
    {"fashion_mnist", "fashion-mnist", "/usr/share/datasets/fashion-mnist",
     ", or install Debian's package dataset-fashion-mnist"},
    {"mnist20x20", "mnist", "", "", 20},
}};

fs::path find_folder(const Place& place) {
  fs::path folder = find_under_root(place.folder);
  if (!folder.empty()) return folder;
  if (!place.packaged.empty() && fs::is_directory(place.packaged)) return place.packaged;
  base::fail(
      "the data set ", place.name, " is not here. Put its four files train-images-idx3-ubyte.gz, ",
      "train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz (or ",
      "unpacked, without .gz) into a folder ", place.folder, "/ and name the folder above it in ",
      root_variable(), place.advice);
}

}  // namespace

std::string_view split_name(Split split) {
  constexpr std::array<std::string_view, 3> kNames = {"train", "validation", "test"};
  return kNames[static_cast<std::size_t>(split)];
}

std::vector<std::string_view> image_set_names() {
  std::vector<std::string_view> names = {"digits"};
  for (const Place& place : kPlaces) names.push_back(place.name);
  return names;
}

ImageSet load_image_set(std::string_view name, Split split) {
  if (name == "digits") return embedded_digits(split);
  for (const Place& place : kPlaces) {
    if (name != place.name) continue;
    ImageSet set = read_image_set(name, find_folder(place), split);
    return place.side == 0 ? set : trim_border(set, place.side);
  }
  std::string known;
  for (std::string_view one : image_set_names())
    known += (known.empty() ? "" : ", ") + std::string(one);
  base::fail("unknown data set '", name, "'; there are: ", known);
}

ImageSet read_image_set(std::string_view name, const fs::path& folder, Split split) {
  const std::string part = split == Split::kTest ? "t10k" : "train";
  const IdxArray images = read_idx(find_plain_or_gzipped(folder, part + "-images-idx3-ubyte"));
  const IdxArray labels = read_idx(find_plain_or_gzipped(folder, part + "-labels-idx1-ubyte"));
  const std::size_t count = labels.shape[0];
  Range range{0, count};
  if (split != Split::kTest) {
    base::require(count > kValidationImages, name, ": ", count, " training images, but the last ",
                  kValidationImages, " are for validation");
    const std::size_t cut = count - kValidationImages;
    range = split == Split::kTrain ? Range{0, cut} : Range{cut, count};
  }
  return make_set(name, split, 255, images, labels, range);
}

ImageSet half_resolution(const ImageSet& set) {
  base::require(set.height % 2 == 0 && set.width % 2 == 0, "half_resolution: height and width of '",
                set.name, "' must be even, got ", set.height, " × ", set.width);
  ImageSet half = set;
  half.height /= 2;
  half.width /= 2;
  half.pixels.clear();
  half.pixels.reserve(set.pixels.size() / 4);
  for (std::size_t i = 0; i < set.size(); ++i) {
    for (int y = 0; y < half.height; ++y) {
      const std::uint8_t* top = set.image(i) + std::size_t{2} * y * set.width;
      const std::uint8_t* bottom = top + set.width;
      for (int x = 0; x < half.width; ++x) {
        const int sum = top[2 * x] + top[2 * x + 1] + bottom[2 * x] + bottom[2 * x + 1];
        half.pixels.push_back(static_cast<std::uint8_t>((sum + 2) / 4));
      }
    }
  }
  return half;
}

ImageSet trim_border(const ImageSet& set, int side) {
  base::require(1 <= side && side <= std::min(set.height, set.width),
                "trim_border: side must be in 1 … ", std::min(set.height, set.width), ", got ",
                side);
  ImageSet trimmed = set;
  trimmed.whole_height = set.height;
  trimmed.whole_width = set.width;
  trimmed.height = trimmed.width = side;
  trimmed.pixels.clear();
  trimmed.pixels.reserve(set.size() * side * side);
  for (std::size_t i = 0; i < set.size(); ++i) {
    const std::uint8_t* image = set.image(i);
    const int top = base::trim_empty_at_start(set.height, side, [&](int y) {
      return std::all_of(image + y * set.width, image + (y + 1) * set.width,
                         [](int pixel) { return pixel == 0; });
    });
    const int left = base::trim_empty_at_start(set.width, side, [&](int x) {
      for (int y = 0; y < set.height; ++y) {
        if (image[y * set.width + x] != 0) return false;
      }
      return true;
    });
    base::require(top >= 0 && left >= 0, set.name, ": image ", i, " has fewer black ",
                  top < 0 ? "rows" : "columns", " at its borders than the ",
                  (top < 0 ? set.height : set.width) - side, " that are to be trimmed");
    for (int y = top; y < top + side; ++y) {
      const std::uint8_t* row = image + y * set.width + left;
      trimmed.pixels.insert(trimmed.pixels.end(), row, row + side);
    }
  }
  return trimmed;
}

ImageSet binarised(const ImageSet& set) {
  ImageSet binary = set;
  binary.maximum = 1;
  for (std::uint8_t& pixel : binary.pixels) pixel = 2 * pixel > set.maximum ? 1 : 0;
  return binary;
}

}  // namespace pliant::data
