// pliant/program/run/recordings.h — what a program did before, to be run again without its text;
// private to program/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "pliant/program/program.h"
#include "pliant/program/run/plan.h"
#include "pliant/program/run/recording.h"

namespace pliant::program {

/// One way through a program.
struct Recorded {
  Recorded(Recording made, std::vector<std::vector<View>> elements);

  std::uint64_t id;  ///< its own in the life of the process, from 1 on
  Recording recording;
  std::vector<std::vector<View>> outputs;  ///< the elements of each
  Plan forward;
  Plan backward;  ///< forward, and the way back
};

/// Those of one program: for each set of sizes and of options that decide on its steps a few, since
/// loops may go on more or less often.
class Recordings {
 public:
  using Key = std::vector<double>;
  using List = std::vector<std::shared_ptr<const Recorded>>;

  /// Recordings that serve runs with this key, the latest first.
  List find(const Key& key);
  /// Keeps one, unless it is too long, or one like it is there.
  void add(const Key& key, std::shared_ptr<const Recorded> recorded);

 private:
  std::mutex mutex_;
  std::map<Key, List> lists_;
  std::size_t nodes_ = 0;
};

/// All that decides on the steps of a program, but for numbers.
Recordings::Key key_of(const Options& options, bool wants_scale,
                       const std::vector<std::vector<std::size_t>>& input_shapes);

}  // namespace pliant::program
