// tasks/reconstruct.cpp — the task of seeing a shape in one picture
#include "tasks/reconstruct.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/render/objects.h"
#include "pliant/render/primitives.h"
#include "pliant/render/torch/losses.h"
#include "pliant/render/torch/renderer.h"
#include "pliant/train/config_hash.h"
#include "pliant/train/schedule.h"
#include "pliant/train/torch/task.h"
#include "tasks/finite_outputs.h"
#include "tasks/object_set.h"
#include "tasks/reconstruction_network.h"
#include "tasks/reconstruction_task.h"
#include "tasks/scenery.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

constexpr double kTemplateRadius = 0.5;
constexpr std::int64_t kShown = 12;
constexpr std::int64_t kOtherView = 8;  ///< 120° further on
constexpr std::array<double, 3> kShapeColour = {0.35, 0.6, 0.9};

bool drawn(const ReconstructOptions& options) { return options.data == "objects"; }

train::Schedule tau_schedule(const ReconstructOptions& options, const train::Options& training) {
  return train::make_schedule("geometric", *options.tau, options.tau_end, training.steps, "tau");
}

ObjectSet load(const ReconstructOptions& options, data::Split split) {
  const std::int64_t count = split == data::Split::kTrain ? options.objects : options.evaluation;
  if (drawn(options)) return draw_objects(options.classes, split, count, options.size);
  return read_objects(options.data, options.classes, split, count);
}

/// One of two views of each sample.
struct SampleViews {
  Tensor images;  ///< (B, 4, S, S) in [0, 1]
  Tensor eyes;    ///< (B, 3)
};

Tensor scaled(const Tensor& images) { return images.to(torch::kFloat) / 255; }

class ReconstructTask final : public Task {
 public:
  ReconstructTask(std::string_view name, const ReconstructOptions& options,
                  SoftSilhouettes silhouettes)
      : name_(name),
        options_(options),
        silhouettes_(std::move(silhouettes)),
        template_(render::icosphere(options.level, kTemplateRadius)),
        topology_(mesh_topology(template_.faces(), template_.vertices().size(1))),
        train_(load(options, data::Split::kTrain)),
        validation_(load(options, data::Split::kValidation)),
        test_(load(options, data::Split::kTest)),
        network_(ReconstructionNetworkOptions{options.size, options.channels, options.hidden,
                                              options.code},
                 template_.vertices()[0]) {}

  [[nodiscard]] std::string_view name() const override { return name_; }
  torch::nn::Module& module() override { return *network_; }
  [[nodiscard]] BestRule best_rule() const override { return {"voxel_iou"}; }

  BatchLoss loss(const BatchKeys& keys) override {
    const auto [a, b] = draw(keys);
    return loss_of_finite(
        network_(torch::cat({a.images, b.images})),
        [&, a = a, b = b](const Tensor& vertices) { return loss_of(vertices, a, b, keys.step); });
  }

  train::Metrics evaluate(data::Split split) override {
    const ObjectSet& set = split == data::Split::kTest ? test_ : validation_;
    double silhouettes = 0;
    double sum = 0;
    train::Metrics of_classes;
    for (const ObjectClass& one : set.classes) {
      double iou = 0;
      for (std::int64_t i = 0; i < one.count(); ++i) {
        const Mesh mesh = shapes(one.images[i]);
        const Tensor solid = one.voxels[i].unsqueeze(0).expand({kObjectViews, -1, -1, -1});
        iou += voxel_iou(mesh.voxelize(kObjectVoxels), solid).mean().item<double>() /
               static_cast<double>(one.count());
        silhouettes +=
            silhouette_loss(mesh, set.cameras, one.images[i]) / static_cast<double>(one.count());
      }
      of_classes.emplace_back("class_" + one.name, iou);
      sum += iou;
    }
    const auto classes = static_cast<double>(set.classes.size());
    train::Metrics metrics = {{"voxel_iou", sum / classes},
                              {"silhouette_loss", silhouettes / classes}};
    metrics.insert(metrics.end(), of_classes.begin(), of_classes.end());
    return metrics;
  }

