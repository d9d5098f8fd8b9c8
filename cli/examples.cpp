// cli/examples.cpp — reading examples: rows of bytes and numbers, images, lines of text
#include "cli/examples.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <optional>
#include <span>

#include "cli/byte_input.h"
#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/data/idx.h"
#include "pliant/data/npy.h"

namespace pliant::cli {
namespace {

using circuit::Batch;
using circuit::Circuit;

/// The most bytes that are given at a time, but for one example.
constexpr std::size_t kMostBytes = std::size_t{1} << 24;
/// The longest line of text that is read.
constexpr std::size_t kMaxLine = std::size_t{1} << 26;

/// Fails unless bytes for a circuit without features are bits.   @param first  example's number
void require_bits(std::span<const std::uint8_t> bytes, std::size_t width, std::size_t first,
                  const std::string& name) {
  const auto wrong = std::find_if(bytes.begin(), bytes.end(), [](auto byte) { return byte > 1; });
  if (wrong == bytes.end()) return;
  base::fail(name, ": the circuit takes bits, 0 or 1, and example ",
             first + static_cast<std::size_t>(wrong - bytes.begin()) / width, " has ", int{*wrong});
}

/// Values that follow one another: raw bytes, and the elements of a .npy file.
class RowReader : public ExampleReader {
 public:
  enum class Type : std::uint8_t { kBytes, kBits, kFloat, kDouble };

  /// @param count  of the examples that must come, if that is known
  RowReader(std::unique_ptr<ByteInput> input, Type type, const Circuit& circuit,
            std::optional<std::size_t> count)
      : input_(std::move(input)),
        type_(type),
        features_(circuit.encoder.has_features()),
        width_(type == Type::kBits ? circuit.input_bits() : circuit.encoder.width()),
        row_(width_ * (type == Type::kFloat    ? sizeof(float)
                       : type == Type::kDouble ? sizeof(double)
                                               : 1)),
        left_(count) {
    base::require(width_ > 0, "the circuit reads no input: there is nothing to give it");
  }

  Batch next(std::size_t most) override {
    input_->drop(given_ * row_);
    most = std::min(most, std::max<std::size_t>(kMostBytes / row_, 1));
    if (left_) most = std::min(most, *left_);
    if (most > 0 && !input_->wait_for(row_)) check_end(input_->held().size());
    input_->take_ready(most * row_);
    given_ = std::min(most, input_->held().size() / row_);
    first_ += given_;
    if (left_) *left_ -= given_;
    if (left_ && *left_ == 0 && input_->wait_for(given_ * row_ + 1))
      base::fail(input_->name(), ": bytes follow the last example");
    return batch_of(input_->held().first(given_ * row_));
  }

 private:
  void check_end(std::size_t rest) const {
    base::require(rest == 0, input_->name(), ": ends in example ", first_, ", which has ", rest,
                  " bytes and needs ", row_);
    base::require(!left_, input_->name(), ": truncated after example ", first_);
  }

  Batch batch_of(std::span<const std::uint8_t> bytes) {
    if (type_ == Type::kBits) return Batch::bits(bytes.data(), given_);
    if (type_ == Type::kBytes) {
      if (features_) return Batch::bytes(bytes.data(), given_);
      require_bits(bytes, width_, first_ - given_, input_->name());
      return Batch::bits(bytes.data(), given_);
    }
    numbers_.resize(given_ * width_);
    if (type_ == Type::kFloat) {
      std::memcpy(numbers_.data(), bytes.data(), bytes.size());
    } else {
      for (std::size_t i = 0; i < numbers_.size(); ++i) {
        double number = 0;
        std::memcpy(&number, bytes.data() + i * sizeof number, sizeof number);
        numbers_[i] = static_cast<float>(number);
      }
    }
    return Batch::numbers(numbers_.data(), given_);
  }

