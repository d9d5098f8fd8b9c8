// tests/train/interrupt_test.cpp — the first signal is noted
#include "pliant/train/interrupt.h"

#include <doctest/doctest.h>

#include <csignal>

namespace pliant::train {

TEST_CASE("a signal is noted while a request is wanted, and forgotten with the next one") {
  {
    const InterruptRequest request;
    CHECK(InterruptRequest::signal() == 0);
    std::raise(SIGTERM);
    CHECK(InterruptRequest::signal() == SIGTERM);
  }
  const InterruptRequest request;
  CHECK(InterruptRequest::signal() == 0);
}

}  // namespace pliant::train