  /// Objects of the validation set, one of a class in turn, each seen in its first view.
  Snapshot snapshot(std::int64_t step) override {
    const ObjectSet& set = validation_;
    std::vector<Tensor> inputs, outputs, others, other_outputs;
    std::string names;
    for (std::int64_t i = 0; i < kShown; ++i) {
      const auto classes = static_cast<std::int64_t>(set.classes.size());
      const ObjectClass& one = set.classes[static_cast<std::size_t>(i % classes)];
      const Tensor views = one.images[(i / classes) % one.count()];
      const Mesh mesh = template_.with_vertices(network_(scaled(views.narrow(0, 0, 1))));
      const auto picture = [&](std::int64_t view) {
        const Cameras camera = {set.cameras.eyes.narrow(0, view, 1), set.cameras.angle};
        return shaded_pictures(mesh, camera, options_.size, kShapeColour)[0];
      };
      inputs.push_back(views[0]);
      outputs.push_back(picture(0));
      others.push_back(views[kOtherView]);
      other_outputs.push_back(picture(kOtherView));
      names += (names.empty() ? "" : "\n") + one.name;
    }
    Snapshot snapshot;
    snapshot.tensors = {{"inputs", torch::stack(inputs)},
                        {"outputs", torch::stack(outputs)},
                        {"others", torch::stack(others)},
                        {"other_outputs", torch::stack(other_outputs)}};
    snapshot.metadata = silhouettes_.metadata(step);
    snapshot.metadata["class_names"] = names;
    return snapshot;
  }

 private:
  /// @param vertices  (2·B, V, 3): the shapes seen in a, then those in b
  [[nodiscard]] Tensor loss_of(const Tensor& vertices, const SampleViews& a, const SampleViews& b,
                               std::int64_t step) const {
    const std::int64_t count = a.eyes.size(0);
    const Tensor of_a = vertices.narrow(0, 0, count), of_b = vertices.narrow(0, count, count);
    // Each in both views.
    const Cameras cameras = {torch::cat({a.eyes, b.eyes, a.eyes, b.eyes}), train_.cameras.angle};
    const Tensor targets = torch::cat({a.images, b.images, a.images, b.images}).select(1, 3);
    const Mesh seen = cameras.see(template_.with_vertices(torch::cat({of_a, of_a, of_b, of_b})));
    const Tensor soft = silhouettes_.draw(seen, step);
    return silhouette_iou_loss(soft, targets) +
           options_.laplacian * laplacian_loss(vertices, topology_).mean() +
           options_.flatten * flatten_loss(vertices, topology_).mean();
  }

  /// The shapes seen in views uint8 (24, 4, S, S) of one object.
  Mesh shapes(const Tensor& views) { return template_.with_vertices(network_(scaled(views))); }

  [[nodiscard]] double silhouette_loss(const Mesh& mesh, const Cameras& cameras,
                                       const Tensor& views) const {
    const Tensor hard = hard_coverage(cameras.see(mesh), options_.size, options_.size);
    return silhouette_iou_loss(hard, scaled(views.select(1, 3))).item<double>();
  }

  /// Both views of a process's share of the step's samples.
  [[nodiscard]] std::pair<SampleViews, SampleViews> draw(const BatchKeys& keys) const {
    std::vector<Tensor> images[2], eyes[2];
    for (std::int64_t i = keys.first; i < keys.first + keys.count; ++i) {
      base::Random random(keys.seed, static_cast<std::uint64_t>(keys.step),
                          static_cast<std::uint64_t>(i));
      const auto below = [&](std::int64_t bound) {
        return static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(bound)));
      };
      const ObjectClass& one = train_.classes[static_cast<std::size_t>(
          below(static_cast<std::int64_t>(train_.classes.size())))];
      const Tensor object = one.images[below(one.count())];
      for (int side = 0; side < 2; ++side) {
        const std::int64_t view = below(kObjectViews);
        images[side].push_back(object[view]);
        eyes[side].push_back(train_.cameras.eyes[view]);
      }
    }
    return {{scaled(torch::stack(images[0])), torch::stack(eyes[0])},
            {scaled(torch::stack(images[1])), torch::stack(eyes[1])}};
  }

  std::string_view name_;
  ReconstructOptions options_;
  SoftSilhouettes silhouettes_;
  Mesh template_;
  MeshTopology topology_;
  ObjectSet train_;
  ObjectSet validation_;
  ObjectSet test_;
  ReconstructionNetwork network_;
};

}  // namespace

