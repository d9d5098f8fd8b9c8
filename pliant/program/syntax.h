// pliant/program/syntax.h — programs as trees: what the text says, names resolved; immutable once
// made; private to program/ (no torch)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pliant::program {

/// Where something stands in the text, from 1.
struct Position {
  int line = 0;
  int column = 0;
};

/// What an expression does with its arguments. Numbers of a program are real, one for each sample
/// of a batch; whole numbers are the same for all samples.
enum class Operation : std::uint8_t {
  kNumber,    ///< value
  kVariable,  ///< slot, a real array
  kInteger,   ///< slot, a whole number or the size of a dimension
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kLess,  ///< a < b
  kLessEqual,
  kEqual,
  kUnequal,
  kAnd,
  kOr,
  kNot,
  kRead,     ///< the array `arguments[0]` at `indices`
  kCall,     ///< function `slot` of the list of functions
  kExternal  ///< function `slot` of the program's own externals
};

struct Expression;

/// What one dimension of an array is read or written at.
struct IndexItem {
  enum class Kind : std::uint8_t {
    kAll,     ///< : (the dimension stays)
    kAt,      ///< a whole number (the dimension goes)
    kRange,   ///< low : high (the dimension stays, with high − low places)
    kChoice,  ///< weights over the dimension's places (it goes): their mean
  };
  Kind kind = Kind::kAll;
  std::shared_ptr<const Expression> low;  ///< kAt, kRange, kChoice
  std::shared_ptr<const Expression> high;
};

struct Expression {
  Operation operation = Operation::kNumber;
  Position position;
  double value = 0;
  int slot = 0;
  int depth = 1;       ///< of the tree: whoever walks it recurses
  bool whole = false;  ///< a whole number, known before any sample is
  bool exact = false;  ///< comparisons of whole numbers alone: as well
  std::vector<std::shared_ptr<const Expression>> arguments;
  std::vector<IndexItem> indices;
};

struct Statement;
using Block = std::vector<std::shared_ptr<const Statement>>;

struct Statement {
  enum class Kind : std::uint8_t {
    kDeclare,     ///< var name[shape] = value
    kDeclareInt,  ///< int name = value
    kAssign,      ///< name[indices] = value
    kAssignInt,   ///< name = value
    kIf,
    kWhile,
    kGatedWhile,
    kFor  ///< slot from low up to, and without, high
  };
  Kind kind = Kind::kAssign;
  Position position;
  int slot = 0;
  std::vector<std::shared_ptr<const Expression>> shape;  ///< of kDeclare: whole numbers
  std::vector<IndexItem> indices;                        ///< of kAssign; none: the whole variable
  std::shared_ptr<const Expression> value;               ///< or condition, or low
  std::shared_ptr<const Expression> high;                ///< of kFor
  Block body;
  Block otherwise;     ///< of kIf
  int gates = 0;       ///< of kAssign: gated loops around it that are not around the declaration
  bool exact = false;  ///< of kIf: the condition is known before any sample is
  std::vector<int> wholes;  ///< of kIf and loops: whole numbers from outside that are written in it
};

/// A name of a program.
struct Slot {
  enum class Kind : std::uint8_t { kInput, kVariable, kInteger, kSize, kExternal };
  std::string name;
  Kind kind = Kind::kVariable;
  Position position;
  int gates = 0;  ///< gated loops around its declaration
};

/// An argument: its slot, and the slot of the size of each dimension (kSize).
struct InputDeclaration {
  int slot = 0;
  std::vector<int> dimensions;
};

struct Tree {
  std::string name;
  std::vector<Slot> slots;
  std::vector<InputDeclaration> inputs;
  std::vector<std::string> externals;  ///< functions that are not of the language
  std::vector<int> outputs;            ///< slots of variables or inputs
  Block body;
};

/// In the form that Program::parse() reads, one statement a line; positions are not looked at.
std::string text_of(const Tree& tree);

}  // namespace pliant::program
