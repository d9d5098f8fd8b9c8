// pliant/data/cifar.h — CIFAR-10 and CIFAR-100 in their binary format (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/data/image_set.h"

namespace pliant::data {

/// Labelled colour images of 32 × 32 in memory (Krizhevsky, Learning Multiple Layers of Features
/// from Tiny Images, 2009).
struct CifarSet {
  static constexpr int kSide = 32;
  static constexpr std::size_t kImage = std::size_t{3} * kSide * kSide;  ///< bytes of one image

  std::string name;
  Split split = Split::kTrain;
  std::vector<std::uint8_t> pixels{};         ///< (size, 3, 32, 32): red, green, blue; row-major
  std::vector<std::uint8_t> labels{};         ///< (size), each in 0 … 9 or 0 … 99
  std::vector<std::uint8_t> coarse_labels{};  ///< (size), each in 0 … 19; none of cifar10
  std::vector<std::string> classes{};         ///< names of the labels
  std::vector<std::string> coarse_classes{};  ///< names of the coarse labels; none of cifar10

  [[nodiscard]] std::size_t size() const { return labels.size(); }
  /// The (3, 32, 32) bytes of image i.
  [[nodiscard]] const std::uint8_t* image(std::size_t i) const {
    return pixels.data() + i * kImage;
  }
};

/// What load_cifar knows: "cifar10", "cifar100".
std::vector<std::string_view> cifar_names();

/// One split of a set from $PLIANT_DATA/cifar-10-batches-bin or $PLIANT_DATA/cifar-100-binary, the
/// folders that the published archives of the binary version hold.
/// @throws std::invalid_argument for an unknown name (the text lists the names), for a set that is
///         not there (the text says what to put where), and as read_cifar
CifarSet load_cifar(std::string_view name, Split split);

/// One split of a set in `folder`, as published: data_batch_1.bin … data_batch_5.bin and
/// test_batch.bin with the names in batches.meta.txt, or train.bin and test.bin with the names in
/// fine_label_names.txt and coarse_label_names.txt. The last 5,000 training images are validation,
/// the others train.
/// @throws std::invalid_argument that names the file, what was expected and what came: a length
///         that is no multiple of a record, labels out of range, too few images, too few names
/// @throws std::system_error if a file cannot be read
CifarSet read_cifar(std::string_view name, const std::filesystem::path& folder, Split split);

/// Adds the images of one file: records of a label (cifar100: a coarse and a fine one) and 3,072
/// bytes of pixels.   @param file  what error texts call it
void parse_cifar(std::span<const std::uint8_t> bytes, std::string_view file, CifarSet& set);

}  // namespace pliant::data
