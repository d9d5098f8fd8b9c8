// tasks/movement.h — training images that are shifted by whole pixels and mirrored, at random
#pragma once

#include <cstdint>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"

namespace pliant::tasks {

/// Where a training image is seen: its pixel (y, x) is that of (y + down, x + right), after
/// left and right were exchanged.
struct Movement {
  int down = 0;
  int right = 0;
  bool mirrored = false;
};

/// How far training images move.
class Movements {
 public:
  Movements(int shift, bool mirror) : shift_(shift), mirror_(mirror) {}

  /// @throws std::invalid_argument unless 0 ≤ shift < side
  void check(int side) const {
    base::require(shift_ >= 0 && shift_ < side, "shift must be in 0 … ", side - 1,
                  " for images of ", side, " pixels, got ", shift_);
  }
  /// Draws three numbers, or as many of them as there is use for.
  [[nodiscard]] Movement draw(base::Random& random) const {
    Movement movement;
    if (shift_ > 0) {
      const auto places = static_cast<std::uint32_t>(2 * shift_ + 1);
      movement.down = static_cast<int>(random.below(places)) - shift_;
      movement.right = static_cast<int>(random.below(places)) - shift_;
    }
    if (mirror_) movement.mirrored = random.below(2) == 1;
    return movement;
  }

 private:
  int shift_;
  bool mirror_;
};

/// Calls write(pixel) for one channel of an image, row by row; what comes in from outside is 0.
template <class Write>
void moved(const std::uint8_t* image, int height, int width, const Movement& movement,
           const Write& write) {
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int row = y + movement.down;
      const int column = (movement.mirrored ? width - 1 - x : x) + movement.right;
      const bool inside = row >= 0 && row < height && column >= 0 && column < width;
      write(inside ? image[row * width + column] : std::uint8_t{0});
    }
  }
}

}  // namespace pliant::tasks
