// pliant/circuit/c/c_api.h — what stands behind the C interface, for the C functions of other rooms
// (no torch)
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/pliant_circuit.h"
#include "pliant/circuit/program.h"

/// A circuit, and what is made of it when it is first wanted. Any thread may call what is const.
struct pliant_circuit {  // NOLINT(readability-identifier-naming): it is C's.
 public:
  /// @param circuit  passes check_circuit
  explicit pliant_circuit(pliant::circuit::Circuit circuit) : circuit_(std::move(circuit)) {}

  [[nodiscard]] const pliant::circuit::Circuit& circuit() const { return circuit_; }
  /// Made at the first call.
  [[nodiscard]] const pliant::circuit::Program& program() const;
  /// The sizes of pliant_circuit_info; counted at the first call.
  [[nodiscard]] const pliant_circuit_info& info() const;

 private:
  pliant::circuit::Circuit circuit_;
  mutable std::once_flag made_;
  mutable std::unique_ptr<const pliant::circuit::Program> program_;
  mutable std::once_flag counted_;
  mutable pliant_circuit_info info_{};
};

namespace pliant::circuit {

/// The status for the exception that is being handled; its text becomes this thread's
/// pliant_circuit_error().
int status_of_exception() noexcept;

/// The status of a C function that does `work`: PLIANT_OK, or what it threw.
template <class Work>
int guarded(const Work& work) noexcept {
  try {
    work();
    return PLIANT_OK;
  } catch (...) {
    return status_of_exception();
  }
}

/// @throws std::invalid_argument that names the argument if the pointer is null
void require_pointer(const void* pointer, std::string_view name);

/// Memory of the C library with these bytes and a zero byte behind them.
/// @throws std::bad_alloc
void* copied_memory(std::span<const std::uint8_t> bytes);
char* copied_text(std::string_view text);

}  // namespace pliant::circuit
