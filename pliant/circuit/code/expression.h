// pliant/circuit/code/expression.h — truth tables as text of &, |, ^ and ~, which C and Verilog
// share (no torch)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pliant/circuit/truth_table.h"

namespace pliant::circuit {

/// Small expressions of tables. What was found is kept, so a table costs its search once.
class Expressions {
 public:
  /// @param zero, one  text of the constants
  Expressions(std::string_view zero, std::string_view one) : zero_(zero), one_(one) {}

  /// @param names  (inputs): text of each input, an operand without operators
  /// @return the function; operands of an operator are in parentheses where they have another one
  std::string text(TruthTable table, int inputs, const std::string* names);

  /// Operators of the text. For up to three inputs few are left to save: two for the parity, four
  /// for the majority, three for the choice of two by the third.
  int operators(TruthTable table, int inputs);

 private:
  /// One of 0 1 ~ & | ^, or v: input `left`.
  struct Term {
    char kind = '0';
    std::uint32_t left = 0;
    std::uint32_t right = 0;
  };
  struct Found {
    std::uint32_t term = 0;
    int cost = 0;
  };

  Found find(TruthTable table);
  Found search(TruthTable table);
  Found expand(TruthTable table, int input);
  Found join(char kind, Found left, Found right);
  Found inverted(Found found);
  Found input(int i);
  std::string write(std::uint32_t term, const std::string* names, char around) const;

  std::string zero_;
  std::string one_;
  std::vector<Term> terms_;
  std::unordered_map<TruthTable, Found> found_;  ///< by the table as one of six inputs
};

}  // namespace pliant::circuit
