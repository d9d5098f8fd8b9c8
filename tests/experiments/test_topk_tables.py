# tests/experiments/test_topk_tables.py — the top-k experiments: plan, how figures are selected, tables
import pytest

from experiments.topk import glyphs, pk_sweep, tables
from experiments.topk.protocol import EVEN, HALF, P_K, at_best, p_k_option


def row(job, top1, top5, validation=0.5):
    """The test is (top1, top5) at one validation each, where that figure of validation is best."""
    curve = [[100, 0.4, 0.9, 0.0, top5], [200, 0.6, 0.8, top1, 0.0], [300, 0.6, 0.9, 0.0, 0.0]]
    return {
        **{"setting": job.setting, "options": job.options, "seed": job.seed, "curve": curve},
        **{"validation": {"top1": validation}, "test": {"top1": top1, "top5": top5}},
    }


@pytest.fixture
def rows():
    """As the search chooses, splitter selection has 50 and 54 % top-1 where cross-entropy has 40 and 42."""
    found = []
    for loss, best, top1 in (("cross_entropy", (None, 0.01), 0.4), ("splitter_selection", (1.0, 0.01), 0.5)):
        for choice in pk_sweep.choices(loss):
            found.append(row(pk_sweep.searched(loss, choice), top1, 0.7, 0.9 if choice == best else 0.1))
    found.append(row(pk_sweep.job("cross_entropy", (None, 0.01), None, 0.0, 1), 0.42, 0.7))
    return [*found, row(pk_sweep.job("splitter_selection", (1.0, 0.01), EVEN, 0.0, 1), 0.54, 0.8)]


def test_each_figure_is_taken_where_its_own_validation_was_best():
    job = pk_sweep.job("cross_entropy", (None, 0.01), None, 0.0, 0)
    assert at_best(row(job, 0.5, 0.8), "top1") == 50
    assert at_best(row(job, 0.5, 0.8), "top5") == 80
    assert at_best({**row(job, 0.5, 0.8), "error": "not_finite"}, "top5") == 0


def test_every_p_k_sums_to_one_and_goes_to_the_program_as_numbers():
    assert all(abs(sum(p_k) - 1) < 1e-12 for p_k in P_K.values())
    assert p_k_option(HALF) == "0.5,0,0,0,0.5" and p_k_option(EVEN) == "0.2,0.2,0.2,0.2,0.2"


def test_the_search_comes_first_and_then_all_losses_seed_by_seed(rows):
    losses = [*pk_sweep.BASELINES, *pk_sweep.METHODS]
    search = pk_sweep.plan(rows)
    assert {(job.seed, job.setting["noise"]) for job in search} == {(0, 0.0)}
    assert {job.setting["p_k"] for job in search if "p_k" in job.setting} == {EVEN}
    assert len(search) == sum(len(pk_sweep.choices(loss)) for loss in losses)
    for loss in losses:
        for choice in pk_sweep.choices(loss):
            rows.append(row(pk_sweep.searched(loss, choice), 0.5, 0.8))
    jobs = pk_sweep.plan(rows)[len(search) :]
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)
    of_a_seed = [job for job in jobs if job.seed == 3]
    methods, baselines = len(pk_sweep.METHODS), len(pk_sweep.BASELINES)
    assert len(of_a_seed) == 3 * baselines + (len(pk_sweep.SWEPT) + 2) * methods
    assert {job.setting.get("steepness") for job in of_a_seed if job.setting["loss"] == "odd_even"} == {0.5}


def test_the_search_chooses_by_validation_when_all_of_it_is_there(rows):
    assert pk_sweep.chosen(rows, "splitter_selection") == (1.0, 0.01)
    assert pk_sweep.chosen(rows, "cross_entropy") == (None, 0.01)
    assert pk_sweep.chosen(rows[1:], "cross_entropy") is None
    assert pk_sweep.chosen(rows, "softsort") is None


def test_the_plan_of_glyphs_has_the_base_and_every_method_with_both_p_k():
    jobs = glyphs.plan([])
    assert len(jobs) == len(glyphs.SEEDS) * (1 + 2 * len(glyphs.METHODS))
    assert len({job.name for job in jobs}) == len(jobs)


def test_differences_are_taken_seed_by_seed_at_what_was_chosen(rows):
    # 10 and 12 points: mean 11, ± 12.706.
    made = tables.sweep("top1")(rows)
    assert f"| {EVEN} | +11.0 ± 12.7 | – | – | – | – |" in made
    assert f"| {HALF} | – | – | – | – | – |" in made
    assert f"| {EVEN} | +5.0 ± 63.5 | – | – | – | – |" in tables.sweep("top5")(rows)


def test_the_search_is_shown(rows):
    lines = tables.search(rows).splitlines()
    assert "| cross-entropy | – | – | 0.01 |" in lines
    assert "| splitter_selection | 0.5, 1, 2 | 1 | 0.01 |" in lines
    assert "| sinkhorn | 10, 30, 100 | – | – |" in lines


def test_baselines_stand_beside_cross_entropy(rows):
    lines = tables.baselines(rows).splitlines()
    assert "| cross-entropy | 41.0 ± 12.7 | – | 70.0 ± 0.0 | – |" in lines
    assert "| smooth top-5 SVM | – | – | – | – |" in lines


def test_noise_has_the_figures_of_cross_entropy_and_differences_of_the_others(rows):
    lines = tables.noise(rows).splitlines()
    assert "| cross-entropy | 41.0 ± 12.7 | 70.0 ± 0.0 | – | – | – | – |" in lines
    assert f"| splitter_selection, P_K = {EVEN} | +11.0 ± 12.7 | +5.0 ± 63.5 | – | – | – | – |" in lines


def test_from_scratch_has_every_method_beside_cross_entropy():
    rows = [row(glyphs.base(0), 0.4, 0.7), row(glyphs.job("lapsum", HALF, 0), 0.45, 0.69)]
    lines = tables.from_scratch(rows).splitlines()
    assert f"| lapsum, {HALF} | 45.0 | +5.0 | 69.0 | -1.0 |" in lines
    assert f"| softsort, {EVEN} | – | – | – | – |" in lines
