// tests/train/processes_test.cpp — what processes of a training share, each a thread here
#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <future>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/base/torch/communicator.h"
#include "pliant/train/torch/agreement.h"
#include "pliant/train/torch/batch_norm.h"
#include "pliant/train/torch/step_sum.h"

namespace pliant {
namespace {

using torch::Tensor;

/// Runs `work` as each of `size` processes that meet over the loopback.
void together(int size, const std::function<void(Communicator&)>& work) {
  static std::mt19937 draw{std::random_device{}()};
  const int port = std::uniform_int_distribution<int>(20000, 60000)(draw);
  std::vector<std::future<void>> ranks;
  for (int rank = 0; rank < size; ++rank) {
    ranks.push_back(std::async(std::launch::async, [&, rank] {
      work(*meet({.rank = rank, .size = size, .address = "127.0.0.1", .port = port},
                 std::chrono::seconds(60)));
    }));
  }
  for (auto& rank : ranks) rank.get();
}

Tensor samples() {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(5);
  return at::randn({6, 3, 4, 5}, generator, torch::kDouble) * 2 + 100;
}

/// Of the sum of squares of sines of what comes out: of everything that a pass changes.
struct Pass {
  Tensor out, grad_x, grad_weight, grad_bias, mean, variance;
};

template <class Norm>
Pass pass_of(Norm& norm, const Tensor& values, double divisor) {
  norm->to(torch::kDouble);
  {
    const torch::NoGradGuard fixed;
    norm->weight.copy_(torch::tensor({0.5, 2.0, -1.0}));
    norm->bias.copy_(torch::tensor({0.1, -0.3, 0.0}));
  }
  const Tensor x = values.clone().requires_grad_();
  const Tensor out = norm->forward(x);
  (out.sin().square().sum() / divisor).backward();
  return {out.detach(),      x.grad(),           norm->weight.grad(),
          norm->bias.grad(), norm->running_mean, norm->running_var};
}

bool near(const Tensor& a, const Tensor& b) { return torch::allclose(a, b, 1e-10, 1e-12); }

}  // namespace

TEST_CASE("alone, SharedBatchNorm2d is torch's, to the bit") {
  torch::nn::BatchNorm2d theirs(3);
  SharedBatchNorm2d ours(3);
  for (const bool training : {true, false}) {
    theirs->train(training);
    ours->train(training);
    theirs->zero_grad();
    ours->zero_grad();
    const Pass a = pass_of(ours, samples(), 1), b = pass_of(theirs, samples(), 1);
    CHECK(torch::equal(a.out, b.out));
    CHECK(torch::equal(a.grad_x, b.grad_x));
    CHECK(torch::equal(a.grad_weight, b.grad_weight));
    CHECK(torch::equal(a.mean, b.mean));
    CHECK(torch::equal(a.variance, b.variance));
  }
  CHECK(ours->num_batches_tracked.item<std::int64_t>() == 1);
  CHECK_THROWS_WITH(
      ours->forward(torch::zeros({2, 4, 1, 1})),
      doctest::Contains("SharedBatchNorm2d: x must be (N, 3, H, W), got [2, 4, 1, 1]"));
  CHECK_THROWS_WITH_AS(SharedBatchNorm2d(0),
                       "SharedBatchNorm2d: channels must be at least 1, got 0",
                       std::invalid_argument);
}

TEST_CASE("uneven shares of a batch have the statistics and the gradients of the whole") {
  torch::nn::BatchNorm2d whole_norm(3);
  const Pass whole = pass_of(whole_norm, samples(), 1);
  std::vector<Pass> parts(3);
  const std::vector<std::int64_t> begins = {0, 1, 3, 6};
  together(3, [&](Communicator& processes) {
    const int rank = processes.rank();
    SharedBatchNorm2d norm(3);
    const WholeBatch shared(*norm, processes);
    parts[rank] = pass_of(norm, samples().slice(0, begins[rank], begins[rank + 1]), 1);
  });
  Tensor weight = torch::zeros({3}, torch::kDouble), bias = torch::zeros({3}, torch::kDouble);
  for (int rank = 0; rank < 3; ++rank) {
    const auto share = [&](const Tensor& all) {
      return all.slice(0, begins[rank], begins[rank + 1]);
    };
    CHECK(near(parts[rank].out, share(whole.out)));
    CHECK(near(parts[rank].grad_x, share(whole.grad_x)));
    CHECK(near(parts[rank].mean, whole.mean));
    CHECK(near(parts[rank].variance, whole.variance));
    weight += parts[rank].grad_weight;
    bias += parts[rank].grad_bias;
  }
  CHECK(near(weight, whole.grad_weight));
  CHECK(near(bias, whole.grad_bias));
}

TEST_CASE(
    "a batch is whole only while WholeBatch lives, and torch's batch normalisation is refused") {
  together(2, [](Communicator& processes) {
    torch::nn::Sequential layers{SharedBatchNorm2d(3)};
    { const WholeBatch shared(*layers, processes); }
    if (processes.rank() == 0) layers->forward(samples().to(torch::kFloat));  // alone
    layers->push_back("first", torch::nn::BatchNorm2d(3));
    CHECK_THROWS_WITH_AS(WholeBatch(*layers, processes),
                         doctest::Contains("the module 'first' is a torch::nn::BatchNorm"),
                         std::invalid_argument);
    processes.barrier();
  });
}

TEST_CASE("a step's gradients are means, and its numbers sums") {
  together(2, [](Communicator& processes) {
    const int rank = processes.rank();
    const auto leaf = [](at::ScalarType type) {
      return torch::zeros({2, 3}, type).requires_grad_();
    };
    const NamedTensors parameters = {{"both", leaf(torch::kFloat)},
                                     {"first", leaf(torch::kDouble)},
                                     {"none", leaf(torch::kFloat)}};
    parameters[0].second.mutable_grad() = torch::full({2, 3}, rank + 1.0F);
    if (rank == 0) {
      const Tensor transposed = torch::arange(6, torch::kDouble).view({3, 2}).t();
      parameters[1].second.mutable_grad() = transposed.clone();
    }
    StepSum sum(parameters, processes);
    CHECK(sum.bytes() == 3 * 6 * 8);
    std::vector<double> numbers = {1.0 / 3, rank * 10.0};
    sum.average_gradients(numbers);
    CHECK(torch::equal(parameters[0].second.grad(), torch::full({2, 3}, 1.5F)));
    CHECK(torch::equal(parameters[1].second.grad(),
                       torch::arange(6, torch::kDouble).view({3, 2}).t() / 2));
    CHECK_FALSE(parameters[2].second.grad().defined());
    CHECK(numbers[0] == doctest::Approx(2.0 / 3).epsilon(1e-15));
    CHECK(numbers[1] == 10);
  });
}

TEST_CASE("the first process's tensors and texts are those of all, to the bit") {
  const std::vector<Tensor> wanted = {
      torch::tensor({-0.0F, std::numeric_limits<float>::quiet_NaN(), 1e-45F}),
      torch::tensor(7, torch::kLong), torch::tensor({true, false}),
      torch::arange(6, torch::kDouble).view({2, 3}).t(), torch::empty({0, 2})};
  together(2, [&](Communicator& processes) {
    NamedTensors mine;
    for (const Tensor& tensor : wanted) {
      mine.emplace_back(std::to_string(mine.size()),
                        processes.rank() == 0 ? tensor.clone() : torch::zeros_like(tensor));
    }
    take_from_first(processes, mine);
    CHECK(std::signbit(mine[0].second[0].item<float>()));
    CHECK(std::isnan(mine[0].second[1].item<float>()));
    CHECK(mine[0].second[2].item<float>() == 1e-45F);
    for (std::size_t i = 1; i < wanted.size(); ++i) CHECK(torch::equal(mine[i].second, wanted[i]));
    CHECK(text_of_first(processes, processes.rank() == 0 ? "said" : "") == "said");
    CHECK(text_of_first(processes, processes.rank() == 0 ? "" : "other") == "");
  });
}

TEST_CASE("what processes must have alike is compared line by line") {
  together(2, [](Communicator& processes) {
    require_same_as_first(processes, "n=5\nbatch=4\n");
    const std::string mine = processes.rank() == 0 ? "n=5\nbatch=4\n" : "n=5\n";
    if (processes.rank() == 0) {
      require_same_as_first(processes, mine);
    } else {
      CHECK_THROWS_WITH_AS(
          require_same_as_first(processes, mine),
          doctest::Contains("process 1 has 'nothing' where process 0 has 'batch=4'"),
          std::invalid_argument);
    }
  });
  CHECK(layout_of({{"w", torch::zeros({2, 3})}}) == "w Float [2, 3]\n");
}

TEST_CASE("why a process fails is what the others are told") {
  together(3, [](Communicator& processes) {
    if (processes.rank() == 1) return processes.fail("the disk is full");
    CHECK_THROWS_WITH_AS(processes.all_reduce_sum(torch::ones({2})), "process 1: the disk is full",
                         ProcessFailure);
  });
}

}  // namespace pliant
