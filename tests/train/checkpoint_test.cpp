// tests/train/checkpoint_test.cpp — checkpoints, saved, loaded and refused
#include "pliant/train/torch/checkpoint.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <fstream>
#include <span>

#include "pliant/base/file.h"
#include "tests/damage.h"
#include "tests/data/scratch_folder.h"

namespace pliant {
namespace {

/// A module, its optimiser, and one step taken.
struct Trained {
  explicit Trained(std::int64_t width = 3) : module(2, width), optimizer("adam", parameters()) {
    module(torch::ones({1, 2})).sum().backward();
    optimizer.step(0.1);
  }
  NamedTensors parameters() { return {{"weight", module->weight}, {"bias", module->bias}}; }

  torch::nn::Linear module;
  Optimizer optimizer;
};

const CheckpointKey kKey{"line", 7, "0123456789abcdef"};
const Progress kProgress{5, 1.0 / 3, 4, 4, -0.25, 0.1, 0.2, 3, 0.3};

bool equal(const NamedTensors& a, const NamedTensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && torch::equal(x.second, y.second);
  });
}

}  // namespace

TEST_CASE("a checkpoint gives back the parameters, the optimiser, the key and the progress") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "last.safetensors";
  Trained saved;
  save_checkpoint(path, kKey, kProgress, *saved.module, saved.optimizer);
  Trained loaded;
  const Checkpoint checkpoint(path);
  checkpoint.load(*loaded.module, loaded.optimizer);
  CHECK(equal(module_tensors(*saved.module), module_tensors(*loaded.module)));
  CHECK(equal(saved.optimizer.state(), loaded.optimizer.state()));
  CHECK(checkpoint.key().task == "line");
  CHECK(checkpoint.key().seed == 7);
  CHECK(checkpoint.key().config_hash == kKey.config_hash);
  CHECK(checkpoint.progress().step == 5);
  CHECK(checkpoint.progress().seconds == 1.0 / 3);
  CHECK(checkpoint.progress().best_value == -0.25);
  CHECK(checkpoint.progress().logged_seconds == 0.3);
}

TEST_CASE("a task's own texts stand beside the training's, which they cannot replace") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "last.safetensors";
  Trained saved;
  save_checkpoint(path, kKey, kProgress, *saved.module, saved.optimizer,
                  {{"network", "words"}, {"task", "another"}});
  CHECK(data::SafetensorsFile::open(path).text("network") == "words");
  CHECK(Checkpoint(path).key().task == "line");
}

TEST_CASE("a checkpoint of another model is refused, and the module stays as it was") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "last.safetensors";
  Trained saved(3);
  save_checkpoint(path, kKey, kProgress, *saved.module, saved.optimizer);
  Trained other(4);
  const torch::Tensor before = other.module->bias.detach().clone();
  CHECK_THROWS_WITH_AS(
      Checkpoint(path).load(*other.module, other.optimizer),
      doctest::Contains(
          "this is of another model: 'model/weight' is F32 [3, 2], expected F32 [4, 2]"),
      std::invalid_argument);
  CHECK(torch::equal(other.module->bias, before));
}

TEST_CASE("a damaged file and a file that is no checkpoint are refused") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "last.safetensors";
  Trained saved;
  save_checkpoint(path, kKey, kProgress, *saved.module, saved.optimizer);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  CHECK_THROWS_WITH_AS(Checkpoint{path}, doctest::Contains("last.safetensors"),
                       std::invalid_argument);
  data::write_safetensors(path, {}, {{"title", "holiday"}});
  CHECK_THROWS_WITH_AS(Checkpoint{path}, doctest::Contains("this is no checkpoint of a training"),
                       std::invalid_argument);
}

TEST_CASE("a checkpoint with any byte changed or cut off is refused or has the same content") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "last.safetensors";
  Trained saved;
  save_checkpoint(path, kKey, kProgress, *saved.module, saved.optimizer);
  const data::MetadataMap metadata = data::SafetensorsFile::open(path).metadata();
  int refused = 0;
  int same = 0;
  tests::damage(base::read_file(path), [&](std::span<const std::uint8_t> bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    try {
      Trained loaded;
      Checkpoint(path).load(*loaded.module, loaded.optimizer);
      REQUIRE(data::SafetensorsFile::open(path).metadata() == metadata);
      REQUIRE(equal(module_tensors(*saved.module), module_tensors(*loaded.module)));
      REQUIRE(equal(saved.optimizer.state(), loaded.optimizer.state()));
      ++same;
    } catch (const std::invalid_argument& error) {
      REQUIRE(std::string(error.what()).find("last.safetensors") != std::string::npos);
      ++refused;
    }
  });
  CHECK(refused > 5000);
  CHECK(same >= 1);   // the whole file
  CHECK(same < 100);  // and blanks of its header that became other blanks
}

TEST_CASE("checkpoints of the format without a seal are still read, and a seal is never left out") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "last.safetensors";
  Trained saved;
  save_checkpoint(path, kKey, kProgress, *saved.module, saved.optimizer);
  const auto file = data::SafetensorsFile::open(path);
  data::MetadataMap metadata = file.metadata();
  metadata.erase("pliant_crc32");
  data::write_safetensors(path, file.tensors(), metadata);
  CHECK_THROWS_WITH_AS(Checkpoint{path}, doctest::Contains("there is no metadata 'pliant_crc32'"),
                       std::invalid_argument);
  metadata["format_version"] = "1";
  data::write_safetensors(path, file.tensors(), metadata);
  CHECK(Checkpoint(path).progress().step == 5);
  metadata["format_version"] = "3";
  data::write_safetensors(path, file.tensors(), metadata);
  CHECK_THROWS_WITH_AS(Checkpoint{path},
                       doctest::Contains("format version 3, this program reads 1 … 2"),
                       std::invalid_argument);
}

TEST_CASE("a tensor of a type that the format has not is an error") {
  const tests::ScratchFolder scratch;
  CHECK_THROWS_WITH_AS(
      save_tensors(scratch / "f", {{"z", torch::zeros(1, torch::kComplexFloat)}}, {}),
      doctest::Contains("'z' cannot be saved"), std::invalid_argument);
}

}  // namespace pliant
