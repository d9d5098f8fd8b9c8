// tests/base/printable_test.cpp — what is UTF-8 stays, what is not is spelt out
#include "pliant/base/printable.h"

#include <doctest/doctest.h>

namespace pliant::base {
namespace {

TEST_CASE("text of every length of character stays as it is") {
  for (const char* text : {"", "a\tb", "β ≤ 1", "\U0001F600", "\uFFFF\U0010FFFF\uD7FF"})
    CHECK(printable(text) == text);
}

TEST_CASE("every byte that is no part of UTF-8 is spelt out") {
  CHECK(printable("a\xFF"
                  "b") == "a\\xffb");
  CHECK(printable("\xC3") == "\\xc3");                             // cut off
  CHECK(printable("\xC0\x80") == "\\xc0\\x80");                    // not the shortest form
  CHECK(printable("\xE0\x9F\xBF") == "\\xe0\\x9f\\xbf");           // nor this
  CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(printable("\xF4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  CHECK(printable("\xE2\x82") == "\\xe2\\x82");
  CHECK(printable("\x80≤") == "\\x80≤");
}

}  // namespace
}  // namespace pliant::base
