// pliant/base/torch/find_op.h — the ops of the library as C++ functions call them
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace pliant {

/// The op `name`, with its namespace, as a handle of the signature Fn; callers look it up once and
/// keep it in a static.
/// @throws c10::Error if there is no such op, or its schema is not Fn's
template <class Fn>
c10::TypedOperatorHandle<Fn> op(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Fn>();
}

}  // namespace pliant
