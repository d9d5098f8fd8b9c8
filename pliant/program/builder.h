// pliant/program/builder.h — programs written in C++: what is done to handles is recorded (no
// torch)
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "pliant/program/handles.h"
#include "pliant/program/program.h"

namespace pliant::program::build {

/// Bubble sort, as a function that returns its program:
///
///     Builder p("bubble_sort");
///     const Array xs = p.input("xs", {"n"});
///     Array ys = p.array("ys", xs);
///     Scalar dirty = p.scalar("dirty", 1);
///     Integer last = p.integer("last", p.size("n") - 1);
///     p.while_(truth(dirty), [&] {
///       dirty = 0;
///       p.for_("k", 0, last, [&](const Whole& k) {
///         p.if_(ys[k + 1] < ys[k], [&] { … });
///       });
///       last = last - 1;
///     });
///     return p.program({ys});
///
/// An expression is no value but what the program will compute, where it is used: copy what is
/// still needed after a write, Scalar low = p.scalar("low", ys[k]). What programs mean is in
/// docs/program.md.
///
/// Errors: std::invalid_argument that names the handle, from the call that is
/// wrong; what only the whole text shows, from program(), as Program::parse() says it.
class Builder {
 public:
  using Body = std::function<void()>;

  explicit Builder(std::string name);

  // === Declarations; a name that is taken gets a number behind it ===

  Scalar input(std::string_view name);
  /// @param sizes  the name of the size of each dimension
  Array input(std::string_view name, std::initializer_list<std::string_view> sizes);
  /// A size that an input named.
  [[nodiscard]] Whole size(std::string_view name) const;
  Scalar scalar(std::string_view name, const Real& value);
  /// With the shape of the value.
  Array array(std::string_view name, const Real& value);
  Array array(std::string_view name, std::initializer_list<Whole> shape, const Real& value);
  Integer integer(std::string_view name, const Whole& value);

  // === Statements ===

  void if_(const Condition& condition, const Body& then, const Body& otherwise = {});
  void while_(const Condition& condition, const Body& body);
  /// What a pass writes counts by how likely it takes place (docs/program.md).
  void gated_while_(const Condition& condition, const Body& body);
  /// @param name  of the loop number   @param body  called once, with it
  void for_(std::string_view name, const Whole& low, const Whole& high,
            const std::function<void(const Whole&)>& body);

  /// The program that was recorded.   @param outputs  variables and inputs, at least one
  [[nodiscard]] Program program(std::initializer_list<Real> outputs) const;

 private:
  std::shared_ptr<Draft> draft_;
};

}  // namespace pliant::program::build
