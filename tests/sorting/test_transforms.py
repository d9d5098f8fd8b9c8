# tests/sorting/test_transforms.py — the ops under opcheck, torch.func, torch.compile and other thread counts
import pytest
import torch

import pliant

NUMBERS = torch.tensor([3.0, 1.0, 0.0, 1.0], dtype=torch.float64)
NEEDED = [True, True]
PAYLOAD = torch.randn(3, 4, 5, 2)
LABELS = torch.randint(0, 9, (3, 4, 5))

FUNCTIONS = {
    "sort": lambda x, s: pliant.sort(x, steepness=s)[1].square().sum(),
    "dim": lambda x, s: pliant.sort(x, 1, True, method="bitonic", steepness=s)[1].square().sum(),
    "sort_values": lambda x, s: pliant.sort_values(x, steepness=s).square().sum(),
    "soft_rank": lambda x, s: pliant.soft_rank(x, steepness=s).square().sum(),
    "apply_sort": lambda x, s: pliant.apply_sort(x, PAYLOAD, steepness=s).square().sum(),
    "permutation_loss": lambda x, s: pliant.permutation_loss(x, LABELS, steepness=s, ties=True),
    "softsort": lambda x, s: pliant.sort(x, method="softsort", steepness=s)[1].square().sum(),
    "sinkhorn": lambda x, s: pliant.permutation_loss(x, LABELS, method="sinkhorn", steepness=s),
    "decide": lambda x, s: pliant.decide(x, "logistic", scale=s).square().sum(),
}


