// cli/examples.h — the examples of a file or stream, for a circuit
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/program.h"

namespace pliant::cli {

/// Examples in their order, some at a time.
class ExampleReader {
 public:
  virtual ~ExampleReader() = default;
  /// The next ones: at most `most`, fewer where the rest is not there yet, none at the end. Their
  /// memory lives until the next call.
  /// @throws std::invalid_argument that names the file, the example and what was expected
  virtual circuit::Batch next(std::size_t most) = 0;
};

/// What open_examples takes.
inline constexpr std::array<std::string_view, 5> kExampleFormats = {"auto", "idx", "npy", "csv",
                                                                    "bytes"};

/// Examples for a circuit, each checked to have as many values as the circuit reads.
///
/// idx: images of unsigned bytes, plain or gzipped. npy: uint8 as bytes, float32 and float64 as
/// numbers (compared in float32), bool as the circuit's input bits. csv: numbers; a first line
/// without any is a heading. bytes: Encoder::width() raw bytes an example. A circuit without
/// features takes bits: bytes and numbers of 0 or 1.
/// @param path    of a file, or "-" for standard input, which is read as bytes if not told
/// otherwise
/// @param format  one of kExampleFormats; "auto": seen by the first bytes, or by the name .csv
/// @throws std::invalid_argument   @throws std::system_error if it cannot be read
std::unique_ptr<ExampleReader> open_examples(const std::string& path, const std::string& format,
                                             const circuit::Circuit& circuit);

/// Labels from an IDX file (one dimension), or from text: a number a line.
/// @throws as open_examples
std::vector<std::int32_t> read_labels(const std::string& path);

}  // namespace pliant::cli
