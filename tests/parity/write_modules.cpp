// tests/parity/write_modules.cpp — a C++ module's state, input and output, for its Python twin
//
// write_modules FILE: the tensors <Module>/… (its state), <Module>/out, x and labels; payload, and
// what apply_topk makes of it.
#include <torch/torch.h>

#include <iostream>
#include <map>
#include <string>

#include "pliant/data/safetensors.h"
#include "pliant/logic/torch/conv_modules.h"
#include "pliant/logic/torch/learned_wiring.h"
#include "pliant/logic/torch/modules.h"
#include "pliant/logic/torch/thermometer.h"
#include "pliant/optim/torch/modules.h"
#include "pliant/render/torch/modules.h"
#include "pliant/render/torch/renderer.h"
#include "pliant/sorting/torch/modules.h"
#include "pliant/topk/torch/functions.h"
#include "pliant/topk/torch/modules.h"

namespace {

pliant::data::TensorView view(const torch::Tensor& tensor) {
  const auto sizes = tensor.sizes();
  const std::map<torch::ScalarType, const char*> types = {
      {torch::kLong, "I64"}, {torch::kInt, "I32"}, {torch::kFloat, "F32"}, {torch::kDouble, "F64"}};
  return {types.at(tensor.scalar_type()),
          {sizes.begin(), sizes.end()},
          tensor.const_data_ptr(),
          tensor.nbytes()};
}

using Tensors = std::map<std::string, torch::Tensor>;

/// A network's state, and what it gives in training and in eval mode.
template <class Network>
void add(Tensors& tensors, const std::string& name, Network network, const torch::Tensor& x) {
  tensors[name + "/weight"] = network->weight;
  tensors[name + "/wiring"] = network->wiring;
  tensors[name + "/out"] = network->forward(x).contiguous();
  network->eval();
  tensors[name + "/hard"] = network->forward(x.round()).contiguous();
  tensors[name + "/tables"] = network->hard_tables(network->options.widths.size() - 1).contiguous();
}

Tensors logic_gates() {
  const auto x = torch::rand({19, 12});
  Tensors tensors = {{"logic_x", x}};
  pliant::LogicNetworkOptions options;
  options.in_features = 12;
  options.widths = {24, 18};
  options.gates = {.parametrization = "softmax", .temperature = 0.5, .hardening = "table"};
  options.init = "gaussian";
  options.wiring = {"unique", "random"};
  options.wiring_seed = 3;
  options.groups = 3;
  options.tau = 2.5;
  add(tensors, "LogicNetwork", pliant::LogicNetwork(options), x);
  options.gates = {.parametrization = "walsh", .fan_in = 3};
  options.init = "residual";
  options.wiring = {"local", "butterfly"};
  options.height = 3;
  options.width = 4;
  options.widths = {12, 18};
  add(tensors, "WalshNetwork", pliant::LogicNetwork(options), x);
  add(tensors, "LogicDense", pliant::LogicDense(12, 15), x);
  options.gates = {};
  options.widths = {12, 18, 21};
  options.wiring = {"local", "random"};
  options.candidates = {4, 0, 5};
  options.wiring_temperature = 0.5;
  pliant::LogicNetwork learned(options);
  add(tensors, "LearnedNetwork", learned, x);
  for (const auto& child : learned->named_children()) {
    for (const char* name : {"logits", "candidates"})
      tensors["LearnedNetwork/" + child.key() + "." + name] =
          child.value()->named_parameters().contains(name) ? child.value()->named_parameters()[name]
                                                           : child.value()->named_buffers()[name];
  }
  for (std::size_t l = 0; l < 3; ++l)
    tensors["LearnedNetwork/sources" + std::to_string(l)] = learned->sources(l).contiguous();
  options.candidates = {0};
  options.widths = {12, 40};
  options.or_pool = 2;
  options.head = 4;
  options.head_candidates = 5;
  pliant::LogicNetwork headed(options);
  tensors["HeadedNetwork/expected_gates"] = headed->expected_gates().detach();
  tensors["HeadedNetwork/learned_head.logits"] = headed->learned_head->logits;
  tensors["HeadedNetwork/learned_head.candidates"] = headed->learned_head->candidates;
  add(tensors, "HeadedNetwork", headed, x);
  tensors["GroupSum/out"] = pliant::GroupSum(4, 0.5)->forward(x).contiguous();
  return tensors;
}

Tensors logic_convolutions() {
  const auto x = torch::rand({19, 3, 7, 8});
  pliant::LogicConv2dOptions options;
  options.in_channels = 3;
  options.out_channels = 6;
  options.kernel_size = {3, 2};
  options.depth = 2;
  options.stride = {1, 2};
  options.padding = {1, 0};
  options.pool = 2;
  options.taps_seed = 4;
  options.gates.parametrization = "walsh";
  pliant::LogicConv2d conv(options);
  pliant::LearnedWiring wiring(pliant::LearnedWiringOptions{.in_features = 56,
                                                            .slots = 9,
                                                            .candidates = 5,
                                                            .straight_through = false,
                                                            .temperature = 0.5,
                                                            .candidates_seed = 3});
  const auto flat = x.select(1, 0).flatten(1);
  Tensors tensors = {{"conv_x", x},
                     {"LogicConv2d/weight", conv->weight},
                     {"LogicConv2d/taps", conv->taps},
                     {"LogicConv2d/out", conv->forward(x).contiguous()},
                     {"LogicConv2d/expected_gates", conv->expected_gates().detach()},
                     {"OrPool2d/out", pliant::OrPool2d(3)->forward(x).contiguous()},
                     {"LearnedWiring/logits", wiring->logits},
                     {"LearnedWiring/candidates", wiring->candidates},
                     {"LearnedWiring/out", wiring->forward(flat).contiguous()}};
  conv->eval();
  wiring->eval();
  tensors["LogicConv2d/hard"] = conv->forward(x.round()).contiguous();
  tensors["LearnedWiring/hard"] = wiring->forward(flat.round()).contiguous();
  return tensors;
}

/// A sphere with bumps before cameras, under lights and in losses.
Tensors meshes() {
  const pliant::Mesh ball(pliant::render::icosphere(2));
  const auto vertices = ball.vertices() * torch::linspace(0.8, 1.2, 162).unsqueeze(1);
  const pliant::Mesh mesh = ball.with_vertices(vertices);
  pliant::CameraOptions options;
  options.viewing_angle = 20;
  pliant::LookAt look_at(options);
  look_at->set_eyes_from_angles(torch::tensor({2.5, 3.5}), torch::tensor({30., -10.}),
                                torch::tensor({15., 100.}));
  options.perspective = false;
  options.viewing_scale = 0.5;
  const pliant::Look look(std::array{0.5, 0.25, 1.0}, options);
  const auto P = torch::tensor({2., 0.1, 0., 0., 0., 2., 0., .3, 0., .1, 1., 4.}).reshape({3, 4});
  const auto distortion = torch::tensor({0.1, -0.05, 0.01, 0.02, 0.03});
  const pliant::Projection projection(P, distortion, 2);
  pliant::LightingOptions lights;
  lights.intensity_ambient = 0.25;
  lights.directionals = {{1, {1, 0.5, 0}, {0, 1, 0}}, {0.5, {0, 0, 1}, {1, 0, -1}}};
  const pliant::Lighting lighting(lights);
  const pliant::LaplacianLoss laplacian(162, mesh.faces());
  const pliant::FlattenLoss flatten(mesh.faces(), true);
  return {{"mesh_vertices", mesh.vertices().contiguous()},
          {"mesh_faces", mesh.faces()},
          {"LookAt/out", look_at->forward(mesh).face_vertices().contiguous()},
          {"Look/out", look->forward(mesh).vertices().contiguous()},
          {"Projection/P", P},
          {"Projection/distortion", distortion},
          {"Projection/out", projection->forward(mesh).vertices().contiguous()},
          {"Lighting/ambient", lighting->ambient},
          {"Lighting/colours", lighting->colours},
          {"Lighting/directions", lighting->directions},
          {"Lighting/out", lighting->forward(mesh).textures().contiguous()},
          {"LaplacianLoss/offsets", laplacian->topology.offsets},
          {"LaplacianLoss/neighbours", laplacian->topology.neighbours},
          {"LaplacianLoss/out", laplacian->forward(mesh.vertices())},
          {"FlattenLoss/interior", flatten->topology.interior},
          {"FlattenLoss/out", flatten->forward(mesh.vertices())}};
}

/// A coloured sphere drawn by every preset, with a background, from outside and from within.
Tensors pictures() {
  const pliant::render::TriangleMesh ball = pliant::render::icosphere(2);
  const pliant::Mesh plain(ball);
  const auto colors = torch::linspace(0, 1, 162 * 3).view({162, 3});
  const pliant::Mesh mesh(plain.vertices(), plain.faces(), colors, "vertex");
  pliant::CameraOptions options;
  options.viewing_angle = 20;
  pliant::LookAt look_at(options);
  look_at->set_eyes_from_angles(torch::tensor({3.5, 0.5}), torch::tensor({30., -10.}),
                                torch::tensor({15., 100.}));
  const pliant::Mesh on_screen = look_at->forward(mesh);
  Tensors tensors = {{"colors", colors}};
  for (const auto preset : pliant::renderer_presets()) {
    pliant::RendererOptions settings = pliant::renderer_preset(preset);
    settings.height = 20;
    settings.width = 24;
    settings.background = torch::tensor({0.2, 0.4, 0.6});
    settings.learn_tau = true;
    const pliant::Renderer renderer(settings);
    const std::string name = "Renderer/" + std::string(preset);
    tensors[name + "/tau"] = renderer->tau.detach();
    tensors[name + "/out"] = renderer->forward(on_screen).detach().contiguous();
    tensors[name + "/silhouette"] = renderer->silhouette(on_screen).detach().contiguous();
  }
  return tensors;
}

/// Conditioned layers with their gradients for an upstream gradient of ones.
Tensors conditioned_layers() {
  const torch::AutoGradMode with_gradients(true);
  const auto x = torch::randn({5, 7});
  const auto image = torch::randn({2, 3, 5, 5});
  const pliant::IsaacOptions options{.damping = 0.3, .augmented_bias = true, .layer = {}};
  pliant::IsaacLinear linear(torch::nn::LinearOptions(7, 4), options);
  pliant::IsaacConv2d conv(torch::nn::Conv2dOptions(3, 4, 3).stride(2).padding(1), options);
  Tensors tensors = {{"isaac_x", x}, {"isaac_image", image}};
  const auto add_layer = [&](const std::string& name, auto& layer, const torch::Tensor& input) {
    const auto out = layer->forward(input);
    out.sum().backward();
    tensors[name + "/out"] = out.detach().contiguous();
    for (const auto& item : layer->named_parameters()) {
      tensors[name + "/" + item.key()] = item.value().detach();
      tensors[name + "/" + item.key() + ".grad"] = item.value().grad().contiguous();
    }
  };
  add_layer("IsaacLinear", linear, x);
  add_layer("IsaacConv2d", conv, image);
  return tensors;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_modules FILE\n";
    return 2;
  }
  const torch::NoGradGuard no_grad;
  torch::manual_seed(0);
  const auto x = torch::randn({4, 6}, torch::kDouble);
  const auto labels = torch::randint(0, 5, {4, 6});
  const auto payload = torch::linspace(-1, 1, 72, torch::kDouble).sin().reshape({4, 6, 3});
  pliant::PermutationLossOptions options;
  options.sort = {.method = "bitonic",
                  .distribution = "logistic",
                  .steepness = 7.5,
                  .art_lambda = 0.25,
                  .descending = true};
  options.learn_steepness = true;
  options.loss = "cross_entropy";
  options.ties = true;
  const pliant::Sort sort(options);
  const pliant::SoftRank rank(options);
  const pliant::PermutationLoss loss(options);
  const auto permutation = std::get<1>(sort->forward(x)).contiguous();
  const auto ranks = rank->forward(x).contiguous();
  const auto losses = loss->forward(x, labels).contiguous();
  pliant::TopKCrossEntropyModuleOptions topk_options;
  topk_options.loss.steepness = 7.5;
  topk_options.loss.m = 5;
  topk_options.loss.p_k = {0.3, 0.7};
  topk_options.learn_steepness = topk_options.learn_p_k = true;
  const auto weight = torch::linspace(0.5, 2, 6, torch::kDouble);
  const pliant::TopKCrossEntropy topk(topk_options, weight);
  const auto topk_loss = topk->forward(x, labels.select(1, 0).contiguous()).contiguous();
  const auto levels = pliant::choose_thresholds("gaussian", 3, x);
  pliant::Thermometer thermometer(levels);
  pliant::Thermometer learnable(levels,
                                pliant::ThermometerOptions{.learnable = true, .steepness = 7.5});
  const auto bits = thermometer->forward(x).contiguous();
  const auto relaxed_bits = learnable->forward(x).contiguous();
  pliant::TopKOptions network, relaxation;
  network.steepness = relaxation.steepness = 3;
  network.largest = false;
  relaxation.method = "softsort";
  const auto applied = pliant::apply_topk(x, payload, 2, network).contiguous();
  const auto relaxed = pliant::apply_topk(x, payload, 2, relaxation).contiguous();
  Tensors tensors = logic_gates();
  tensors.merge(logic_convolutions());
  tensors.merge(meshes());
  tensors.merge(conditioned_layers());
  tensors.merge(pictures());
  tensors.merge(Tensors{{"x", x},
                        {"labels", labels},
                        {"payload", payload},
                        {"apply_topk/smallest", applied},
                        {"apply_topk/softsort", relaxed},
                        {"Sort/steepness", sort->steepness},
                        {"Sort/out", permutation},
                        {"SoftRank/steepness", rank->steepness},
                        {"SoftRank/out", ranks},
                        {"PermutationLoss/steepness", loss->steepness},
                        {"PermutationLoss/out", losses},
                        {"TopKCrossEntropy/steepness", topk->steepness},
                        {"TopKCrossEntropy/p_k_logits", topk->p_k_logits},
                        {"TopKCrossEntropy/weight", topk->weight},
                        {"TopKCrossEntropy/out", topk_loss},
                        {"Thermometer/thresholds", thermometer->thresholds},
                        {"Thermometer/out", bits},
                        {"LearnableThermometer/lowest", learnable->lowest},
                        {"LearnableThermometer/gaps", learnable->gaps},
                        {"LearnableThermometer/out", relaxed_bits}});
  pliant::data::TensorMap views;
  for (const auto& [name, tensor] : tensors) views[name] = view(tensor);
  pliant::data::write_safetensors(argv[1], views);
}
