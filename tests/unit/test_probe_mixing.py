"""R-hat and effective sample sizes of many values together are those that ArviZ gives one at a time."""

import sys

import numpy as np
import pytest

from faultline.probes import mixing

N = 12


def chains(kind: str, chains: int, draws: int) -> np.ndarray:
    """Draws (chains, draws, N): independent ones, slow ones, chains that repeat draws, indicators."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(chains, draws, N))
    if kind == "independent":
        return values
    if kind == "indicators":
        values = (values > 1.5).astype(float)
        values[0, :2] = [[0.0], [1.0]]
        return values
    for i in range(1, draws):
        values[:, i] = 0.98 * values[:, i - 1] + 0.2 * values[:, i]
    return values if kind == "slow" else np.repeat(values[:, ::4], 4, axis=1)[:, :draws]


@pytest.mark.parametrize("kind", ["independent", "slow", "repeating", "indicators"])
@pytest.mark.parametrize(("number", "draws"), [(2, 100), (4, 251), (1, 60), (3, 4)])
def test_all_together_as_one_by_one(kind, number, draws):
    values = chains(kind, number, draws)
    for together, alone in zip(mixing._together(values), mixing._one_by_one(values), strict=True):
        assert together.shape == (N,)
        np.testing.assert_allclose(together, alone, rtol=1e-10)


def test_blocks_change_nothing(monkeypatch):
    values = chains("slow", 2, 100)
    whole = mixing._together(values)
    monkeypatch.setattr(mixing, "BLOCK", 1000)
    np.testing.assert_array_equal(np.array(mixing._together(values)), np.array(whole))


@pytest.mark.parametrize("draws", [3, 2])
def test_few_draws_say_nothing(draws):
    assert np.isnan(mixing.rhat_and_ess(chains("independent", 2, draws), together=True)).all()


def test_an_arviz_without_the_quick_way_gives_the_same(monkeypatch):
    values = chains("slow", 2, 100)
    quick = mixing.rhat_and_ess(values, together=True)
    monkeypatch.setitem(sys.modules, "arviz_stats.numba.diagnostics", None)
    mixing.import_for(mixing.MANY)
    np.testing.assert_allclose(mixing.rhat_and_ess(values, together=True), quick, rtol=1e-10)
