// pliant/train/interrupt.h — Ctrl-C as a request to stop after the current step (no torch)
#pragma once

namespace pliant::train {

/// While the object lives, the first SIGINT or SIGTERM is only noted; the second ends the process
/// as usual. At most one at a time.
class InterruptRequest {
 public:
  InterruptRequest();
  InterruptRequest(const InterruptRequest&) = delete;
  InterruptRequest& operator=(const InterruptRequest&) = delete;
  ~InterruptRequest();

  /// The number of the signal that came, 0 if none did.
  [[nodiscard]] static int signal();
};

}  // namespace pliant::train
