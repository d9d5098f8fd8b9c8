// pliant/program/handles.h — numbers, arrays and conditions of a program that is being written in
// C++ (no torch)
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace pliant::program {

struct Expression;

/// What Builder (pliant/program/builder.h) gives and takes. An expression is no value but what the
/// program will compute, where it is used.
namespace build {

class Builder;
class Draft;

/// What an expression is made of, and of which builder.
struct Node {
  std::shared_ptr<const Expression> expression;
  std::shared_ptr<Draft> draft;  ///< null: of numbers alone
  std::size_t parts = 1;         ///< numbers, names and operations in it
};

/// An expression of whole numbers, sizes and loop numbers, the same for all samples.
class Whole {
 public:
  template <std::integral Number>
  Whole(Number number) : Whole(static_cast<std::int64_t>(number), 0) {}  // NOLINT: as numbers are
  explicit Whole(Node node) : node_(std::move(node)) {}

  [[nodiscard]] const Node& node() const { return node_; }

 private:
  Whole(std::int64_t number, int);

  Node node_;
};

/// A condition: a number in [0, 1]. No bool: what a program decides is not known while it is
/// written, and an ordinary `if` does not compile.
class Condition {
 public:
  explicit Condition(Node node) : node_(std::move(node)) {}

  [[nodiscard]] const Node& node() const { return node_; }

 private:
  Node node_;
};

/// An expression of real arrays and numbers.
class Real {
 public:
  template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
  Real(Number number)  // NOLINT: as numbers are
      : Real(static_cast<double>(number), std::integral<Number>) {}
  Real(const Whole& whole) : node_(whole.node()) {}  // NOLINT: each is a real number
  /// The chance as a number.
  explicit Real(const Condition& condition) : node_(condition.node()) {}
  explicit Real(Node node) : node_(std::move(node)) {}

  [[nodiscard]] const Node& node() const { return node_; }

 private:
  Real(double number, bool whole);

  Node node_;
};

/// What one dimension is indexed by.
struct Index {
  Index(const Whole& at) : low(at.node()) {}  // NOLINT: a[k]
  template <std::integral Number>
  Index(Number at) : Index(Whole(at)) {}  // NOLINT: a[0]
  Index(const Real& weights)
      : low(weights.node()) {}  // NOLINT: a[argmin(x)], the mean under weights

  Node low;
  Node high;  ///< of a range
  bool is_all = false;

 private:
  friend Index range(const Whole& low, const Whole& high);
  friend Index all();
  Index(Node begin, Node end, bool everything)
      : low(std::move(begin)), high(std::move(end)), is_all(everything) {}
};

/// Places low … high − 1 of a dimension, and all of them.
inline Index range(const Whole& low, const Whole& high) { return {low.node(), high.node(), false}; }
inline Index all() { return {Node{}, Node{}, true}; }

/// A place, or several, of an array: read where it is used, written by =.
class Element : public Real {
 public:
  Element(const Element&) = default;
  Element operator[](const Index& index) const;
  const Element& operator=(const Real& value) const;
  Element& operator=(const Element& value);

 private:
  friend class Array;
  Element(Node array, std::vector<Index> indices);

  Node array_;
  std::vector<Index> indices_;
};

/// A number of each sample: an input, or a variable, which = writes to.
class Scalar : public Real {
 public:
  Scalar(const Scalar&) = default;
  Scalar& operator=(const Real& value);
  Scalar& operator=(const Scalar& value) { return *this = static_cast<const Real&>(value); }

 private:
  friend class Builder;
  explicit Scalar(Node node) : Real(std::move(node)) {}
};

/// An array of each sample.
class Array : public Real {
 public:
  Array(const Array&) = default;
  Array& operator=(const Real& value);
  Array& operator=(const Array& value) { return *this = static_cast<const Real&>(value); }
  Element operator[](const Index& index) const { return {node(), {index}}; }

 private:
  friend class Builder;
  explicit Array(Node node) : Real(std::move(node)) {}
};

/// A whole number that = changes.
class Integer : public Whole {
 public:
  Integer(const Integer&) = default;
  Integer& operator=(const Whole& value);
  Integer& operator=(const Integer& value) { return *this = static_cast<const Whole&>(value); }

 private:
  friend class Builder;
  explicit Integer(Node node) : Whole(std::move(node)) {}
};

// === Arithmetic, elementwise; of whole numbers alone it is whole ===

Real operator+(const Real& a, const Real& b);
Real operator-(const Real& a, const Real& b);
Real operator*(const Real& a, const Real& b);
Real operator/(const Real& a, const Real& b);
Real operator-(const Real& a);
Whole operator+(const Whole& a, const Whole& b);
Whole operator-(const Whole& a, const Whole& b);
Whole operator*(const Whole& a, const Whole& b);
Whole operator-(const Whole& a);

// a += b is a = a + b, of Scalar, Array, Element and Integer alike.
template <class Handle, class Value>
  requires std::derived_from<std::remove_cvref_t<Handle>, Real> ||
           std::derived_from<std::remove_cvref_t<Handle>, Whole>
void operator+=(Handle&& handle, const Value& value) {
  handle = handle + value;
}
template <class Handle, class Value>
  requires std::derived_from<std::remove_cvref_t<Handle>, Real> ||
           std::derived_from<std::remove_cvref_t<Handle>, Whole>
void operator-=(Handle&& handle, const Value& value) {
  handle = handle - value;
}
template <class Handle, class Value>
  requires std::derived_from<std::remove_cvref_t<Handle>, Real> ||
           std::derived_from<std::remove_cvref_t<Handle>, Whole>
void operator*=(Handle&& handle, const Value& value) {
  handle = handle * value;
}

// === Conditions; of whole numbers alone they are exact ===

Condition operator<(const Real& a, const Real& b);
Condition operator<=(const Real& a, const Real& b);
Condition operator>(const Real& a, const Real& b);
Condition operator>=(const Real& a, const Real& b);
Condition operator==(const Real& a, const Real& b);
Condition operator!=(const Real& a, const Real& b);
Condition operator&&(const Condition& a, const Condition& b);
Condition operator||(const Condition& a, const Condition& b);
Condition operator!(const Condition& a);
/// A number in [0, 1] as a condition.
Condition truth(const Real& value);
/// Whether the largest of both stands at the same place: sech(β(1 − cosine)).
Condition same(const Real& a, const Real& b);

// === Functions, as docs/program.md has them ===

Real exp(const Real& x);
Real log(const Real& x);
Real sqrt(const Real& x);
Real abs(const Real& x);
Real sum(const Real& x);
Real product(const Real& x);
Real min(const Real& x);
Real max(const Real& x);
Real argmin(const Real& x);
Real argmax(const Real& x);
Real logsumexp(const Real& x);
Real dot(const Real& a, const Real& b);
Real cosine(const Real& a, const Real& b);
Real where(const Condition& condition, const Real& yes, const Real& no);
Real stack(const std::vector<Real>& parts);
Real onehot(const Whole& place, const Whole& n);
Real places(const Whole& n);

}  // namespace build
}  // namespace pliant::program
