# tests/render/test_gendr.py — pliant.compat.gendr beside a float64 re-derivation of the published renderer
import math

import numpy as np
import pytest
import torch
from pliant.compat import gendr
from pliant.compat.gendr.cuda import generalized_renderer as scalars

import pliant
from tests.render import gendr_reference as reference

SHAPES = {"gamma": 1.5, "gamma_rev": 0.75}
# T-conorms with their parameters.
CONORMS = [
    ("max", 0.0), ("probabilistic", 0.0), ("einstein", 0.0), ("hamacher", 0.0), ("hamacher", 3.0),
    ("frank", 0.4), ("frank", 5.0), ("yager", 0.7), ("yager", 2.0), ("aczel_alsina", 0.6),
    ("aczel_alsina", 2.0), ("dombi", 0.8), ("dombi", 2.0), ("schweizer_sklar", -0.5),
    ("schweizer_sklar", -2.0),
]  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread(threads):
    """Small tensors: more threads only wait for each other."""
    threads(1)


def scene(seed=0, faces=5, textures=4):
    """Triangles of about a third of the picture at depths 2 … 5, both sides, and their textures."""
    draw = torch.Generator().manual_seed(seed)
    middle = torch.rand(faces, 1, 2, generator=draw, dtype=torch.float64) * 1.2 - 0.6
    corners = middle + torch.rand(faces, 3, 2, generator=draw, dtype=torch.float64) * 1.6 - 0.8
    depth = 2 + 3 * torch.rand(faces, 3, 1, generator=draw, dtype=torch.float64)
    colors = torch.rand(faces, textures, 3, generator=draw, dtype=torch.float64)
    return torch.cat((corners, depth), -1), colors


def rendered(triangles, textures, upstream, s, dtype=torch.float64):
    """Our picture and gradients for the settings of the reference."""
    triangles = triangles.to(dtype).unsqueeze(0).requires_grad_()
    textures = textures.to(dtype).unsqueeze(0).requires_grad_()
    picture = gendr.functional.render(
        triangles, textures, s.size, list(s.background), s.dist, s.tau, s.squared, s.shape, s.shift,
        s.dist_eps, s.t_conorm, s.p, s.rgb, s.eps, s.gamma, s.near, s.far, s.double_side, s.texture_type,
    )  # fmt: skip
    gradients = torch.autograd.grad((picture * upstream.to(dtype)).sum(), (triangles, textures))
    return picture[0], *(gradient[0] for gradient in gradients)


