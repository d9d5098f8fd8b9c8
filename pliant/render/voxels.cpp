// pliant/render/voxels.cpp — meshes as solid voxels (no torch)
#include "pliant/render/voxels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "pliant/base/errors.h"

namespace pliant::render {
namespace {

constexpr std::size_t kLargest = 512;

using Point = std::array<double, 3>;
using Index = std::array<std::int64_t, 3>;

/// The voxels of one mesh. While it is drawn 1 is marked; after the flood 0 is reached.
class Grid {
 public:
  Grid(std::int64_t n, std::uint8_t* voxels) : n_(n), voxels_(voxels) {
    std::fill_n(voxels, n * n * n, std::uint8_t{0});
  }

  void mark(const Index& at) {
    if (inside(at)) voxels_[offset(at)] = 1;
  }

  /// Marks what the integer columns along `axis` hit of a face.
  void draw(const std::array<Point, 3>& face, std::size_t axis) {
    const std::size_t a = (axis + 1) % 3;
    const std::size_t b = (axis + 2) % 3;
    const double a1 = face[1][a] - face[0][a];
    const double b1 = face[1][b] - face[0][b];
    const double a2 = face[2][a] - face[0][a];
    const double b2 = face[2][b] - face[0][b];
    const double area = a1 * b2 - a2 * b1;
    if (area == 0) return;
    const auto [a_begin, a_end] = columns(face, a);
    const auto [b_begin, b_end] = columns(face, b);
    for (std::int64_t i = a_begin; i < a_end; ++i) {
      for (std::int64_t j = b_begin; j < b_end; ++j) {
        const double pa = static_cast<double>(i) - face[0][a];
        const double pb = static_cast<double>(j) - face[0][b];
        const double w1 = (b2 * pa - a2 * pb) / area;
        const double w2 = (a1 * pb - b1 * pa) / area;
        if (w1 < 0 || w2 < 0 || w1 + w2 > 1) continue;
        const double depth = face[0][axis] + w1 * (face[1][axis] - face[0][axis]) +
                             w2 * (face[2][axis] - face[0][axis]);
        mark_corner(axis, i, j, depth);
      }
    }
  }

  /// 1 is what the outside does not reach.
  void fill() {
    enum : std::uint8_t { kEmpty = 0, kMarked = 1, kReached = 2 };
    std::vector<Index> open;
    const auto reach = [&](const Index& at) {
      if (!inside(at) || voxels_[offset(at)] != kEmpty) return;
      voxels_[offset(at)] = kReached;
      open.push_back(at);
    };
    for (std::int64_t i = 0; i < n_; ++i) {
      for (std::int64_t j = 0; j < n_; ++j) {
        for (const std::int64_t end : {std::int64_t{0}, n_ - 1}) {
          reach({end, i, j});
          reach({i, end, j});
          reach({i, j, end});
        }
      }
    }
    while (!open.empty()) {
      const Index at = open.back();
      open.pop_back();
      for (std::size_t axis = 0; axis < 3; ++axis) {
        for (const std::int64_t step : {-1, 1}) {
          Index next = at;
          next[axis] += step;
          reach(next);
        }
      }
    }
    for (std::int64_t i = 0; i < n_ * n_ * n_; ++i)
      voxels_[i] = static_cast<std::uint8_t>(voxels_[i] != kReached);
  }

 private:
  [[nodiscard]] bool inside(const Index& at) const {
    return std::ranges::all_of(at, [&](std::int64_t i) { return 0 <= i && i < n_; });
  }
  [[nodiscard]] std::int64_t offset(const Index& at) const {
    return (at[0] * n_ + at[1]) * n_ + at[2];
  }

  /// The integers of 0 … n − 1 that a coordinate of the face spans.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> columns(const std::array<Point, 3>& face,
                                                              std::size_t axis) const {
    const auto [low, high] = std::minmax({face[0][axis], face[1][axis], face[2][axis]});
    const auto top = static_cast<double>(n_);
    return {static_cast<std::int64_t>(std::ceil(std::clamp(low, 0.0, top))),
            static_cast<std::int64_t>(std::floor(std::clamp(high, -1.0, top - 1))) + 1};
  }

  /// Marks the 4 columns that share the corner (i, j) at a depth.
  void mark_corner(std::size_t axis, std::int64_t i, std::int64_t j, double depth) {
    if (!(depth >= 0 && depth < static_cast<double>(n_))) return;
    Index at{};
    at[axis] = static_cast<std::int64_t>(depth);
    for (const std::int64_t di : {-1, 0}) {
      for (const std::int64_t dj : {-1, 0}) {
        at[(axis + 1) % 3] = i + di;
        at[(axis + 2) % 3] = j + dj;
        mark(at);
      }
    }
  }

  std::int64_t n_;
  std::uint8_t* voxels_;
};

/// Marks all that one face marks; coordinates are in voxels.
void draw(Grid& grid, std::int64_t n, const std::array<Point, 3>& face) {
  for (std::size_t axis = 0; axis < 3; ++axis) grid.draw(face, axis);
  for (const Point& corner : face) {
    const auto inside = [&](double c) { return c >= 0 && c < static_cast<double>(n); };
    if (!std::ranges::all_of(corner, inside)) continue;
    grid.mark({static_cast<std::int64_t>(corner[0]), static_cast<std::int64_t>(corner[1]),
               static_cast<std::int64_t>(corner[2])});
  }
}

}  // namespace

template <class T>
void voxelize(const VoxelArgs& args, const T* faces, std::uint8_t* voxels,
              const base::Executor& executor) {
  base::require(1 <= args.size && args.size <= kLargest, "voxelize: size must be in 1 … ", kLargest,
                ", got ", args.size);
  const auto n = static_cast<std::int64_t>(args.size);
  executor(args.batch, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      Grid grid(n, voxels + b * args.size * args.size * args.size);
      for (std::size_t f = 0; f < args.faces; ++f) {
        const T* from = faces + (b * args.faces + f) * 9;
        std::array<Point, 3> face{};
        bool finite = true;
        for (std::size_t i = 0; i < 9; ++i) {
          face[i / 3][i % 3] = static_cast<double>(from[i] * static_cast<T>(n));
          finite = finite && std::isfinite(face[i / 3][i % 3]);
        }
        if (finite) draw(grid, n, face);
      }
      grid.fill();
    }
  });
}

template void voxelize<float>(const VoxelArgs&, const float*, std::uint8_t*, const base::Executor&);
template void voxelize<double>(const VoxelArgs&, const double*, std::uint8_t*,
                               const base::Executor&);

}  // namespace pliant::render