def op_calls():
    """Arguments for every op of the library that takes and gives tensors of data."""
    x = torch.randn(3, 5, dtype=torch.float64)
    compare = (pliant.network("odd_even", 5), "cauchy", NUMBERS)
    payload = torch.randn(3, 5, 2, dtype=torch.float64)
    relax = ("softsort", torch.ones(1, dtype=torch.float64), 1, 3, *pliant.Relaxation("softsort").settings)
    ranks = torch.arange(5).expand(3, 5).contiguous()
    matrix, row = torch.randn(3, 5, 5, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
    labels, index = torch.tensor([[0], [3], [1]]), torch.empty(3, 0, dtype=torch.int64)
    p_k = torch.tensor([0.5, 0.5], dtype=torch.float64)
    settings = pliant.Relaxation("softsort").settings
    loss = (x, labels, None, None, *compare, "", *settings, p_k, 5, "sm", False, 0.0, -100)
    return {
        "sort_values": (x, *compare),
        "sort_values_backward": (x, x, *compare, NEEDED),
        "sort": (x, *compare),
        "sort_backward": (x, matrix, x, *compare, NEEDED),
        "topk": (x, *compare, 2, False),
        "topk_backward": (x[:, :2], matrix[..., :2], x, *compare, 2, False, NEEDED),
        "sort_apply": (x, payload, *compare, True),
        "sort_apply_backward": (payload, x, payload, *compare, False, [True, True, True]),
        "sort_loss": (x, ranks, ranks, *compare, "bce"),
        "sort_loss_backward": (row, x, ranks, ranks, *compare, "cross_entropy", NEEDED),
        "topk_loss": loss,
        "topk_loss_backward": (row, *loss, row, index, matrix[:, :, 0], matrix[:, 0, :2], [True, True, True]),
        "smooth_topk_svm": (x, labels.squeeze(1), 2, 1.0),
        "smooth_topk_svm_backward": (row, x, labels.squeeze(1), 2, 1.0, x),
        **without_matrix(x),
        "relaxed_permutation": (x, *relax),
        "relaxed_permutation_backward": (matrix[..., :3], x, *relax, matrix[..., 2:], NEEDED),
        "decide": (x, "gaussian", NUMBERS),
        "decide_backward": (x, x, "gaussian", NUMBERS, NEEDED),
        "extreme": (x, x.flip(1), "gaussian", NUMBERS, True),
        "extreme_backward": (x, x, x.flip(1), "gaussian", NUMBERS, False, [True, True, True]),
        "t_conorm": (x.sigmoid(), "dombi", NUMBERS[:1].clone()),
        "t_conorm_backward": (row, x.sigmoid(), "yager", NUMBERS[:1].clone(), NEEDED),
        "t_norm": (x.sigmoid(), "frank", NUMBERS[:1].clone()),
        "t_norm_backward": (row, x.sigmoid(), "hamacher", NUMBERS[:1].clone(), NEEDED),
    }


def without_matrix(x):
    """Arguments for the ops of sorting without a matrix."""
    order, steepness = torch.ops.pliant.ascending_order(x), NUMBERS[:1].clone()
    k, fast = torch.tensor([[1.5], [2.0], [4.2]], dtype=torch.float64), (x, order, steepness, "l2")
    lap, all_three = (x, order, k, steepness), [True, True, True]
    q = torch.tensor([0.3, 0.5], dtype=torch.float64)
    ends = torch.ops.pliant.soft_quantile(x, q, steepness)[2]
    return {
        "fast_sort": fast,
        "fast_sort_backward": (x, *fast, NEEDED),
        "fast_rank": (*fast[:3], "kl"),
        "fast_rank_backward": (x, *fast, NEEDED),
        "lap_rank": fast[:3],
        "lap_rank_backward": (x, *fast[:3], NEEDED),
        "lap_mask": lap,
        "lap_mask_backward": (x.unsqueeze(1), *lap, all_three),
        "soft_quantile": (x, q, steepness),
        "soft_quantile_backward": (ends[:, :2], x, q, steepness, order, ends, all_three),
        "spearman_loss": (x, x.flip(0), None, steepness),
        "spearman_loss_backward": (x[:, 0], x, x, None, steepness, x, q[:1].expand(3)),
        "ndcg_loss": (x, x.abs(), x > -9, steepness, "linear", 2),
        "ndcg_loss_backward": (x[:, 0], x, x, None, steepness, "linear", 2, x, q[:1].expand(3)),
    }


@pytest.mark.parametrize("name", op_calls())
def test_opcheck(name):
    arguments = op_calls()[name]
    tests = ["test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic"]
    torch.library.opcheck(getattr(torch.ops.pliant, name).default, arguments, test_utils=tests)
    if not name.endswith("_backward"):
        leaves = [
            v.clone().requires_grad_() if isinstance(v, torch.Tensor) and v.is_floating_point() else v
            for v in arguments
        ]
        torch.library.opcheck(getattr(torch.ops.pliant, name).default, leaves, test_utils=tests)


# Checked in tests/logic.
LOGIC = {"gate_coefficients", "logic_conv2d", "logic_dense", "logic_select", "or_pool2d"}
# Checked in tests/optim.
OPTIM = {"isaac_conv2d", "isaac_linear"}
# Checked in tests/program.
PROGRAM = {"program_node", "run_program"}
# Checked in tests/render.
RENDER = {
    "face_vertices", "face_vertices_backward", "mesh_flatten", "mesh_laplacian", "render_image",
    "render_silhouette", "scatter_corners", "scatter_corners_backward",
}  # fmt: skip


def test_every_differentiable_op_is_checked():
    names = {
        name.split("::")[1] for name in torch._C._dispatch_get_all_op_names() if name.startswith("pliant::")
    }
    with_gradient = {name for name in names if f"{name}_backward" in names}
    elsewhere = LOGIC | OPTIM | RENDER | PROGRAM
    assert with_gradient > elsewhere
    with_gradient -= elsewhere
    assert with_gradient | {f"{name}_backward" for name in with_gradient} == set(op_calls())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_func_grad_is_autograd(name):
    x = torch.randn(3, 4, 5, requires_grad=True)
    (expected,) = torch.autograd.grad(FUNCTIONS[name](x, 3.0), x)
    torch.testing.assert_close(torch.func.grad(FUNCTIONS[name])(x.detach(), 3.0), expected)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_vmap():
    x = torch.randn(3, 4, 5)
    torch.testing.assert_close(torch.func.vmap(pliant.sort_values)(x), pliant.sort_values(x))
    gradient = torch.func.grad(lambda x: pliant.sort(x)[1][..., 0, 0].sum())
    torch.testing.assert_close(torch.func.vmap(gradient)(x), gradient(x))


STEEPNESS = {"number": 3.0, "scalar": torch.tensor(3.0), "per sample": torch.rand(3, 4) + 1}


# "dim" has another batch shape, and decide has no batch.
COMPILED = [(f, s) for f in FUNCTIONS for s in STEEPNESS if s != "per sample" or f not in ("dim", "decide")]


@pytest.mark.parametrize(("name", "steepness"), COMPILED)
def test_compile_fullgraph(name, steepness):
    torch._dynamo.reset()
    x, s = torch.randn(3, 4, 5, requires_grad=True), STEEPNESS[steepness]
    compiled = torch.compile(FUNCTIONS[name], fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x, s), FUNCTIONS[name](x, s))
    (expected,) = torch.autograd.grad(FUNCTIONS[name](x, s), x)
    torch.testing.assert_close(torch.autograd.grad(compiled(x, s), x)[0], expected)


