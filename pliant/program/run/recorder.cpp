// pliant/program/run/recorder.cpp — steps of a program, written down (no torch)
#include "pliant/program/run/recorder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "pliant/base/errors.h"

namespace pliant::program {
namespace {

/// A step of numbers that are known.
std::optional<double> fold(Step step, std::span<const double> x) {
  switch (step) {
    case Step::kAdd:
      return x[0] + x[1];
    case Step::kSubtract:
      return x[0] - x[1];
    case Step::kMultiply:
      return x[0] * x[1];
    case Step::kNegate:
      return -x[0];
    case Step::kComplement:
      return 1 - x[0];
    case Step::kEither:
      return x[0] + x[1] * (1 - x[0]);
    case Step::kClamp:
      return std::clamp(x[0], 0.0, 1.0);
    case Step::kRound:
      return x[0] > 0.5 ? 1 : 0;
    default:
      return std::nullopt;
  }
}

/// Whether a step keeps numbers in [0, 1], or brings them there.
bool makes_chance(Step step, bool of_chances) {
  switch (step) {
    case Step::kClamp:
    case Step::kRound:
      return true;
    case Step::kComplement:
    case Step::kMatch:
    case Step::kMultiply:
    case Step::kEither:
      return of_chances;
    default:
      return false;
  }
}

}  // namespace

Recorder::Recorder(bool wants_scale, Machine* machine)
    : wants_scale_(wants_scale), machine_(machine) {
  Node alive;
  alive.count = 1;
  recording_.alive = push(alive, {});
}

View Recorder::push(Node node, std::span<const View> from) {
  node.operands = static_cast<std::uint8_t>(from.size());
  std::ranges::copy(from, node.from.begin());
  const auto at = static_cast<std::int32_t>(recording_.nodes.size());
  if (node.reads_runs()) note_sources(recording_, node);
  const auto is_active = [&](std::size_t operand) {
    node.active = node.active || recording_.nodes[operand].active;
  };
  // How likely a lane is to be somewhere says which steps count, and has no derivative.
  const bool detached = node.primitive == Primitive::kStep && node.step == Step::kStay;
  if (!detached) for_operands(recording_, node, is_active);
  if (node.primitive == Primitive::kStep) {
    const bool of_chances =
        std::ranges::all_of(from, [&](View view) { return this->node(view).chance; });
    node.chance = makes_chance(node.step, of_chances);
  }
  recording_.nodes.push_back(node);
  if (machine_ != nullptr) machine_->compute(recording_, static_cast<std::size_t>(at));
  return {at, 0};
}

// === Leaves ===

View Recorder::constant(double number) {
  // By its bits: −0 is not 0.
  const auto [found, is_new] = constants_.try_emplace(std::bit_cast<std::uint64_t>(number));
  if (is_new) {
    Node node;
    node.primitive = Primitive::kConstant;
    node.count = 1;
    node.number = number;
    node.chance = number >= 0 && number <= 1;
    found->second = push(node, {});
  }
  return found->second;
}

View Recorder::scale() {
  if (recording_.scale.node < 0) {
    Node node;
    node.primitive = Primitive::kScale;
    node.count = 1;
    node.active = wants_scale_;
    recording_.scale = push(node, {});
  }
  return recording_.scale;
}

View Recorder::input(std::size_t count) {
  Node node;
  node.count = static_cast<std::int32_t>(count);
  node.active = true;
  const View view = push(node, {});
  recording_.inputs.push_back(view);
  return view;
}

std::optional<double> Recorder::known(View view) const {
  if (node(view).primitive != Primitive::kConstant) return std::nullopt;
  return node(view).number;
}

// === Primitives ===

View Recorder::step(Step step, std::span<const View> operands, std::span<const bool> single,
                    std::size_t count) {
  std::array<double, 4> numbers{};
  bool all = count == 1;
  for (std::size_t k = 0; all && k < operands.size(); ++k) {
    const std::optional<double> number = known(operands[k]);
    all = number.has_value();
    numbers[k] = number.value_or(0);
  }
  if (const auto folded = all ? fold(step, numbers) : std::nullopt) return constant(*folded);
  Node node;
  node.primitive = Primitive::kStep;
  node.step = step;
  node.count = static_cast<std::int32_t>(count);
  for (std::size_t k = 0; k < single.size(); ++k) {
    node.flags |= static_cast<std::uint8_t>(static_cast<unsigned>(single[k]) << k);
  }
  return push(node, operands);
}

View Recorder::step(Step step, std::initializer_list<View> operands) {
  return this->step(step, std::span(operands.begin(), operands.size()), {}, 1);
}

View Recorder::decide(View x, std::size_t count, double tie) {
  // A learned scale has its gradient from decisions too, whose argument may be no input.
  if (wants_scale_) scale();
  Node node;
  node.primitive = Primitive::kDecide;
  node.count = static_cast<std::int32_t>(count);
  node.number = tie;
  node.active = wants_scale_;
  return push(node, {{x}});
}

View Recorder::gather(std::span<const View> elements) {
  Node node;
  node.primitive = Primitive::kGather;
  node.count = static_cast<std::int32_t>(elements.size());
  node.n = static_cast<std::int32_t>(recording_.runs.size());
  for (const View view : elements) {
    if (recording_.runs.size() > static_cast<std::size_t>(node.n)) {
      Run& last = recording_.runs.back();
      if (view == View{last.from.node, last.from.element + last.count}) {
        ++last.count;
        continue;
      }
    }
    recording_.runs.push_back({view, 1});
  }
  node.inner = static_cast<std::int32_t>(recording_.runs.size()) - node.n;
  // The same elements are the same array: programs read them in every pass of a loop.
  std::size_t hash = 0;
  for (const Run& run : runs_of(recording_, node)) {
    for (const std::int32_t part : {run.from.node, run.from.element, run.count}) {
      hash = hash * 0x9e3779b97f4a7c15U + static_cast<std::size_t>(part);
    }
  }
  for (auto [known, end] = gathers_.equal_range(hash); known != end; ++known) {
    const Node& before = this->node(known->second);
    if (!std::ranges::equal(runs_of(recording_, before), runs_of(recording_, node))) continue;
    recording_.runs.resize(static_cast<std::size_t>(node.n));
    return known->second;
  }
  const View made = push(node, {});
  gathers_.emplace(hash, made);
  return made;
}

View Recorder::soft_argmax(View x, Rows rows, bool smallest) {
  if (wants_scale_) scale();
  Node node;
  node.primitive = Primitive::kSoftArgmax;
  node.count = static_cast<std::int32_t>(rows.outer * rows.n);
  node.n = static_cast<std::int32_t>(rows.n);
  node.flags = smallest ? 1 : 0;
  node.active = wants_scale_;
  return push(node, {{x}});
}

View Recorder::extremum(std::span<const View> elements, std::size_t n, bool smallest) {
  if (wants_scale_) scale();
  Node node;
  node.primitive = Primitive::kExtremum;
  node.count = static_cast<std::int32_t>(elements.size() / n);
  node.n = static_cast<std::int32_t>(recording_.runs.size());
  node.inner = static_cast<std::int32_t>(elements.size());
  node.flags = smallest ? 1 : 0;
  node.active = wants_scale_;
  for (const View view : elements) recording_.runs.push_back({view, 1});
  return push(node, {});
}

View Recorder::reduce(Reduction reduction, View x, Rows rows) {
  Node node;
  node.primitive = Primitive::kRows;
  node.reduction = reduction;
  node.count = static_cast<std::int32_t>(rows.outer);
  node.n = static_cast<std::int32_t>(rows.n);
  return push(node, {{x}});
}

View Recorder::dot(View a, View b, Rows rows) {
  Node node;
  node.primitive = Primitive::kRows;
  node.reduction = Reduction::kDot;
  node.count = static_cast<std::int32_t>(rows.outer);
  node.n = static_cast<std::int32_t>(rows.n);
  return push(node, {{a, b}});
}

View Recorder::contract(View weights, View x, Rows rows, std::size_t inner) {
  Node node;
  node.primitive = Primitive::kContract;
  node.count = static_cast<std::int32_t>(rows.outer * inner);
  node.n = static_cast<std::int32_t>(rows.n);
  node.inner = static_cast<std::int32_t>(inner);
  return push(node, {{weights, x}});
}

View Recorder::connect(bool is_or, View a, View b, std::size_t count) {
  Node node;
  node.primitive = Primitive::kConnect;
  node.count = static_cast<std::int32_t>(count);
  node.flags = is_or ? 1 : 0;
  return push(node, {{a, b}});
}

std::pair<View, std::vector<std::size_t>> Recorder::call(std::size_t function,
                                                         std::span<const Argument> arguments) {
  base::require(machine_ != nullptr, "an external function runs on tensors alone");
  const std::vector<std::size_t> shape = machine_->call(function, arguments);
  Node node;
  node.primitive = Primitive::kExternal;
  node.count = 1;
  for (const std::size_t size : shape) node.count *= static_cast<std::int32_t>(size);
  return {push(node, {}), shape};
}

// === Questions to the numbers ===

std::vector<double> Recorder::numbers(View view) {
  const std::span<const double> found = machine_->lanes(view);
  return {found.begin(), found.end()};
}

std::optional<double> Recorder::outside(View x, View path, double slack) {
  if (node(x).chance) return std::nullopt;
  if (const auto number = known(x)) return number;
  Node node;
  node.primitive = Primitive::kWithin;
  node.number = slack;
  push(node, {{x, path}});
  if (machine_ == nullptr) return std::nullopt;
  const std::vector<double> here = numbers(path);
  const std::span<const double> found = machine_->lanes(x);
  for (std::size_t i = 0; i < here.size(); ++i) {
    if (here[i] != 0 && !(found[i] >= -slack && found[i] <= 1 + slack)) return found[i];
  }
  return std::nullopt;
}

bool Recorder::goes_on(View here) {
  asked_ = true;
  bool any = false;
  if (machine_ != nullptr) {
    any = std::ranges::any_of(machine_->lanes(here), [](double p) { return p > 0; });
  }
  Node node;
  node.primitive = Primitive::kGoesOn;
  node.flags = any ? 1 : 0;
  push(node, {{here}});
  return any;
}

void Recorder::end_loop(std::span<const std::size_t> questions) {
  for (const std::size_t question : questions) {
    recording_.nodes[question].n = static_cast<std::int32_t>(next());
  }
}

Recorder::Agreement Recorder::agreement(View choice, View path) {
  Agreement found;
  if (machine_ == nullptr) return {.always = false, .never = false};
  const std::vector<double> here = numbers(path);
  const std::span<const double> chance = machine_->lanes(choice);
  for (std::size_t i = 0; i < here.size(); ++i) {
    if (here[i] == 0) continue;
    found.always = found.always && chance[i] == 1;
    found.never = found.never && chance[i] == 0;
  }
  return found;
}

double Recorder::largest(View x) {
  return machine_ == nullptr ? 0 : std::ranges::max(machine_->lanes(x));
}

}  // namespace pliant::program
