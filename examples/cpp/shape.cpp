// examples/cpp/shape.cpp — find a shape from its silhouettes: a sphere is pulled until they fit
#include <torch/torch.h>

#include <iostream>

#include "pliant/render/torch/modules.h"
#include "pliant/render/torch/renderer.h"

int main() {
  pliant::CameraOptions lens;
  lens.viewing_angle = 15;
  pliant::LookAt camera(lens);
  camera->set_eyes_from_angles(torch::tensor(2.732F), torch::tensor(30.F),
                               torch::arange(0.F, 360.F, 15.F));  // 24 views
  pliant::RendererOptions options;
  options.height = options.width = 64;
  options.coverage.tau = 3e-5;
  const pliant::Renderer renderer(options);
  options.coverage = {.distribution = "hard", .squared = false};
  const pliant::Renderer hard(options);
  const auto target = hard->silhouette(
      camera->forward(pliant::Mesh(pliant::render::box({0.6, 0.4, 0.5}))));  // all that is known

  const pliant::Mesh ball(pliant::render::icosphere(3, 0.35));
  const pliant::LaplacianLoss smooth(ball.vertices().size(1), ball.faces());
  auto offset = torch::zeros_like(ball.vertices()).requires_grad_();
  torch::optim::Adam optimizer({offset}, 0.01);
  for (int step = 0; step <= 100; ++step) {
    const auto mesh = ball.with_vertices(ball.vertices() + offset);
    const auto drawn = renderer->silhouette(camera->forward(mesh));
    const auto loss = pliant::silhouette_iou_loss(drawn, target);
    optimizer.zero_grad();
    (loss + 0.03 * smooth->forward(mesh.vertices()).mean()).backward();
    optimizer.step();
    if (step % 25 != 0) continue;
    const auto apart = pliant::silhouette_iou_loss(hard->silhouette(camera->forward(mesh)), target);
    std::cout << "step " << step << ": silhouettes overlap by " << 1 - apart.item<float>() << '\n';
  }
}
