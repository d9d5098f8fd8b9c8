// pliant/render/records.cpp — sums over tiles, then over faces, each in its order (no torch)
#include "pliant/render/records.h"

#include <algorithm>

namespace pliant::render {

template <class T>
Records<T>::Records(const Screen<T>& screen, std::size_t batch, std::size_t faces,
                    std::size_t width)
    : screen_(screen), width_(width) {
  std::size_t rows = 0;
  for (std::size_t image = 0; image < batch; ++image) {
    begin_.push_back(rows);
    rows += static_cast<std::size_t>(screen.lists(image).slot_begin[faces]);
  }
  rows_ = base::AlignedArray<T>(rows * width);
  std::fill_n(rows_.data(), rows * width, T(0));
}

template <class T>
void Records<T>::sum_of_face(std::size_t image, std::size_t face, T* out) const {
  const auto& slots = screen_.lists(image).slot_begin;
  std::fill_n(out, width_, T(0));
  const T* row = rows_.data() + (begin_[image] + static_cast<std::size_t>(slots[face])) * width_;
  for (std::int32_t slot = slots[face]; slot < slots[face + 1]; ++slot, row += width_) {
    for (std::size_t k = 0; k < width_; ++k) out[k] += row[k];
  }
}

template <class T>
void scatter_to_vertices(const Records<T>& records, const ScreenMesh<T>& mesh,
                         std::size_t components, T* vertex, const base::Executor& executor) {
  executor(mesh.batch, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<T> sum(records.width());
    for (std::size_t image = begin; image < end; ++image) {
      T* const of_image = vertex + image * mesh.vertices * 3;
      std::fill_n(of_image, mesh.vertices * 3, T(0));
      const std::int32_t* index = mesh.face + (mesh.own_faces ? image * mesh.faces * 3 : 0);
      for (std::size_t f = 0; f < mesh.faces; ++f, index += 3) {
        records.sum_of_face(image, f, sum.data());
        for (std::size_t corner = 0; corner < 3; ++corner) {
          T* to = of_image + static_cast<std::size_t>(index[corner]) * 3;
          for (std::size_t k = 0; k < components; ++k) to[k] += sum[corner * components + k];
        }
      }
    }
  });
}

template class Records<float>;
template class Records<double>;
template void scatter_to_vertices(const Records<float>&, const ScreenMesh<float>&, std::size_t,
                                  float*, const base::Executor&);
template void scatter_to_vertices(const Records<double>&, const ScreenMesh<double>&, std::size_t,
                                  double*, const base::Executor&);

}  // namespace pliant::render
