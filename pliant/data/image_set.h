// pliant/data/image_set.h — sets of grey images of digits or clothes, with their splits (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::data {

enum class Split { kTrain, kValidation, kTest };

/// "train", "validation", "test".
std::string_view split_name(Split split);

/// Labelled grey images in memory.
struct ImageSet {
  std::string name;
  Split split = Split::kTrain;
  int height = 0;
  int width = 0;
  int maximum = 255;  ///< the value of full ink: networks see pixel / maximum, in [0, 1]
  std::vector<std::uint8_t> pixels;  ///< (size, height, width), row-major, each ≤ maximum
  std::vector<std::uint8_t> labels;  ///< (size), the classes, from 0
  int whole_height = 0;              ///< of the images before trim_border; 0: they are whole
  int whole_width = 0;

  [[nodiscard]] std::size_t size() const { return labels.size(); }
  /// The (height, width) pixels of image i.
  [[nodiscard]] const std::uint8_t* image(std::size_t i) const {
    return pixels.data() + i * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
};

/// What load_image_set knows: "digits", "mnist", "fashion_mnist", "mnist20x20".
std::vector<std::string_view> image_set_names();

/// One split of a set by name; no image is in two splits.
///
/// digits: the 8×8 UCI digits inside the library, values 0 … 16. In the file's order, the writers'
/// forms are whole blocks (the labels repeat one text of 130 digits at 0, 130, 256, 386, … 1157, …
/// 1415, …), so the split cuts between forms and scores are for handwriting that was not trained
/// on: train = the first 1,157 images (9 forms), validation = the next 258 (2), test = the last 382
/// (3). A random split would share every writer, and shows: the error of the nearest neighbour
/// is 1.8 % there, 5.0 % here.
///
/// mnist: 28×28 from $PLIANT_DATA/mnist. fashion_mnist: from $PLIANT_DATA/fashion-mnist, or where
/// Debian's package dataset-fashion-mnist puts it. mnist20x20: MNIST's files, trim_border(20).
/// Splits as of read_image_set.
/// @throws std::invalid_argument for an unknown name (the text lists the names), for a set that is
/// not there
///         (the text says what to put where), and as read_idx
ImageSet load_image_set(std::string_view name, Split split);

/// One split of a set with MNIST's layout: train-images-idx3-ubyte and train-labels-idx1-ubyte, of
/// which the last 5,000 images are validation and the others train (as in Petersen et al., ICML
/// 2021: 55,000 of MNIST's 60,000), t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, all test;
/// each plain or with .gz.
/// @param name  becomes the set's name
ImageSet read_image_set(std::string_view name, const std::filesystem::path& folder, Split split);

/// The set at half the resolution: each pixel is the mean of 2×2, rounded to nearest, a half up.
/// @throws std::invalid_argument if height or width is odd
ImageSet half_resolution(const ImageSet& set);

/// The set with black rows and columns trimmed off every image until side × side are left, as logic
/// gate networks see MNIST (Petersen et al., NeurIPS 2022: 20 × 20, 400 inputs). What is trimmed is
/// chosen for each image: black rows at the top and at the bottom, none beyond the middle, given
/// back one by one on both sides until height − side are left to trim; an odd one is given back at
/// the top if there is any. Then columns, left and right, in the same way. A picture in the middle
/// stays there, and no ink is lost: all 70,000 digits of MNIST fit into 20 × 20.
/// @throws std::invalid_argument that names the image if it has too few black rows or columns at
///         its borders, or if side is not in 1 … height and width
ImageSet trim_border(const ImageSet& set, int side);

/// The set in black and white, maximum 1: a pixel is 1 if it is more than half of the maximum (of
/// MNIST's bytes: ≥ 128). Logic gate networks train on grey values and are evaluated on these.
ImageSet binarised(const ImageSet& set);

}  // namespace pliant::data
