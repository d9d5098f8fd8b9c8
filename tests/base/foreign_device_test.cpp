// tests/base/foreign_device_test.cpp — ops on a device without kernels of ours, tried on a made-up
// one
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/DeviceType.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <doctest/doctest.h>
#include <torch/library.h>
#include <torch/torch.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "pliant/sorting/torch/ops.h"

// A device whose memory is the host's: torch's PrivateUse1 with just enough kernels to move
// tensors there and back. What else is asked of it fails, so an op of ours that ran there would.
namespace {

constexpr auto kForeign = c10::DeviceType::PrivateUse1;

/// Hands out host memory as memory of the foreign device.
struct ForeignAllocator final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    c10::DataPtr memory = c10::GetCPUAllocator()->allocate(bytes);
    memory.unsafe_set_device(c10::Device(kForeign, 0));
    return memory;
  }
  c10::DeleterFnPtr raw_deleter() const override { return c10::GetCPUAllocator()->raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
};
ForeignAllocator foreign_allocator;
REGISTER_ALLOCATOR(kForeign, &foreign_allocator);

/// There is one such device, and it is ready.
struct ForeignHooks final : at::PrivateUse1HooksInterface {
  ForeignHooks() {
    c10::register_privateuse1_backend("foreign");
    at::RegisterPrivateUse1HooksInterface(this);
  }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};
ForeignHooks foreign_hooks;

/// Everything there is done as soon as it is asked for.
struct ForeignGuard final : c10::impl::NoOpDeviceGuardImpl<kForeign> {
  c10::Device getDevice() const override { return {kForeign, 0}; }
  c10::Device exchangeDevice(c10::Device) const override { return {kForeign, 0}; }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, {kForeign, 0});
  }
  c10::Stream exchangeStream(c10::Stream) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, {kForeign, 0});
  }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, ForeignGuard);

constexpr c10::DispatchKeySet kKeys(c10::DispatchKey::PrivateUse1);

at::Tensor empty(c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype,
                 std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(size), &foreign_allocator, kKeys,
                                   dtype.value_or(at::kFloat), format);
}

at::Tensor empty_strided(c10::SymIntArrayRef size, c10::SymIntArrayRef stride,
                         std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                         std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(C10_AS_INTARRAYREF_SLOW(size),
                                           C10_AS_INTARRAYREF_SLOW(stride), &foreign_allocator,
                                           kKeys, dtype.value_or(at::kFloat));
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  TORCH_CHECK(from.is_contiguous() && to.is_contiguous() && from.nbytes() == to.nbytes(),
              "the made-up device copies contiguous tensors of one dtype only");
  std::memcpy(to.mutable_data_ptr(), from.const_data_ptr(), from.nbytes());
  return to;
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("_copy_from", &copy_from);
}

const c10::Device kDevice(kForeign, 0);

/// The op sort as the dispatcher has it, so that no other op is asked of the device.
std::tuple<at::Tensor, at::Tensor> sort_op(const at::Tensor& x) {
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("pliant::sort", "")
          .typed<std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&,
                                                    std::string_view, const at::Tensor&)>();
  return op.call(x, pliant::network("bitonic", x.size(-1)), "cauchy",
                 pliant::comparison_parameters({}));
}

/// Collects torch's warnings.
struct Warnings final : c10::WarningHandler {
  std::vector<std::string> texts;
  void process(const c10::Warning& warning) override { texts.push_back(warning.msg()); }
};

}  // namespace

TEST_CASE("an op on a foreign device runs on copies, gives its results there and warns once") {
  Warnings warnings;
  const c10::WarningUtils::WarningHandlerGuard guard(&warnings);
  torch::manual_seed(0);
  const at::Tensor x = torch::randn({3, 6});
  const auto [values, permutation] = sort_op(x);
  for (int call = 0; call < 2; ++call) {
    const auto [there, permutation_there] = sort_op(x.to(kDevice));
    CHECK(there.device() == kDevice);
    CHECK(permutation_there.device() == kDevice);
    CHECK(torch::equal(there.cpu(), values));
    CHECK(torch::equal(permutation_there.cpu(), permutation));
  }
  REQUIRE(warnings.texts.size() == 1);
  CHECK(warnings.texts[0].find("pliant has CPU kernels only") != std::string::npos);
}

TEST_CASE("a gradient comes back to the device of its argument") {
  torch::manual_seed(1);
  const at::Tensor here = torch::randn({2, 5}).requires_grad_();
  std::get<0>(sort_op(here)).backward(torch::ones({2, 5}).cumsum(1));
  const at::Tensor there = here.detach().to(kDevice).requires_grad_();
  const at::Tensor upstream = torch::ones({2, 5}).cumsum(1).to(kDevice);
  std::get<0>(sort_op(there)).backward(upstream);
  REQUIRE(there.grad().device() == kDevice);
  CHECK(torch::equal(there.grad().cpu(), here.grad()));
}

TEST_CASE("PLIANT_FOREIGN_DEVICE=error forbids the copies, and a wrong value is refused") {
  const at::Tensor x = torch::randn({2, 5}).to(kDevice);
  setenv("PLIANT_FOREIGN_DEVICE", "error", 1);
  CHECK_THROWS_WITH(sort_op(x), doctest::Contains("forbids copying them to the CPU"));
  setenv("PLIANT_FOREIGN_DEVICE", "perhaps", 1);
  CHECK_THROWS_WITH(sort_op(x), doctest::Contains("must be 'copy' or 'error', got 'perhaps'"));
  unsetenv("PLIANT_FOREIGN_DEVICE");
}
