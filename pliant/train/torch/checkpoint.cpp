// pliant/train/torch/checkpoint.cpp — a training on disk: parameters, optimiser, and how far it is
#include "pliant/train/torch/checkpoint.h"

#include <charconv>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/data/seal.h"
#include "pliant/train/config_hash.h"

namespace pliant {
namespace {

constexpr std::string_view kFormat = "pliant-checkpoint";
constexpr int kFormatVersion = 2;  // 1 had no seal
const std::string kModel = "model/";
const std::string kOptimizer = "optimizer/";

/// Calls field(name, member) for each number of the progress: the one list for writing and reading.
template <class P, class Field>
void for_each_field(P& progress, Field&& field) {
  field("step", progress.step);
  field("seconds", progress.seconds);
  field("validated_step", progress.validated_step);
  field("best_step", progress.best_step);
  field("best_value", progress.best_value);
  field("loss_sum", progress.loss_sum);
  field("gradient_norm_sum", progress.gradient_norm_sum);
  field("summed_steps", progress.summed_steps);
  field("logged_seconds", progress.logged_seconds);
}

std::string to_text(double value) { return train::number_text(value); }
std::string to_text(std::int64_t value) { return std::to_string(value); }

/// Reads metadata that must be a number.
template <class T>
T number(const data::SafetensorsFile& file, const std::filesystem::path& path, const char* name) {
  const std::string& text = file.text(name);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  base::require(error == std::errc{} && end == text.data() + text.size(), path.string(),
                ": the metadata '", name, "' must be a number, got '", text, "'");
  return value;
}

void append(NamedTensors& all, const std::string& prefix, const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) all.emplace_back(prefix + name, tensor);
}

/// Both groups of tensors in one list, so that loading checks all before it copies any.
NamedTensors checkpoint_tensors(const torch::nn::Module& module, const Optimizer& optimizer) {
  NamedTensors all;
  append(all, kModel, module_tensors(module));
  append(all, kOptimizer, optimizer.state());
  return all;
}

}  // namespace

NamedTensors module_tensors(const torch::nn::Module& module) {
  NamedTensors all;
  for (const auto& item : module.named_parameters()) all.emplace_back(item.key(), item.value());
  for (const auto& item : module.named_buffers()) all.emplace_back(item.key(), item.value());
  return all;
}

void save_checkpoint(const std::filesystem::path& path, const CheckpointKey& key,
                     const Progress& progress, const torch::nn::Module& module,
                     const Optimizer& optimizer, const data::MetadataMap& texts) {
  data::MetadataMap metadata = {{"format", std::string(kFormat)},
                                {"format_version", std::to_string(kFormatVersion)},
                                {"task", key.task},
                                {"seed", std::to_string(key.seed)},
                                {"config_hash", key.config_hash}};
  for_each_field(progress,
                 [&](const char* name, const auto& value) { metadata[name] = to_text(value); });
  metadata.insert(texts.begin(), texts.end());
  save_tensors(path, checkpoint_tensors(module, optimizer), metadata);
}

Checkpoint::Checkpoint(const std::filesystem::path& path)
    : path_(path), file_(data::SafetensorsFile::open(path)) {
  const auto format = file_.metadata().find("format");
  base::require(format != file_.metadata().end() && format->second == kFormat, path.string(),
                ": this is no checkpoint of a training");
  const int version = number<int>(file_, path, "format_version");
  base::require(1 <= version && version <= kFormatVersion, path.string(),
                ": the checkpoint has format version ", version, ", this program reads 1 … ",
                kFormatVersion);
  if (version > 1) static_cast<void>(file_.text(std::string(data::kSealEntry)));
  key_ = {file_.text("task"), number<std::uint64_t>(file_, path, "seed"),
          file_.text("config_hash")};
  for_each_field(progress_, [&](const char* name, auto& value) {
    value = number<std::remove_reference_t<decltype(value)>>(file_, path, name);
  });
}

void Checkpoint::load(torch::nn::Module& module) const {
  load_tensors(path_, file_, kModel, module_tensors(module));
}

void Checkpoint::load(torch::nn::Module& module, Optimizer& optimizer) const {
  load_tensors(path_, file_, "", checkpoint_tensors(module, optimizer));
}

}  // namespace pliant
