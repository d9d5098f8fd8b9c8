# tests/render/test_rasterise.py — silhouettes, pictures and nearest faces from Python: values, gradients,
# dtypes, transforms, errors
import pytest
import torch
from torch.autograd import gradcheck

import pliant
from pliant import render

FACES = torch.tensor([[0, 1, 2], [3, 4, 5], [1, 3, 2]])
NAMES = [family["name"] for family in pliant.distributions()]
NORMS = [family["name"] for family in pliant.t_norms()]


def corners(dtype=torch.float64, batch=2, seed=0):
    """Vertices of three faces on the screen, in front of the camera."""
    generator = torch.Generator().manual_seed(seed)
    vertices = torch.rand(batch, 6, 3, generator=generator, dtype=torch.float64) * 1.8 - 0.9
    vertices[..., 2] += 3
    return vertices.to(dtype)


def colors(kind, dtype=torch.float64, batch=2, channels=3):
    shape = (batch, 3, 4, channels) if kind == "surface" else (batch, 6, channels)
    return torch.rand(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)


def near_colors(vertices, textures, kind, **options):
    """A picture whose pixels mix the colours of several faces."""
    return render.image(
        vertices, FACES, textures, 5, tau=0.1, squared=False, texture_type=kind, gamma=0.05, epsilon=0.9,
        near=1.0, far=8.0, **options,
    )  # fmt: skip


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_silhouette_gradients(name, squared):
    distribution = pliant.Distribution(name, shape=1.3, shift=0.0 if name != "gamma" else 0.2)
    tau = torch.tensor(0.2, dtype=torch.float64, requires_grad=name != "hard")

    def draw(vertices, tau):
        return render.silhouette(vertices, FACES, 5, distribution=distribution, tau=tau, squared=squared)

    assert gradcheck(draw, (corners().requires_grad_(), tau), eps=1e-7, atol=2e-4, fast_mode=True)


@pytest.mark.parametrize("norm", NORMS)
def test_silhouette_gradients_of_p(norm):
    family = next(f for f in pliant.t_norms() if f["name"] == norm)
    if not family["has_p"]:
        assert torch.equal(*(render.silhouette(corners(), FACES, 5, t_norm=norm, p=p) for p in (None, 3.0)))
        return
    p = torch.tensor(-1.5 if family["p_high"] <= 0 else 1.7, dtype=torch.float64, requires_grad=True)

    def draw(vertices, p):
        return render.silhouette(
            vertices, FACES, 5, distribution="gaussian", tau=0.2, squared=False, t_norm=norm, p=p
        )

    assert gradcheck(draw, (corners().requires_grad_(), p), eps=1e-6, atol=2e-5, fast_mode=True)


@pytest.mark.parametrize("blend", ["softmax", "hard"])
@pytest.mark.parametrize("kind", ["surface", "vertex"])
def test_image_gradients(kind, blend):
    inputs = (
        corners().requires_grad_(),
        colors(kind).requires_grad_(),
        torch.rand(3).double().requires_grad_(),
    )

    def draw(vertices, textures, background):
        return near_colors(vertices, textures, kind, blend=blend, background=background)

    assert gradcheck(draw, inputs, eps=1e-7, atol=1e-5)


