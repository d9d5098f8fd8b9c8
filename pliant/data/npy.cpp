// pliant/data/npy.cpp — NumPy's head: a literal of a Python dictionary, read word by word (no
// torch)
#include "pliant/data/npy.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include "pliant/base/errors.h"

namespace pliant::data {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::size_t kMaxDimensions = 64;

/// The words of {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class Head {
 public:
  Head(std::string_view text, std::string_view name) : text_(text), rest_(text), name_(name) {}

  NpyHeader read() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        read_type();
      } else if (key == "fortran_order") {
        read_order();
      } else if (key == "shape") {
        read_shape();
      } else {
        base::fail(name_, ": the head of the .npy file has an unknown entry '", key, "'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    base::require(typed_ && ordered_ && shaped_, name_,
                  ": the head of the .npy file lacks descr, fortran_order or shape");
    return header_;
  }

 private:
  void read_type() {
    skip_blanks();
    base::require(!rest_.starts_with('['), name_, ": the .npy file holds structures");
    const std::string_view type = quoted();
    base::require(type.size() == 3 && std::string_view("<>|=").find(type[0]) != type.npos, name_,
                  ": the .npy file holds '", type, "', which is not read");
    header_.kind = type[1];
    header_.item = static_cast<std::size_t>(type[2] - '0');
    const bool integer = type[1] == 'u' || type[1] == 'i';
    const bool known = (type[1] == 'b' && header_.item == 1) ||
                       (integer && std::string_view("1248").find(type[2]) != type.npos) ||
                       (type[1] == 'f' && std::string_view("248").find(type[2]) != type.npos);
    base::require(known, name_, ": the .npy file holds '", type, "', which is not read");
    base::require(type[0] != '>' || header_.item == 1, name_, ": the .npy file is big-endian ('",
                  type, "'): save it as '<", type.substr(1), "'");
    typed_ = true;
  }

  void read_order() {
    if (accept_word("True")) {
      base::fail(name_, ": the .npy file has columns first (Fortran order): save ",
                 "numpy.ascontiguousarray of it");
    }
    base::require(accept_word("False"), name_, ": damaged head of a .npy file: fortran_order");
    ordered_ = true;
  }

  void read_shape() {
    expect('(');
    header_.shape.clear();
    std::size_t elements = header_.item;
    while (!accept(')')) {
      skip_blanks();
      std::size_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      base::require(error == std::errc{} && header_.shape.size() < kMaxDimensions, name_,
                    ": damaged head of a .npy file: shape");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      header_.shape.push_back(size);
      const std::size_t factor = size == 0 ? 1 : size;
      base::require(elements <= std::numeric_limits<std::int64_t>::max() / 8 / factor, name_,
                    ": the sizes of the .npy file give more than 2^60 bytes");
      elements *= factor;
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    shaped_ = true;
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n\t\r"), rest_.size()));
  }
  bool accept_word(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool accept(char mark) { return accept_word({&mark, 1}); }
  void expect(char mark) {
    const bool there = accept(mark);
    base::require(there, name_, ": damaged head of a .npy file: expected ", mark, " at character ",
                  text_.size() - rest_.size());
  }
  std::string_view quoted() {
    skip_blanks();
    const char mark = rest_.starts_with('"') ? '"' : '\'';
    expect(mark);
    const std::size_t end = rest_.find(mark);
    base::require(end != std::string_view::npos, name_,
                  ": damaged head of a .npy file: a text without end");
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }

  std::string_view text_;
  std::string_view rest_;  ///< of it
  std::string_view name_;
  NpyHeader header_;
  bool typed_ = false;
  bool ordered_ = false;
  bool shaped_ = false;
};

}  // namespace

std::size_t NpyHeader::elements() const {
  std::size_t all = 1;
  for (const std::size_t size : shape) all *= size;
  return all;
}

NpyHeader parse_npy_header(std::span<const std::uint8_t> start, std::string_view name) {
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  base::require(text.starts_with(kMagic), name, ": no .npy file");
  base::require(text.size() >= 12, name, ": truncated in the head of a .npy file");
  const int version = start[6];
  base::require(1 <= version && version <= 3, name, ": version ", version,
                " of .npy is not known, 1 to 3 are");
  const std::size_t begin = version == 1 ? 10 : 12;
  std::size_t size = 0;
  for (std::size_t i = begin; i-- > 8;) size = size << 8 | start[i];
  base::require(begin + size <= kNpyMaxHead, name, ": the head of the .npy file claims ", size,
                " bytes, at most ", kNpyMaxHead - begin, " are read");
  base::require(begin + size <= text.size(), name, ": truncated in the head of a .npy file");
  NpyHeader header = Head(text.substr(begin, size), name).read();
  header.begin = begin + size;
  return header;
}

}  // namespace pliant::data
