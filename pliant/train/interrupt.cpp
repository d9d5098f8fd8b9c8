// pliant/train/interrupt.cpp — Ctrl-C as a request to stop after the current step (no torch)
#include "pliant/train/interrupt.h"

#include <array>
#include <csignal>

namespace pliant::train {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM};

// A signal handler may touch nothing else.
volatile std::sig_atomic_t noted = 0;

void note(int signal) { noted = signal; }

}  // namespace

InterruptRequest::InterruptRequest() {
  noted = 0;
  struct sigaction action {};
  action.sa_handler = note;
  // Back to the default once it has come: the second one ends the process.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

InterruptRequest::~InterruptRequest() {
  for (int signal : kSignals) std::signal(signal, SIG_DFL);
}

int InterruptRequest::signal() { return noted; }

}  // namespace pliant::train
