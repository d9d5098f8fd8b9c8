// pliant/base/torch/communicator.cpp — processes that meet by the environment, over torch's gloo
#include "pliant/base/torch/communicator.h"

#include <c10/util/Exception.h>

#include <charconv>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "pliant/base/errors.h"

// torch's header of its gloo stands on gloo's, which torch does not ship.
#if defined(USE_C10D_GLOO) && __has_include(<gloo/context.h>)
#define PLIANT_HAS_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

namespace pliant {
namespace {

using std::chrono::milliseconds;

class SingleProcess final : public Communicator {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return 1; }
  void all_reduce_sum(const at::Tensor& tensor) const override {}
  [[nodiscard]] std::vector<at::Tensor> all_gather(const at::Tensor& tensor) const override {
    return {tensor.detach().clone()};
  }
  void broadcast(const at::Tensor& tensor, int root) const override {
    base::require(root == 0, "broadcast: root must be 0 of 1 process, got ", root);
  }
  void barrier() const override {}
  void fail(const std::string& /*why*/) override {}
};

constexpr const char* kCaller = "communicator_of_environment";

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  base::require(value != nullptr && *value != '\0', kCaller, ": ", name,
                " must be set where WORLD_SIZE is above 1; torchrun sets it");
  return value;
}

/// A whole number of [least, most].
int number(const char* name, std::string_view text, int least, int most) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  base::require(error == std::errc() && stop == end && value >= least && value <= most, kCaller,
                ": ", name, " must be a whole number from ", least, " to ", most, ", got \"", text,
                '"');
  return value;
}

Meeting meeting_of_environment(int size) {
  const char* const of_agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
  return {number("RANK", variable("RANK"), 0, size - 1), size, variable("MASTER_ADDR"),
          number("MASTER_PORT", variable("MASTER_PORT"), 1, 65535),
          of_agent == nullptr || std::string_view(of_agent) != "True"};
}

#ifdef PLIANT_HAS_GLOO

