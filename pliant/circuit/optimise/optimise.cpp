// pliant/circuit/optimise/optimise.cpp — the order of the passes, and what each saved (no torch)
#include "pliant/circuit/optimise.h"

#include <chrono>
#include <memory>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/circuit/optimise/passes.h"

namespace pliant::circuit {
namespace {

/// Runs passes on a circuit and notes what they did.
class Passes {
 public:
  Passes(Circuit circuit, std::vector<PassReport>* report)
      : circuit_(std::move(circuit)), report_(report) {}

  template <class Pass>
  void run(std::string_view name, const Pass& pass) {
    using Clock = std::chrono::steady_clock;
    PassReport entry{.pass = name, .before = {}, .after = {}};
    if (report_ != nullptr) entry.before = size_of(circuit_.cell());
    const Clock::time_point start = Clock::now();
    pass(circuit_);
    entry.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (report_ == nullptr) return;
    entry.after = size_of(circuit_.cell());
    report_->push_back(entry);
  }

  [[nodiscard]] bool reports() const { return report_ != nullptr; }
  [[nodiscard]] const Circuit& circuit() const { return circuit_; }
  Circuit result() { return std::move(circuit_); }

 private:
  Circuit circuit_;
  std::vector<PassReport>* report_;
};

Cleaning cleaning_of(const OptimiseOptions& options) {
  return {.rules = {.constants = options.constants,
                    .inverters = options.inverters,
                    .hashing = options.hashing},
          .biases = options.biases,
          .equal_bits = options.equal_bits,
          .dead = options.dead};
}

/// The linear walk at once, or to report, by and by: each pass with those before it.
void run_cleaning(Passes& passes, const OptimiseOptions& options) {
  const Cleaning all = cleaning_of(options);
  if (!passes.reports()) {
    passes.run("clean", [&](Circuit& circuit) { clean(circuit, all); });
    return;
  }
  Cleaning some{.rules = {.constants = false, .inverters = false, .hashing = false},
                .biases = false,
                .dead = false};
  const auto run = [&](std::string_view name, bool wanted, bool& flag) {
    if (!wanted) return;
    flag = true;
    passes.run(name, [&](Circuit& circuit) { clean(circuit, some); });
  };
  run("constants", all.rules.constants, some.rules.constants);
  run("inverters", all.rules.inverters, some.rules.inverters);
  run("hashing", all.rules.hashing, some.rules.hashing);
  run("biases", all.biases, some.biases);
  run("equal_bits", all.equal_bits, some.equal_bits);
  run("dead", all.dead, some.dead);
}

}  // namespace

Circuit optimised(const Circuit& circuit, const OptimiseOptions& options,
                  std::vector<PassReport>* report) {
  base::require(options.lut == 0 || (2 <= options.lut && options.lut <= kMaxFanIn),
                "optimise: lut must be 0 or 2 … 6, got ", options.lut);
  base::require(options.sweep_conflicts >= 0, "optimise: sweep_conflicts must be >= 0, got ",
                options.sweep_conflicts);
  check_circuit(circuit);
  Passes passes(flattened(circuit), report);
  run_cleaning(passes, options);
  // The later passes leave constants, and nodes that nobody reads: the walk again.
  const auto run = [&](std::string_view name, const auto& pass) {
    passes.run(name, [&](Circuit& changed) {
      changed.cell() = pass(changed.cell());
      clean(changed, cleaning_of(options));
    });
  };
  std::unique_ptr<const InputRelations> relations;
  if (options.implications) {
    relations = std::make_unique<InputRelations>(circuit.encoder);
    if (!relations->any()) relations.reset();
    run("implications",
        [&](const Cell& cell) { return relations ? with_windows(cell, relations.get()) : cell; });
  }
  if (options.windows) run("windows", [](const Cell& cell) { return with_windows(cell, nullptr); });
  if (options.sweep) {
    run("sweep",
        [&](const Cell& cell) { return swept(cell, relations.get(), options.sweep_conflicts); });
  }
  if (options.lut > 0)
    run("lut", [&](const Cell& cell) { return mapped(cell, options.lut, options.shallow); });
  return passes.result();
}

}  // namespace pliant::circuit