void check_reconstruction(const ReconstructOptions& options) {
  const auto weight = [](const char* name, double value) {
    base::require(value >= 0 && std::isfinite(value), name, " must be at least 0, got ", value);
  };
  weight("laplacian", options.laplacian);
  weight("flatten", options.flatten);
  const auto count = [](const char* name, std::int64_t value, std::int64_t least) {
    base::require(value >= least, name, " must be at least ", least, ", got ", value);
  };
  count("objects", options.objects, drawn(options) ? 1 : 0);
  count("evaluation", options.evaluation, drawn(options) ? 1 : 0);
  count("hidden", options.hidden, 2);
  count("code", options.code, 1);
  base::require(options.channels.size() == 3, "channels must be three numbers, got ",
                options.channels.size());
  base::require(0 <= options.level && options.level <= 6, "level must be in 0 … 6, got ",
                options.level);
  base::require(8 <= options.size && options.size <= 256 && options.size % 8 == 0,
                "size must be a multiple of 8 in 8 … 256, got ", options.size);
  base::require(drawn(options) || options.size == 64,
                "size must be 64, as the archive has it, got ", options.size);
}

void settle_reconstruction(ReconstructOptions& options, train::Options& training) {
  train::settle(training);
  const bool small = drawn(options);
  if (small && options.classes.empty()) {
    for (const std::string_view family : render::object_families())
      options.classes.emplace_back(family);
  }
  if (options.objects == 0 && small) options.objects = 50;
  if (options.evaluation == 0 && small) options.evaluation = 10;
  if (options.channels.empty())
    options.channels =
        small ? std::vector<std::int64_t>{16, 32, 64} : std::vector<std::int64_t>{64, 128, 256};
  if (options.hidden == 0) options.hidden = small ? 256 : 1024;
  if (options.code == 0) options.code = options.hidden / 2;
  if (!training.batch) training.batch = small ? 16 : 64;
  if (!training.learning_rate) training.learning_rate = small ? 1e-3 : 1e-4;
  if (!training.validate_every) training.validate_every = small ? 250 : 10'000;
  if (!training.steps && !training.minutes) training.steps = small ? 2000 : 250'000;
}

std::shared_ptr<Task> make_reconstruction(std::string_view name, const ReconstructOptions& options,
                                          SoftSilhouettes silhouettes) {
  return std::make_shared<ReconstructTask>(name, options, std::move(silhouettes));
}

void Reconstruct::settle(Options& options, train::Options& training) {
  settle_reconstruction(options, training);
  settle_softness(options.coverage, options.softness_end, options.size, options.tau,
                  options.tau_end);
  if (!options.tau)
    options.tau = default_tau(options.coverage.distribution, options.coverage.squared);
  check_reconstruction(options);
  tau_schedule(options, training);
}

std::shared_ptr<Task> Reconstruct::make(const Options& options, const train::Options& training) {
  const train::Schedule tau = tau_schedule(options, training);
  const CoverageOptions coverage = coverage_options(options.coverage, *options.tau);
  const std::int64_t size = options.size;
  return make_reconstruction(name, options,
                             {[=](const Mesh& seen, std::int64_t step) {
                                CoverageOptions now = coverage;
                                now.tau = tau.at(step);
                                return render_silhouette(seen.vertices(), seen.faces(), size, size,
                                                         now);
                              },
                              [=](std::int64_t step) {
                                return data::MetadataMap{{"tau", train::number_text(tau.at(step))}};
                              }});
}

}  // namespace pliant::tasks
