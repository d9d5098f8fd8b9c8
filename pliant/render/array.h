// pliant/render/array.h — elementary functions of a scratch array; private to render/ (no torch)
#pragma once

#include <cstddef>

namespace pliant::render {

/// x[i] = e^(x[i]), ln(x[i]). All of x is aligned to a cache line, and has room for a whole number
/// of these, which is written.
template <class T>
void exp_in_place(T* x, std::size_t n);
template <class T>
void log_in_place(T* x, std::size_t n);

/// out[i] = a[i]·b[i], the same of all three. `out` may be `a`.
template <class T>
void multiply(const T* a, const T* b, std::size_t n, T* out);

}  // namespace pliant::render
