// tests/circuit/fuzz/aiger.cpp — any bytes as an AIGER file
#include "pliant/circuit/aiger.h"

#include <stdexcept>
#include <vector>

#include "tests/circuit/agree.h"
#include "tests/circuit/fuzz/entries.h"

namespace pliant::circuit {
namespace {

void require(bool ok, const char* what) {
  if (!ok) throw std::domain_error(what);
}

void write_and_read(const Circuit& circuit, AigerForm form) {
  const std::vector<std::uint8_t> bytes = aiger_bytes(circuit, form);
  const Circuit again = parse_aiger(bytes, "again");
  require(agree(circuit.cell(), again.cell()), "the circuit that was written computes otherwise");
  // Writing has named the inputs uniquely and shared equal ANDs: from now on nothing changes.
  require(aiger_bytes(again, form) == bytes, "written again, the bytes are others");
  require(parse_aiger(aiger_bytes(again, form), "third") == again, "read again, it is another");
}

}  // namespace

void fuzz_aiger(std::span<const std::uint8_t> bytes) {
  Circuit circuit;
  try {
    circuit = parse_aiger(bytes, "f");
  } catch (const std::invalid_argument&) {
    return;
  }
  try {
    check_circuit(circuit);
    write_and_read(circuit, AigerForm::kAscii);
    write_and_read(circuit, AigerForm::kBinary);
  } catch (const std::invalid_argument& error) {
    throw std::domain_error(error.what());
  }
}

}  // namespace pliant::circuit
