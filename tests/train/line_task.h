// tests/train/line_task.h — the smallest task: find the line y = 2x − 1
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string_view>

#include "pliant/base/random.h"
#include "pliant/train/torch/task.h"

namespace pliant::tests {

class LineTask final : public Task {
 public:
  [[nodiscard]] std::string_view name() const override { return "line"; }
  torch::nn::Module& module() override { return *line_; }
  [[nodiscard]] BestRule best_rule() const override { return {"error", false}; }

  BatchLoss loss(const BatchKeys& keys) override {
    std::vector<float> xs;
    for (std::int64_t i = keys.first; i < keys.first + keys.count; ++i) {
      base::Random random(keys.seed, static_cast<std::uint64_t>(keys.step),
                          static_cast<std::uint64_t>(i));
      xs.push_back(static_cast<float>(random.uniform()));
    }
    const torch::Tensor x = torch::tensor(xs).unsqueeze(1);
    torch::Tensor y = line_(x);
    if (keys.step == bad_step) y = y * std::numeric_limits<float>::quiet_NaN();
    return {(y - (2 * x - 1)).square().mean(), y};
  }

  train::Metrics evaluate(data::Split split) override {
    const torch::Tensor x = torch::linspace(0, 1, 11).unsqueeze(1);
    const double error = (line_(x) - (2 * x - 1)).abs().mean().item<double>();
    return {{"error", split == data::Split::kTest ? 2 * error : error}};
  }

  Snapshot snapshot(std::int64_t) override {
    return {{{"weight", line_->weight.detach().clone()}}, {{"what", "line"}}};
  }

  void write_results(const std::filesystem::path& folder) override {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "line.txt") << line_->weight.item<float>();
  }

  std::int64_t bad_step = 0;  ///< the outputs of this step are NaN

 private:
  torch::nn::Linear line_{torch::nn::LinearOptions(1, 1)};
};

}  // namespace pliant::tests
