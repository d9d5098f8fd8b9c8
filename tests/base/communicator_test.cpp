// tests/base/communicator_test.cpp — processes that meet: what each gets, and what is said when
// they do not
#include "pliant/base/torch/communicator.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using pliant::Communicator;
using pliant::Meeting;
using torch::Tensor;

/// A port that is free, most likely.
int some_port() {
  static std::mt19937 draw{std::random_device{}()};
  return std::uniform_int_distribution<int>(20000, 60000)(draw);
}

/// Each rank is a thread here: gloo does not tell.
template <class Work>
void together(int size, const Work& work, std::chrono::seconds timeout = std::chrono::seconds(60)) {
  const int port = some_port();
  std::vector<std::future<void>> ranks;
  for (int rank = 0; rank < size; ++rank) {
    ranks.push_back(std::async(std::launch::async, [&, rank] {
      work(*pliant::meet({.rank = rank, .size = size, .address = "127.0.0.1", .port = port},
                         timeout));
    }));
  }
  for (auto& rank : ranks) rank.get();
}

/// Sets a variable while it lives; null: none.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    if (value != nullptr)
      setenv(name_, value, 1);
    else
      unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("2 and 4 processes sum, gather and broadcast") {
  for (const int size : {2, 4}) {
    CAPTURE(size);
    together(size, [size](const Communicator& all) {
      const int rank = all.rank();
      CHECK(all.size() == size);
      const Tensor sum = torch::full({3, 5}, rank + 1.0, torch::kFloat64);
      all.all_reduce_sum(sum);
      CHECK(torch::equal(sum, torch::full({3, 5}, size * (size + 1) / 2.0, torch::kFloat64)));

      const Tensor whole = torch::arange(12.0).view({3, 4}).clone();
      const Tensor column = whole.select(1, 1);  // not contiguous
      all.all_reduce_sum(column);
      CHECK(torch::equal(column, torch::tensor({1.0, 5.0, 9.0}, torch::kFloat32) * size));
      CHECK(torch::equal(whole.select(1, 0), torch::tensor({0.0, 4.0, 8.0}, torch::kFloat32)));

      const std::vector<Tensor> gathered = all.all_gather(torch::full({2}, rank, torch::kInt64));
      REQUIRE(gathered.size() == static_cast<std::size_t>(size));
      for (int r = 0; r < size; ++r)
        CHECK(torch::equal(gathered[r], torch::full({2}, r, torch::kInt64)));

      const Tensor parameter = torch::full({4}, rank, torch::kFloat32).requires_grad_();
      all.broadcast(parameter, size - 1);
      CHECK(torch::equal(parameter, torch::full({4}, size - 1, torch::kFloat32)));

      const Tensor none = torch::empty({0, 3});
      all.all_reduce_sum(none);
      CHECK(all.all_gather(none).size() == static_cast<std::size_t>(size));
      CHECK_THROWS_WITH(all.broadcast(sum, size),
                        ("broadcast: root must be from 0 to " + std::to_string(size - 1) +
                         ", got " + std::to_string(size))
                            .c_str());
      all.barrier();
    });
  }
}

TEST_CASE("sums of floats have the same bits on every process") {
  std::vector<Tensor> sums(4);
  together(4, [&](const Communicator& all) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(all.rank());
    const Tensor x = at::randn({1001}, generator, torch::kFloat32);
    all.all_reduce_sum(x);
    sums[all.rank()] = x;
  });
  for (const Tensor& sum : sums) CHECK(torch::equal(sum, sums[0]));
}

TEST_CASE("a process that never comes, or ends, is an error on the others and no wait for ever") {
  CHECK_THROWS_AS(pliant::meet({.rank = 1, .size = 2, .address = "127.0.0.1", .port = some_port()},
                               std::chrono::milliseconds(300)),
                  std::runtime_error);
  const auto lonely = [] {
    pliant::meet({.rank = 0, .size = 2, .address = "127.0.0.1", .port = some_port()},
                 std::chrono::milliseconds(300));
  };
  std::string text;
  try {
    lonely();
  } catch (const std::runtime_error& error) {
    text = error.what();
  }
  CHECK(text.find("process 0 of 2, meeting the others at 127.0.0.1:") == 0);
  CHECK(text.find('\n') == std::string::npos);

  together(
      2,
      [](const Communicator& all) {
        if (all.rank() == 1) return;  // its connections close
        CHECK_THROWS_AS(all.all_reduce_sum(torch::ones({2})), std::runtime_error);
      },
      std::chrono::seconds(5));
}

TEST_CASE("one process alone sums, gathers and broadcasts by itself") {
  const Variable world("WORLD_SIZE", nullptr);
  const auto alone = pliant::communicator_of_environment();
  CHECK(alone->rank() == 0);
  CHECK(alone->size() == 1);
  const Tensor x = torch::ones({2});
  alone->all_reduce_sum(x);
  CHECK(torch::equal(x, torch::ones({2})));
  CHECK(torch::equal(alone->all_gather(x).at(0), x));
  alone->broadcast(x, 0);
  alone->barrier();
  CHECK_THROWS_WITH(alone->broadcast(x, 1), "broadcast: root must be 0 of 1 process, got 1");
  const Variable one("WORLD_SIZE", "1");
  CHECK(pliant::communicator_of_environment()->size() == 1);
}

TEST_CASE("what is wrong with the environment is named") {
  const Variable world("WORLD_SIZE", "2");
  const Variable rank("RANK", nullptr);
  const Variable address("MASTER_ADDR", "127.0.0.1");
  const Variable port("MASTER_PORT", "29511");
  const auto meet = [] { pliant::communicator_of_environment(); };
  CHECK_THROWS_WITH(meet(),
                    "communicator_of_environment: RANK must be set where WORLD_SIZE is above 1; "
                    "torchrun sets it");
  {
    const Variable wrong("RANK", "2");
    CHECK_THROWS_WITH(meet(),
                      "communicator_of_environment: RANK must be a whole number from 0 to 1, got "
                      "\"2\"");
  }
  {
    const Variable wrong("WORLD_SIZE", "two");
    CHECK_THROWS_WITH(meet(),
                      "communicator_of_environment: WORLD_SIZE must be a whole number from 1 to "
                      "1048576, got \"two\"");
  }
  const Variable right("RANK", "0");
  const Variable wrong("MASTER_PORT", "0x10");
  CHECK_THROWS_WITH(meet(),
                    "communicator_of_environment: MASTER_PORT must be a whole number from 1 to "
                    "65535, got \"0x10\"");
}

TEST_CASE("a meeting with numbers out of range is refused") {
  const auto refuses = [](const Meeting& meeting, const char* message) {
    CHECK_THROWS_WITH(static_cast<void>(pliant::meet(meeting)), message);
  };
  refuses({.rank = 0, .size = 0, .port = 1}, "meet: size must be at least 1, got 0");
  refuses({.rank = 2, .size = 2, .port = 1}, "meet: rank must be from 0 to 1, got 2");
  refuses({.rank = 0, .size = 2, .port = 0}, "meet: port must be from 1 to 65535, got 0");
  CHECK_THROWS_WITH(
      static_cast<void>(pliant::meet({.size = 2, .port = 1}, std::chrono::milliseconds(0))),
      "meet: timeout must be > 0, got 0 ms");
}
