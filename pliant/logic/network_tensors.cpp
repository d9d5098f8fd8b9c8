// pliant/logic/network_tensors.cpp — tensors as numbers, and gates as tables (no torch)
#include "pliant/logic/network_tensors.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/base/parallel.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/parametrization.h"

namespace pliant::logic {
namespace {

using circuit::TruthTable;
using data::TensorView;

std::size_t count_of(const TensorView& view) {
  std::size_t count = 1;
  for (const std::int64_t size : view.shape) count *= static_cast<std::size_t>(size);
  return count;
}

/// The tensor's numbers of type T as those of To: files of other programs may not be aligned.
template <class T, class To>
std::vector<To> copied(const TensorView& view) {
  std::vector<To> all(count_of(view));
  if constexpr (std::is_same_v<T, To>) {
    if (!all.empty()) std::memcpy(all.data(), view.data, all.size() * sizeof(T));
    return all;
  }
  const auto* bytes = static_cast<const std::uint8_t*>(view.data);
  for (std::size_t i = 0; i < all.size(); ++i) {
    T number;
    std::memcpy(&number, bytes + i * sizeof(T), sizeof(T));
    all[i] = static_cast<To>(number);
  }
  return all;
}

/// For address bits of `inputs` inputs, the same address with its first input at the other end.
std::vector<std::size_t> reversed_addresses(int inputs) {
  std::vector<std::size_t> all(table_size(inputs));
  for (std::size_t address = 0; address < all.size(); ++address) {
    for (int i = 0; i < inputs; ++i) all[address] |= ((address >> i) & 1) << (inputs - 1 - i);
  }
  return all;
}

/// Tables of gates whose entries (2^inputs, gates) are 0 and 1 in the order of gate.h.
template <class T>
std::vector<TruthTable> tables_of_rows(const T* rows, int inputs, std::size_t gates) {
  std::vector<TruthTable> tables(gates);
  const std::vector<std::size_t> to = reversed_addresses(inputs);
  for (std::size_t address = 0; address < to.size(); ++address) {
    const T* row = rows + address * gates;
    for (std::size_t g = 0; g < gates; ++g)
      tables[g] |= static_cast<TruthTable>(row[g] != 0) << to[address];
  }
  return tables;
}

template <class T>
std::vector<TruthTable> hardened_tables(const GateArgs<T>& args, Hardening hardening) {
  const std::size_t gates = args.gates;
  std::vector<T> entries(table_size(args.inputs) * gates);
  hard_coefficients(args, hardening, entries.data(), base::serial_executor());
  // The multilinear form at the corners: what to_coefficients took away is added again. All are
  // whole numbers.
  for (std::size_t bit = 1; bit < table_size(args.inputs); bit *= 2) {
    for (std::size_t s = 0; s < table_size(args.inputs); ++s) {
      if ((s & bit) == 0) continue;
      for (std::size_t g = 0; g < gates; ++g)
        entries[s * gates + g] += entries[(s ^ bit) * gates + g];
    }
  }
  return tables_of_rows(entries.data(), args.inputs, gates);
}

}  // namespace

TruthTable table_from_entries(std::uint64_t entries, int inputs) {
  TruthTable table = 0;
  const std::vector<std::size_t> to = reversed_addresses(inputs);
  for (std::size_t address = 0; address < to.size(); ++address)
    table |= ((entries >> address) & 1) << to[address];
  return table;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (const std::int64_t size : shape)
    text.append(text.size() > 1 ? ", " : "").append(std::to_string(size));
  return text + ")";
}

const TensorView& NetworkTensors::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  base::require(found != tensors_.end(), "there is no tensor '", name, "'");
  return found->second;
}

Numbers<std::uint32_t> NetworkTensors::integers(const std::string& name, std::size_t rank) const {
  const TensorView& view = find(name);
  base::require(view.shape.size() == rank, "the tensor '", name, "' must have ", rank,
                " dimensions, got the shape ", shape_text(view.shape));
  std::vector<std::int64_t> wide;
  if (view.dtype == "I64") {
    wide = copied<std::int64_t, std::int64_t>(view);
  } else if (view.dtype == "I32") {
    wide = copied<std::int32_t, std::int64_t>(view);
  } else if (view.dtype == "U8" || view.dtype == "BOOL") {
    wide = copied<std::uint8_t, std::int64_t>(view);
  } else {
    base::fail("the tensor '", name, "' must be of integers or booleans, got ", view.dtype);
  }
  Numbers<std::uint32_t> numbers{view.shape, std::vector<std::uint32_t>(wide.size())};
  for (std::size_t i = 0; i < wide.size(); ++i) {
    base::require(0 <= wide[i] && wide[i] <= std::numeric_limits<std::int32_t>::max(),
                  "the tensor '", name, "' has the number ", wide[i], " at ", i,
                  ", it must be in 0 … 2^31 − 1");
    numbers.values[i] = static_cast<std::uint32_t>(wide[i]);
  }
  return numbers;
}

