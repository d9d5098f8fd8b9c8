// pliant/render/records.h — what flows back to each face from each tile that it reaches, and from
// there to vertices; private to render/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/parallel.h"
#include "pliant/render/screen.h"

namespace pliant::render {

/// A row of numbers for every pair of a face and a tile. Tiles write their rows alone, and sums run
/// over the tiles of a face and then the faces of a vertex in their order: no number depends on the
/// threads.
template <class T>
class Records {
 public:
  /// Zeros. @param width  numbers in a row
  Records(const Screen<T>& screen, std::size_t batch, std::size_t faces, std::size_t width);

  /// The row of slot s of the image is at + s·width().
  [[nodiscard]] T* of_image(std::size_t image) { return rows_.data() + begin_[image] * width_; }
  [[nodiscard]] std::size_t width() const { return width_; }

  /// The sum of the face's rows, written to out[0 … width).
  void sum_of_face(std::size_t image, std::size_t face, T* out) const;

 private:
  const Screen<T>& screen_;
  std::size_t width_;
  std::vector<std::size_t> begin_;
  base::AlignedArray<T> rows_;
};

/// vertex[corner of f] += the first `components` numbers of each of f's corners, x y (z) corner by
/// corner, in the order of the faces; `vertex` (batch, vertices, 3) is written whole.
template <class T>
void scatter_to_vertices(const Records<T>& records, const ScreenMesh<T>& mesh,
                         std::size_t components, T* vertex, const base::Executor& executor);

}  // namespace pliant::render
