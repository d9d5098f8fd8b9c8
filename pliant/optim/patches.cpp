// pliant/optim/patches.cpp — what a convolution reads, as a matrix (no torch)
#include "pliant/optim/patches.h"

#include <algorithm>
#include <cstdint>

namespace pliant::optim {
namespace {

/// The places along one axis that a tap of the kernel reads.
struct Axis {
  std::int64_t first;  ///< what the first output place reads, perhaps beyond the edge
  std::int64_t stride;
  std::int64_t begin;  ///< outputs [begin, end) read inside
  std::int64_t end;

  Axis(const Window& window, std::size_t axis, std::size_t tap, std::size_t size,
       std::size_t outputs)
      : first(static_cast<std::int64_t>(tap * window.dilation[axis]) -
              static_cast<std::int64_t>(window.padding[axis])),
        stride(static_cast<std::int64_t>(window.stride[axis])) {
    const auto count = static_cast<std::int64_t>(outputs);
    const auto last = static_cast<std::int64_t>(size) - 1 - first;
    begin = std::min(count, first >= 0 ? 0 : (-first + stride - 1) / stride);
    end = last < 0 ? begin : std::clamp(last / stride + 1, begin, count);
  }
};

/// One row of the matrix for one sample: `to` has an output's places.
template <class T>
void gather(const T* channel, std::size_t width, const Axis& vertical, const Axis& horizontal,
            const std::array<std::size_t, 2>& output, T* to) {
  const auto columns = static_cast<std::int64_t>(output[1]);
  for (std::int64_t y = 0; y < static_cast<std::int64_t>(output[0]); ++y, to += columns) {
    if (y < vertical.begin || y >= vertical.end) {
      std::fill_n(to, columns, T(0));
      continue;
    }
    const T* const line =
        channel + (vertical.first + y * vertical.stride) * static_cast<std::int64_t>(width);
    std::fill_n(to, horizontal.begin, T(0));
    if (horizontal.stride == 1) {
      std::copy(line + horizontal.first + horizontal.begin,
                line + horizontal.first + horizontal.end, to + horizontal.begin);
    } else {
      for (std::int64_t x = horizontal.begin; x < horizontal.end; ++x)
        to[x] = line[horizontal.first + x * horizontal.stride];
    }
    std::fill_n(to + horizontal.end, columns - horizontal.end, T(0));
  }
}

}  // namespace

template <class T>
void gather_patches(const PatchArgs<T>& args, const base::Executor& executor) {
  const auto [tall, wide] = args.window.kernel;
  const std::size_t places = args.output[0] * args.output[1];
  constexpr std::size_t kWorthAThread = 1U << 16;
  const std::size_t grain = 1 + kWorthAThread / std::max<std::size_t>(args.samples * places, 1);
  executor(args.channels * tall * wide, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const T* const channel = args.x + row / (tall * wide) * args.channel_stride;
      const Axis vertical(args.window, 0, row / wide % tall, args.size[0], args.output[0]);
      const Axis horizontal(args.window, 1, row % wide, args.size[1], args.output[1]);
      for (std::size_t s = 0; s < args.samples; ++s) {
        gather(channel + s * args.sample_stride, args.size[1], vertical, horizontal, args.output,
               args.patches + (row * args.samples + s) * places);
      }
    }
  });
}

template void gather_patches(const PatchArgs<float>& args, const base::Executor& executor);
template void gather_patches(const PatchArgs<double>& args, const base::Executor& executor);

}  // namespace pliant::optim
