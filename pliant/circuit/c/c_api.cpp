// pliant/circuit/c/c_api.cpp — the C interface: errors, running and describing (no torch)
#include "pliant/circuit/c/c_api.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/version.h"
#include "pliant/circuit/file.h"
#include "pliant/circuit/run/shared_executor.h"

namespace pliant::circuit {
namespace {

thread_local std::string last_error;
thread_local int last_number = 0;

void note_error(const char* text, int number = 0) noexcept {
  last_number = number;
  try {
    last_error = text;
  } catch (...) {
    last_error.clear();
  }
}

/// The numbers of one example's row, or the words of a packed row.
std::size_t width_of(const Circuit& circuit, int kind, std::size_t count) {
  switch (kind) {
    case PLIANT_BYTES:
    case PLIANT_NUMBERS:
      return circuit.encoder.width();
    case PLIANT_BITS:
      return circuit.input_bits();
    case PLIANT_PACKED:
      return count / 64 + (count % 64 != 0 ? 1 : 0);
    default:
      base::fail("kind: bytes (0), numbers (1), bits (2) or packed (3) is possible, got ", kind);
  }
}

Batch batch_of(const Circuit& circuit, int kind, const void* examples, std::size_t count,
               std::size_t width) {
  const std::size_t wanted = width_of(circuit, kind, count);
  base::require(width == wanted, "width: the circuit needs ", wanted, " ",
                kind == PLIANT_PACKED ? "words a row" : "values an example", ", got ", width);
  if (count > 0) require_pointer(examples, "examples");
  switch (kind) {
    case PLIANT_BYTES:
      return Batch::bytes(static_cast<const std::uint8_t*>(examples), count);
    case PLIANT_NUMBERS:
      return Batch::numbers(static_cast<const float*>(examples), count);
    case PLIANT_BITS:
      return Batch::bits(static_cast<const std::uint8_t*>(examples), count);
    default:
      return Batch::packed(static_cast<const std::uint64_t*>(examples), count);
  }
}

pliant_circuit_info counted(const Circuit& circuit) {
  const Encoder& encoder = circuit.encoder;
  pliant_circuit_info info{};
  info.size = sizeof info;
  info.inputs = circuit.input_bits();
  info.features = encoder.features;
  info.width = encoder.width();
  info.scores = circuit.scores();
  info.classes = circuit.sums.classes();
  info.stages = circuit.stages.size();
  const auto count = [&](const Cell& cell) {
    const Size size = size_of(cell);
    info.nodes = size.nodes;
    info.depth = size.depth;
    info.output_bits = size.class_bits;
    info.live_inputs = size.live_inputs;
    std::copy(size.fan_in.begin(), size.fan_in.end(), info.fan_in);
  };
  circuit.flat() ? count(circuit.cell()) : count(flattened(circuit).cell());
  info.byte_maximum = encoder.has_features() ? encoder.byte_maximum : 0;
  if (!encoder.shape.empty()) {
    info.channels = encoder.shape[0];
    info.height = encoder.shape[1];
    info.picture_width = encoder.shape[2];
  }
  info.crop_height = encoder.crop.height;
  info.crop_width = encoder.crop.width;
  info.crop_side = encoder.crop.side;
  info.tau = circuit.sums.tau;
  return info;
}

}  // namespace

int status_of_exception() noexcept {
  try {
    throw;
  } catch (const std::invalid_argument& error) {
    note_error(error.what());
    return PLIANT_BAD_ARGUMENT;
  } catch (const std::system_error& error) {
    note_error(error.what(), error.code().value());
    return PLIANT_SYSTEM_ERROR;
  } catch (const std::bad_alloc&) {
    note_error("there is not enough memory");
    return PLIANT_NO_MEMORY;
  } catch (const std::length_error&) {
    note_error("there is not enough memory");
    return PLIANT_NO_MEMORY;
  } catch (const std::exception& error) {
    note_error(error.what());
  } catch (...) {
    note_error("an exception of an unknown kind");
  }
  return PLIANT_INTERNAL_ERROR;
}

void require_pointer(const void* pointer, std::string_view name) {
  base::require(pointer != nullptr, name, ": a pointer is needed, got null");
}

void* copied_memory(std::span<const std::uint8_t> bytes) {
  auto* memory = static_cast<std::uint8_t*>(std::malloc(bytes.size() + 1));
  if (memory == nullptr) throw std::bad_alloc();
  std::copy(bytes.begin(), bytes.end(), memory);
  memory[bytes.size()] = 0;
  return memory;
}

char* copied_text(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  return static_cast<char*>(copied_memory({bytes, text.size()}));
}

}  // namespace pliant::circuit

