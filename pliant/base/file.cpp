// pliant/base/file.cpp — whole files, read and atomically replaced (no torch)
#include "pliant/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace pliant::base {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_with_errno(const char* action, const fs::path& path) {
  throw std::system_error(errno, std::generic_category(),
                          std::string("cannot ") + action + " '" + path.string() + "'");
}

/// An open file, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Opens the temporary and locks it. A file that its last owner has renamed while we waited for the
/// lock is no longer the temporary: then it is opened again.
Descriptor open_temporary(const fs::path& temporary, const fs::path& path) {
  for (;;) {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    if (file.get() < 0) fail_with_errno("write", path);
    while (::flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) fail_with_errno("lock the temporary of", path);
    }
    struct stat ours {};
    struct stat now {};
    if (::fstat(file.get(), &ours) == 0 && ::stat(temporary.c_str(), &now) == 0 &&
        ours.st_ino == now.st_ino && ours.st_dev == now.st_dev) {
      return file;
    }
  }
}

void write_all(const Descriptor& file, std::span<const std::uint8_t> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with_errno("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

/// Makes the rename itself last. A file system that cannot sync a folder (EINVAL) has no more to
/// give.
void sync_folder(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || (::fsync(descriptor.get()) != 0 && errno != EINVAL)) {
    fail_with_errno("sync the folder of", path);
  }
}

}  // namespace

std::vector<std::uint8_t> read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail_with_errno("read", path);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno("read", path);
    if (got == 0) break;  // It was shortened meanwhile: its format's reader says what is missing.
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

void replace_file(const fs::path& path, std::span<const std::span<const std::uint8_t>> parts) {
  fs::path temporary = path;
  temporary += ".tmp";
  const Descriptor file = open_temporary(temporary, path);
  try {
    if (::ftruncate(file.get(), 0) != 0) fail_with_errno("write", path);
    for (const auto& part : parts) write_all(file, part, path);
    if (::fsync(file.get()) != 0) fail_with_errno("write", path);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail_with_errno("replace", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(path);
}

}  // namespace pliant::base
