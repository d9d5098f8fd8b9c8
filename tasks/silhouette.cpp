// tasks/silhouette.cpp — the task of seeing a shape in one picture, taught through a program that
// draws silhouettes
#include "tasks/silhouette.h"

#include <torch/torch.h>

#include <array>
#include <initializer_list>
#include <string>

#include "pliant/base/errors.h"
#include "pliant/program/shipped.h"
#include "pliant/program/torch/ops.h"
#include "pliant/render/torch/renderer.h"
#include "pliant/train/config_hash.h"
#include "pliant/train/torch/task.h"
#include "tasks/reconstruction_task.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

/// Coordinates of the pixels' centres (size) from left to right: the screen is −1 … 1.
Tensor centres(std::int64_t size) {
  return (2 * torch::arange(size, torch::kFloat) + 1) / static_cast<double>(size) - 1;
}

/// The corners of each face on the screen, counter-clockwise, the first again at the end:
/// (N, F, 4, 2).
Tensor corners_of(const Mesh& on_screen) {
  const Tensor faces = on_screen.faces().to(torch::kLong);
  const Tensor corners = on_screen.vertices()
                             .narrow(2, 0, 2)
                             .index_select(1, faces.flatten())
                             .unflatten(1, {faces.size(0), 3});
  const Tensor a = corners.select(2, 1) - corners.select(2, 0);
  const Tensor b = corners.select(2, 2) - corners.select(2, 0);
  const Tensor turned =
      (a.select(2, 0) * b.select(2, 1) < a.select(2, 1) * b.select(2, 0)).unsqueeze(2).unsqueeze(3);
  const auto in_order = [&](std::initializer_list<std::int64_t> order) {
    return corners.index_select(2, torch::tensor(c10::ArrayRef<std::int64_t>(order), torch::kLong));
  };
  return torch::where(turned, in_order({0, 2, 1, 0}), in_order({0, 1, 2, 0}));
}

SoftSilhouettes three_edges(const SilhouetteOptions& options) {
  const program::Program program = program::shipped("silhouette");
  const ProgramOptions how = program_options(options.program);
  const std::int64_t size = options.scene.size;
  const Tensor u = centres(size).repeat({size});
  const Tensor v = centres(size).flip(0).repeat_interleave(size);  // row 0 is the top
  return {[=](const Mesh& on_screen, std::int64_t /*step*/) {
            const Tensor corners = corners_of(on_screen);
            const std::int64_t count = corners.size(0);
            const std::vector<Tensor> inputs = {corners.select(3, 0), corners.select(3, 1),
                                                u.expand({count, -1}), v.expand({count, -1})};
            return run_program(program, inputs, how)[0].view({count, size, size});
          },
          [=](std::int64_t /*step*/) {
            return data::MetadataMap{{"beta", train::number_text(how.beta)}};
          }};
}

SoftSilhouettes directed_distance(const SilhouetteOptions& options) {
  CoverageChoice choice = ReconstructOptions::far_seeing();
  choice.distribution = options.program.distribution;
  choice.squared = false;
  choice.t_norm = options.program.t_norm;
  choice.p = options.program.p;
  const double beta = *options.program.beta;
  const CoverageOptions coverage = coverage_options(choice, 1 / beta);
  const std::int64_t size = options.scene.size;
  return {[=](const Mesh& on_screen, std::int64_t /*step*/) {
            return render_silhouette(on_screen.vertices(), on_screen.faces(), size, size, coverage);
          },
          [=](std::int64_t /*step*/) {
            return data::MetadataMap{{"beta", train::number_text(beta)}};
          }};
}

struct Entry {
  std::string_view name;
  SoftSilhouettes (*make)(const SilhouetteOptions&);
};
constexpr std::array<Entry, 2> kPrograms = {
    {{"three_edges", &three_edges}, {"directed_distance", &directed_distance}}};

SoftSilhouettes silhouettes_of(const SilhouetteOptions& options) {
  std::string known;
  for (const Entry& entry : kPrograms) {
    if (entry.name == options.drawn_by) return entry.make(options);
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  base::fail("unknown program '", options.drawn_by, "'; there are: ", known);
}

}  // namespace

std::vector<std::string_view> silhouette_program_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kPrograms) names.push_back(entry.name);
  return names;
}

void Silhouette::settle(Options& options, train::Options& training) {
  if (!training.steps && !training.minutes && options.scene.data == "objects") training.steps = 500;
  settle_reconstruction(options.scene, training);
  settle_softness(options.program, 100);
  check_reconstruction(options.scene);
  static_cast<void>(program_options(options.program));
  static_cast<void>(silhouettes_of(options));
}

std::shared_ptr<Task> Silhouette::make(const Options& options, const train::Options& /*training*/) {
  return make_reconstruction(name, options.scene, silhouettes_of(options));
}

}  // namespace pliant::tasks