def compare(s, seed=0, tolerance=1e-8, dtype=torch.float64):
    triangles, textures = scene(seed, textures=3 if s.texture_type == "vertex" else 4)
    upstream = torch.randn(4, s.size, s.size, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    expected = reference.render(triangles, textures, upstream, s)
    found = rendered(triangles, textures, upstream, s, dtype)
    for name, a, b in zip(("picture", "triangles", "textures"), found, expected, strict=True):
        assert bool(b.isfinite().all())
        assert (a - b).abs().max() <= tolerance * max(1.0, b.abs().max()), (name, s)
    return expected


TEXTURES = ("surface", "vertex")
SOFT = {"eps": 0.1, "gamma": 0.05, "background": (0.2, 0.5, 0.9)}


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("dist", reference.DISTRIBUTIONS)
def test_distributions(dist, squared):
    shift = 0.9 if dist.removesuffix("_rev") in ("exponential", "gamma", "levy") else 0.0
    for rgb, texture_type in (("softmax", "surface"), ("hard", "vertex")):
        s = reference.Settings(
            dist=dist, squared=squared, tau=0.15, shift=shift, shape=SHAPES.get(dist, 0.0), rgb=rgb,
            texture_type=texture_type, **SOFT,
        )  # fmt: skip
        expected = compare(s)
        assert (dist == "hard") == (float(expected[1][..., :2].abs().max()) == 0)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize(("t_conorm", "p"), CONORMS)
def test_t_conorms(t_conorm, p, squared):
    for number, dist in enumerate(("uniform", "logistic", "cauchy", "gumbel_min")):
        for rgb, texture_type in zip(("softmax", "hard"), TEXTURES[:: 1 - number % 2 * 2], strict=True):
            s = reference.Settings(
                dist=dist, squared=squared, tau=0.2, t_conorm=t_conorm, p=p, rgb=rgb,
                texture_type=texture_type, size=6, **SOFT,
            )  # fmt: skip
            compare(s, seed=1, tolerance=1e-7)


@pytest.mark.parametrize("rgb", ["softmax", "hard"])
def test_faces_out_of_range_count_in_alpha_without_a_gradient(rgb):
    for near, far in ((2.6, 100.0), (1.0, 3.5), (2.9, 3.4)):
        compare(reference.Settings(near=near, far=far, rgb=rgb, double_side=True, **SOFT))
    triangles, textures = scene()
    s = reference.Settings(near=10.0, rgb=rgb)
    picture, gradient, _ = rendered(triangles, textures, torch.ones(4, 8, 8), s)
    assert picture[3].max() > 0.8 and picture[:3].abs().max() == 0 and gradient.abs().max() == 0


def test_cut_off_sides_sizes_and_float32():
    compare(reference.Settings(dist_eps=1.0, tau=0.1, **SOFT))
    compare(reference.Settings(dist_eps=2.0, tau=0.05, dist="cauchy", squared=True, rgb="hard"))
    for size in (1, 5, 17):
        compare(reference.Settings(size=size, double_side=True, **SOFT), seed=size)
    compare(reference.Settings(**SOFT), tolerance=3e-5, dtype=torch.float32)


def test_the_packages_default_constants_weigh_the_background_by_twice_epsilon():
    triangles = torch.tensor([[[-1.0, -1.0, 50.0], [0.0, 1.0, 50.0], [1.0, -1.0, 50.0]]], dtype=torch.float64)
    s = reference.Settings(size=2, eps=0.25, gamma=0.1, background=(1.0, 1.0, 1.0), tau=1e-3)
    black = torch.zeros(1, 1, 3, dtype=torch.float64)
    picture, *_ = rendered(triangles, black, torch.ones(4, 2, 2), s)
    behind = math.exp(2 * 0.25 / 0.1)
    share = behind / (behind + math.exp((100 - 50) / 99 / 0.1))
    assert picture[0, 1, 0].item() == pytest.approx(share, rel=1e-9)


def test_hard_alpha_is_a_threshold_without_a_gradient():
    for dist in ("hard", "logistic", "gumbel_min"):
        for rgb in ("softmax", "hard"):
            compare(reference.Settings(dist=dist, t_conorm="hard", rgb=rgb, **SOFT))
    triangles, textures = scene()
    s = reference.Settings(t_conorm="hard", rgb="hard")
    picture, gradient, _ = rendered(triangles, textures, torch.ones(4, 8, 8), s)
    assert set(picture[3].unique().tolist()) == {0.0, 1.0} and gradient.abs().max() == 0


def test_numbers_are_names():
    triangles, textures = (values.unsqueeze(0) for values in scene())
    for numbers, names in ((reference.DISTRIBUTIONS, "dist_func"), (reference.T_CONORMS, "aggr_alpha_func")):
        for number, name in enumerate(numbers):
            p = -1.0 if name == "schweizer_sklar" else 2.0
            options = {"image_size": 4, "dist_shape": 1.0, "aggr_alpha_t_conorm_p": p}
            pictures = [
                gendr.functional.render(triangles, textures, **options, **{names: value})
                for value in (number, name, np.int64(number))
            ]
            assert torch.equal(pictures[0], pictures[1]) and torch.equal(pictures[0], pictures[2])
    for other, name in (("heaviside", "hard"), ("hyperbolic_secant", "gudermannian")):
        pictures = [gendr.functional.render(triangles, textures, 4, dist_func=n) for n in (other, name)]
        assert torch.equal(*pictures)
    pictures = [gendr.functional.render(triangles, textures, 4, aggr_rgb_func=n) for n in (1, "softmax")]
    assert torch.equal(*pictures)


def test_meshes_and_their_triangles_give_one_picture():
    torch.manual_seed(1)
    ball = pliant.render.icosphere(1)
    for texture_type, textures in (("surface", torch.rand(2, 80, 4, 3)), ("vertex", torch.rand(2, 42, 3))):
        mesh = gendr.Mesh(
            ball.vertices.repeat(2, 1, 1), ball.faces.repeat(2, 1, 1), textures, 1, texture_type
        )
        camera = gendr.LookAt(viewing_angle=20)
        camera.set_eyes_from_angles(*torch.tensor([[3.0, 2.5], [30.0, 0.0], [10.0, 200.0]]))
        mesh = camera(gendr.Lighting()(mesh))
        for anti_aliasing in (False, True):
            for rgb in ("softmax", "hard"):
                renderer = gendr.GenDR(
                    16, dist_func="logistic", anti_aliasing=anti_aliasing, aggr_rgb_func=rgb,
                    texture_type=texture_type,
                )  # fmt: skip
                whole = renderer(mesh)
                parts = renderer.forward_tensors(mesh.face_vertices, mesh.face_textures)
                assert whole.shape == (2, 4, 16, 16) and torch.equal(whole, parts)
                one = renderer(gendr.Mesh(mesh.vertices, mesh.faces[0], mesh.textures, 1, texture_type))
                assert torch.equal(whole, one)
        renderer.anti_aliasing, renderer.image_size = False, 32
        assert torch.equal(torch.nn.functional.avg_pool2d(renderer(mesh), 2), whole)


def test_the_scale_gets_a_gradient_and_may_be_annealed():
    triangles, textures = (values.unsqueeze(0) for values in scene())
    tau = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    renderer = gendr.GenDR(8, dist_func="logistic", dist_scale=None)
    with pytest.raises(ValueError, match="dist_scale must be > 0, got None"):
        renderer.forward_tensors(triangles, textures)

    def coverage(scale):
        renderer.dist_scale = scale
        return renderer.forward_tensors(triangles, textures)[:, 3].sum()

    (found,) = torch.autograd.grad(coverage(tau), tau)
    assert found.item() == pytest.approx(
        (coverage(0.1 + 1e-6) - coverage(0.1 - 1e-6)).item() / 2e-6, rel=1e-6
    )


def test_default_construction_draws():
    triangles, textures = (values.unsqueeze(0) for values in scene())
    picture = gendr.GenDR(8).forward_tensors(triangles, textures)
    assert picture.shape == (1, 4, 8, 8) and picture.dtype == torch.float64
    for name in reference.T_CONORMS:
        drawn = gendr.GenDR(8, aggr_alpha_func=name).forward_tensors(triangles, textures)
        assert bool(drawn.isfinite().all())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"dist_func": "normal"}, "unknown dist_func 'normal'; there are: 0 hard, 1 uniform"),
        ({"dist_func": 18}, "unknown dist_func 18"),
        ({"dist_func": True}, "unknown dist_func True"),
        ({"aggr_alpha_func": "sum"}, "unknown aggr_alpha_func 'sum'"),
        ({"dist_func": "gamma_rev", "dist_shape": 0.0}, "gamma_rev needs a dist_shape > 0, got 0.0"),
        ({"dist_func": "gamma"}, "gamma needs a dist_shape > 0, got None"),
        ({"dist_scale": -1.0}, "dist_scale must be > 0, got -1.0"),
        ({"dist_eps": 0.5}, "dist_eps must be >= 1, got 0.5"),
        ({"aggr_alpha_func": "yager", "aggr_alpha_t_conorm_p": -1.0}, "p.*must be"),
        ({"near": 0.0}, "near must be > 0"),
    ],
)
def test_wrong_arguments(options, text):
    triangles, textures = (values.unsqueeze(0) for values in scene())
    with pytest.raises(ValueError, match=text):
        gendr.GenDR(4, **options).forward_tensors(triangles, textures)


