// cli/circuit_bench.cpp — pliant circuit bench NET.plc: examples a second, and the time of one
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cli/circuit.h"
#include "cli/errors.h"
#include "cli/examples.h"
#include "cli/json_text.h"
#include "pliant/base/errors.h"
#include "pliant/base/parallel.h"
#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"
#include "pliant/circuit/file.h"

namespace pliant::cli {
namespace {

using circuit::Batch;
using circuit::Circuit;
using circuit::Program;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct Request {
  std::string circuit;
  std::string input;
  std::string format = "auto";
  double seconds = 1;
  unsigned threads = 0;
  std::size_t batch = 16384;
  bool json = false;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Examples in memory, as they come and packed.
struct Examples {
  std::size_t count = 0;
  bool numbers = false;
  std::vector<float> floats;         ///< (count, width), if they are numbers
  std::vector<std::uint8_t> bytes;   ///< (count, width), else; bits without features
  std::vector<std::uint64_t> words;  ///< (inputs, ⌈count / 64⌉)

  /// Examples first … first + size − 1 as they come.
  [[nodiscard]] Batch raw(const Circuit& net, std::size_t first, std::size_t size) const {
    const std::size_t begin = first * net.encoder.width();
    if (numbers) return Batch::numbers(floats.data() + begin, size);
    return net.encoder.has_features() ? Batch::bytes(bytes.data() + begin, size)
                                      : Batch::bits(bytes.data() + begin, size);
  }
};

/// Noise; a picture that is cropped has a black border around it.
std::vector<std::uint8_t> random_bytes(const Circuit& net, std::size_t count) {
  const circuit::Encoder& encoder = net.encoder;
  const circuit::Crop& crop = encoder.crop;
  const std::uint32_t values =
      encoder.has_features() ? std::min<std::uint32_t>(encoder.byte_maximum, 255) + 1 : 2;
  const std::size_t width = encoder.width();
  base::Random random(/*seed=*/1, 0, 0);
  std::vector<std::uint8_t> bytes(count * width);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(random.below(values));
    if (crop.height > 0) {
      const std::size_t y = i % width / crop.width;
      const std::size_t x = i % width % crop.width;
      const std::size_t top = (crop.height - crop.side) / 2;
      const std::size_t left = (crop.width - crop.side) / 2;
      if (y < top || y >= top + crop.side || x < left || x >= left + crop.side) continue;
    }
    bytes[i] = byte;
  }
  return bytes;
}

/// The first examples of the file, again and again until there are `count`.
Examples read_examples(const Request& request, const Circuit& net, std::size_t count) {
  const std::unique_ptr<ExampleReader> reader = open_examples(request.input, request.format, net);
  Examples examples;
  const std::size_t width = net.encoder.width();
  while (examples.count < count) {
    const Batch batch = reader->next(count - examples.count);
    if (batch.count() == 0) break;
    const std::size_t values = batch.count() * width;
    const auto append = [&](auto& to, const auto* from) {
      to.insert(to.end(), from, from + values);
    };
    switch (batch.kind()) {
      case Batch::Kind::kNumbers:
        examples.numbers = true;
        append(examples.floats, batch.data<float>());
        break;
      case Batch::Kind::kBytes:
        append(examples.bytes, batch.data<std::uint8_t>());
        break;
      default:
        base::require(!net.encoder.has_features(), request.input,
                      ": bench starts from features, the file has bits");
        append(examples.bytes, batch.data<std::uint8_t>());
    }
    examples.count += batch.count();
  }
  base::require(examples.count > 0, request.input, ": there are no examples");
  const auto repeat = [&](auto& values) {
    const std::size_t once = values.size();
    values.resize(once == 0 ? 0 : count * width);
    for (std::size_t i = once; i < values.size(); ++i) values[i] = values[i - once];
  };
  repeat(examples.floats);
  repeat(examples.bytes);
  examples.count = count;
  return examples;
}

void pack(const Circuit& net, Examples& examples) {
  const std::size_t width = net.encoder.width();
  const std::size_t inputs = net.input_bits();
  const std::size_t words = (examples.count + 63) / 64;
  std::vector<std::uint8_t> bits(inputs);
  examples.words.resize(inputs * words);
  for (std::size_t s = 0; s < examples.count; ++s) {
    if (examples.numbers) {
      circuit::encode(net.encoder, examples.floats.data() + s * width, bits.data());
    } else {
      circuit::encode(net.encoder, examples.bytes.data() + s * width, bits.data());
    }
    for (std::size_t i = 0; i < inputs; ++i)
      examples.words[i * words + s / 64] |= std::uint64_t{bits[i]} << (s % 64);
  }
}

/// Runs programs and notes how long they take.
class Bench {
 public:
  Bench(const Circuit& net, double seconds)
      : program_(net), classes_(net.sums.classes() > 0), scores_(net.scores()), limit_(seconds) {}

  /// The median of passes over the batch, in examples a second.
  double rate(const Batch& batch, const base::Executor& executor) {
    run(batch, executor);
    std::vector<double> passes;
    const Clock::time_point start = Clock::now();
    while (passes.size() < 3 || seconds_since(start) < limit_) {
      const Clock::time_point begin = Clock::now();
      run(batch, executor);
      passes.push_back(seconds_since(begin));
    }
    std::nth_element(passes.begin(), passes.begin() + middle(passes), passes.end());
    return static_cast<double>(batch.count()) / passes[static_cast<std::size_t>(middle(passes))];
  }