/// The first line of what torch says: where in its sources follows.
std::string first_line(const std::exception& error) {
  const auto* const of_torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

/// Under this name in the store stands why a process has failed, and how many have read it.
constexpr const char* kFailure = "failure";
constexpr const char* kFailureRead = "failure_read";
constexpr milliseconds kPause{20};
constexpr milliseconds kPatience{3000};

/// Calls `done` until it is true or patience has an end.
template <class Done>
void wait_for(const Done& done) {
  for (milliseconds waited{0}; waited < kPatience && !done(); waited += kPause)
    std::this_thread::sleep_for(kPause);
}

/// torchrun's store outlives the processes that it starts again: each time has names of its own.
std::string prefix_of_this_start() {
  const char* const restarts = std::getenv("TORCHELASTIC_RESTART_COUNT");
  return std::string("pliant/") + (restarts == nullptr ? "0" : restarts);
}

class Gloo final : public Communicator {
 public:
  Gloo(const Meeting& meeting, milliseconds timeout) : rank_(meeting.rank), size_(meeting.size) {
    std::ostringstream what;
    what << "meeting the others at " << meeting.address << ':' << meeting.port << " within "
         << std::chrono::duration<double>(timeout).count() << " s";
    guarded(what.str(), [&] {
      c10d::TCPStoreOptions options;
      options.port = static_cast<std::uint16_t>(meeting.port);
      options.isServer = rank_ == 0 && meeting.keeper;
      options.numWorkers = static_cast<std::size_t>(size_);
      options.timeout = timeout;
      const auto store = c10::make_intrusive<c10d::TCPStore>(meeting.address, options);
      store_ = c10::make_intrusive<c10d::PrefixStore>(prefix_of_this_start(), store);
      const auto settings = c10d::ProcessGroupGloo::Options::create(timeout);
      settings->devices = devices();
      group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, rank_, size_, settings);
    });
  }

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }

  void all_reduce_sum(const at::Tensor& tensor) const override {
    in_place("all_reduce_sum", tensor,
             [&](std::vector<at::Tensor>& tensors) { return group_->allreduce(tensors); });
  }

  [[nodiscard]] std::vector<at::Tensor> all_gather(const at::Tensor& tensor) const override {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> own{checked("all_gather", tensor).contiguous()};
    std::vector<std::vector<at::Tensor>> all(1);
    for (int i = 0; i < size_; ++i) all[0].push_back(at::empty_like(own[0]));
    if (tensor.numel() > 0) guarded("all_gather", [&] { group_->allgather(all, own)->wait(); });
    return all[0];
  }

  void broadcast(const at::Tensor& tensor, int root) const override {
    base::require(root >= 0 && root < size_, "broadcast: root must be from 0 to ", size_ - 1,
                  ", got ", root);
    in_place("broadcast", tensor, [&](std::vector<at::Tensor>& tensors) {
      c10d::BroadcastOptions options;
      options.rootRank = root;
      return group_->broadcast(tensors, options);
    });
  }

  void barrier() const override {
    guarded("barrier", [&] { group_->barrier()->wait(); });
  }

  void fail(const std::string& why) override {
    try {
      const std::string text = "process " + std::to_string(rank_) + ": " + why;
      store_->set(kFailure, std::vector<std::uint8_t>(text.begin(), text.end()));
      group_.reset();  // what the others wait for ends now
      wait_for([&] { return store_->add(kFailureRead, 0) >= size_ - 1; });
    } catch (const std::exception&) {
      // The store is gone, and so is the process that keeps it: nobody is left to be told.
    }
  }

 private:
  static std::vector<std::shared_ptr<gloo::transport::Device>> devices() {
    const char* const names = std::getenv("GLOO_SOCKET_IFNAME");
    if (names == nullptr || *names == '\0') return {c10d::ProcessGroupGloo::createDefaultDevice()};
    std::vector<std::shared_ptr<gloo::transport::Device>> found;
    std::istringstream list(names);
    for (std::string name; std::getline(list, name, ',');)
      found.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(name));
    return found;
  }

  static const at::Tensor& checked(const char* call, const at::Tensor& tensor) {
    TORCH_CHECK_VALUE(tensor.device().is_cpu(), call, ": the tensor must be on the CPU, got ",
                      tensor.device());
    return tensor;
  }

  template <class Call>
  void in_place(const char* name, const at::Tensor& tensor, const Call& call) const {
    if (checked(name, tensor).numel() == 0) return;
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> dense{tensor.contiguous()};
    guarded(name, [&] { call(dense)->wait(); });
    if (!dense[0].is_same(tensor)) tensor.copy_(dense[0]);
  }

  template <class Call>
  void guarded(const std::string& what, const Call& call) const {
    try {
      call();
    } catch (const std::exception& error) {
      if (const auto said = said_by_another()) throw ProcessFailure(*said);
      std::ostringstream text;
      text << "process " << rank_ << " of " << size_ << ", " << what
           << (group_ ? ": another process is gone or did not come: " : ": ") << first_line(error);
      throw ProcessFailure(text.str());
    }
  }

  /// Why another process has failed, if it said so.
  std::optional<std::string> said_by_another() const {
    if (!group_) return {};
    try {
      wait_for([&] { return store_->check({kFailure}); });
      if (!store_->check({kFailure})) return {};
      const std::vector<std::uint8_t> text = store_->get(kFailure);
      store_->add(kFailureRead, 1);
      return std::string(text.begin(), text.end());
    } catch (const std::exception&) {
      return {};  // the store is gone
    }
  }

  int rank_;
  int size_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

#endif

}  // namespace

std::shared_ptr<Communicator> single_process() { return std::make_shared<SingleProcess>(); }

std::shared_ptr<Communicator> meet(const Meeting& meeting, milliseconds timeout) {
  constexpr const char* kName = "meet";
  base::require(timeout.count() > 0, kName, ": timeout must be > 0, got ", timeout.count(), " ms");
  base::require(meeting.size >= 1, kName, ": size must be at least 1, got ", meeting.size);
  base::require(meeting.rank >= 0 && meeting.rank < meeting.size, kName,
                ": rank must be from 0 to ", meeting.size - 1, ", got ", meeting.rank);
  base::require(meeting.port >= 1 && meeting.port <= 65535, kName,
                ": port must be from 1 to 65535, got ", meeting.port);
#ifdef PLIANT_HAS_GLOO
  return std::make_shared<Gloo>(meeting, timeout);
#else
  throw std::runtime_error(
      "meet: this library was built without gloo's headers (Debian: libgloo-dev), so processes "
      "cannot work together");
#endif
}

std::shared_ptr<Communicator> communicator_of_environment(milliseconds timeout) {
  const char* const world = std::getenv("WORLD_SIZE");
  if (world == nullptr || *world == '\0') return single_process();
  const int size = number("WORLD_SIZE", world, 1, 1 << 20);
  if (size == 1) return single_process();
  static std::mutex mutex;
  static std::weak_ptr<Communicator> last;
  const std::lock_guard lock(mutex);
  if (auto there = last.lock()) return there;
  auto met = meet(meeting_of_environment(size), timeout);
  last = met;
  return met;
}

}  // namespace pliant
