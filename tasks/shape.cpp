// tasks/shape.cpp — the task of finding a shape from its silhouettes
#include "tasks/shape.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <optional>

#include "pliant/base/errors.h"
#include "pliant/render/primitives.h"
#include "pliant/render/torch/losses.h"
#include "pliant/render/torch/renderer.h"
#include "pliant/train/schedule.h"
#include "pliant/train/torch/task.h"
#include "tasks/scenery.h"
#include "tasks/shape_model.h"
#include "tasks/silhouette_views.h"

namespace pliant::tasks {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;

constexpr std::int64_t kTestViews = 24;
constexpr std::int64_t kShownViews = 24;
constexpr std::int64_t kPictureSize = 192;
constexpr std::int64_t kVoxels = 32;
constexpr std::array<double, 3> kTargetColour = {0.95, 0.6, 0.3};
constexpr std::array<double, 3> kShapeColour = {0.35, 0.6, 0.9};

train::Schedule tau_schedule(const ShapeOptions& options, const train::Options& training) {
  return train::make_schedule("geometric", *options.tau, options.tau_end, training.steps, "tau");
}

void check(const ShapeOptions& options, const train::Options& training) {
  const auto weight = [](const char* name, double value) {
    base::require(value >= 0 && std::isfinite(value), name, " must be at least 0, got ", value);
  };
  const auto beta = [](const char* name, double value) {
    base::require(0 <= value && value < 1, name, " must be in [0, 1), got ", value);
  };
  weight("laplacian", options.laplacian);
  weight("flatten", options.flatten);
  weight("target-size", options.target_size);
  beta("beta1", options.beta1);
  beta("beta2", options.beta2);
  base::require(options.template_size > 0 && std::isfinite(options.template_size),
                "template-size must be > 0, got ", options.template_size);
  base::require(0 <= options.level && options.level <= 6, "level must be in 0 … 6, got ",
                options.level);
  base::require(8 <= options.size && options.size <= 1024, "size must be in 8 … 1024, got ",
                options.size);
  ring_cameras(options.views, options.elevations, options.distance, options.viewing_angle);
  tau_schedule(options, training);
}

Mesh template_of(const ShapeOptions& options) {
  const bool sphere = options.template_mesh == "icosphere";
  if (sphere) return Mesh(render::icosphere(options.level, options.template_size / 2));
  const Mesh mesh = load_mesh(options.template_mesh, options.template_size, "template");
  return Mesh(mesh.vertices(), mesh.faces());
}

class ShapeTask final : public Task {
 public:
  ShapeTask(const ShapeOptions& options, const train::Options& training)
      : options_(options),
        tau_(tau_schedule(options, training)),
        coverage_(coverage_options(options.coverage, *options.tau)),
        template_(template_of(options)),
        topology_(mesh_topology(template_.faces(), template_.vertices().size(1))),
        model_(template_.vertices(), options.parametrization) {
    if (fs::is_directory(options.target)) {
      views_ = read_views(options.target, options.cameras, options.viewing_angle);
      test_ = views_;
      return;
    }
    target_ = load_mesh(options.target, options.target_size, "target");
    views_ = views_of(
        *target_,
        ring_cameras(options.views, options.elevations, options.distance, options.viewing_angle),
        options.size);
    test_ = views_of(*target_, even_cameras(kTestViews, options.distance, options.viewing_angle),
                     options.size);
  }

  [[nodiscard]] std::string_view name() const override { return Shape::name; }
  torch::nn::Module& module() override { return *model_; }
  [[nodiscard]] BestRule best_rule() const override { return {"hard_loss", false}; }
  [[nodiscard]] AdamBetas betas() const override { return {options_.beta1, options_.beta2}; }

  BatchLoss loss(const BatchKeys& keys) override {
    const Views views = views_of_step(keys);
    const Tensor vertices = model_->forward();
    const Tensor seen = soft(vertices, views, tau_.at(keys.step));
    const Tensor total = silhouette_iou_loss(seen, views.silhouettes) +
                         options_.laplacian * laplacian_loss(vertices, topology_).sum() +
                         options_.flatten * flatten_loss(vertices, topology_).sum();
    return {total, seen};
  }

  train::Metrics evaluate(data::Split split) override {
    const Views& views = split == data::Split::kTest ? test_ : views_;
    const Tensor vertices = model_->forward();
    const Tensor hard = hard_silhouettes(template_.with_vertices(vertices), views.cameras,
                                         views.height(), views.width());
    const auto loss = [&](const Tensor& seen) {
      return silhouette_iou_loss(seen, views.silhouettes).item<double>();
    };
    train::Metrics metrics = {
        {"hard_loss", loss(hard)},
        {"soft_loss", loss(soft(vertices, views, options_.tau_end.value_or(*options_.tau)))}};
    if (target_) metrics.emplace_back("voxel_iou", voxel_iou_of(vertices));
    return metrics;
  }

