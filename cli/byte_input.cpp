// cli/byte_input.cpp — reading a file descriptor, with and without waiting for it
#include "cli/byte_input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace pliant::cli {
namespace {

constexpr std::size_t kLeastRead = std::size_t{1} << 16;

bool ready(int file) {
  pollfd state{file, POLLIN, 0};
  return ::poll(&state, 1, /*timeout=*/0) > 0;
}

}  // namespace

ByteInput::ByteInput(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  file_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open " + name_);
}

ByteInput::~ByteInput() {
  if (file_ != STDIN_FILENO) ::close(file_);
}

bool ByteInput::wait_for(std::size_t count) { return fill(count, true); }

bool ByteInput::take_ready(std::size_t count) { return fill(count, false); }

bool ByteInput::fill(std::size_t count, bool wait) {
  while (end_ - begin_ < count && !ended_ && (wait || ready(file_))) {
    // What is held moves to the front, and there is room for all that is wanted and for a whole
    // read.
    if (begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    buffer_.resize(std::max(buffer_.size(), std::max(count, end_ + kLeastRead)));
    const ssize_t got = ::read(file_, buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "cannot read " + name_);
    ended_ = got == 0;
    end_ += static_cast<std::size_t>(got);
  }
  return end_ - begin_ >= count;
}

}  // namespace pliant::cli
