// tasks/camera.cpp — the task of finding where a camera stood
#include "tasks/camera.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "pliant/base/errors.h"
#include "pliant/render/torch/losses.h"
#include "pliant/render/torch/renderer.h"
#include "pliant/train/config_hash.h"
#include "pliant/train/schedule.h"
#include "pliant/train/torch/task.h"
#include "tasks/camera_problems.h"
#include "tasks/scenery.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

constexpr std::int64_t kShown = 12;
constexpr double kFound = 5;  ///< degrees

train::Schedule tau_schedule(const CameraTaskOptions& options, const train::Options& training) {
  return train::make_schedule("geometric", *options.tau, options.tau_end, training.steps, "tau");
}

/// The poses as parameters.
class PosesImpl : public torch::nn::Module {
 public:
  explicit PosesImpl(const CameraPoses& start)
      : poses_{register_parameter("distance", start.distance.clone()),
               register_parameter("elevation", start.elevation.clone()),
               register_parameter("azimuth", start.azimuth.clone()),
               register_parameter("angle", start.angle.clone())} {}
  [[nodiscard]] const CameraPoses& poses() const { return poses_; }

 private:
  CameraPoses poses_;
};
TORCH_MODULE(Poses);

class CameraTask final : public Task {
 public:
  CameraTask(const CameraTaskOptions& options, const train::Options& training)
      : options_(options),
        tau_(tau_schedule(options, training)),
        coverage_(coverage_options(options.coverage, *options.tau)),
        problems_(CameraProblems::draw(training.seed, *training.batch)),
        mesh_(plain(load_mesh(options.mesh, options.mesh_size, "mesh"))),
        turned_(problems_.turned(mesh_).vertices()),
        poses_(problems_.start) {
    CameraPoses truth = problems_.truth;
    truth.elevation = torch::zeros_like(truth.elevation);
    truth.azimuth = torch::zeros_like(truth.azimuth);
    targets_ = hard(truth);
  }

  [[nodiscard]] std::string_view name() const override { return Camera::name; }
  torch::nn::Module& module() override { return *poses_; }
  [[nodiscard]] BestRule best_rule() const override { return {"success"}; }
  [[nodiscard]] AdamBetas betas() const override { return {options_.beta1, options_.beta2}; }

  BatchLoss loss(const BatchKeys& keys) override {
    const std::int64_t last = keys.first + keys.count;
    const Mesh mesh = mesh_.with_vertices(turned_.slice(0, keys.first, last));
    CoverageOptions coverage = coverage_;
    coverage.tau = tau_.at(keys.step);
    const Mesh seen = seen_by(poses_->poses().slice(keys.first, last), mesh);
    const Tensor soft =
        render_silhouette(seen.vertices(), seen.faces(), options_.size, options_.size, coverage);
    return {silhouette_iou_loss(soft, targets_.slice(0, keys.first, last)), soft};
  }

  train::Metrics evaluate(data::Split) override {
    const CameraPoses& now = poses_->poses();
    const Tensor found =
        (now.elevation.square() + now.azimuth.square() < kFound * kFound).to(torch::kDouble);
    train::Metrics metrics = {{"success", found.mean().item<double>()}};
    for (std::size_t bin = 0; bin < kCameraBins.size(); ++bin) {
      const Tensor some = found.slice(0, static_cast<std::int64_t>(bin), std::nullopt,
                                      static_cast<std::int64_t>(kCameraBins.size()));
      metrics.emplace_back("success_" + std::to_string(static_cast<int>(kCameraBins[bin][0])),
                           some.mean().item<double>());
    }
    metrics.emplace_back("hard_loss", silhouette_iou_loss(hard(now), targets_).item<double>());
    return metrics;
  }

  Snapshot snapshot(std::int64_t step) override {
    const CameraPoses& now = poses_->poses();
    const auto offsets = [](const CameraPoses& poses) {
      return torch::stack({poses.elevation, poses.azimuth}, 1).detach();
    };
    const auto shown = [](const Tensor& t) { return t.slice(0, 0, kShown); };
    Snapshot snapshot;
    snapshot.tensors = {{"targets", bytes(shown(targets_))},
                        {"hard", bytes(shown(hard(now)))},
                        {"start_hard", bytes(shown(hard(problems_.start)))},
                        {"offsets", offsets(now)},
                        {"start_offsets", offsets(problems_.start)}};
    snapshot.metadata["tau"] = train::number_text(tau_.at(step));
    return snapshot;
  }

 private:
  /// Without textures, of which the batch would make copies.
  static Mesh plain(const Mesh& mesh) { return Mesh(mesh.vertices(), mesh.faces()); }

  [[nodiscard]] Tensor hard(const CameraPoses& poses) const {
    const torch::NoGradGuard no_grad;
    return hard_coverage(seen_by(poses, mesh_.with_vertices(turned_)), options_.size,
                         options_.size);
  }

  CameraTaskOptions options_;
  train::Schedule tau_;
  CoverageOptions coverage_;
  CameraProblems problems_;
  Mesh mesh_;
  Tensor turned_;  ///< (N, V, 3): its vertices in the true cameras' axes
  Poses poses_;
  Tensor targets_;
};

}  // namespace

void Camera::settle(Options& options, train::Options& training) {
  train::settle(training);
  if (!training.batch) training.batch = 24;
  if (!training.learning_rate) training.learning_rate = 0.3;
  if (!training.validate_every) training.validate_every = 100;
  if (!training.steps) training.steps = 1000;
  base::require(*training.batch >= static_cast<std::int64_t>(kCameraBins.size()),
                "batch must be at least ", kCameraBins.size(), ", one picture a bin, got ",
                *training.batch);
  base::require(8 <= options.size && options.size <= 1024, "size must be in 8 … 1024, got ",
                options.size);
  const auto beta = [](const char* name, double value) {
    base::require(0 <= value && value < 1, name, " must be in [0, 1), got ", value);
  };
  beta("beta1", options.beta1);
  beta("beta2", options.beta2);
  settle_softness(options.coverage, options.softness_end, options.size, options.tau,
                  options.tau_end);
  if (!options.tau) options.tau = 1e-1;
  if (!options.tau_end) options.tau_end = 1e-7;
  tau_schedule(options, training);
}

std::shared_ptr<Task> Camera::make(const Options& options, const train::Options& training) {
  return std::make_shared<CameraTask>(options, training);
}

}  // namespace pliant::tasks