  Snapshot snapshot(std::int64_t step) override {
    const Mesh mesh = shape();
    const Tensor chosen = torch::linspace(0, static_cast<double>(views_.count() - 1),
                                          std::min(kShownViews, views_.count()))
                              .round()
                              .to(torch::kLong);
    const Views shown = {{views_.cameras.eyes.index_select(0, chosen), views_.cameras.angle},
                         views_.silhouettes.index_select(0, chosen)};
    const Tensor hard = hard_silhouettes(mesh, shown.cameras, views_.height(), views_.width());
    const Tensor seen = soft(mesh.vertices(), shown, tau_.at(step));
    Snapshot snapshot;
    snapshot.tensors = {{"targets", bytes(shown.silhouettes)},
                        {"hard", bytes(hard)},
                        {"soft", bytes(seen)},
                        {"eyes", views_.cameras.eyes},
                        {"vertices", mesh.vertices()[0]},
                        {"pictures", pictures(mesh, kShapeColour)}};
    if (target_)
      snapshot.tensors.emplace_back("target_pictures", pictures(*target_, kTargetColour));
    return snapshot;
  }

  void write_results(const fs::path& folder) override {
    fs::create_directories(folder);
    shape().save_obj((folder / "shape.obj").string());
    if (target_)
      Mesh(target_->vertices(), target_->faces()).save_obj((folder / "target.obj").string());
  }

 private:
  [[nodiscard]] Mesh shape() const { return template_.with_vertices(model_->forward().detach()); }

  /// Soft silhouettes (N, height, width).
  [[nodiscard]] Tensor soft(const Tensor& vertices, const Views& views, double tau) const {
    CoverageOptions coverage = coverage_;
    coverage.tau = tau;
    const Mesh seen = views.cameras.see(template_.with_vertices(vertices));
    return render_silhouette(seen.vertices(), seen.faces(), views.height(), views.width(),
                             coverage);
  }

  /// A process's share of the step's views. torch's generator is seeded by the step.
  [[nodiscard]] Views views_of_step(const BatchKeys& keys) const {
    if (keys.count == views_.count()) return views_;
    const Tensor chosen =
        torch::randperm(views_.count()).slice(0, keys.first, keys.first + keys.count);
    return {{views_.cameras.eyes.index_select(0, chosen), views_.cameras.angle},
            views_.silhouettes.index_select(0, chosen)};
  }

  [[nodiscard]] double voxel_iou_of(const Tensor& vertices) const {
    const double reach = 2 * std::max(target_->vertices().abs().max().item<double>(), 0.5);
    const Tensor ours = template_.with_vertices(vertices.detach() / reach).voxelize(kVoxels);
    const Tensor theirs = target_->with_vertices(target_->vertices() / reach).voxelize(kVoxels);
    return voxel_iou(ours, theirs).item<double>();
  }

  /// From the front and from behind, a little above.
  [[nodiscard]] Tensor pictures(const Mesh& mesh, const std::array<double, 3>& colour) const {
    Cameras cameras = ring_cameras(9, {25}, options_.distance, options_.viewing_angle);
    cameras.eyes = cameras.eyes.index_select(0, torch::tensor({1, 5}));
    return shaded_pictures(mesh, cameras, kPictureSize, colour);
  }

  ShapeOptions options_;
  train::Schedule tau_;
  CoverageOptions coverage_;
  Mesh template_;
  MeshTopology topology_;
  ShapeModel model_;
  std::optional<Mesh> target_;  ///< none: silhouettes from files
  Views views_;
  Views test_;
};

/// As many views as there will be.
std::int64_t view_count(const ShapeOptions& options) {
  if (!fs::is_directory(options.target))
    return options.views * static_cast<std::int64_t>(options.elevations.size());
  return read_views(options.target, options.cameras, options.viewing_angle).count();
}

}  // namespace

void Shape::settle(Options& options, train::Options& training) {
  train::settle(training);
  base::require(
      !fs::is_directory(options.target) || !(options.coverage.softness || options.softness_end),
      "softness: the pictures of a folder have a size of their own, give tau");
  settle_softness(options.coverage, options.softness_end, options.size, options.tau,
                  options.tau_end);
  if (!options.tau)
    options.tau = default_tau(options.coverage.distribution, options.coverage.squared);
  if (!training.learning_rate) training.learning_rate = std::pow(10.0, -1.5);
  if (!training.validate_every) training.validate_every = 5;
  if (!training.steps && !training.minutes) training.steps = 100;
  check(options, training);
  const std::int64_t views = view_count(options);
  if (!training.batch) training.batch = views;
  base::require(*training.batch <= views, "batch must be at most the ", views, " views, got ",
                *training.batch);
}

std::shared_ptr<Task> Shape::make(const Options& options, const train::Options& training) {
  return std::make_shared<ShapeTask>(options, training);
}

}  // namespace pliant::tasks
