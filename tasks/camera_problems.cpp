// tasks/camera_problems.cpp — pictures by unknown cameras, and where their search begins
#include "tasks/camera_problems.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "pliant/base/random.h"
#include "pliant/render/torch/camera.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

constexpr double kTrueAngle = 20;
constexpr double kSpread = 60;
// Where a perspective camera is one: a search that leaves this is drawn at its border.
constexpr double kLeastAngle = 1;
constexpr double kMostAngle = 80;
constexpr double kLeastDistance = 0.1;

enum Stream : std::uint64_t { kStart = 0, kTruth = 1 };

double between(base::Random& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

/// Box and Muller, 1958.
double normal(base::Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

CameraPoses empty_poses(std::int64_t count) {
  return {torch::empty({count}), torch::empty({count}), torch::empty({count}),
          torch::empty({count})};
}

void set(const CameraPoses& poses, std::int64_t i, double distance, double elevation,
         double azimuth, double angle) {
  poses.distance[i] = distance;
  poses.elevation[i] = elevation;
  poses.azimuth[i] = azimuth;
  poses.angle[i] = angle;
}

const Tensor& origin() {
  static const Tensor point = torch::zeros({3});
  return point;
}

const Tensor& up() {
  static const Tensor axis = torch::tensor({0.F, 1.F, 0.F});
  return axis;
}

}  // namespace

CameraPoses CameraPoses::slice(std::int64_t begin, std::int64_t end) const {
  return {distance.slice(0, begin, end), elevation.slice(0, begin, end),
          azimuth.slice(0, begin, end), angle.slice(0, begin, end)};
}

Mesh seen_by(const CameraPoses& poses, const Mesh& mesh) {
  const Tensor eyes =
      points_from_angles(poses.distance.clamp_min(kLeastDistance), poses.elevation, poses.azimuth);
  const Tensor camera = look_at(mesh.vertices(), eyes, origin(), up());
  return mesh.with_vertices(perspective(camera, poses.angle.clamp(kLeastAngle, kMostAngle)));
}

CameraProblems CameraProblems::draw(std::uint64_t seed, std::int64_t count) {
  CameraProblems problems{empty_poses(count), empty_poses(count)};
  for (std::int64_t i = 0; i < count; ++i) {
    base::Random truth(seed, kTruth, static_cast<std::uint64_t>(i));
    const double distance = between(truth, 2.5, 4);
    const double elevation = kSpread * normal(truth);
    set(problems.truth, i, distance, elevation, kSpread * normal(truth), kTrueAngle);
    base::Random start(seed, kStart, static_cast<std::uint64_t>(i));
    const auto& [low, high] = kCameraBins[static_cast<std::size_t>(camera_bin(i))];
    const double first_distance = between(start, 2, 10);
    const double angle = between(start, 10, 30);
    const double turn = between(start, low, high);
    const double direction = between(start, 0, 2 * std::numbers::pi);
    set(problems.start, i, first_distance, turn * std::sin(direction), turn * std::cos(direction),
        angle);
  }
  return problems;
}

Mesh CameraProblems::turned(const Mesh& mesh) const {
  const Tensor eyes = points_from_angles(truth.distance, truth.elevation, truth.azimuth);
  return mesh.with_vertices(look_at(mesh.vertices(), eyes, origin(), up(), /*only_rotate=*/true));
}

}  // namespace pliant::tasks
