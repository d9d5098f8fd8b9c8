// tests/render/mesh_torch_test.cpp — meshes, cameras and light from C++
#include <doctest/doctest.h>
#include <torch/torch.h>

#include "pliant/render/torch/modules.h"
#include "tests/data/scratch_folder.h"

namespace pliant {
namespace {

TEST_CASE("a mesh is saved and read with its textures") {
  const tests::ScratchFolder folder;
  const std::string path = folder / "ball.obj";
  const Mesh ball(render::icosphere(1));
  const Mesh mesh = ball.with_textures(torch::rand({80, 4, 3}));
  mesh.save_obj(path, true);
  LoadOptions options;
  options.load_texture = true;
  options.texture_res = 2;
  const Mesh again = Mesh::from_obj(path, options);
  CHECK(torch::equal(again.vertices(), mesh.vertices()));
  CHECK(torch::equal(again.faces(), mesh.faces()));
  CHECK((again.textures() - mesh.textures()).abs().max().item<double>() < 1 / 500.0);
  CHECK(Mesh::from_obj(path).textures().sizes() == torch::IntArrayRef{1, 80, 1, 3});
  options.normalization = true;
  CHECK(Mesh::from_obj(path, options).vertices().max().item<double>() == doctest::Approx(1));
}

TEST_CASE("gradients go through camera, corners and light") {
  const Mesh ball(render::icosphere(1));
  const auto vertices = ball.vertices().clone().requires_grad_();
  const auto eyes = torch::tensor({0., 1., -3., 2., 0.5, -2.}).reshape({2, 3}).requires_grad_();
  LookAt camera;
  camera->set_eyes(eyes);
  const Mesh seen = camera->forward(Lighting()->forward(ball.with_vertices(vertices)));
  (seen.face_vertices().square().sum() + seen.face_textures().square().sum()).backward();
  CHECK(seen.face_vertices().sizes() == torch::IntArrayRef{2, 80, 3, 3});
  CHECK(vertices.grad().isfinite().all().item<bool>());
  CHECK(eyes.grad().ne(0).all().item<bool>());
}

TEST_CASE("voxels of a mesh need no gradient, those of faces with one are refused") {
  const Mesh mesh = Mesh(render::box({0.5, 0.5, 0.5}));
  CHECK(mesh.voxelize(8).sum().item<int64_t>() == 64);
  CHECK_THROWS_AS(voxelize(mesh.face_vertices().requires_grad_(), 8), c10::NotImplementedError);
}

TEST_CASE("a wrong argument is named") {
  CHECK_THROWS_AS(Mesh(torch::zeros({3, 3}), torch::tensor({{0, 1, 3}})), c10::ValueError);
  CHECK_THROWS_AS(Mesh(torch::zeros({3, 3}, torch::kLong), torch::tensor({{0, 1, 2}})),
                  c10::TypeError);
  CHECK_THROWS_AS(Look(std::array{0.0, 0.0, 0.0}), c10::ValueError);
  CHECK_THROWS_AS(Mesh::from_obj("no/such.obj"), std::exception);
  LightingOptions options;
  options.directionals = {{.direction = {0, 0, 0}}};
  CHECK_THROWS_AS(Lighting{options}, c10::ValueError);
}

}  // namespace
}  // namespace pliant
