// tests/program/random_while.h — WHILE programs: two that are known, and random ones with a plain
// interpreter of what was drawn
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "pliant/base/random.h"

namespace pliant::test {

inline constexpr const char* kMultiply = R"(
x0 := 0;
WHILE x1 != 0 DO
  x3 := x2;
  WHILE x3 != 0 DO
    x0 := x0 + 1;
    x3 := x3 - 1
  END;
  x1 := x1 - 1
END
)";

inline constexpr const char* kCount = "WHILE x1 != 0 DO x1 := x1 - 1; x0 := x0 + 1 END";

inline constexpr const char* kWhilePrograms[] = {kMultiply, kCount};

/// A program over x0 … x3, of assignments and loops.
class RandomWhile {
 public:
  explicit RandomWhile(base::Random& random) : commands_(draw(random, 0)) {
    text_ = "x0 := x0; x1 := x1; x2 := x2; x3 := x3; " + text_of(commands_);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

  struct Result {
    std::vector<double> numbers;
    bool endless = false;      ///< a loop has more than max_passes passes
    bool steps_spent = false;  ///< more steps than a test wants
  };

  /// Runs the program as it was drawn.
  [[nodiscard]] Result interpret(std::vector<double> start, std::size_t max_passes) const {
    Result result{std::move(start)};
    std::size_t steps = 0;
    interpret(commands_, max_passes, steps, result);
    return result;
  }

 private:
  struct Command {
    std::size_t target, source;
    int kind;  ///< 0: xi := xj + c, 1: xi := xj - c, 2: xi := xj, 3: xi := c, 4: a loop
    unsigned number;
    std::vector<Command> body;
  };

  static std::vector<Command> draw(base::Random& random, int depth) {
    std::vector<Command> commands(1 + random.below(3));
    for (Command& command : commands) {
      const std::uint32_t kind = random.below(depth < 3 ? 8 : 4);
      command.kind = static_cast<int>(std::min(kind, 4U));
      command.target = random.below(4);
      command.source = random.below(4);
      command.number = random.below(3);
      if (command.kind != 4) continue;
      command.body = draw(random, depth + 1);
      // Most loops count down.
      if (random.below(4) != 0) {
        command.body.push_back({command.target, command.target, 1, 1, {}});
      }
    }
    return commands;
  }

  static std::string text_of(const std::vector<Command>& commands) {
    std::string text;
    for (const Command& c : commands) {
      const std::string target = "x" + std::to_string(c.target),
                        source = "x" + std::to_string(c.source);
      const std::string number = std::to_string(c.number);
      text += text.empty() ? "" : "; ";
      if (c.kind == 0) text += target + " := " + source + " + " + number;
      if (c.kind == 1) text += target + " := " + source + " - " + number;
      if (c.kind == 2) text += target + " := " + source;
      if (c.kind == 3) text += target + " := " + number;
      if (c.kind == 4) text += "WHILE " + target + " != 0 DO " + text_of(c.body) + " END";
    }
    return text;
  }

  static void interpret(const std::vector<Command>& commands, std::size_t max_passes,
                        std::size_t& steps, Result& result) {
    std::vector<double>& x = result.numbers;
    for (const Command& c : commands) {
      if (result.endless || result.steps_spent) return;
      if (++steps > 20000) result.steps_spent = true;
      if (c.kind == 0) x[c.target] = x[c.source] + c.number;
      if (c.kind == 1) x[c.target] = std::max(0.0, x[c.source] - c.number);
      if (c.kind == 2) x[c.target] = x[c.source];
      if (c.kind == 3) x[c.target] = c.number;
      if (c.kind != 4) continue;
      for (std::size_t pass = 0; x[c.target] != 0; ++pass) {
        if (pass == max_passes) result.endless = true;
        if (result.endless || result.steps_spent) return;
        interpret(c.body, max_passes, steps, result);
      }
    }
  }

  std::vector<Command> commands_;
  std::string text_;
};

}  // namespace pliant::test
