// pliant/logic/c_api.cpp — trained networks as circuits, from C (no torch)
#include "pliant/circuit/c/c_api.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pliant/data/safetensors.h"
#include "pliant/logic/network_file.h"
#include "pliant/logic/pliant_logic.h"

int pliant_circuit_from_network(const void* file, std::size_t size, const char* name,
                                pliant_circuit** circuit) {
  return pliant::circuit::guarded([&] {
    pliant::circuit::require_pointer(file, "file");
    pliant::circuit::require_pointer(circuit, "circuit");
    const std::string called = name == nullptr ? "network" : name;
    const auto* bytes = static_cast<const std::uint8_t*>(file);
    const auto parsed = pliant::data::SafetensorsFile::parse(
        std::vector<std::uint8_t>(bytes, bytes + size), called);
    *circuit =
        std::make_unique<pliant_circuit>(pliant::logic::circuit_of(parsed, called)).release();
  });
}
