# tests/python/test_softness.py — temperatures by what one can say, measured on what they make
import copy
import dataclasses

import pytest
import torch

import pliant
from pliant import schedule, softness

SOFT = [family["name"] for family in pliant.distributions() if family["name"] != "hard"]


def scores(sets=200, n=6, spread=1.0):
    return spread * torch.randn(sets, n, generator=torch.Generator().manual_seed(1))


def rank_error(x, **options):
    ranks = x.argsort(-1).argsort(-1) + 1
    return float((pliant.soft_rank(x.double(), **options) - ranks).abs().mean())


@pytest.mark.parametrize("distribution", SOFT)
def test_relaxed_ranks_are_off_by_what_was_asked(distribution):
    x = scores(spread=7.0)
    steepness = softness.steepness(0.4, x, distribution=distribution)
    assert rank_error(x, distribution=distribution, steepness=steepness) == pytest.approx(0.4, rel=1e-3)


@pytest.mark.parametrize("method", [m["name"] for m in pliant.methods()])
def test_of_every_method(method):
    x = scores(sets=50)
    steepness = softness.steepness(0.3, x, method=method)
    assert rank_error(x, method=method, steepness=steepness) == pytest.approx(0.3, rel=2e-3)


def test_steepness_goes_with_the_spread_of_the_scores():
    near, far = (softness.steepness(0.5, scores(spread=spread)) for spread in (0.1, 10.0))
    assert near == pytest.approx(100 * far, rel=1e-3)
    assert softness.steepness(0.2, scores()) > softness.steepness(0.5, scores())


def test_equal_scores_share_their_ranks():
    x = torch.tensor([[1.0, 1.0, 2.0]])
    assert softness.error(x, 1e9) == pytest.approx(0, abs=1e-6)


def test_so_many_of_the_k_are_wrong():
    x = scores(n=10)
    steepness = softness.steepness(0.25, x, k=3)
    right = pliant.topk(x, 3, steepness=steepness)[1].sum(-1).gather(-1, x.topk(3).indices).sum(-1)
    assert float(3 - right.mean()) == pytest.approx(0.25, rel=1e-3)


