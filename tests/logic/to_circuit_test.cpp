// tests/logic/to_circuit_test.cpp — C++ modules as circuits, against the modules in eval mode
#include <doctest/doctest.h>
#include <torch/torch.h>

#include <stdexcept>
#include <tuple>

#include "pliant/circuit/program.h"
#include "pliant/logic/torch/circuit.h"
#include "pliant/logic/torch/conv_modules.h"
#include "pliant/logic/torch/modules.h"
#include "pliant/logic/torch/thermometer.h"

namespace pliant {
namespace {

/// Scores of numbers or bits (N, …), times tau.
torch::Tensor scores_of(const circuit::Circuit& circuit, const torch::Tensor& x) {
  const circuit::Program program(circuit);
  const auto count = static_cast<std::size_t>(x.size(0));
  torch::Tensor scores =
      torch::empty({x.size(0), static_cast<int64_t>(circuit.scores())}, torch::kInt);
  const bool raw = circuit.encoder.has_features();
  const torch::Tensor plain = x.to(raw ? torch::kFloat : torch::kByte).contiguous();
  program.run(raw ? circuit::Batch::numbers(plain.const_data_ptr<float>(), count)
                  : circuit::Batch::bits(plain.const_data_ptr<std::uint8_t>(), count),
              scores.mutable_data_ptr<std::int32_t>(), base::serial_executor());
  return scores;
}

torch::Tensor bits_like(at::IntArrayRef shape) {
  return torch::randint(0, 2, shape).to(torch::kFloat);
}

/// A module of one's own, which calls its children in their order.
class HeadImpl : public torch::nn::Module {
 public:
  HeadImpl() {
    register_module("pool", pool_);
    register_module("flat", flat_);
  }
  torch::Tensor forward(const torch::Tensor& x) { return flat_(pool_(x)); }

