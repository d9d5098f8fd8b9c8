// examples/cpp/serve.cpp — a circuit under load: many streams of requests, answered by threads in
// batches (the C API, no torch)
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "pliant/circuit/pliant_circuit.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kStreams = 1024;  ///< each sends its next request when it has its answer
constexpr std::size_t kExamples = 4096;

void require(bool good) {
  if (!good) throw std::runtime_error(pliant_circuit_error());
}

/// Whether a pixel is of the black frame that a circuit wants to cut off.
bool in_frame(const pliant_circuit_info& info, std::size_t pixel) {
  if (info.crop_height == 0) return false;
  const std::size_t y = pixel / info.crop_width, x = pixel % info.crop_width;
  const std::size_t top = (info.crop_height - info.crop_side) / 2;
  const std::size_t left = (info.crop_width - info.crop_side) / 2;
  return y < top || y >= top + info.crop_side || x < left || x >= left + info.crop_side;
}

struct Request {
  std::size_t example;
  Clock::time_point sent;
};

/// What a server with so many threads and so large batches does for some seconds.
class Server {
 public:
  Server(const pliant_circuit* circuit, int kind, std::size_t width,
         const std::vector<std::uint8_t>& bytes, const std::vector<std::int32_t>& labels)
      : circuit_(circuit), kind_(kind), width_(width), bytes_(bytes), labels_(labels) {}

  /// Prints requests a second and the latency that 50, 99 and 99.9 of 100 do not exceed.
  void serve(unsigned threads, std::size_t batch, double seconds) {
    waiting_.clear();
    for (std::size_t i = 0; i < kStreams; ++i) waiting_.push_back({i % kExamples, Clock::now()});
    std::vector<std::vector<float>> latencies(threads);  // µs, of each thread
    stop_ = false;
    std::vector<std::thread> workers;
    for (auto& mine : latencies) workers.emplace_back([&] { work(batch, mine); });
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop_ = true;
    for (std::thread& worker : workers) worker.join();
    std::vector<float> all;
    for (const auto& some : latencies) all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end());
    const auto at = [&](double share) {
      return all.empty() ? 0.0F : all[static_cast<std::size_t>(share * (all.size() - 1))];
    };
    std::printf("| %7u | %5zu | %11.0f | %8.0f | %8.0f | %10.0f |\n", threads, batch,
                static_cast<double>(all.size()) / seconds, at(0.5), at(0.99), at(0.999));
  }

  [[nodiscard]] std::size_t wrong() const { return wrong_; }

 private:
  /// Takes as many requests as wait, up to a batch, answers them, and lets their streams send the
  /// next ones.
  void work(std::size_t batch, std::vector<float>& latencies) {
    std::vector<Request> taken;
    std::vector<std::uint8_t> input(batch * width_);
    std::vector<std::int32_t> answers(batch);
    while (!stop_) {
      taken.clear();
      {
        const std::lock_guard lock(mutex_);
        for (; taken.size() < batch && !waiting_.empty(); waiting_.pop_front())
          taken.push_back(waiting_.front());
      }
      for (std::size_t i = 0; i < taken.size(); ++i)
        std::copy_n(&bytes_[taken[i].example * width_], width_, &input[i * width_]);
      // One thread a call: the threads of the server are all that there are.
      require(pliant_circuit_classify(circuit_, kind_, input.data(), taken.size(), width_, 1,
                                      answers.data()) == PLIANT_OK);
      const auto now = Clock::now();
      for (std::size_t i = 0; i < taken.size(); ++i) {
        latencies.push_back(std::chrono::duration<float, std::micro>(now - taken[i].sent).count());
        wrong_ += answers[i] != labels_[taken[i].example];
        taken[i] = {(taken[i].example + kStreams) % kExamples, now};
      }
      const std::lock_guard lock(mutex_);
      waiting_.insert(waiting_.end(), taken.begin(), taken.end());
    }
  }

  const pliant_circuit* circuit_;
  int kind_;  ///< of the examples
  std::size_t width_;
  const std::vector<std::uint8_t>& bytes_;
  const std::vector<std::int32_t>& labels_;
  std::mutex mutex_;
  std::deque<Request> waiting_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> wrong_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) throw std::runtime_error("name a circuit: serve NET.plc [SECONDS A ROW]");
  const double seconds = argc > 2 ? std::atof(argv[2]) : 1;
  pliant_circuit* circuit = nullptr;
  require(pliant_circuit_load(argv[1], &circuit) == PLIANT_OK);
  pliant_circuit_info info{};
  info.size = sizeof info;
  require(pliant_circuit_describe(circuit, &info) == PLIANT_OK);
  std::mt19937 random(1);
  std::vector<std::uint8_t> bytes(kExamples * info.width);
  const int kind = info.features > 0 ? PLIANT_BYTES : PLIANT_BITS;
  const std::size_t values = info.features > 0 ? info.byte_maximum + 1 : 2;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (!in_frame(info, i % info.width)) bytes[i] = static_cast<std::uint8_t>(random() % values);
  std::vector<std::int32_t> labels(kExamples);
  require(pliant_circuit_classify(circuit, kind, bytes.data(), kExamples, info.width, 1,
                                  labels.data()) == PLIANT_OK);

  Server server(circuit, kind, info.width, bytes, labels);
  std::printf("%zu streams, latencies in µs\n", kStreams);
  std::printf("| threads | batch | requests/s |      50 %% |     99 %% |     99.9 %% |\n");
  const unsigned cores = std::max(std::thread::hardware_concurrency(), 1U);
  for (unsigned threads = 1; threads <= 2 * cores; threads *= 2)
    for (const std::size_t batch : {1, 8, 64, 512}) server.serve(threads, batch, seconds);
  std::printf("wrong answers: %zu\n", server.wrong());
  pliant_circuit_free(circuit);
  return server.wrong() == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 2;
}