def half_plane_width(size, squared, distribution, tau):
    """Pixels from 10 % to 90 % across a vertical edge, interpolated between the pixels of a row."""
    corners = torch.tensor([[[0.0, -90.0, 1.0], [90.0, 0.0, 1.0], [0.0, 90.0, 1.0]]], dtype=torch.float64)
    row = pliant.render.silhouette(
        corners, torch.tensor([[0, 1, 2]]), size, tau=tau, squared=squared, distribution=distribution
    )[0, size // 2]
    places = torch.arange(size, dtype=torch.float64)

    def crossing(level):
        after = int((row >= level).nonzero()[0])
        below, above = row[after - 1], row[after]
        return float(places[after - 1] + (level - below) / (above - below))

    return crossing(0.9) - crossing(0.1)


# Their edge lies on one side of the border, or jumps at it, where no pixel is.
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("distribution", SOFT)
def test_an_edge_is_as_wide_as_was_asked(distribution, squared):
    size, pixels = 1024, 100.0
    tau = softness.tau(pixels, size, distribution=distribution, squared=squared)
    assert softness.width(tau, size, distribution=distribution, squared=squared) == pytest.approx(pixels)
    assert half_plane_width(size, squared, distribution, tau) == pytest.approx(pixels, abs=1.5)


def test_a_renderer_takes_and_gives_its_softness():
    renderer = pliant.render.Renderer(size=(64, 128), distribution="cauchy", softness=3.0)
    assert renderer.softness == pytest.approx(3.0)
    renderer.softness = 1.5
    assert renderer.tau == softness.tau(1.5, 64, distribution="cauchy")
    learned = pliant.render.Renderer(size=64, softness=2.0, learn_tau=True)
    learned.softness = 4.0
    assert isinstance(learned.tau, torch.nn.Parameter) and learned.softness == pytest.approx(4.0)
    mesh = pliant.render.LookAt(viewing_angle=15)(pliant.render.icosphere(1))
    drawn = pliant.render.silhouette(mesh.vertices, mesh.faces, 64, softness=4.0)
    assert torch.equal(drawn, pliant.render.silhouette(mesh.vertices, mesh.faces, 64, tau=learned.tau.item()))
    picture = pliant.render.image(mesh.vertices, mesh.faces, mesh.textures, 64, softness=4.0)
    torch.testing.assert_close(picture.alpha, drawn)


@pytest.mark.parametrize("distribution", SOFT)
def test_a_condition_at_the_margin_has_the_chance(distribution):
    if float(pliant.decide(torch.zeros(1), distribution)) >= 0.8:
        with pytest.raises(ValueError, match="softness: chance must be above"):
            softness.beta(0.3, chance=0.8, distribution=distribution)
        return
    beta = softness.beta(0.3, chance=0.8, distribution=distribution)
    x = torch.tensor([0.3], dtype=torch.float64)
    assert float(pliant.decide(x, distribution, scale=beta)) == pytest.approx(0.8, rel=1e-9)


STEP = """
program above(x) {
  var y = 0
  if x > 1 { y = 1 }
  return y
}"""


def test_a_program_is_sure_of_its_margin():
    program = pliant.program.Program(STEP, softness=0.25)
    x = torch.tensor([1.25], dtype=torch.float64)
    assert float(program(x)) == pytest.approx(0.9)
    assert float(program.soft(x, softness=0.125)) > 0.98
    assert program.beta == softness.beta(0.25)
    assert float(program.soft(x, beta=program.beta)) == float(program(x))
    assert dataclasses.replace(program, beta=3.0).beta == 3.0
    assert copy.copy(program).beta == program.beta
    assert pliant.program.load("bubble_sort", softness=0.5).beta == softness.beta(0.5)


def test_a_lead_in_votes_gives_the_chance():
    tau = softness.votes_tau(12, classes=5, chance=0.7)
    scores = torch.tensor([3.0, 15.0, 3.0, 3.0, 3.0]) / tau
    assert float(scores.softmax(0)[1]) == pytest.approx(0.7)


def test_modules_are_calibrated():
    x = scores()
    for module in (pliant.nn.Sort(dim=0), pliant.nn.PermutationLoss(learn_steepness=True)):
        given = x.T if module.dim == 0 else x
        assert softness.calibrate(module, 0.4, given) is module
        assert float(module.steepness) == pytest.approx(softness.steepness(0.4, x))
    loss = softness.calibrate(pliant.nn.TopKCrossEntropy([0.5, 0.0, 0.5, 0.0], m=5), 0.2, scores(n=20))
    found = softness.error(
        scores(n=20).topk(5).values, loss.steepness, k=3, method="splitter_selection", distribution="logistic"
    )
    assert found == pytest.approx(0.2, rel=1e-3)
    assert softness.calibrate(pliant.render.Renderer(64), 2.0).softness == pytest.approx(2.0)
    network = pliant.nn.LogicNetwork(8, [20], groups=5)
    assert softness.calibrate(network, 7).tau == softness.votes_tau(7, 5)
    assert softness.calibrate(pliant.program.Program(STEP), 0.5).beta == softness.beta(0.5)


REFUSED = {
    "softness must be > 0 and finite, got 0": lambda: softness.steepness(0, 5),
    "softness must be below 1.3": lambda: softness.steepness(3.0, 5),
    "method is exact at any steepness": lambda: softness.steepness(0.1, 5, distribution="hard"),
    "scores must not all be equal": lambda: softness.steepness(0.1, torch.ones(3, 4)),
    "scores must be finite": lambda: softness.steepness(0.1, torch.tensor([0.0, torch.nan])),
    r"sets of at least two, got shape \(3, 1\)": lambda: softness.steepness(0.1, torch.zeros(3, 1)),
    "at least two scores in a set, got 1": lambda: softness.steepness(0.1, 1),
    "width must be > 0 and finite, got -": lambda: softness.tau(-1.0),
    "'hard' has no width": lambda: softness.tau(1.0, distribution="hard"),
    "size must be at least 1, got 0": lambda: softness.tau(1.0, 0),
    "margin must be > 0 and finite, got inf": lambda: softness.beta(float("inf")),
    "'hard' decides at once": lambda: softness.beta(1.0, distribution="hard"),
    r"chance must be in \(1/4, 1\), got 0.25": lambda: softness.votes_tau(3, 4, chance=0.25),
    "votes must be > 0 and finite, got 0": lambda: softness.votes_tau(0, 4),
    "classes must be at least 2, got 1": lambda: softness.votes_tau(1, 1),
    r"p must be in \(0, 1\), got 0": lambda: softness.quantile(0.0),
    "a LogicNetwork without groups": lambda: softness.calibrate(pliant.nn.LogicNetwork(4, [4]), 1),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_out_of_range_is_named(text):
    with pytest.raises(ValueError, match=text):
        REFUSED[text]()


def test_wrong_types_are_named():
    with pytest.raises(TypeError, match="scores must be floating point or a number of them, got torch.int64"):
        softness.steepness(0.1, torch.tensor([1, 2]))
    with pytest.raises(TypeError, match="a Sort needs scores"):
        softness.calibrate(pliant.nn.Sort(), 0.1)
    with pytest.raises(TypeError, match="a GroupSum needs no scores"):
        softness.calibrate(pliant.nn.GroupSum(2), 0.1, 5)
    with pytest.raises(TypeError, match="module must be one of Sort, .*, Program, got Linear"):
        softness.calibrate(torch.nn.Linear(1, 1), 0.1)


def test_annealing_moves_what_there_is():
    anneal = schedule.Annealing(
        pliant.render.Renderer(64), softness=schedule.geometric(8.0, 2.0, 2), dist_eps=schedule.constant(9.0)
    )
    assert anneal.module.softness == pytest.approx(8.0) and anneal.module.dist_eps == 9.0
    anneal.step()
    assert anneal.module.softness == pytest.approx(4.0)
    again = schedule.Annealing(pliant.render.Renderer(64), softness=schedule.geometric(8.0, 2.0, 2))
    again.load_state_dict(anneal.state_dict())
    assert again.module.softness == pytest.approx(4.0)

    learned = pliant.nn.TopKCrossEntropy(learn_steepness=True)
    schedule.Annealing(learned, steepness=schedule.constant(3.0))
    assert isinstance(learned.steepness, torch.nn.Parameter) and learned.steepness.item() == 3.0
    program = pliant.program.Program(STEP, beta=torch.tensor(1.0))
    schedule.Annealing(program, beta=schedule.constant(4.0))
    assert float(program(torch.tensor([1.0 + softness.beta(4.0)]))) == pytest.approx(0.9)


def test_annealing_says_what_cannot_change():
    with pytest.raises(ValueError, match="a Sort has no setting 'tau'"):
        schedule.Annealing(pliant.nn.Sort(), tau=schedule.constant(1.0))
    with pytest.raises(ValueError, match="beta of a Program cannot change: give it as a tensor"):
        schedule.Annealing(pliant.program.Program(STEP), beta=schedule.constant(1.0))
    with pytest.raises(ValueError, match="a schedule for at least one setting"):
        schedule.Annealing(pliant.nn.Sort())