 private:
  OrPool2d pool_{3};
  torch::nn::Flatten flat_;
};
TORCH_MODULE(Head);

/// Of what is learned: Module::to would change the wiring too.
void set_dtype(torch::nn::Module& model, torch::ScalarType type) {
  for (torch::Tensor& parameter : model.parameters()) parameter.set_data(parameter.to(type));
}

/// The circuit's scores are those of the model in eval mode.
void check_same(torch::nn::Sequential model, const std::vector<int64_t>& shape,
                const torch::Tensor& x) {
  model->eval();
  const circuit::Circuit circuit = to_circuit(model, shape);
  const torch::Tensor expected = model->forward(x);
  const double tau = circuit.sums.tau;
  const torch::Tensor scores = scores_of(circuit, x).to(expected.scalar_type());
  CHECK(torch::equal(circuit.sums.classes() > 0 ? scores / tau : scores, expected.contiguous()));
}

TEST_CASE("networks of rows in C++ are circuits of the same scores") {
  torch::manual_seed(1);
  LogicNetworkOptions options;
  options.in_features = 24;
  options.widths = {40, 30};
  options.gates = {.parametrization = "walsh", .fan_in = 3};
  options.init = "gaussian";
  options.groups = 5;
  options.tau = 2.5;
  torch::nn::Sequential with_wiring(
      LearnedWiring(LearnedWiringOptions{.in_features = 12, .slots = 24, .candidates = 5}),
      torch::nn::Dropout(0.5), LogicNetwork(options));
  check_same(with_wiring, {12}, bits_like({130, 12}));
  LogicNetworkOptions gaussian;
  gaussian.init = "gaussian";
  gaussian.gates.parametrization = "softmax";
  gaussian.gates.hardening = "table";
  torch::nn::Sequential dense(torch::nn::Flatten(), LogicDense(12, 20, gaussian),
                              torch::nn::Identity(), LogicDense(20, 14, gaussian));
  check_same(dense, {3, 2, 2}, bits_like({77, 3, 2, 2}));
  set_dtype(*dense, torch::kDouble);
  check_same(dense, {3, 2, 2}, bits_like({77, 3, 2, 2}).to(torch::kDouble));
}

TEST_CASE("networks that learn the wiring of any of their layers are circuits of the same scores") {
  torch::manual_seed(4);
  const std::vector<std::vector<int64_t>> all = {{5}, {5, 0}, {0, 4}, {0, 3, 0}, {1, 0, 6}};
  for (const std::vector<int64_t>& candidates : all) {
    LogicNetworkOptions options;
    options.in_features = 12;
    options.widths = {20, 16, 24};
    options.init = "gaussian";
    options.groups = 4;
    options.candidates = candidates;
    options.wiring_temperature = 0.5;
    LogicNetwork network(options);
    for (const LearnedWiring& each : network->learned_wiring) {
      if (!each.is_empty()) each->logits.data().normal_();  // others than the first are chosen
    }
    check_same(torch::nn::Sequential(network), {12}, bits_like({130, 12}));
    logic::Description description;
    ComputedTensors computed;
    describe(*network, "model/", description, computed);
    CHECK(computed.empty());  // a checkpoint needs nothing else
    torch::nn::Sequential half(network);
    set_dtype(*half, torch::kBFloat16);
    check_same(half, {12}, bits_like({70, 12}).to(torch::kBFloat16));
  }
}

TEST_CASE("networks with pools and learned heads are circuits of the same scores") {
  torch::manual_seed(5);
  for (const auto& [or_pool, head] :
       std::vector<std::pair<int64_t, int64_t>>{{4, 0}, {6, 0}, {1, 3}, {2, 5}}) {
    LogicNetworkOptions options;
    options.in_features = 12;
    options.widths = {40, 48};
    options.init = "gaussian";
    options.groups = 4;
    options.tau = 1.5;
    options.or_pool = or_pool;
    options.head = head;
    LogicNetwork network(options);
    if (head > 0) network->learned_head->logits.data().normal_();
    check_same(torch::nn::Sequential(network), {12}, bits_like({130, 12}));
    logic::Description description;
    ComputedTensors computed;
    describe(*network, "model/", description, computed);
    CHECK(computed.empty());  // a checkpoint needs nothing else
    network->train();
    const torch::Tensor price = network->expected_gates();
    CHECK((price.item<double>() > 0 && price.item<double>() < 88));
    price.backward();
    CHECK(network->weight.grad().abs().max().item<double>() > 0);
  }
}

TEST_CASE("convolutional networks in C++ are circuits of the same scores") {
  torch::manual_seed(2);
  LogicConv2dOptions first;
  first.in_channels = 6;
  first.out_channels = 8;
  first.padding = {1, 0};
  first.pool = 2;
  first.init = "gaussian";
  LogicConv2dOptions second = first;
  second.in_channels = 8;
  second.out_channels = 5;
  second.depth = 2;
  second.kernel_size = {2, 1};
  second.stride = {1, 2};
  second.pool = 1;
  LogicNetworkOptions rows;
  rows.init = "gaussian";
  torch::nn::Sequential model(Thermometer(choose_thresholds("uniform", 2)), LogicConv2d(first),
                              LogicConv2d(second), OrPool2d(2), torch::nn::Flatten(),
                              LogicDense(10, 12, rows), GroupSum(3, 1.5));
  check_same(model, {3, 9, 12}, torch::rand({70, 3, 9, 12}));
  set_dtype(*model, torch::kBFloat16);
  check_same(model, {3, 9, 12}, torch::rand({70, 3, 9, 12}).to(torch::kBFloat16));
  torch::nn::Sequential learnable(Thermometer(std::get<0>(torch::rand({3, 3, 9, 12}).sort(0)),
                                              ThermometerOptions{.learnable = true}),
                                  Head());
  check_same(learnable, {3, 9, 12}, torch::rand({70, 3, 9, 12}));
}

/// The module's integers, and its floating numbers' dtype, after to(dtype).
template <class M>
void check_integers_stay(M module, const torch::Tensor& integers, const torch::Tensor& floating) {
  const torch::Tensor before = integers.clone();
  for (const torch::Dtype dtype : {torch::kDouble, torch::kBFloat16, torch::kFloat}) {
    module->to(dtype);
    CHECK((integers.scalar_type() == torch::kInt));
    CHECK(torch::equal(integers, before));
    CHECK((floating.scalar_type() == dtype));
  }
  module->to(torch::kCPU, torch::kDouble);
  CHECK(torch::equal(integers, before));
  CHECK((floating.scalar_type() == torch::kDouble));
  module->to(torch::kCPU);
  CHECK(torch::equal(integers, before));
}

TEST_CASE("what gates read stays integers when a module changes its dtype") {
  // Beyond 256 bfloat16 does not hold every number.
  LogicDense dense(1000, 600);
  check_integers_stay(dense, dense->wiring, dense->weight);
  LogicConv2dOptions options;
  options.in_channels = 300;
  options.out_channels = 8;
  LogicConv2d conv(options);
  check_integers_stay(conv, conv->taps, conv->weight);
  LearnedWiring wiring(LearnedWiringOptions{.in_features = 1000, .slots = 20});
  check_integers_stay(wiring, wiring->candidates, wiring->logits);
  check_integers_stay(torch::nn::Sequential(dense), dense->wiring, dense->weight);
}

TEST_CASE("what is no circuit is refused by its name") {
  torch::nn::Sequential model(LogicDense(4, 4), torch::nn::Linear(4, 2));
  CHECK_THROWS_WITH_AS(to_circuit(model, {4}),
                       doctest::Contains("the module '1' (torch::nn::Linear"),
                       std::invalid_argument);
  torch::nn::Sequential flat(torch::nn::Flatten(torch::nn::FlattenOptions().start_dim(2)));
  CHECK_THROWS_WITH_AS(to_circuit(flat, {4}), doctest::Contains("must flatten from dimension 1"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(to_circuit(LogicDense(4, 4), {3}), doctest::Contains("is feature 3"),
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant
