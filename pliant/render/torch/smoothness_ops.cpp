// pliant/render/torch/smoothness_ops.cpp — Laplacian and flatness of meshes: schemas, checks,
// kernels
#include <ATen/Functions.h>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/render/smoothness.h"
#include "pliant/render/torch/checks.h"

namespace pliant {
namespace {

using at::Tensor;

void check_points(const char* function, const Tensor& vertices) {
  check_real(function, "vertices", vertices);
  TORCH_CHECK_VALUE(vertices.dim() == 3 && vertices.size(2) == 3, function,
                    ": vertices must be (B, V, 3), got ", vertices.sizes());
}

void check_indices(const char* function, const char* name, const Tensor& indices, int64_t dim) {
  TORCH_CHECK_TYPE(indices.scalar_type() == at::kLong, function, ": ", name, " must be int64, got ",
                   indices.scalar_type());
  TORCH_CHECK_VALUE(indices.dim() == dim && (dim == 1 || indices.size(1) == 4), function, ": ",
                    name, " must be ", dim == 1 ? "one row" : "(edges, 4)", ", got ",
                    indices.sizes());
}

/// Vertices with their neighbours, checked and contiguous.
struct LaplacianCall {
  Tensor vertices, offsets, neighbours;

  LaplacianCall(const Tensor& x, const Tensor& rows, const Tensor& entries)
      : vertices(x.contiguous()), offsets(rows.contiguous()), neighbours(entries.contiguous()) {
    constexpr const char* kName = "laplacian_loss";
    check_points(kName, x);
    check_indices(kName, "offsets", rows, 1);
    check_indices(kName, "neighbours", entries, 1);
    TORCH_CHECK_VALUE(rows.size(0) == x.size(1) + 1, kName, ": offsets must have ", x.size(1) + 1,
                      " entries for ", x.size(1), " vertices, got ", rows.size(0));
  }

  [[nodiscard]] render::NeighbourArgs args() const {
    return {static_cast<std::size_t>(vertices.size(0)), static_cast<std::size_t>(vertices.size(1)),
            static_cast<std::size_t>(neighbours.size(0)), offsets.const_data_ptr<int64_t>(),
            neighbours.const_data_ptr<int64_t>()};
  }
};

/// Vertices with the interior edges, checked and contiguous.
struct FlattenCall {
  Tensor vertices, interior;

  FlattenCall(const Tensor& x, const Tensor& edges)
      : vertices(x.contiguous()), interior(edges.contiguous()) {
    check_points("flatten_loss", x);
    check_indices("flatten_loss", "interior", edges, 2);
  }

  [[nodiscard]] render::HingeArgs args() const {
    return {static_cast<std::size_t>(vertices.size(0)), static_cast<std::size_t>(vertices.size(1)),
            static_cast<std::size_t>(interior.size(0)), interior.const_data_ptr<int64_t>()};
  }
};

Tensor laplacian_cpu(const Tensor& vertices, const Tensor& offsets, const Tensor& neighbours) {
  const LaplacianCall call(vertices, offsets, neighbours);
  Tensor delta = at::empty_like(call.vertices);
  Tensor loss = at::empty({vertices.size(0)}, vertices.options());
  with_type(vertices, [&](auto zero) {
    using T = decltype(zero);
    render::laplacian_forward<T>(call.args(), call.vertices.const_data_ptr<T>(),
                                 delta.mutable_data_ptr<T>(), loss.mutable_data_ptr<T>(),
                                 torch_executor());
  });
  return loss;
}

Tensor laplacian_backward_cpu(const Tensor& grad, const Tensor& vertices, const Tensor& offsets,
                              const Tensor& neighbours) {
  const LaplacianCall call(vertices, offsets, neighbours);
  const Tensor upstream = grad.contiguous();
  Tensor delta = at::empty_like(call.vertices);
  Tensor grad_vertices = at::empty_like(call.vertices);
  with_type(vertices, [&](auto zero) {
    using T = decltype(zero);
    render::laplacian_backward<T>(call.args(), call.vertices.const_data_ptr<T>(),
                                  upstream.const_data_ptr<T>(), delta.mutable_data_ptr<T>(),
                                  grad_vertices.mutable_data_ptr<T>(), torch_executor());
  });
  return grad_vertices;
}

Tensor flatten_cpu(const Tensor& vertices, const Tensor& interior) {
  const FlattenCall call(vertices, interior);
  Tensor loss = at::empty({vertices.size(0)}, vertices.options());
  with_type(vertices, [&](auto zero) {
    using T = decltype(zero);
    render::flatten_forward<T>(call.args(), call.vertices.const_data_ptr<T>(),
                               loss.mutable_data_ptr<T>(), torch_executor());
  });
  return loss;
}

Tensor flatten_backward_cpu(const Tensor& grad, const Tensor& vertices, const Tensor& interior) {
  const FlattenCall call(vertices, interior);
  const Tensor upstream = grad.contiguous();
  Tensor grad_vertices = at::empty_like(call.vertices);
  with_type(vertices, [&](auto zero) {
    using T = decltype(zero);
    render::flatten_backward<T>(call.args(), call.vertices.const_data_ptr<T>(),
                                upstream.const_data_ptr<T>(), grad_vertices.mutable_data_ptr<T>(),
                                torch_executor());
  });
  return grad_vertices;
}

Tensor laplacian_meta(const Tensor& vertices, const Tensor&, const Tensor&) {
  return at::empty_symint({vertices.sym_size(0)}, vertices.options());
}
Tensor laplacian_backward_meta(const Tensor&, const Tensor& vertices, const Tensor&,
                               const Tensor&) {
  return at::empty_symint(vertices.sym_sizes(), vertices.options());
}
Tensor flatten_meta(const Tensor& vertices, const Tensor&) {
  return at::empty_symint({vertices.sym_size(0)}, vertices.options());
}
Tensor flatten_backward_meta(const Tensor&, const Tensor& vertices, const Tensor&) {
  return at::empty_symint(vertices.sym_sizes(), vertices.options());
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "mesh_laplacian(Tensor vertices, Tensor offsets, Tensor neighbours) -> Tensor loss",
            {.rows = {{"vertices"}}});
  define_op(library,
            "mesh_laplacian_backward(Tensor grad_loss, Tensor vertices, Tensor offsets,"
            " Tensor neighbours) -> Tensor grad_vertices");
  define_op(library, "mesh_flatten(Tensor vertices, Tensor interior) -> Tensor loss",
            {.rows = {{"vertices"}}});
  define_op(library,
            "mesh_flatten_backward(Tensor grad_loss, Tensor vertices, Tensor interior)"
            " -> Tensor grad_vertices");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("mesh_laplacian", checked<&laplacian_cpu>);
  library.impl("mesh_laplacian_backward", checked<&laplacian_backward_cpu>);
  library.impl("mesh_flatten", checked<&flatten_cpu>);
  library.impl("mesh_flatten_backward", checked<&flatten_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("mesh_laplacian", &laplacian_meta);
  library.impl("mesh_laplacian_backward", &laplacian_backward_meta);
  library.impl("mesh_flatten", &flatten_meta);
  library.impl("mesh_flatten_backward", &flatten_backward_meta);
}

}  // namespace pliant