Numbers<double> NetworkTensors::numbers(const std::string& name) const {
  const TensorView& view = find(name);
  base::require(view.dtype == "F32" || view.dtype == "F64", "the tensor '", name,
                "' must be float32 or float64, got ", view.dtype);
  Numbers<double> numbers{
      view.shape, view.dtype == "F32" ? copied<float, double>(view) : copied<double, double>(view)};
  for (std::size_t i = 0; i < numbers.values.size(); ++i)
    base::require(std::isfinite(numbers.values[i]), "the tensor '", name, "' has ",
                  numbers.values[i], " at ", i, ", it must be finite");
  return numbers;
}

std::vector<TruthTable> NetworkTensors::tables(const GatesDescription& description,
                                               std::size_t gates) const {
  base::require(1 <= description.fan_in && description.fan_in <= kMaxInputs,
                "fan_in must be in 1 … ", kMaxInputs, ", got ", description.fan_in);
  base::require(description.weight.empty() != description.tables.empty(),
                "there must be either 'weight' or 'tables'");
  return description.tables.empty() ? hardened(description, gates) : given(description, gates);
}

std::vector<TruthTable> NetworkTensors::hardened(const GatesDescription& description,
                                                 std::size_t gates) const {
  constexpr std::array<std::string_view, 2> kHardenings = {"gate", "table"};
  const auto inputs = static_cast<int>(description.fan_in);
  base::require_known(kHardenings, description.hardening, "hardening");
  const int index = parametrization_index(description.parametrization);
  const std::size_t rows = parameters_of(index, inputs);
  const double given = description.temperature;
  base::require(given >= 0, "temperature must be > 0, got ", given);
  const double temperature =
      given > 0 ? given : parametrizations()[static_cast<std::size_t>(index)].temperature;
  const TensorView& view = find(description.weight);
  base::require(
      view.shape == std::vector{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(gates)},
      "the tensor '", description.weight, "' must have the shape (", rows, ", ", gates, "), for ",
      gates, " gates of ", inputs, " inputs, got ", shape_text(view.shape));
  const auto hardening = description.hardening == "gate" ? Hardening::kGate : Hardening::kTable;
  if (view.dtype == "F32") {
    const auto weight = copied<float, float>(view);
    return hardened_tables<float>({index, inputs, temperature, gates, weight.data()}, hardening);
  }
  base::require(view.dtype == "F64", "the tensor '", description.weight,
                "' must be float32 or float64, got ", view.dtype);
  const auto weight = copied<double, double>(view);
  return hardened_tables<double>({index, inputs, temperature, gates, weight.data()}, hardening);
}

std::vector<TruthTable> NetworkTensors::given(const GatesDescription& description,
                                              std::size_t gates) const {
  const auto inputs = static_cast<int>(description.fan_in);
  const bool numbered = find(description.tables).shape.size() == 1;
  const Numbers<std::uint32_t> numbers = integers(description.tables, numbered ? 1 : 2);
  const auto columns = static_cast<std::int64_t>(gates);
  const auto rows = static_cast<std::int64_t>(table_size(inputs));
  base::require(numbers.shape == (numbered ? std::vector{columns} : std::vector{rows, columns}) &&
                    (!numbered || inputs == 2),
                "the tensor '", description.tables, "' must have the shape (", rows, ", ", gates,
                ")", inputs == 2 ? " or, of gates' numbers, (" : "",
                inputs == 2 ? std::to_string(gates) + ")" : "", ", got ",
                shape_text(numbers.shape));
  const std::uint32_t most = numbered ? kGates - 1 : 1;
  for (std::size_t i = 0; i < numbers.values.size(); ++i)
    base::require(numbers.values[i] <= most, "the tensor '", description.tables,
                  "' must hold numbers in 0 … ", most, ", got ", numbers.values[i], " at ", i);
  if (!numbered) return tables_of_rows(numbers.values.data(), inputs, gates);
  std::vector<TruthTable> tables(gates);
  for (std::size_t g = 0; g < gates; ++g) {
    std::uint64_t entries = 0;
    for (std::size_t address = 0; address < 4; ++address)
      entries |= std::uint64_t{Gate{2, numbers.values[g]}[address]} << address;
    tables[g] = table_from_entries(entries, 2);
  }
  return tables;
}

}  // namespace pliant::logic
