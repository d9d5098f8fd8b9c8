// pliant/base/torch/communicator.h — what processes that work together tell each other
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace pliant {

/// Another process has failed: the text is what it said. Or it is gone without a word: the text is
/// what became of the connection.
class ProcessFailure : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The processes of one piece of work. Each call but rank(), size() and fail() is made by all of
/// them, in the same order, with tensors of the same shape and dtype on the CPU; it returns when
/// this process has its result.
/// @throws ProcessFailure from each call, where another process has failed, is gone, or does not
/// come within the timeout
class Communicator {
 public:
  virtual ~Communicator() = default;

  [[nodiscard]] virtual int rank() const = 0;  ///< 0 … size() − 1
  [[nodiscard]] virtual int size() const = 0;  ///< ≥ 1

  /// Replaces the tensor by the sum over all processes: the same bits on each.
  virtual void all_reduce_sum(const at::Tensor& tensor) const = 0;
  /// The tensors of all processes, by rank.
  [[nodiscard]] virtual std::vector<at::Tensor> all_gather(const at::Tensor& tensor) const = 0;
  /// Replaces the tensor by that of the process `root`.
  virtual void broadcast(const at::Tensor& tensor, int root) const = 0;
  /// Returns when all processes are here.
  virtual void barrier() const = 0;

  /// Says why this process ends: what the others call, or wait in already, throws a ProcessFailure
  /// with this text. No other call may follow.   Cost: up to 3 s, until all have read it
  virtual void fail(const std::string& why) = 0;
};

/// One process, alone.
std::shared_ptr<Communicator> single_process();

/// Where processes meet.
struct Meeting {
  int rank = 0;              ///< of this one: 0 … size − 1
  int size = 1;              ///< of all, ≥ 1
  std::string address = {};  ///< of the process that keeps the list
  int port = 0;              ///< 1 … 65535
  bool keeper = true;  ///< rank 0 keeps the list; false: somebody else does, as torchrun's agent
};

constexpr std::chrono::milliseconds kCommunicatorTimeout = std::chrono::minutes(10);

/// The processes that meet there, over torch's gloo; with the environment's GLOO_SOCKET_IFNAME over
/// these interfaces (a,b).
/// @param timeout  > 0: for all to come, and for each call
/// @throws std::invalid_argument if a number is out of range
/// @throws std::runtime_error if this library was built without gloo's headers; ProcessFailure if
/// the processes do not meet
std::shared_ptr<Communicator> meet(const Meeting& meeting,
                                   std::chrono::milliseconds timeout = kCommunicatorTimeout);

/// The same by RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun sets them; one process
/// alone where WORLD_SIZE is not set or 1. While somebody holds it, the same one is given again.
/// @throws std::invalid_argument if a variable is missing or out of range
std::shared_ptr<Communicator> communicator_of_environment(
    std::chrono::milliseconds timeout = kCommunicatorTimeout);

}  // namespace pliant
