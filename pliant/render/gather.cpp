// pliant/render/gather.cpp — values of vertices at the corners of faces, and back (no torch)
#include "pliant/render/gather.h"

#include <algorithm>

#include "pliant/base/errors.h"

namespace pliant::render {
namespace {

constexpr std::size_t kGrain = 8192;  ///< corners that are worth a thread

/// The checked vertex of corner `c` of a list of faces.
std::size_t vertex_of(const char* function, const CornerShape& shape, const std::int64_t* faces,
                      std::size_t c) {
  const auto vertex = static_cast<std::uint64_t>(faces[c]);
  base::require(vertex < shape.vertices, function, ": face ", c / 3, " has the vertex ", faces[c],
                "; there are ", shape.vertices, ", counted from 0");
  return vertex;
}

const std::int64_t* faces_of(const CornerShape& shape, const std::int64_t* faces, std::size_t b) {
  return shape.shared_faces ? faces : faces + b * shape.faces * 3;
}

}  // namespace

template <class T>
void gather_corners(const char* function, const CornerShape& shape, const T* values,
                    const std::int64_t* faces, T* corners, const base::Executor& executor) {
  const std::size_t count = shape.faces * 3;
  const std::size_t channels = shape.channels;
  executor(shape.batch * count, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end;) {
      const std::size_t b = i / count;
      const std::size_t stop = std::min(end, (b + 1) * count);
      const std::int64_t* list = faces_of(shape, faces, b);
      const T* from = values + b * shape.vertices * channels;
      for (; i < stop; ++i) {
        const T* value = from + vertex_of(function, shape, list, i - b * count) * channels;
        std::copy_n(value, channels, corners + i * channels);
      }
    }
  });
}

template <class T>
void scatter_corners(const char* function, const CornerShape& shape, const T* corners,
                     const std::int64_t* faces, T* values, const base::Executor& executor) {
  const std::size_t count = shape.faces * 3;
  const std::size_t channels = shape.channels;
  const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, count));
  executor(shape.batch, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      const std::int64_t* list = faces_of(shape, faces, b);
      const T* from = corners + b * count * channels;
      T* to = values + b * shape.vertices * channels;
      std::fill_n(to, shape.vertices * channels, T(0));
      for (std::size_t c = 0; c < count; ++c) {
        T* sum = to + vertex_of(function, shape, list, c) * channels;
        for (std::size_t k = 0; k < channels; ++k) sum[k] += from[c * channels + k];
      }
    }
  });
}

template void gather_corners<float>(const char*, const CornerShape&, const float*,
                                    const std::int64_t*, float*, const base::Executor&);
template void gather_corners<double>(const char*, const CornerShape&, const double*,
                                     const std::int64_t*, double*, const base::Executor&);
template void scatter_corners<float>(const char*, const CornerShape&, const float*,
                                     const std::int64_t*, float*, const base::Executor&);
template void scatter_corners<double>(const char*, const CornerShape&, const double*,
                                      const std::int64_t*, double*, const base::Executor&);

}  // namespace pliant::render
