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
    """Splitter selection at steepness 1 has 50 and 54 % top-1 where cross-entropy has 40 and 42."""
    found = [row(pk_sweep.baseline("cross_entropy", 0.0, seed), 0.4 + 0.02 * seed, 0.7) for seed in (0, 1)]
    for steepness, validation in zip((0.5, 1.0, 2.0), (0.1, 0.3, 0.2), strict=True):
        job = pk_sweep.job("splitter_selection", steepness, EVEN, 0.0, 0)
        found.append(row(job, 0.5, 0.8, validation))
    return [*found, row(pk_sweep.job("splitter_selection", 1.0, EVEN, 0.0, 1), 0.54, 0.8)]


def test_each_figure_is_taken_where_its_own_validation_was_best():
    job = pk_sweep.baseline("cross_entropy", 0.0, 0)
    assert at_best(row(job, 0.5, 0.8), "top1") == 50
    assert at_best(row(job, 0.5, 0.8), "top5") == 80
    assert at_best({**row(job, 0.5, 0.8), "error": "not_finite"}, "top5") == 0


def test_every_p_k_sums_to_one_and_goes_to_the_program_as_numbers():
    assert all(abs(sum(p_k) - 1) < 1e-12 for p_k in P_K.values())
    assert p_k_option(HALF) == "0.5,0,0,0,0.5" and p_k_option(EVEN) == "0.2,0.2,0.2,0.2,0.2"


def test_the_search_comes_first_and_then_all_losses_seed_by_seed(rows):
    search = pk_sweep.plan(rows)
    assert {(job.seed, job.setting["p_k"], job.setting["noise"]) for job in search} == {(0, EVEN, 0.0)}
    assert len(search) == sum(map(len, pk_sweep.STEEPNESSES.values()))
    for method, steepnesses in pk_sweep.STEEPNESSES.items():
        for s in steepnesses:
            rows.append(row(pk_sweep.job(method, s, EVEN, 0.0, 0), 0.5, 0.8))
    jobs = pk_sweep.plan(rows)[len(search) :]
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)
    of_a_seed = [job for job in jobs if job.seed == 3]
    methods, noisy = len(pk_sweep.METHODS), len(pk_sweep.NOISES) - 1
    baselines = len(pk_sweep.BASELINES)
    assert len(of_a_seed) == baselines + 5 * methods + noisy * (baselines + 2 * methods)
    assert {job.setting.get("steepness") for job in of_a_seed if job.setting["loss"] == "odd_even"} == {0.5}


def test_the_plan_of_glyphs_has_the_base_and_every_method_with_both_p_k():
    jobs = glyphs.plan([])
    assert len(jobs) == len(glyphs.SEEDS) * (1 + 2 * len(glyphs.METHODS))
    assert len({job.name for job in jobs}) == len(jobs)


def test_differences_are_taken_seed_by_seed_at_the_chosen_steepness(rows):
    # 10 and 12 points: mean 11, ± 12.706.
    made = tables.sweep("top1")(rows)
    assert f"| {EVEN} | +11.0 ± 12.7 | – | – | – | – |" in made
    assert f"| {HALF} | – | – | – | – | – |" in made
    assert f"| {EVEN} | +10.0 ± 0.0 | – | – | – | – |" in tables.sweep("top5")(rows)
    assert "| chosen | 1 | – | – | – | – |" in tables.steepness(rows)


def test_baselines_stand_beside_cross_entropy(rows):
    lines = tables.baselines(rows).splitlines()
    assert "| cross-entropy | 41.0 ± 12.7 | – | 70.0 ± 0.0 | – |" in lines
    assert "| smooth top-5 SVM | – | – | – | – |" in lines


def test_noise_has_the_figures_of_cross_entropy_and_differences_of_the_others(rows):
    lines = tables.noise(rows).splitlines()
    assert "| cross-entropy | 41.0 ± 12.7 | 70.0 ± 0.0 | – | – | – | – |" in lines
    assert f"| splitter_selection, {EVEN} | +11.0 ± 12.7 | +10.0 ± 0.0 | – | – | – | – |" in lines


def test_from_scratch_has_every_method_beside_cross_entropy():
    rows = [row(glyphs.base(0), 0.4, 0.7), row(glyphs.job("lapsum", HALF, 0), 0.45, 0.69)]
    lines = tables.from_scratch(rows).splitlines()
    assert f"| lapsum, {HALF} | 45.0 | +5.0 | 69.0 | -1.0 |" in lines
    assert f"| softsort, {EVEN} | – | – | – | – |" in lines