  /// How long one example takes, in microseconds, on one thread; each example in its turn.
  Json latency(const Circuit& net, const Examples& examples) {
    const base::Executor executor = base::serial_executor();
    std::vector<double> times;
    const Clock::time_point start = Clock::now();
    for (std::size_t i = 0; times.size() < 100 || seconds_since(start) < limit_; ++i) {
      const Batch one = examples.raw(net, i % examples.count, 1);
      const Clock::time_point begin = Clock::now();
      run(one, executor);
      times.push_back(1e6 * seconds_since(begin));
    }
    std::sort(times.begin(), times.end());
    return {{"median_us", times[times.size() / 2]},
            {"p99_us", times[times.size() * 99 / 100]},
            {"examples", times.size()}};
  }

  void run(const Batch& batch, const base::Executor& executor) {
    results_.resize(batch.count() * (classes_ ? 1 : scores_));
    classes_ ? program_.classify(batch, results_.data(), executor)
             : program_.run(batch, results_.data(), executor);
  }

 private:
  static std::ptrdiff_t middle(const std::vector<double>& passes) {
    return static_cast<std::ptrdiff_t>(passes.size() / 2);
  }

  Program program_;
  bool classes_;
  std::size_t scores_;
  double limit_;
  std::vector<std::int32_t> results_;
};

Json measure(const Request& request) {
  const Clock::time_point start = Clock::now();
  const Circuit net = circuit::read_circuit(request.circuit);
  const double loaded = seconds_since(start);
  base::require(net.encoder.width() > 0, "bench: the circuit reads no input");
  Examples examples;
  if (request.input.empty()) {
    examples.bytes = random_bytes(net, request.batch);
    examples.count = request.batch;
  } else {
    examples = read_examples(request, net, request.batch);
  }
  pack(net, examples);
  const Clock::time_point ready = Clock::now();
  Bench bench(net, request.seconds);
  bench.run(examples.raw(net, 0, 1), base::serial_executor());
  const double first = loaded + seconds_since(ready);
  const unsigned threads =
      request.threads > 0 ? request.threads : std::max(std::thread::hardware_concurrency(), 1U);
  const base::Executor one = base::serial_executor();
  const base::Executor many = base::thread_executor(threads);
  const Batch raw = examples.raw(net, 0, examples.count);
  const Batch packed = Batch::packed(examples.words.data(), examples.count);
  Json figures = {{"circuit", request.circuit},
                  {"input", request.input.empty() ? Json("random") : Json(request.input)},
                  {"simd", base::simd_target()},
                  {"batch", request.batch},
                  {"threads", threads},
                  {"load_seconds", loaded},
                  {"first_result_seconds", first}};
  figures["examples_per_second"] = {{"raw_1", bench.rate(raw, one)},
                                    {"raw_threads", bench.rate(raw, many)},
                                    {"packed_1", bench.rate(packed, one)},
                                    {"packed_threads", bench.rate(packed, many)}};
  figures["one_example"] = bench.latency(net, examples);
  return figures;
}

/// "12,345,678"
std::string grouped(double number) {
  std::string text = std::to_string(static_cast<long long>(number));
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

void print(const Json& figures) {
  const Json& rates = figures["examples_per_second"];
  const std::string threads = figures["threads"].dump() + " threads";
  const auto line = [&](const std::string& what, const char* key) {
    std::cout << what << grouped(rates[key].get<double>()) << " examples a second\n";
  };
  std::cout << "SIMD " << figures["simd"].get<std::string>() << ", batches of " << figures["batch"]
            << ", " << figures["input"].get<std::string>() << " examples\n"
            << "from file to first result: " << 1e3 * figures["first_result_seconds"].get<double>()
            << " ms\n";
  line("as they come, 1 thread:   ", "raw_1");
  line("as they come, " + threads + ": ", "raw_threads");
  line("packed bits, 1 thread:    ", "packed_1");
  line("packed bits, " + threads + ":  ", "packed_threads");
  std::cout << "one example: " << figures["one_example"]["median_us"].get<double>()
            << " µs, 99 of 100 within " << figures["one_example"]["p99_us"].get<double>()
            << " µs\n";
}

}  // namespace

int run_circuit_bench(const Arguments& arguments) {
  Request request;
  CLI::App app("How fast a circuit runs here", "pliant circuit bench");
  app.add_option("circuit", request.circuit, "The circuit, a .plc file")->required();
  app.add_option("input", request.input,
                 "Examples, as of pliant circuit run; random bytes if none are given");
  app.add_option("--format", request.format, "As of pliant circuit run")->capture_default_str();
  app.add_option("--seconds", request.seconds, "How long each figure is measured")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--threads", request.threads, "Threads beside one alone; 0: one a core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--batch", request.batch, "Examples in a batch")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
  app.add_flag("--json", request.json, "Print the figures as JSON");
  parse(app, arguments);
  const Json figures = measure(request);
  if (request.json) {
    std::cout << json_text(figures) << '\n';
  } else {
    print(figures);
  }
  return 0;
}

}  // namespace pliant::cli