  std::unique_ptr<ByteInput> input_;
  Type type_;
  bool features_;
  std::size_t width_;  ///< values of an example
  std::size_t row_;    ///< its bytes
  std::optional<std::size_t> left_;
  std::size_t given_ = 0;  ///< examples of the last call
  std::size_t first_ = 0;  ///< the number of the next
  std::vector<float> numbers_;
};

std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "(";
  for (const std::size_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + ")";
}

/// Fails unless examples of this shape have as many values as the circuit reads.
void require_shape(std::span<const std::size_t> shape, std::size_t width, const std::string& name) {
  const std::size_t values =
      shape.empty() ? 0
                    : std::accumulate(shape.begin() + 1, shape.end(), std::size_t{1},
                                      [](std::size_t all, std::size_t one) { return all * one; });
  base::require(shape.size() >= 2 && values == width, name, ": the circuit needs (N, ", width,
                ") values, or shapes of as many, got ", shape_text(shape));
}

std::unique_ptr<ExampleReader> open_npy(std::unique_ptr<ByteInput> input, const Circuit& circuit) {
  input->wait_for(data::kNpyMaxHead);
  const std::span<const std::uint8_t> start = input->held();
  const data::NpyHeader header =
      data::parse_npy_header(start.first(std::min(start.size(), data::kNpyMaxHead)), input->name());
  using Type = RowReader::Type;
  const bool numbers = header.kind == 'f' && header.item >= sizeof(float);
  const bool bytes = header.kind == 'u' && header.item == 1;
  base::require(numbers || bytes || header.kind == 'b', input->name(),
                ": uint8, bool, float32 and float64 are read, got '", header.kind, header.item,
                "'");
  base::require(!numbers || circuit.encoder.has_features(), input->name(),
                ": the circuit takes bits, the file has floating numbers");
  const Type type = bytes                           ? Type::kBytes
                    : header.kind == 'b'            ? Type::kBits
                    : header.item == sizeof(double) ? Type::kDouble
                                                    : Type::kFloat;
  require_shape(header.shape, type == Type::kBits ? circuit.input_bits() : circuit.encoder.width(),
                input->name());
  input->drop(header.begin);
  return std::make_unique<RowReader>(std::move(input), type, circuit, header.shape.front());
}

/// Images that are in memory.
class IdxReader : public ExampleReader {
 public:
  IdxReader(const std::string& path, const Circuit& circuit)
      : array_(data::read_idx(path)),
        features_(circuit.encoder.has_features()),
        width_(circuit.encoder.width()) {
    require_shape(std::vector<std::size_t>(array_.shape.begin(), array_.shape.end()), width_, path);
    if (!features_) require_bits(array_.values, width_, 0, path);
  }

  Batch next(std::size_t most) override {
    const std::size_t first = given_;
    const std::size_t count = std::min<std::size_t>(most, array_.shape.front() - first);
    given_ += count;
    const std::uint8_t* images = array_.values.data() + first * width_;
    return features_ ? Batch::bytes(images, count) : Batch::bits(images, count);
  }

 private:
  data::IdxArray array_;
  bool features_;
  std::size_t width_;
  std::size_t given_ = 0;
};

/// The numbers of a line, divided by commas, semicolons or blanks; false if it holds something
/// else.
bool read_numbers(std::string_view line, std::vector<float>& numbers) {
  const auto blank = [](char mark) { return mark == ' ' || mark == '\t' || mark == '\r'; };
  const char* at = line.data();
  const char* const end = at + line.size();
  const auto skip = [&] {
    while (at != end && blank(*at)) ++at;
  };
  for (skip(); at != end;) {
    double number = 0;
    if (*at == '+') ++at;
    const auto [rest, error] = std::from_chars(at, end, number);
    if (error == std::errc::invalid_argument) return false;
    // What double cannot hold is infinite or 0.
    if (error == std::errc::result_out_of_range)
      number = std::strtod(std::string(at, rest).c_str(), nullptr);
    numbers.push_back(static_cast<float>(number));
    at = rest;
    const bool divided = at != end && blank(*at);
    skip();
    if (at == end) return true;
    if (*at != ',' && *at != ';') {
      if (!divided) return false;
      continue;
    }
    ++at;
    skip();
    if (at == end) return false;  // Nothing behind the last comma.
  }
  return true;
}

/// Lines of numbers.
class CsvReader : public ExampleReader {
 public:
  CsvReader(std::unique_ptr<ByteInput> input, const Circuit& circuit)
      : input_(std::move(input)),
        features_(circuit.encoder.has_features()),
        width_(circuit.encoder.width()) {}

  Batch next(std::size_t most) override {
    numbers_.clear();
    std::size_t count = 0;
    while (count < most && numbers_.size() * sizeof(float) < kMostBytes && find_line(count == 0)) {
      const std::size_t before = numbers_.size();
      const auto* text = reinterpret_cast<const char*>(input_->held().data());
      const bool right = read_numbers({text, line_}, numbers_);
      input_->drop(std::min(line_ + 1, input_->held().size()));
      line_ = 0;
      ++number_;
      const std::size_t got = numbers_.size() - before;
      if (right && got == 0) continue;                   // An empty line.
      if (!right && number_ == 1 && got == 0) continue;  // A heading.
      base::require(right, input_->name(), ": line ", number_, " holds what is no number");
      base::require(got == width_, input_->name(), ": line ", number_, ": the circuit needs ",
                    width_, " numbers, got ", got);
      ++count;
    }
    return features_ ? Batch::numbers(numbers_.data(), count) : bits_of(count);
  }

