// benchmarks/render/bench_silhouette.cpp — the rasteriser's two kernels beside the loop over every
// pixel and face, on a mesh that a camera has left
//
// bench_silhouette MESH SIDE TAU [brute]: the logistic function of the squared distance, the
// probabilistic sum, gradient of the sum of all coverages, float32. MESH: int32 batch, vertices,
// faces; then float32 (batch, vertices, 3), int32 (faces, 3). Prints one JSON object: milliseconds
// of the fastest call; with "brute" also the processor time of the loop, once, and the pairs that
// it decides.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/render/silhouette.h"
#include "tests/render/brute_force.h"

namespace {

namespace render = pliant::render;

constexpr double kBudget = 2;  // seconds that a figure may take

struct Mesh {
  std::int32_t batch, vertices, faces;
  std::vector<float> vertex;
  std::vector<std::int32_t> face;

  explicit Mesh(const char* path) {
    std::ifstream file(path, std::ios::binary);
    const auto read = [&](auto* to, std::size_t count) {
      file.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count * sizeof(*to)));
      if (!file) throw std::runtime_error(std::string(path) + ": not a mesh");
    };
    read(&batch, 1);
    read(&vertices, 1);
    read(&faces, 1);
    vertex.resize(static_cast<std::size_t>(batch) * static_cast<std::size_t>(vertices) * 3);
    face.resize(static_cast<std::size_t>(faces) * 3);
    read(vertex.data(), vertex.size());
    read(face.data(), face.size());
  }

  [[nodiscard]] render::ScreenMesh<float> screen() const {
    return {.batch = static_cast<std::size_t>(batch),
            .vertices = static_cast<std::size_t>(vertices),
            .faces = static_cast<std::size_t>(faces),
            .vertex = vertex.data(),
            .face = face.data()};
  }
};

/// The loop's own formulas, counted.
struct Counted : brute::LogisticSquared<float> {
  std::size_t* pairs;

  [[nodiscard]] brute::Answer<float> decide(float distance) const {
    ++*pairs;
    return LogisticSquared::decide(distance);
  }
};

template <class Fn>
double milliseconds(const Fn& fn) {
  const auto start = std::chrono::steady_clock::now();
  fn();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

/// Of the processor, for what runs once, on one thread, and may have to wait.
template <class Fn>
double processor_milliseconds(const Fn& fn) {
  const std::clock_t start = std::clock();
  fn();
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Of the fastest call.
template <class Fn>
double fastest(const Fn& fn) {
  double best = milliseconds(fn), spent = best;
  for (int calls = 1; calls < 3 || spent < kBudget * 1e3; ++calls) {
    const double took = milliseconds(fn);
    best = std::min(best, took);
    spent += took;
  }
  return best;
}

struct Buffers {
  std::vector<float> alpha, folded, ones, grad_vertex;

  Buffers(const Mesh& mesh, std::size_t side)
      : alpha(static_cast<std::size_t>(mesh.batch) * side * side),
        folded(alpha.size()),
        ones(alpha.size(), 1),
        grad_vertex(mesh.vertex.size()) {}
};

void print_ours(const render::SilhouetteArgs<float>& args, Buffers& buffers) {
  for (const unsigned threads : {1U, 2U}) {
    const auto executor = pliant::base::thread_executor(threads);
    const double forward = fastest(
        [&] { render::silhouette(args, buffers.alpha.data(), buffers.folded.data(), executor); });
    const double backward = fastest([&] {
      render::silhouette_backward<float>(args, buffers.folded.data(), buffers.ones.data(),
                                         {.vertex = buffers.grad_vertex.data()}, executor);
    });
    std::printf("%s\"forward_%u\": %.5f, \"backward_%u\": %.5f", threads == 1 ? "{" : ", ", threads,
                forward, threads, backward);
  }
}

void print_brute(const Mesh& mesh, std::size_t side, float tau, float outer, Buffers& buffers) {
  const auto loop = [&](const auto& policy) {
    using Policy = std::decay_t<decltype(policy)>;
    return brute::Silhouette<float, Policy>(policy, mesh.screen(), side, outer);
  };
  const auto plain = loop(brute::LogisticSquared<float>{tau});
  const double forward =
      processor_milliseconds([&] { plain.forward(buffers.alpha.data(), buffers.folded.data()); });
  const double backward = processor_milliseconds([&] {
    std::fill(buffers.grad_vertex.begin(), buffers.grad_vertex.end(), 0.F);
    plain.backward(buffers.folded.data(), buffers.ones.data(), buffers.grad_vertex.data());
  });
  std::size_t pairs = 0;
  Counted counted{{tau}, &pairs};
  loop(counted).forward(buffers.alpha.data(), buffers.folded.data());
  std::printf(", \"brute_forward\": %.2f, \"brute_backward\": %.2f, \"pairs\": %zu", forward,
              backward, pairs);
}

int run(int argc, char** argv) {
  if (argc < 4) throw std::runtime_error("usage: bench_silhouette MESH SIDE TAU [brute]");
  const Mesh mesh(argv[1]);
  const std::size_t side = std::stoul(argv[2]);
  const double tau = std::stod(argv[3]);
  render::SilhouetteArgs<float> args{.mesh = mesh.screen(), .coverage = {}, .size = {side, side}};
  args.coverage.distribution = {
      .family = pliant::math::family_index("logistic"), .scale = 1 / tau, .power = 2};
  args.coverage.t_norm = {.family = pliant::math::t_norm_index("probabilistic")};
  Buffers buffers(mesh, side);
  print_ours(args, buffers);
  if (argc > 4) {
    print_brute(mesh, side, static_cast<float>(tau),
                static_cast<float>(render::outer_radius(args.coverage)), buffers);
  }
  std::printf("}\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_silhouette: %s\n", error.what());
    return 2;
  }
}
