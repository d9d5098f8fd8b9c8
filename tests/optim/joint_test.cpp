// tests/optim/joint_test.cpp — several processes condition as one with the joined batch
#include <doctest/doctest.h>
#include <torch/torch.h>

#include <chrono>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "pliant/base/torch/communicator.h"
#include "pliant/optim/torch/counts.h"
#include "pliant/optim/torch/modules.h"

namespace {

using namespace pliant;
using torch::Tensor;
using Tensors = std::vector<Tensor>;

constexpr std::int64_t kSamples = 8;

torch::nn::Sequential network(torch::ScalarType type) {
  torch::manual_seed(1);
  torch::nn::Sequential layers;
  layers->push_back("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(2, 4, 3).padding(1)));
  layers->push_back("grouped", torch::nn::Conv2d(torch::nn::Conv2dOptions(4, 6, 3).groups(2)));
  layers->push_back("flat", torch::nn::Flatten());
  layers->push_back("wide", torch::nn::Linear(24, 7));     // fewer outputs than inputs
  layers->push_back("fan_out", torch::nn::Linear(7, 30));  // and more
  layers->push_back("relu", torch::nn::ReLU());
  layers->push_back("last", torch::nn::Linear(30, 40));  // all of the side of the rows
  layers->to(type);
  return layers;
}

Tensor batch(torch::ScalarType type) {
  torch::manual_seed(2);
  return torch::randn({kSamples, 2, 4, 4}, type);
}

/// The gradients of one process's share by a network of its own, and its layers' counts in all.
struct Found {
  Tensors gradients;
  std::vector<std::int64_t> counts;
};

Found gradients(torch::nn::Sequential conditioned, const Tensor& x) {
  conditioned->forward(x).sin().mean().backward();
  Found found;
  for (const Tensor& parameter : conditioned->parameters())
    found.gradients.push_back(parameter.grad().clone());
  found.counts.resize(ConditioningCounts{}.size());
  for (const auto& layer : conditioned->children()) {
    const auto* each = dynamic_cast<const Conditioned*>(layer.get());
    if (each == nullptr) continue;
    for (std::size_t i = 0; i < found.counts.size(); ++i) found.counts[i] += each->counts()[i];
  }
  return found;
}

Tensors whole_gradients(const Tensor& x, const IsaacOptions& options) {
  return gradients(isaac::condition(network(x.scalar_type()), options), x).gradients;
}

/// work(communicator) on each of `size` processes, which are threads here: gloo does not tell.
template <class Work>
auto together(int size, const Work& work) {
  std::mt19937 draw{std::random_device{}()};
  const int port = std::uniform_int_distribution<int>(20000, 60000)(draw);
  std::vector<std::future<decltype(work(std::shared_ptr<const Communicator>()))>> running;
  for (int rank = 0; rank < size; ++rank) {
    running.push_back(std::async(std::launch::async, [&, rank] {
      return work(meet({.rank = rank, .size = size, .address = "127.0.0.1", .port = port},
                       std::chrono::seconds(60)));
    }));
  }
  std::vector<Found> found;
  for (auto& rank : running) found.push_back(rank.get());
  return found;
}

std::vector<Found> shares(int size, const Tensor& x, const IsaacOptions& options) {
  // Networks are drawn by torch's one generator.
  std::mutex mutex;
  return together(size, [&](const std::shared_ptr<const Communicator>& all) {
    IsaacOptions joint = options;
    joint.processes = all;
    const Tensor own = x.chunk(size)[all->rank()];
    const auto conditioned = [&] {
      const std::lock_guard lock(mutex);
      return isaac::condition(network(x.scalar_type()), joint);
    }();
    Found found = gradients(conditioned, own);
    all->barrier();  // nobody leaves while another still reads
    return found;
  });
}

void check_mean(const std::vector<Found>& ranks, const Tensors& whole, double tolerance) {
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CAPTURE(i);
    Tensor mean = torch::zeros_like(whole[i]);
    for (const Found& rank : ranks) mean += rank.gradients[i] / static_cast<double>(ranks.size());
    CHECK((mean - whole[i]).norm().item<double>() <= tolerance * whole[i].norm().item<double>());
  }
}

}  // namespace

TEST_CASE("2 and 4 processes get the joined batch's gradient, by sums and by rows") {
  const Tensor x = batch(torch::kDouble);
  for (const bool augmented : {false, true}) {
    for (const bool reduced : {false, true}) {
      IsaacOptions options;
      options.damping = 0.3;
      options.augmented_bias = augmented;
      options.reduced = reduced;
      const Tensors whole = whole_gradients(x, options);
      for (const int size : {2, 4}) {
        for (const bool gathers : {false, true}) {
          CAPTURE(augmented);
          CAPTURE(reduced);
          CAPTURE(size);
          CAPTURE(gathers);
          options.gathers = gathers;
          check_mean(shares(size, x, options), whole, 1e-11);
        }
      }
    }
  }
}

TEST_CASE("in float32 too, rounded or not, and every process decides alike") {
  const Tensor x = batch(torch::kFloat);
  IsaacOptions options;
  options.damping = 20;
  const Tensors whole = whole_gradients(x, options);
  for (const bool gathers : {false, true}) {
    options.gathers = gathers;
    options.bfloat16_gram = false;
    check_mean(shares(2, x, options), whole, 1e-5);
    options.bfloat16_gram = true;
    const std::vector<Found> rounded = shares(2, x, options);
    check_mean(rounded, whole, 5e-3);
    CHECK(rounded[0].counts == rounded[1].counts);
    CHECK(rounded[0].counts[static_cast<std::size_t>(Conditioning::kRoundedGram)] == 5);
  }
}

TEST_CASE("a NaN in one process's share makes the gradient plain on all") {
  const Tensor x = batch(torch::kFloat);
  x[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  IsaacOptions options;
  for (const bool gathers : {false, true}) {
    options.gathers = gathers;
    for (const Found& rank : shares(2, x, options))
      CHECK(rank.counts[static_cast<std::size_t>(Conditioning::kPlainNotFinite)] == 5);
  }
}

TEST_CASE("shares of different size are an error where rows travel, and second derivatives are") {
  const auto caught = together(2, [](const std::shared_ptr<const Communicator>& all) {
    IsaacOptions options;
    options.processes = all;
    options.gathers = true;
    options.layer = "head";
    IsaacLinear layer(torch::nn::LinearOptions(5, 3), options);
    const auto x = torch::ones({2 + all->rank(), 5});
    CHECK_THROWS_WITH(layer(x).sum().backward(),
                      doctest::Contains("isaac: every process must have as many rows of layer "
                                        "'head', got"));
    const auto y = layer(torch::ones({2, 5}).requires_grad_()).sum();
    CHECK_THROWS_WITH(torch::autograd::grad({y}, {layer->weight}, {}, true, true),
                      doctest::Contains("isaac: conditioned gradients have no derivative"));
    all->barrier();
    return Found{};
  });
  CHECK(caught.size() == 2);
}