 private:
  /// Whether there is a line; line_ is its length.   @param wait  for whoever writes it
  bool find_line(bool wait) {
    for (;;) {
      const std::span<const std::uint8_t> held = input_->held();
      const auto end =
          std::find(held.begin() + static_cast<std::ptrdiff_t>(line_), held.end(), '\n');
      line_ = static_cast<std::size_t>(end - held.begin());
      if (end != held.end()) return true;
      base::require(line_ < kMaxLine, input_->name(), ": line ", number_ + 1, " is longer than ",
                    kMaxLine, " bytes");
      if (wait ? !input_->wait_for(line_ + 1) : !input_->take_ready(line_ + 1))
        return wait && line_ > 0;  // The last line need not end in a line break.
    }
  }

  Batch bits_of(std::size_t count) {
    bits_.resize(numbers_.size());
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      base::require(numbers_[i] == 0 || numbers_[i] == 1, input_->name(),
                    ": the circuit takes bits, 0 or 1, and line ", number_, " or before it has ",
                    numbers_[i]);
      bits_[i] = numbers_[i] == 1 ? 1 : 0;
    }
    return Batch::bits(bits_.data(), count);
  }

  std::unique_ptr<ByteInput> input_;
  bool features_;
  std::size_t width_;
  std::size_t line_ = 0;    ///< bytes of what is held that are known to have no line break
  std::size_t number_ = 0;  ///< of the lines that were read
  std::vector<float> numbers_;
  std::vector<std::uint8_t> bits_;
};

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view start) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())
      .starts_with(start);
}

bool looks_like_idx(std::span<const std::uint8_t> start) {
  return starts_with(start, "\x1f\x8b") || starts_with(start, std::string_view("\0\0\x08", 3));
}

std::string format_of(const std::string& path, ByteInput& input) {
  if (path == "-") return "bytes";
  input.wait_for(6);
  if (starts_with(input.held(), "\x93NUMPY")) return "npy";
  if (looks_like_idx(input.held())) return "idx";
  if (path.ends_with(".csv") || path.ends_with(".txt")) return "csv";
  base::fail(path, ": neither its first bytes nor its name say what it is: name its --format");
}

}  // namespace

std::unique_ptr<ExampleReader> open_examples(const std::string& path, const std::string& format,
                                             const Circuit& circuit) {
  base::require_known(kExampleFormats, format, "format");
  auto input = std::make_unique<ByteInput>(path);
  const std::string kind = format == "auto" ? format_of(path, *input) : format;
  if (kind == "idx") {
    base::require(path != "-", "standard input: IDX is read from files only");
    return std::make_unique<IdxReader>(path, circuit);
  }
  if (kind == "npy") return open_npy(std::move(input), circuit);
  if (kind == "csv") return std::make_unique<CsvReader>(std::move(input), circuit);
  return std::make_unique<RowReader>(std::move(input), RowReader::Type::kBytes, circuit,
                                     std::nullopt);
}

std::vector<std::int32_t> read_labels(const std::string& path) {
  ByteInput input(path);
  input.wait_for(3);
  if (looks_like_idx(input.held())) {
    const data::IdxArray array = data::read_idx(path);
    base::require(array.shape.size() == 1, path, ": labels need one dimension, got ",
                  array.shape.size());
    return {array.values.begin(), array.values.end()};
  }
  while (input.wait_for(input.held().size() + 1)) {
  }
  std::vector<std::int32_t> labels;
  std::string_view text(reinterpret_cast<const char*>(input.held().data()), input.held().size());
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view word = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    std::vector<float> numbers;
    const bool right = read_numbers(word, numbers);
    if (numbers.empty() && (right || line == 1)) continue;
    base::require(right && numbers.size() == 1 && numbers[0] == std::floor(numbers[0]) &&
                      std::abs(numbers[0]) < 1e7F,
                  path, ": line ", line, ": a label, a whole number, is expected");
    labels.push_back(static_cast<std::int32_t>(numbers[0]));
  }
  return labels;
}

}  // namespace pliant::cli
