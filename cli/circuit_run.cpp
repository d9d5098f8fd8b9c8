// cli/circuit_run.cpp — pliant circuit run NET.plc INPUT: labels or scores, and how many are right
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "cli/circuit.h"
#include "cli/errors.h"
#include "cli/examples.h"
#include "cli/json_text.h"
#include "pliant/base/errors.h"
#include "pliant/base/parallel.h"
#include "pliant/circuit/file.h"

namespace pliant::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Examples that are run at a time.
constexpr std::size_t kChunk = 16384;

struct Request {
  std::string circuit;
  std::string input;
  std::string output;
  std::string format = "auto";
  std::string labels;
  std::string file;
  unsigned threads = 0;
  bool json = false;
};

/// Rows of whole numbers as lines of text.
class Lines {
 public:
  /// @param path  of a file to write, "-" for standard output, or "": nothing is written
  explicit Lines(const std::string& path) : name_(path == "-" ? "standard output" : path) {
    if (path.empty()) return;
    stream_ = &std::cout;
    if (path == "-") return;
    file_.open(path, std::ios::binary | std::ios::trunc);
    stream_ = &file_;
    check();
  }

  void write(const std::vector<std::int32_t>& values, std::size_t width) {
    if (stream_ == nullptr || values.empty()) return;
    text_.clear();
    for (std::size_t i = 0; i < values.size(); ++i) {
      text_ += std::to_string(values[i]);
      text_ += (i + 1) % width == 0 ? '\n' : ',';
    }
    *stream_ << text_ << std::flush;
    check();
  }

 private:
  void check() {
    if (!*stream_) throw std::system_error(errno, std::generic_category(), "cannot write " + name_);
  }

  std::string name_;
  std::ofstream file_;
  std::ostream* stream_ = nullptr;
  std::string text_;
};

/// The class of the largest score of each row, the first of equal ones.
std::vector<std::int32_t> first_largest(const std::vector<std::int32_t>& scores,
                                        std::size_t classes) {
  std::vector<std::int32_t> labels;
  for (auto row = scores.begin(); row != scores.end();
       row += static_cast<std::ptrdiff_t>(classes)) {
    const auto end = row + static_cast<std::ptrdiff_t>(classes);
    labels.push_back(static_cast<std::int32_t>(std::max_element(row, end) - row));
  }
  return labels;
}

/// What came against what should have.
class Accuracy {
 public:
  Accuracy(const std::string& path, std::size_t classes)
      : path_(path), confusion_(classes, std::vector<std::size_t>(classes)) {
    base::require(classes > 0, "--labels: the circuit has no classes");
    truth_ = read_labels(path);
    for (std::size_t i = 0; i < truth_.size(); ++i)
      base::require(0 <= truth_[i] && static_cast<std::size_t>(truth_[i]) < classes, path,
                    ": label ", i, " must be in 0 … ", classes - 1, ", got ", truth_[i]);
  }

  void add(const std::vector<std::int32_t>& labels) {
    base::require(labels.size() <= truth_.size() - seen_, path_, ": there are ", truth_.size(),
                  " labels, and more examples");
    for (const std::int32_t label : labels) {
      const std::int32_t truth = truth_[seen_++];
      right_ += label == truth ? 1 : 0;
      ++confusion_[static_cast<std::size_t>(truth)][static_cast<std::size_t>(label)];
    }
  }

  [[nodiscard]] Json figures() const {
    base::require(seen_ == truth_.size(), path_, ": there are ", truth_.size(), " labels, and ",
                  seen_, " examples");
    const double accuracy =
        seen_ == 0 ? 0.0 : static_cast<double>(right_) / static_cast<double>(seen_);
    return {
        {"examples", seen_}, {"right", right_}, {"accuracy", accuracy}, {"confusion", confusion_}};
  }

 private:
  std::string path_;
  std::vector<std::int32_t> truth_;
  std::size_t seen_ = 0;
  std::size_t right_ = 0;
  std::vector<std::vector<std::size_t>> confusion_;  ///< by true class and label
};

/// Fails with the number of the first example of the batch before what the program says of one.
template <class Run>
void with_place(const std::string& input, std::size_t first, const Run& run) {
  try {
    run();
  } catch (const std::invalid_argument& error) {
    base::fail(input, ", counted from example ", first, ": ", error.what());
  }
}

int run_all(const Request& request, const circuit::Circuit& net) {
  const bool scores = request.output == "scores";
  const std::unique_ptr<ExampleReader> reader = open_examples(request.input, request.format, net);
  std::optional<Accuracy> accuracy;
  if (!request.labels.empty()) accuracy.emplace(request.labels, net.sums.classes());
  Lines lines(request.file.empty() && !accuracy ? "-" : request.file);
  const circuit::Program program(net);
  const base::Executor executor = base::thread_executor(request.threads);
  const std::size_t width = scores ? net.scores() : 1;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::int32_t> values;
  std::size_t first = 0;
  for (circuit::Batch batch = reader->next(kChunk); batch.count() > 0;
       first += batch.count(), batch = reader->next(kChunk)) {
    values.resize(batch.count() * width);
    with_place(request.input, first, [&] {
      scores ? program.run(batch, values.data(), executor)
             : program.classify(batch, values.data(), executor);
    });
    lines.write(values, width);
    if (accuracy) accuracy->add(scores ? first_largest(values, width) : values);
  }
  if (!accuracy) return 0;
  Json figures = accuracy->figures();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  figures["seconds"] = seconds.count();
  if (request.json) {
    std::cout << json_text(figures, -1) << '\n';
  } else {
    std::cout << "accuracy " << figures["accuracy"].get<double>() << " (" << figures["right"]
              << " of " << figures["examples"] << ")\n";
  }
  return 0;
}

}  // namespace

int run_circuit_run(const Arguments& arguments) {
  Request request;
  CLI::App app("Labels or scores of examples, a line each", "pliant circuit run");
  app.add_option("circuit", request.circuit, "The circuit, a .plc file")->required();
  app.add_option("input", request.input,
                 "Images (IDX, plain or gzipped), an array (.npy: uint8, bool, float32, float64), "
                 "numbers (.csv), or - for raw bytes from standard input, answered as they come")
      ->required();
  app.add_option("--output", request.output,
                 "What to write: labels (the default where there are classes) or scores")
      ->check(CLI::IsMember({"labels", "scores"}));
  app.add_option("--format", request.format, "What the input is: auto, idx, npy, csv or bytes")
      ->check(
          CLI::IsMember(std::vector<std::string>(kExampleFormats.begin(), kExampleFormats.end())))
      ->capture_default_str();
  CLI::Option* labels = app.add_option(
      "--labels", request.labels,
      "What the labels should be (IDX, or a number a line): print how many are; the labels "
      "themselves are then only written to -o");
  app.add_option("-o,--out", request.file, "File for the lines, instead of standard output");
  app.add_option("--threads", request.threads, "Threads; 0: one a core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("--json", request.json, "Print the figures as JSON, with the counts of confusions")
      ->needs(labels);
  parse(app, arguments);
  const circuit::Circuit net = circuit::read_circuit(request.circuit);
  if (request.output.empty()) request.output = net.sums.classes() > 0 ? "labels" : "scores";
  base::require(request.output == "scores" || net.sums.classes() > 0,
                "--output labels: the circuit has no classes");
  return run_all(request, net);
}

}  // namespace pliant::cli