using namespace pliant;
using namespace pliant::circuit;

const Program& pliant_circuit::program() const {
  std::call_once(made_, [this] { program_ = std::make_unique<const Program>(circuit_); });
  return *program_;
}

const pliant_circuit_info& pliant_circuit::info() const {
  std::call_once(counted_, [this] { info_ = counted(circuit_); });
  return info_;
}

unsigned pliant_circuit_abi(void) { return PLIANT_CIRCUIT_ABI; }

const char* pliant_circuit_version(void) { return base::version().data(); }

const char* pliant_circuit_error(void) { return last_error.c_str(); }

int pliant_circuit_error_number(void) { return last_number; }

void pliant_circuit_free(pliant_circuit* circuit) { delete circuit; }

void pliant_circuit_free_memory(void* memory) { std::free(memory); }

int pliant_circuit_load(const char* path, pliant_circuit** circuit) {
  return guarded([&] {
    require_pointer(path, "path");
    require_pointer(circuit, "circuit");
    *circuit = new pliant_circuit(read_circuit(path));
  });
}

int pliant_circuit_parse(const void* bytes, size_t size, const char* name,
                         pliant_circuit** circuit) {
  return guarded([&] {
    if (size > 0) require_pointer(bytes, "bytes");
    require_pointer(circuit, "circuit");
    *circuit = new pliant_circuit(parse_circuit({static_cast<const std::uint8_t*>(bytes), size},
                                                name == nullptr ? "memory" : name));
  });
}

int pliant_circuit_save(const pliant_circuit* circuit, const char* path) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    require_pointer(path, "path");
    write_circuit(path, circuit->circuit());
  });
}

int pliant_circuit_bytes(const pliant_circuit* circuit, unsigned char** bytes, size_t* size) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    require_pointer(bytes, "bytes");
    require_pointer(size, "size");
    const std::vector<std::uint8_t> all = circuit_bytes(circuit->circuit());
    *bytes = static_cast<unsigned char*>(copied_memory(all));
    *size = all.size();
  });
}

int pliant_circuit_run(const pliant_circuit* circuit, int kind, const void* examples, size_t count,
                       size_t width, unsigned threads, int32_t* scores) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    const Batch batch = batch_of(circuit->circuit(), kind, examples, count, width);
    if (count > 0) require_pointer(scores, "scores");
    circuit->program().run(batch, scores, shared_executor(threads));
  });
}

int pliant_circuit_run_packed(const pliant_circuit* circuit, int kind, const void* examples,
                              size_t count, size_t width, unsigned threads, uint64_t* rows) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    const Batch batch = batch_of(circuit->circuit(), kind, examples, count, width);
    if (count > 0) require_pointer(rows, "rows");
    circuit->program().run_packed(batch, rows, shared_executor(threads));
  });
}

int pliant_circuit_classify(const pliant_circuit* circuit, int kind, const void* examples,
                            size_t count, size_t width, unsigned threads, int32_t* labels) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    const Batch batch = batch_of(circuit->circuit(), kind, examples, count, width);
    if (count > 0) require_pointer(labels, "labels");
    circuit->program().classify(batch, labels, shared_executor(threads));
  });
}

int pliant_circuit_prepare(const pliant_circuit* circuit) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    static_cast<void>(circuit->program());
  });
}

int pliant_circuit_describe(const pliant_circuit* circuit, pliant_circuit_info* info) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    require_pointer(info, "info");
    base::require(info->size >= 2 * sizeof(std::size_t),
                  "info: its size must be set to sizeof(pliant_circuit_info), got ", info->size);
    const std::size_t size = std::min(info->size, sizeof(pliant_circuit_info));
    std::memcpy(info, &circuit->info(), size);
    info->size = size;
  });
}

int pliant_circuit_class_name(const pliant_circuit* circuit, size_t index, char** name) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    require_pointer(name, "name");
    const ClassSums& sums = circuit->circuit().sums;
    base::require(index < sums.classes(), "index: there are ", sums.classes(), " classes, got ",
                  index);
    *name = sums.names.empty() ? nullptr : copied_text(sums.names[index]);
  });
}

int pliant_circuit_input_name(const pliant_circuit* circuit, size_t index, char** name) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    require_pointer(name, "name");
    const Encoder& encoder = circuit->circuit().encoder;
    base::require(index < encoder.bits(), "index: there are ", encoder.bits(), " input bits, got ",
                  index);
    *name = copied_text(bit_name(encoder, index));
  });
}
