// tasks/path_methods.cpp — ways to a gradient from a path to the costs that it came from
#include "tasks/path_methods.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "pliant/base/errors.h"
#include "pliant/program/shipped.h"
#include "pliant/program/torch/ops.h"
#include "pliant/program/torch/solvers.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

/// Of paths y against the right ones, summed over the cells, the mean over the maps.
Tensor path_loss(const std::string& name, const Tensor& y, const Tensor& truth) {
  const Tensor of_cells = name == "l1"   ? (y - truth).abs()
                          : name == "l2" ? (y - truth).square()
                                         : y * (1 - truth) + (1 - y) * truth;
  return of_cells.flatten(1).sum(1).mean();
}

class ProgramMethod final : public PathMethod {
 public:
  explicit ProgramMethod(const PathsOptions& options)
      : loss_(options.loss),
        program_(
            program::shipped("shortest_path", {{"leaky_source", options.leaky_source ? 1 : 0},
                                               {"while_loop", options.loop == "while" ? 1 : 0}})),
        options_(program_options(options.program)) {}

  [[nodiscard]] Tensor loss(const Tensor& found, const Tensor& truth,
                            const BatchShare& /*share*/) const override {
    return path_loss(loss_, marks(found), truth);
  }
  [[nodiscard]] Tensor marks(const Tensor& found) const override {
    return run_program(program_, {found}, options_)[0];
  }

 private:
  std::string loss_;
  program::Program program_;
  ProgramOptions options_;
};

class BlackboxMethod final : public PathMethod {
 public:
  explicit BlackboxMethod(const PathsOptions& options)
      : loss_(options.loss), options_{.interpolation = options.interpolation, .least = 0} {
    base::require(options.interpolation > 0 && std::isfinite(options.interpolation),
                  "interpolation must be > 0 and finite, got ", options.interpolation);
  }

  [[nodiscard]] Tensor loss(const Tensor& found, const Tensor& truth,
                            const BatchShare& share) const override {
    // λ multiplies the gradient of the mean over the whole batch.
    BlackboxOptions options = options_;
    options.interpolation *= static_cast<double>(found.size(0)) / static_cast<double>(share.whole);
    return path_loss(loss_, blackbox(shortest_path, found, options), truth);
  }

 private:
  std::string loss_;
  BlackboxOptions options_;
};

class IdentityMethod final : public PathMethod {
 public:
  explicit IdentityMethod(const PathsOptions& options) : loss_(options.loss) {}

  [[nodiscard]] Tensor loss(const Tensor& found, const Tensor& truth,
                            const BatchShare& /*share*/) const override {
    return path_loss(loss_, identity_gradient(shortest_path, found), truth);
  }

 private:
  std::string loss_;
};

class PerturbedMethod final : public PathMethod {
 public:
  explicit PerturbedMethod(const PathsOptions& options)
      : loss_(options.loss),
        options_{.samples = options.samples, .sigma = options.sigma, .least = 0} {
    base::require(options.samples >= 2, "samples must be at least 2, got ", options.samples);
    base::require(options.sigma > 0 && std::isfinite(options.sigma),
                  "sigma must be > 0 and finite, got ", options.sigma);
  }

  [[nodiscard]] Tensor loss(const Tensor& found, const Tensor& truth,
                            const BatchShare& share) const override {
    PerturbedOptions options = options_;
    options.first = share.first;
    options.whole = share.whole;
    if (loss_ == "fenchel_young")
      return fenchel_young_loss(shortest_path, found, truth, options).mean();
    return path_loss(loss_, perturbed(shortest_path, found, options), truth);
  }

 private:
  std::string loss_;
  PerturbedOptions options_;
};

class LabelsMethod final : public PathMethod {
 public:
  explicit LabelsMethod(const PathsOptions& /*options*/) {}

  [[nodiscard]] bool labels() const override { return true; }
  [[nodiscard]] Tensor loss(const Tensor& found, const Tensor& truth,
                            const BatchShare& /*share*/) const override {
    return torch::binary_cross_entropy_with_logits(found, truth, {}, {}, at::Reduction::None)
        .flatten(1)
        .sum(1)
        .mean();
  }
  [[nodiscard]] Tensor marks(const Tensor& found) const override { return found.sigmoid(); }
};

template <class Method>
std::unique_ptr<PathMethod> make(const PathsOptions& options) {
  return std::make_unique<Method>(options);
}

constexpr std::string_view kOfPaths = "l1, l2, hamming";

/// A method's name, the loss that it has by default, and those that it can have.
struct Entry {
  std::string_view name, loss, losses;
  std::unique_ptr<PathMethod> (*make)(const PathsOptions&);
};

constexpr std::array<Entry, 5> kMethods = {{
    {"program", "l1", kOfPaths, &make<ProgramMethod>},
    {"blackbox", "hamming", kOfPaths, &make<BlackboxMethod>},
    {"identity", "l2", kOfPaths, &make<IdentityMethod>},
    {"perturbed", "fenchel_young", "l1, l2, hamming, fenchel_young", &make<PerturbedMethod>},
    {"labels", "bce", "bce", &make<LabelsMethod>},
}};

std::string joined(const std::vector<std::string_view>& names) {
  std::string all;
  for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
  return all;
}

const Entry& entry_of(std::string_view method) {
  const auto found = std::ranges::find(kMethods, method, &Entry::name);
  base::require(found != kMethods.end(), "unknown method '", method,
                "'; there are: ", joined(path_method_names()));
  return *found;
}

}  // namespace

std::vector<std::string_view> path_method_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kMethods) names.push_back(entry.name);
  return names;
}

std::vector<std::string_view> path_loss_names() {
  return {"l1", "l2", "hamming", "fenchel_young", "bce"};
}

std::string default_path_loss(std::string_view method) {
  return std::string(entry_of(method).loss);
}

std::unique_ptr<PathMethod> make_path_method(const PathsOptions& options) {
  const Entry& entry = entry_of(options.method);
  const auto names = path_loss_names();
  base::require(std::ranges::find(names, options.loss) != names.end(), "unknown loss '",
                options.loss, "'; there are: ", joined(names));
  base::require(
      (", " + std::string(entry.losses) + ",").find(", " + options.loss + ",") != std::string::npos,
      "the method ", entry.name, " has the losses ", entry.losses, ", not ", options.loss);
  base::require(options.loop == "for" || options.loop == "while", "unknown loop '", options.loop,
                "'; there are: for, while");
  return entry.make(options);
}

}  // namespace pliant::tasks