@pytest.mark.parametrize("module", [False, True])
def test_annealing_does_not_recompile(module):
    torch._dynamo.reset()
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    x, sorter = torch.randn(4, 5), pliant.nn.SoftRank()
    compiled = torch.compile(sorter if module else pliant.soft_rank, fullgraph=True, backend=backend)
    for step in range(8):
        sorter.set_steepness(2.0 + step)
        found = compiled(x) if module else compiled(x, steepness=2.0 + step)
        torch.testing.assert_close(found, sorter(x))
    assert len(graphs) <= 2  # one for the first number, one for all others


def test_inductor():
    torch._dynamo.reset()
    x = torch.randn(3, 4, 5, requires_grad=True)
    compiled = torch.compile(FUNCTIONS["sort"], fullgraph=True)
    torch.testing.assert_close(compiled(x, 3.0), FUNCTIONS["sort"](x, 3.0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_bits_do_not_depend_on_the_number_of_threads(threads, dtype):
    x = torch.randn(2000, 7, dtype=dtype, requires_grad=True)
    steepness = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
    labels, payload = torch.randint(0, 9, (2000, 7)), torch.randn(2000, 7, 2, dtype=dtype)
    relaxed = [method["name"] for method in pliant.methods() if method["kind"] == "relaxation"]
    found = []
    for count in (1, 2, 3):
        threads(count)
        results = [
            *pliant.sort(x, steepness=steepness),
            pliant.soft_rank(x, steepness=steepness),
            pliant.apply_sort(x, payload, steepness=steepness),
            *(pliant.sort(x, method=method, steepness=steepness)[1] for method in relaxed),
        ]
        total = sum(result.square().sum(tuple(range(1, result.dim())))[0] for result in results)
        loss = pliant.permutation_loss(x, labels, steepness=steepness)
        found.append([*results, loss, *torch.autograd.grad(total + loss, (x, steepness))])
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def unseen(n):
    """A size that no other test sorts, so that its network is made here."""
    return torch.randn(2, n, requires_grad=True)


def test_what_a_call_in_inference_mode_made_serves_training_later():
    x = unseen(23)
    with torch.inference_mode():
        pliant.sort(x, steepness=23.5)
        mine = pliant.Network(pliant.network("bitonic", 23).tolist())
    for method in ("odd_even", mine):
        x.grad = None
        pliant.sort(x, method=method, steepness=23.5)[1].square().sum().backward()
        assert x.grad.abs().sum() > 0


def test_what_a_call_on_fake_tensors_made_is_not_kept():
    from torch._subclasses.fake_tensor import FakeTensorMode

    x = unseen(29)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        pliant.sort(mode.from_tensor(x.detach()), steepness=29.5)
    assert torch.isfinite(pliant.sort(x, steepness=29.5)[1]).all()


def test_a_default_device_is_not_that_of_the_comparison():
    x = unseen(31)
    with torch.device("meta"):
        values, _ = pliant.sort(x, steepness=31.5)
    assert values.device.type == "cpu"
