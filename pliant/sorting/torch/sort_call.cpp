// pliant/sorting/torch/sort_call.cpp — rows, steepness of each sample, ragged sets by their lengths
#include "pliant/sorting/torch/sort_call.h"

#include <ATen/Functions.h>
#include <ATen/TensorIndexing.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "pliant/sorting/method.h"
#include "pliant/sorting/relaxation.h"

namespace pliant {
namespace {

using at::Tensor;

int64_t product(const std::vector<int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

/// The set and the length of the first set whose length is outside 1 … n, if there is one.
void check_lengths(const Tensor& lengths, int64_t n, const char* caller, const char* argument) {
  const Tensor numbers = lengths.to(at::kCPU, at::kLong).contiguous();
  const int64_t* length = numbers.const_data_ptr<int64_t>();
  for (int64_t set = 0; set < numbers.numel(); ++set) {
    TORCH_CHECK_VALUE(length[set] >= 1 && length[set] <= n, caller, ": ", argument,
                      " must leave 1 … ", n, " items in every set, got ", length[set], " in set ",
                      set);
  }
}

/// The index of the results for the rows `chosen` (sets), whose items are at `positions` (sets,
/// length); the ranks of a set are the first of its row.
std::vector<at::indexing::TensorIndex> places(const Tensor& chosen, const Tensor& positions,
                                              const std::vector<Axis>& axes) {
  const Tensor ranks = at::arange(positions.size(1), positions.options()).expand_as(positions);
  std::vector<int64_t> shape(axes.size() + 1, 1);
  shape[0] = chosen.size(0);
  std::vector<at::indexing::TensorIndex> index = {chosen.reshape(shape)};
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    std::vector<int64_t> along = shape;
    along[axis + 1] = positions.size(1);
    index.emplace_back((axes[axis] == Axis::kItem ? positions : ranks).reshape(along));
  }
  return index;
}

/// Zeros for all sets, where `part` (sets of one length, …) has some.
Tensor zeros_for(const Tensor& part, int64_t batch, int64_t n, std::size_t axes) {
  std::vector<int64_t> shape(part.sizes().begin(), part.sizes().end());
  shape[0] = batch;
  std::fill_n(shape.begin() + 1, axes, n);
  return at::zeros(shape, part.options());
}

}  // namespace

Rows::Rows(const char* caller, const Tensor& x) : caller_(caller), n_(0) {
  TORCH_CHECK_VALUE(x.dim() >= 1, caller,
                    ": the values to sort must have at least one dimension, got a scalar");
  n_ = x.size(-1);
  TORCH_CHECK_VALUE(n_ > 0, caller, ": there must be at least one value to sort, got shape ",
                    x.sizes());
  batch_shape_.assign(x.sizes().begin(), x.sizes().end() - 1);
}

Tensor Rows::rows(const Tensor& tensor) const {
  std::vector<int64_t> shape = {product(batch_shape_)};
  const auto rest = tensor.sizes().slice(batch_shape_.size());
  shape.insert(shape.end(), rest.begin(), rest.end());
  return tensor.sizes() == shape ? tensor : tensor.reshape(shape);
}

Tensor Rows::valid_items(const Ragged& ragged) const {
  const auto& [lengths, mask] = ragged;
  TORCH_CHECK_VALUE(!lengths.defined() || !mask.defined(), caller_,
                    ": give mask or lengths, not both");
  if (mask.defined()) {
    TORCH_CHECK_TYPE(mask.scalar_type() == at::kBool, caller_, ": mask must be bool, got ",
                     mask.scalar_type());
    std::vector<int64_t> shape = batch_shape_;
    shape.push_back(n_);
    TORCH_CHECK_VALUE(mask.sizes() == shape, caller_, ": mask must have the shape of the values, ",
                      at::IntArrayRef(shape), ", got ", mask.sizes());
    Tensor valid = rows(mask);
    check_lengths(valid.sum(-1), n_, caller_, "mask");
    return valid;
  }
  if (!lengths.defined()) return {};
  TORCH_CHECK_TYPE(at::isIntegralType(lengths.scalar_type(), /*includeBool=*/false), caller_,
                   ": lengths must be integers, got ", lengths.scalar_type());
  TORCH_CHECK_VALUE(lengths.sizes() == batch_shape_, caller_,
                    ": lengths must have the batch shape ", at::IntArrayRef(batch_shape_), ", got ",
                    lengths.sizes());
  check_lengths(lengths, n_, caller_, "lengths");
  return at::arange(n_, lengths.options()).lt(lengths.reshape({-1, 1}));
}

SortCall::SortCall(const char* caller, const Tensor& x, const SortOptions& options,
                   const Tensor& steepness, const Ragged& ragged)
    : Rows(caller, x),
      options_(options),
      dtype_(x.scalar_type()),
      keys_(rows(x)),
      method_(sorting::method_of(options.method)),
      parameters_(method_.kind == "network" ? parameters(steepness)
                                            : steepness_of_rows(steepness)) {
  const Tensor valid = valid_items(ragged);
  if (!valid.defined() || valid.size(0) == 0) return;
  items_ = {valid.sum(-1),
            at::argsort(valid.logical_not().to(at::kByte), /*stable=*/true, -1, false)};
}

Tensor SortCall::unrows(const Tensor& rows) const {
  std::vector<int64_t> shape = batch_shape_;
  shape.insert(shape.end(), rows.sizes().begin() + 1, rows.sizes().end());
  return (rows.sizes() == shape ? rows : rows.reshape(shape)).to(dtype_);
}

Tensor SortCall::unkeys(const Tensor& keys) const {
  return unrows(stretch_.defined() ? keys / stretch_ : keys);
}

/// Whether it is one for each sample, checked.
bool SortCall::is_each_sample(const Tensor& steepness) const {
  if (!steepness.defined() || (steepness.numel() == 1 && steepness.dim() <= 1)) return false;
  TORCH_CHECK_VALUE(steepness.sizes() == batch_shape_, caller_,
                    ": steepness must be one number or have the batch shape ",
                    at::IntArrayRef(batch_shape_), ", got shape ", steepness.sizes());
  const auto good = steepness.gt(0).logical_and(steepness.isfinite());
  TORCH_CHECK_VALUE(good.all().item<bool>(), caller_, ": steepness must be > 0 and finite, got ",
                    steepness);
  return true;
}

/// One steepness goes to the op. One for each sample is a scaling of its keys, and the op's is 1.
Tensor SortCall::parameters(const Tensor& steepness) {
  if (!is_each_sample(steepness)) return comparison_parameters(options_, steepness);
  stretch_keys(steepness);
  SortOptions unit = options_;
  unit.steepness = 1;
  return comparison_parameters(unit);
}

/// Of what is no network: one, or one for each row.
Tensor SortCall::steepness_of_rows(const Tensor& steepness) const {
  if (method_.kind == "relaxation") sorting::check(options_.relaxation(), "sort");
  TORCH_CHECK_VALUE(options_.steepness > 0 && std::isfinite(options_.steepness), caller_,
                    ": steepness must be > 0 and finite, got ", options_.steepness);
  if (!steepness.defined()) return at::full({1}, options_.steepness, at::kDouble);
  const int64_t numbers = is_each_sample(steepness) ? keys_.size(0) : 1;
  TORCH_CHECK_VALUE(numbers == 1 || method_.kind != "projection", caller_, ": method '",
                    method_.name, "' takes one steepness for all samples, got shape ",
                    steepness.sizes());
  return steepness.reshape({numbers}).to(at::kCPU, at::kDouble);
}

/// s·|x|^power = |s^(1/power)·x|^power, but for ART's ε.
void SortCall::stretch_keys(const Tensor& steepness) {
  if (dtype_ == at::kHalf || dtype_ == at::kBFloat16) keys_ = keys_.to(at::kFloat);
  stretch_ = steepness.reshape({-1, 1}).pow(1 / (1 - options_.art_lambda)).to(keys_.options());
  keys_ = keys_ * stretch_;
}

std::unique_ptr<Sorter> SortCall::sorter(int64_t n, const Tensor& chosen) const {
  if (method_.kind == "network") {
    return std::make_unique<NetworkSorter>(network(options_.method, n), options_.distribution,
                                           parameters_);
  }
  const bool each = chosen.defined() && parameters_.size(0) == keys_.size(0);
  Tensor steepness = each ? parameters_.index({chosen.to(at::kCPU)}) : parameters_;
  if (method_.kind == "lapsum") return std::make_unique<LapSorter>(std::move(steepness));
  if (method_.kind == "projection")
    return std::make_unique<ProjectionSorter>(caller_, method_, std::move(steepness));
  return std::make_unique<RelaxationSorter>(options_.relaxation(), std::move(steepness));
}

std::vector<Tensor> SortCall::run(const Mode& mode, const std::vector<std::vector<Axis>>& axes,
                                  const std::vector<Tensor>& others) const {
  if (!items_) return mode(keys_, *sorter(n_), others);
  std::vector<Tensor> whole(axes.size());
  const Tensor present = std::get<0>(at::_unique(items_->lengths)).to(at::kCPU);
  for (int64_t k = 0; k < present.size(0); ++k) {
    const auto length = present[k].item<int64_t>();
    const Tensor chosen = items_->lengths.eq(length).nonzero().squeeze(-1);
    const Tensor positions = items_->positions.index({chosen}).slice(1, 0, length);
    const auto part = [&](const Tensor& tensor) {
      return tensor.index({chosen.unsqueeze(-1), positions});
    };
    std::vector<Tensor> parts(others.size());
    std::transform(others.begin(), others.end(), parts.begin(), part);
    const std::vector<Tensor> results = mode(part(keys_), *sorter(length, chosen), parts);
    for (std::size_t r = 0; r < results.size(); ++r) {
      if (!whole[r].defined()) whole[r] = zeros_for(results[r], keys_.size(0), n_, axes[r].size());
      whole[r].index_put_(places(chosen, positions, axes[r]), results[r]);
    }
  }
  return whole;
}

}  // namespace pliant
