// tests/logic/fuzz/network.cpp — any bytes as the description of a network
#include "tests/logic/fuzz/network.h"

#include <stdexcept>

#include "tests/logic/described.h"

namespace pliant::logic {
namespace {

/// The tensors that descriptions may name.
const Store& tensors() {
  static const Store store = [] {
    Store all;
    all.add<float>("w", {16, 4}, normal(64, 1));
    all.add<std::int64_t>("t", {4}, {6, 9, 7, 14});
    all.add<std::int32_t>("i", {2, 4}, {0, 1, 2, 3, 3, 2, 1, 0});
    all.add<std::int32_t>("k", {3, 2, 2}, {0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1});
    all.add<double>("h", {2}, {0.25, 0.75});
    all.add<std::int32_t>("f", {2}, {1, 0});
    return all;
  }();
  return store;
}

}  // namespace

void fuzz_network(std::string_view text) {
  Description description;
  circuit::Circuit circuit;
  try {
    description = parse_description(text, "f");
  } catch (const std::invalid_argument&) {
    return;
  }
  const std::string own = description_text(description);
  try {
    if (description_text(parse_description(own, "again")) != own)
      throw std::domain_error("written again, the description is another: " + own);
  } catch (const std::invalid_argument& error) {
    throw std::domain_error("what was written is refused: " + std::string(error.what()));
  }
  try {
    circuit = circuit_of(description, tensors().map(), "f");
  } catch (const std::invalid_argument&) {
    return;
  }
  try {
    check_circuit(circuit);
  } catch (const std::invalid_argument& error) {
    throw std::domain_error(error.what());
  }
}

std::vector<std::string> small_networks() {
  return {R"({"input":{"shape":[4]},"layers":[{"layer":"logic","tables":"t","wiring":"i"}]})",
          R"({"input":{"shape":[1,2,2],"byte_maximum":4,"names":["a","b","c","d"]},)"
          R"("classes":["x","y"],"layers":[{"layer":"round","threshold":0.5},{"layer":"flatten"},)"
          R"({"layer":"logic","weight":"w","wiring":"i","widths":[2,2],"fan_in":2,)"
          R"("parametrization":"softmax","temperature":1,"hardening":"gate"},)"
          R"({"layer":"group_sum","k":2,"tau":10,"bias":-1}]})",
          R"({"input":{"shape":[1,3,3],"crop":[9,9,3]},"layers":[{"layer":"thermometer",)"
          R"("thresholds":"h"},{"layer":"logic_conv2d","tables":"t","taps":"k","kernel_size":2,)"
          R"("stride":[1,1],"padding":0,"depth":1,"pool":1},{"layer":"or_pool2d","size":2}]})",
          R"({"input":{"shape":[2]},"layers":[{"layer":"bits","feature":"f","threshold":"h",)"
          R"("shape":[2]},{"layer":"select","features":"f"}]})"};
}

}  // namespace pliant::logic
