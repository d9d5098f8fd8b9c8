// pliant/logic/parametrization.h — from what is learned of gates to their coefficients (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/base/parallel.h"

namespace pliant::logic {

/// What noise on the parameters draws a hard gate from: of logits, by Gumbel noise.
enum class Draws {
  kNothing,      ///< the parameters are no logits: there is no such noise
  kGateLogits,   ///< they are logits of the gates
  kEntryLogits,  ///< of the table's entries
  kWalshLogits,  ///< the Walsh coefficients of the entries' logits
};

/// "nothing", "gates", "entries", "walsh".
std::string_view draws_name(Draws draws);

/// What a parametrisation is. Where a gate is a sigmoid its output is σ of the multilinear form,
/// else the multilinear form itself.
struct Parametrization {
  std::string_view name;
  std::string_view source;  ///< paper
  Draws draws = Draws::kNothing;
  bool sigmoid = false;
  double temperature = 1;   ///< the default τ, which divides the parameters
  std::vector<int> inputs;  ///< how many inputs a gate may have
};

/// All of them; a parametrisation's place here is its index.
const std::vector<Parametrization>& parametrizations();

/// The same as JSON: an array of objects with the names above, and "parameters": their number for
/// each of `inputs`.
std::string parametrizations_json();

/// @throws std::invalid_argument "unknown parametrization 'soft'; there are: …"
int parametrization_index(std::string_view name);

/// How many numbers are learned of a gate.
/// @throws std::invalid_argument if the parametrisation has no gates of so many inputs
std::size_t parameters_of(int parametrization, int inputs);

/// A normal distribution from which a parameter begins.
struct Start {
  double mean = 0;
  double deviation = 0;
};

/// That of parameter `which` when gates begin by passing their first input (residual
/// initialisation).
Start residual_start(int parametrization, int inputs, std::size_t which);

/// How a table of zeros and ones is made of parameters.
enum class Hardening {
  kGate,   ///< the gate that is meant: the largest logit (the lowest gate of equal ones), the
           ///< nearest gate; of tables, their entries at ½
  kTable,  ///< the entries of the soft table, rounded at ½
};

/// Parameters and coefficients of gates of k inputs, one row a parameter and a column a gate.
/// T is float or double.
template <class T>
struct GateArgs {
  int parametrization = 0;
  int inputs = 2;
  double temperature = 1;  ///< τ > 0
  std::size_t gates = 0;
  const T* parameters = nullptr;  ///< (parameters_of, gates)
};

/// The coefficients of the soft gates, (2^k, gates), in the order of to_coefficients: the expected
/// table, or of a sigmoid its logits.   Cost: about 1 ns a parameter
template <class T>
void soft_coefficients(const GateArgs<T>& args, T* coefficients, const base::Executor& executor);

/// Its gradient with respect to the parameters, written.
/// @param grad  (2^k, gates)
/// @param hard  the coefficients were hard_coefficients: the gradient is that of the soft tables
/// (straight through), of a sigmoid too
template <class T>
void soft_coefficients_backward(const GateArgs<T>& args, const T* grad, bool hard,
                                T* grad_parameters, const base::Executor& executor);

/// The coefficients of the hard gates, (2^k, gates): whole numbers, never of a sigmoid.
template <class T>
void hard_coefficients(const GateArgs<T>& args, Hardening hardening, T* coefficients,
                       const base::Executor& executor);

/// The numbers of a step of Adam (Kingma, Ba, Adam: A Method for Stochastic Optimization, ICLR
/// 2015), as torch.optim.Adam and AdamW have them.
struct AdamStep {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< decoupled
  std::int64_t step = 1;    ///< from 1
};

/// What a step of Adam changes, each (parameters_of, gates).
template <class T>
struct AdamState {
  T* parameters = nullptr;
  T* mean = nullptr;    ///< of the gradients
  T* square = nullptr;  ///< of their squares
};

/// soft_coefficients_backward, a step of Adam, and soft_coefficients of the new parameters, in one
/// pass over them: no gradient of a parameter is written.
/// @param args          its parameters are not looked at: those of `state` are
/// @param grad, hard    as of soft_coefficients_backward
/// @param coefficients  (2^k, gates), written
template <class T>
void adam_step(const GateArgs<T>& args, const AdamStep& step, const T* grad, bool hard,
               const AdamState<T>& state, T* coefficients, const base::Executor& executor);

}  // namespace pliant::logic