def test_wrong_options_and_meshes():
    with pytest.raises(ValueError, match="unknown aggr_rgb_func 'soft'"):
        gendr.GenDR(aggr_rgb_func="soft")
    with pytest.raises(ValueError, match="only support surface and vertex, got 'point'"):
        gendr.GenDR(texture_type="point")
    with pytest.raises(ValueError, match="texture_type must be surface or vertex, got 'point'"):
        gendr.Mesh(torch.rand(3, 3), torch.tensor([[0, 1, 2]]), texture_type="point")
    mesh = gendr.Mesh(torch.rand(3, 3), torch.tensor([[0, 1, 2]]), texture_type="vertex")
    with pytest.raises(ValueError, match="must have texture_type surface, got vertex"):
        gendr.GenDR(4)(mesh)
    with pytest.raises(ValueError, match="faces must be in 0"):
        gendr.GenDR(4)(gendr.Mesh(torch.rand(3, 3), torch.tensor([[0, 1, 3]])))
    for function in (gendr.functional.look_at, gendr.functional.look):
        with pytest.raises(ValueError, match="should have 3 dimensions, got 2"):
            function(torch.rand(3, 3), [0, 0, -1])
    with pytest.raises(ValueError, match=r"valid \(batch_size\)x3x4 projection matrix, got \(3, 4\)"):
        gendr.Projection(torch.rand(3, 4))


# === one number at a time ===


@pytest.mark.parametrize("name", reference.DISTRIBUTIONS)
def test_scalar_distributions(name):
    number, tau, shift = reference.DISTRIBUTIONS.index(name), 0.3, 0.4
    for x in (-0.9, -0.31, -0.05, 0.04, 0.29, 1.1):
        u = torch.tensor(x / tau, dtype=torch.float64)
        cdf, pdf = reference.distribution(name, u, 1.5, shift)
        arguments = (number, math.copysign(1, x), abs(x), tau, 1.5, shift)
        assert scalars.sigmoid_forward(*arguments) == pytest.approx(cdf.item(), abs=1e-12)
        assert scalars.sigmoid_backward(*arguments) == pytest.approx(pdf.item() / tau, abs=1e-11)
    assert scalars.sigmoid_forward(0, 1.0, 0.0, tau, 0.0, 0.0) == 1
    assert scalars.sigmoid_forward(0, -1.0, 0.0, tau, 0.0, 0.0) == 0


@pytest.mark.parametrize(("name", "p"), CONORMS)
def test_scalar_t_conorms(name, p):
    number = reference.T_CONORMS.index(name)
    for a, b in ((0.2, 0.5), (0.7, 0.05), (0.4, 0.35)):
        a, b = torch.tensor([a, b], dtype=torch.float64)
        whole = reference.t_conorm(name, a, b, p)
        found = scalars.t_conorm_forward(number, a.item(), b.item(), 0, p)
        assert found == pytest.approx(whole.item(), rel=1e-12)
        slope = reference.t_conorm_slope(name, whole, b, p).item()
        assert scalars.t_conorm_backward(number, found, b.item(), 2, p) == pytest.approx(slope, rel=1e-9)
    assert scalars.t_conorm_backward(number, 1.0, 0.5, 2, p) == 0
    with pytest.raises(ValueError, match="0, hard, is no T-conorm"):
        scalars.t_conorm_forward(0, 0.5, 0.5, 0, 0.0)
