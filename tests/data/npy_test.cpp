// tests/data/npy_test.cpp — heads of .npy files, right and wrong
#include "pliant/data/npy.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace pliant::data {
namespace {

using namespace std::string_literals;

/// A file whose head has this text.
std::string file(const std::string& text, int version = 1) {
  std::string bytes = "\x93NUMPY"s + static_cast<char>(version) + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    bytes += static_cast<char>(text.size() >> (8 * i) & 0xFF);
  return bytes + text;
}

NpyHeader parse(const std::string& bytes) {
  return parse_npy_header({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                          "x.npy");
}

TEST_CASE("the head of each version says type, sizes and where the elements begin") {
  const std::string text =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }            \n";
  for (int version = 1; version <= 3; ++version) {
    const NpyHeader header = parse(file(text, version) + "elements");
    CHECK(header.kind == 'f');
    CHECK(header.item == 4);
    CHECK(header.shape == std::vector<std::size_t>{3, 4});
    CHECK(header.elements() == 12);
    CHECK(header.begin == text.size() + (version == 1 ? 10 : 12));
  }
}

TEST_CASE("sizes of one and of no dimension, other orders of the entries, other types") {
  CHECK(parse(file("{'shape': (7,), 'descr': '|u1', 'fortran_order': False}")).elements() == 7);
  const NpyHeader scalar = parse(file("{\"descr\":'|b1','fortran_order':False,'shape':()}"));
  CHECK(scalar.shape.empty());
  CHECK(scalar.elements() == 1);
  CHECK(scalar.kind == 'b');
  CHECK(parse(file("{'descr': '>u1', 'fortran_order': False, 'shape': (0, 5)}")).elements() == 0);
  CHECK(parse(file("{'descr': '<i8', 'fortran_order': False, 'shape': (1,)}")).item == 8);
}

TEST_CASE("what is not read says why") {
  const auto text = [](const std::string& type, const std::string& shape = "(1,)",
                       const std::string& order = "False") {
    return file("{'descr': " + type + ", 'fortran_order': " + order + ", 'shape': " + shape + "}");
  };
  const auto refused = [](const std::string& bytes, const std::string& why) {
    CAPTURE(why);
    CHECK_THROWS_WITH_AS(parse(bytes), ("x.npy: " + why).c_str(), std::invalid_argument);
  };
  refused("", "no .npy file");
  refused("\x93NUMP", "no .npy file");
  refused("\x93NUMPY\x01", "truncated in the head of a .npy file");
  refused(file("{}", 4), "version 4 of .npy is not known, 1 to 3 are");
  refused(text("'<f4'").substr(0, 40), "truncated in the head of a .npy file");
  refused(file(std::string(65536, ' '), 2),
          "the head of the .npy file claims 65536 bytes, at most 65524 are read");
  refused(text("'>f4'"), "the .npy file is big-endian ('>f4'): save it as '<f4'");
  refused(text("'<c8'"), "the .npy file holds '<c8', which is not read");
  refused(text("'<f3'"), "the .npy file holds '<f3', which is not read");
  refused(text("'<U10'"), "the .npy file holds '<U10', which is not read");
  refused(text("[('a', '<f4')]"), "the .npy file holds structures");
  refused(text("'<f4'", "(1,)", "True"),
          "the .npy file has columns first (Fortran order): save numpy.ascontiguousarray of it");
  refused(text("'<f4'", "(1,)", "0"), "damaged head of a .npy file: fortran_order");
  refused(text("'<f4'", "(1, -2)"), "damaged head of a .npy file: shape");
  refused(text("'<f4'", "(99999999999999999999999,)"), "damaged head of a .npy file: shape");
  refused(text("'<f8'", "(4294967296, 0, 4294967296)"),
          "the sizes of the .npy file give more than 2^60 bytes");
  refused(file("{'descr': '<f4', 'shape': (1,)}"),
          "the head of the .npy file lacks descr, fortran_order or shape");
  refused(file("{'descr': '<f4"), "damaged head of a .npy file: a text without end");
  refused(file("{'other': 1}"), "the head of the .npy file has an unknown entry 'other'");
  refused(file("   "), "damaged head of a .npy file: expected { at character 3");
}

TEST_CASE("no truncation of a head and no change of a byte of it does harm") {
  const std::string right =
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n") + "elements";
  const auto try_it = [](const std::string& bytes) {
    try {
      const NpyHeader header = parse(bytes);
      CHECK(header.begin <= bytes.size());
    } catch (const std::invalid_argument&) {
    }
  };
  for (std::size_t size = 0; size < right.size(); ++size) try_it(right.substr(0, size));
  for (std::size_t at = 0; at < right.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = right;
      changed[at] = static_cast<char>(byte);
      try_it(changed);
    }
  }
}

}  // namespace
}  // namespace pliant::data
