// tests/base/type_list_test.cpp — lists of variants
#include "pliant/base/type_list.h"

#include <doctest/doctest.h>

#include <string>

using namespace pliant::base;

namespace {
struct Red {
  static constexpr std::string_view name = "red";
};
struct Green {
  static constexpr std::string_view name = "green";
};
using Colours = TypeList<Red, Green>;
}  // namespace

TEST_CASE("visit calls the variant at the index, or says that there is none") {
  std::string seen;
  CHECK(visit(Colours{}, 1, [&](auto colour) { seen = colour.name; }));
  CHECK(seen == "green");
  CHECK_FALSE(visit(Colours{}, 2, [&](auto) { seen = "called"; }));
  CHECK_FALSE(visit(Colours{}, -1, [&](auto) { seen = "called"; }));
  CHECK(seen == "green");
}

TEST_CASE("an unknown name is refused with the names that there are") {
  CHECK(index_of(Colours{}, "green", "colour") == 1);
  CHECK_THROWS_WITH_AS(index_of(Colours{}, "blue", "colour"),
                       "unknown colour 'blue'; there are: red, green", std::invalid_argument);
}