def test_backgrounds():
    vertices, textures = corners(), colors("vertex")
    black = near_colors(vertices, textures, "vertex").color
    white = near_colors(vertices, textures, "vertex", background=1.0).color
    for background in (torch.ones(3), torch.ones(2, 3), torch.ones(2, 3, 5, 5), torch.ones(2, 1, 5, 5)):
        torch.testing.assert_close(
            near_colors(vertices, textures, "vertex", background=background).color, white
        )
    assert (white > black).all()
    mixed = near_colors(vertices, textures, "vertex", background=torch.tensor([[0.0] * 3, [1.0] * 3])).color
    torch.testing.assert_close(mixed, torch.stack([black[0], white[1]]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_other_dtypes(dtype):
    vertices, textures = corners(), colors("vertex")
    exact = near_colors(vertices, textures, "vertex")
    found = near_colors(vertices.to(dtype), textures.to(dtype), "vertex")
    assert found.color.dtype == found.alpha.dtype == dtype
    tolerance = 2e-5 if dtype == torch.float32 else 0.03
    torch.testing.assert_close(found.color.double(), exact.color, atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(found.alpha.double(), exact.alpha, atol=tolerance, rtol=tolerance)
    leaf = vertices.to(dtype).requires_grad_()
    render.silhouette(leaf, FACES, 5, tau=0.1).sum().backward()
    assert leaf.grad.dtype == dtype and leaf.grad.isfinite().all()


def test_non_contiguous_int32_own_faces_and_empty_batches():
    vertices = corners()
    expected = render.silhouette(vertices, FACES, 7, tau=0.1)
    spread = torch.empty(2, 3, 6, dtype=torch.float64).transpose(1, 2).copy_(vertices)
    own = FACES.int().expand(2, 3, 3)
    assert torch.equal(render.silhouette(spread, own, 7, tau=0.1), expected)
    assert render.silhouette(vertices[:0], FACES, 7).shape == (0, 7, 7)
    assert render.silhouette(vertices, FACES[:0], (3, 4)).eq(0).all()


def test_the_same_bits_for_any_number_of_threads(threads):
    mesh = render.icosphere(3, 0.5)
    camera = render.LookAt(viewing_angle=15)
    camera.set_eyes_from_angles(2.732, 20.0, torch.tensor([0.0, 40.0, 90.0]))
    on_screen = camera(mesh)

    def run(count):
        threads(count)
        vertices = on_screen.vertices.clone().requires_grad_()
        picture = render.image(
            vertices, on_screen.faces, on_screen.textures.expand(3, -1, -1, -1), 48, tau=1e-3
        )
        (picture.color.sum() + picture.alpha.square().sum()).backward()
        return picture.color, picture.alpha, vertices.grad

    assert all(torch.equal(a, b) for a, b in zip(run(1), run(3), strict=True))


NUMBERS = torch.tensor([5.0, 1.0, 0.0, 1.0], dtype=torch.float64)
P = torch.tensor([1.5], dtype=torch.float64)


def op_calls():
    """Arguments of the rasteriser's ops."""
    vertices = corners()
    cover = ("logistic", NUMBERS, "yager", P, 1e4, 5, 4)
    shade = ("vertex", "softmax", 0.05, 0.9, 1.0, 8.0, True, True, False)
    plane, picture = torch.rand(2, 5, 4).double(), torch.rand(2, 3, 5, 4).double()
    image = (vertices, FACES, colors("vertex"), *cover, *shade)
    kept = (picture, plane, plane, plane, plane + 1)
    return {
        "render_silhouette": (vertices, FACES, *cover),
        "render_silhouette_backward": (plane, vertices, FACES, *cover, plane, [True] * 3),
        "render_image": image,
        "render_image_backward": (picture, plane, plane, *image, *kept, [True] * 4),
        "visible_faces": (vertices, FACES, 5, 4, 1.0, 8.0, True, True),
    }


@pytest.mark.parametrize("name", op_calls())
def test_opcheck(name):
    tests = ["test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic"]
    op, arguments = getattr(torch.ops.pliant, name).default, op_calls()[name]
    torch.library.opcheck(op, arguments, test_utils=tests)
    if name in ("render_silhouette", "render_image"):
        leaves = [
            v.clone().requires_grad_() if isinstance(v, torch.Tensor) and v.is_floating_point() else v
            for v in arguments
        ]
        torch.library.opcheck(op, leaves, test_utils=tests)


TEXTURES = colors("vertex")


def loss(vertices):
    picture = near_colors(vertices, TEXTURES, "vertex")
    return picture.color.square().sum() + render.silhouette(vertices, FACES, 6, tau=0.1).square().sum()


def test_transforms():
    vertices = corners()
    leaf = vertices.clone().requires_grad_()
    loss(leaf).backward()
    torch.testing.assert_close(torch.func.grad(loss)(vertices), leaf.grad)
    torch._dynamo.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    again = vertices.clone().requires_grad_()
    compiled(again).backward()
    torch.testing.assert_close(again.grad, leaf.grad)


def test_a_second_derivative_is_refused():
    vertices = corners().requires_grad_()
    (first,) = torch.autograd.grad(loss(vertices), vertices, create_graph=True)
    with pytest.raises(NotImplementedError, match="second derivatives are not available"):
        first.sum().backward()


def draw_textured(textures=None, **options):
    return call(render.image, textures=colors("surface") if textures is None else textures, **options)


def call(function=render.silhouette, vertices=None, faces=FACES, size=4, **options):
    return function(corners() if vertices is None else vertices, faces, size=size, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: call(tau=0), "tau must be > 0, got 0"),
        (lambda: call(tau=-1.0), "tau must be > 0, got -1"),
        (lambda: call(dist_eps=0.0), "dist_eps must be > 0, got 0"),
        (lambda: call(distribution="logistc"), "unknown distribution 'logistc'; there are: hard"),
        (lambda: call(t_norm="yagger"), "unknown T-norm 'yagger'; there are: "),
        (lambda: call(t_norm="yager", p=-1.0), "p of yager must be > 0, got -1"),
        (lambda: call(size=0), "height must be 1 … 16384 pixels, got 0"),
        (lambda: call(size=(4, 99999)), "width must be 1 … 16384 pixels, got 99999"),
        (lambda: call(faces=FACES + 4), r"faces must be in 0 … 5, the vertices, got 6 in face 0"),
        (lambda: call(faces=FACES - 1), r"faces must be in 0 … 5, the vertices, got -1 in face 0"),
        (lambda: call(faces=FACES.expand(3, 3, 3)), "faces must have the batch of vertices, 2, got 3"),
        (lambda: call(faces=FACES[0]), r"faces must have shape \(faces, 3\)"),
        (lambda: call(vertices=torch.zeros(6, 3)), r"vertices must have shape \(batch, vertices, 3\)"),
        (lambda: draw_textured(torch.zeros(2, 3, 3, 3)), "a square number of texels a face, got 3"),
        (lambda: draw_textured(torch.zeros(2, 2, 1, 3)), "textures of type surface must have shape"),
        (
            lambda: draw_textured(torch.zeros(2, 3, 1, 3), texture_type="vertex"),
            r"textures of type vertex must have shape \(2, 6, channels\)",
        ),
        (
            lambda: draw_textured( texture_type="face"),
            "unknown texture_type 'face'; there are: surface, vertex",
        ),
        (lambda: draw_textured( blend="soft"), "unknown blend 'soft'"),
        (lambda: draw_textured( gamma=0.0), "gamma must be > 0"),
        (lambda: draw_textured( near=3.0, far=2.0), "far must be finite and > near"),
        (lambda: call(render.visible_faces, near=-1.0), "near must be > 0"),
        (lambda: render.clip_near(corners(), FACES, near=0.0), "clip_near: near must be > 0, got 0"),
        (lambda: render.Renderer.preset("softraz"), "unknown preset 'softraz'; there are: softras, dibr"),
        (lambda: render.Renderer(learn_p=True), "learn_p needs a p to start from"),
        (lambda: render.Renderer(size=-3), "height must be 1"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: call(vertices=torch.zeros(1, 6, 3, dtype=torch.int64)), "vertices must be floating point"),
        (lambda: call(faces=FACES.float()), "faces must be int32 or int64"),
        (lambda: draw_textured(torch.zeros(2, 3, 1, 3, dtype=torch.int32)), "textures must be floating"),
    ],
)  # fmt: skip
def test_types_that_do_not_fit(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_huge_face_indices_are_refused_before_they_are_narrowed():
    with pytest.raises(ValueError, match=f"got {2**32} in face 0"):
        call(faces=FACES + 2**32)


def test_clipping_one_image_of_a_batch_leaves_the_gradients_of_the_others():
    vertices = torch.tensor([[0.0, 0, 1], [1, 0, 3], [0, 1, 3]], dtype=torch.float64)
    behind = vertices + torch.tensor([0, 0, 5.0])
    batch = torch.stack([vertices, behind]).requires_grad_()
    points, faces, _, _ = torch.ops.pliant.clip_near(batch, torch.tensor([[0, 1, 2]]), None, 2.0, True)
    kept = faces[1].eq(points.shape[1] - 1).all(-1).logical_not()
    corners = torch.cat([points[0][faces[0].long()], points[1][faces[1][kept].long()]])
    (slopes,) = torch.autograd.grad(corners.sum(), batch)
    assert slopes.isfinite().all()
    assert torch.equal(slopes[1], torch.ones(3, 3, dtype=torch.float64))


def test_clipping_a_negated_view():
    vertices = torch.tensor([[[0.0, 0, 1], [1, 0, 3], [0, 1, 3]]])
    faces = torch.tensor([[0, 1, 2]])
    for one, two in zip(
        torch.ops.pliant.clip_near(torch._neg_view(-vertices), faces, None, 2.0, True),
        torch.ops.pliant.clip_near(vertices, faces, None, 2.0, True),
        strict=True,
    ):
        torch.testing.assert_close(one, two, equal_nan=True)
