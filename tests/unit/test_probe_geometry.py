"""Curvature, modes and cliffs against densities whose answers are known."""

import numpy as np
import pymc as pm
import pytest

from faultline.engine.conditional import Conditional
from faultline.engine.factors import Factors
from faultline.engine.layout import Block, Layout
from faultline.probes.bends import bends_in_prior
from faultline.probes.curvature import WHOLE, curvature
from faultline.probes.discontinuities import cliffs
from faultline.probes.hessian import hessian, product
from faultline.probes.modes import modes


def layout(**sizes):
    blocks, at = [], 0
    for name, size in sizes.items():
        blocks.append(Block(name, name, (size,), at, at + size))
        at += size
    return Layout(tuple(blocks), {})


def draws(covariance, chains=4, n=500, seed=0):
    rng = np.random.default_rng(seed)
    return rng.multivariate_normal(np.zeros(len(covariance)), covariance, size=(chains, n))


def test_the_hessian_of_a_normal_is_its_precision():
    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    precision = np.linalg.inv(covariance)
    found = hessian(lambda v: -precision @ v, np.array([0.3, -0.2]), np.ones(2))
    assert found == pytest.approx(precision)


def test_a_product_with_the_hessian_is_that_of_its_matrix():
    precision = np.array([[2.0, 0.5], [0.5, 1.0]])
    at, spread, vector = np.array([0.3, -0.2]), np.array([1.0, 3.0]), np.array([2.0, -5.0])
    whole = hessian(lambda v: -precision @ v, at, spread)
    assert product(lambda v: -precision @ v, at, spread, vector) == pytest.approx(whole @ vector)


@pytest.mark.parametrize("many", [WHOLE, 20_000])
@pytest.mark.parametrize("correlation", [0.9, 0.999])
def test_a_ridge_among_many_values_is_found_without_a_matrix(many, correlation):
    """The level and the sum of a table's rows are known only together; all other values are alone. 20,000 squared would be 3 GB."""
    sizes = {"level": 1, "shift": 1, "table": many}
    # Precision of (level, shift): its scaled eigenvalues are 1 - correlation and 1 + correlation.
    pair = np.linalg.inv(np.array([[4.0, 2 * correlation], [2 * correlation, 1.0]]))

    def gradient(q):
        return np.concatenate([-pair @ q[:2], -9.0 * q[2:]])

    rng = np.random.default_rng(2)
    both = rng.multivariate_normal(np.zeros(2), np.linalg.inv(pair), size=(4, 60))
    drawn = np.concatenate([both, rng.normal(size=(4, 60, many)) / 3], axis=2)
    found = curvature(layout(**sizes), gradient, drawn)
    assert found["condition"] == pytest.approx((1 + correlation) / (1 - correlation), rel=0.05)
    shares = {row["name"]: row["share"] for row in found["null"][0]["share"]}
    assert shares["level"] + shares["shift"] > 0.95


@pytest.mark.parametrize("correlation", [0.0, 0.9, 0.9999])
def test_a_ridge_is_what_scaling_each_value_leaves(correlation):
    covariance = np.array([[4.0, 2 * correlation], [2 * correlation, 1.0]])
    precision = np.linalg.inv(covariance)
    found = curvature(layout(a=1, b=1), lambda v: -precision @ v, draws(covariance))
    assert found["condition"] == pytest.approx((1 + correlation) / (1 - correlation), rel=1e-3)
    assert {row["name"] for row in found["null"][0]["share"]} == {"a", "b"} or correlation == 0


def test_the_scale_of_a_funnel_bends_what_it_governs():
    def gradient(q):
        v, x = q[0], q[1:]
        return np.concatenate([[np.sum(0.5 * x**2 * np.exp(-v) - 0.5) - v / 9], -x * np.exp(-v)])

    rng = np.random.default_rng(1)
    v = rng.normal(0, 3, (4, 500))
    x = rng.normal(size=(4, 500, 3)) * np.exp(v / 2)[..., None]
    found = curvature(layout(v=1, x=3), gradient, np.concatenate([v[..., None], x], axis=2))
    row = found["bends"][0]
    assert (row["by"], row["bent"]) == ("v", "x") and row["slope"] == pytest.approx(v.std(), rel=0.05)


def test_values_spread_as_they_do_within_the_places_that_a_valley_keeps_apart():
    def gradient(q):
        v, x = q[0], q[1:]
        return np.concatenate([[np.sum(0.5 * x**2 * np.exp(-v) - 0.5) - v], -x * np.exp(-v)])

    rng = np.random.default_rng(1)
    v = rng.normal([[0.0], [0.0], [20.0], [20.0]], 0.5, (4, 500))
    positions = np.stack([v, rng.normal(size=(4, 500))], axis=2)
    for places, slope in ([], 10.0), ([0, 0, 1, 1], 0.5):
        bends = curvature(layout(v=1, x=1), gradient, positions, places=places)["bends"]
        assert [row["slope"] for row in bends if row["by"] == "v"] == pytest.approx([slope], rel=0.05)


def hierarchy(data_sd, seed=3):
    """Layout, gradient and exact draws of v ~ N(0, 0.7), m ~ N(0, 10), a_j ~ N(m, exp(v)), 12 data y_j ~ N(a_j, data_sd)."""
    rng, J = np.random.default_rng(seed), 12
    y = np.tile([-1.5, 0.0, 1.5], 4)

    def gradient(q):
        v, m, a = q[0], q[1], q[2:]
        z = (a - m) * np.exp(-v)
        return np.concatenate(
            [
                [(z**2 - 1).sum() - v / 0.49],
                [(z * np.exp(-v)).sum() - m / 100],
                -z * np.exp(-v) + (y - a) / data_sd**2,
            ]
        )

    v = np.linspace(-4, 4, 4001)
    total = np.exp(2 * v) + data_sd**2
    logp = -(J / 2) * np.log(total) - (y**2).sum() / (2 * total) - v**2 / 0.98 + np.log(total) / 2
    v = rng.choice(v, 4000, p=np.exp(logp - logp.max()) / np.exp(logp - logp.max()).sum())
    m = np.sqrt((np.exp(2 * v) + data_sd**2) / J) * rng.normal(size=v.size)
    shrunk = 1 / (np.exp(-2 * v) + data_sd**-2)
    a = shrunk[:, None] * (m[:, None] * np.exp(-2 * v)[:, None] + y / data_sd**2)
    a += np.sqrt(shrunk)[:, None] * rng.normal(size=a.shape)
    return layout(v=1, m=1, a=J), gradient, np.column_stack([v, m, a]).reshape(4, 1000, -1)


def test_the_widths_of_effects_and_of_their_mean_over_the_range_of_their_scale():
    """Given the effects the mean is as much wider as they are; its draws are not."""
    where, gradient, positions = hierarchy(data_sd=3.0)
    rows = {(row["by"], row["bent"]): row for row in curvature(where, gradient, positions)["bends"]}
    low, high = np.exp(np.quantile(positions[..., 0], (0.05, 0.95)))
    widths = [np.sqrt(1 / (scale**-2 + 3.0**-2)) for scale in (low, high)]
    assert rows["v", "a"]["width"] == pytest.approx(widths[1] / widths[0], rel=1e-3)
    assert rows["v", "m"]["width"] == pytest.approx(high / low, rel=0.01)
    assert rows["v", "a"]["width_of_draws"] > 1.5 > rows["v", "m"]["width_of_draws"]


def test_means_move_along_a_ridge_of_their_effects():
    """12 effects of a known scale 0.3 about m, and an offset b: only m + b is known, and the effects carry most of the direction."""
    J, scale, sd = 12, 0.3, 0.05

    def gradient(q):
        m, b, a = q[0], q[1], q[2:]
        z = (a - m) / scale**2
        left = -(a + b) / sd**2
        return np.concatenate([[z.sum() - m / 1e4, left.sum() - b / 1e4], left - z])

    precision = np.array([-(gradient(e) - gradient(0 * e)) for e in np.eye(J + 2)])
    found = curvature(layout(m=1, b=1, a=J), gradient, draws(np.linalg.inv(precision)))
    moves = {part["name"]: part["moves"] for part in found["null"][0]["share"]}
    assert set(moves) == {"m", "b", "a"} and min(moves.values()) > 50
    # A step by one along m, -b and a, until the density has fallen by half a unit, in conditional standard deviations.
    far = (2e-4) ** -0.5
    assert moves["m"] == pytest.approx(far * np.sqrt(J) / scale, rel=0.01)


def test_the_prior_alone_tells_of_a_funnel_that_data_fill():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        tau = pm.LogNormal("tau", 0, 0.8)
        theta = pm.Normal("theta", mu, tau, shape=5)
        pm.Normal("y", theta, 1e-3, observed=np.arange(5.0))
        pm.Potential("penalty", -1e6 * theta[0] ** 2)
    rows = bends_in_prior(Conditional.of(Factors(model)))
    found = {(row["by"], row["bent"]): row["slope"] for row in rows}
    # The curvature of theta is tau ** -2, and the logarithm of tau spreads by 0.8.
    assert found["tau", "theta"] == pytest.approx(1.6, rel=0.15)
    assert found["mu", "theta"] < 0.01


def test_a_prior_without_draws_has_no_curvature():
    with pm.Model() as model:
        mu = pm.Flat("mu")
        pm.Normal("y", mu, 1, observed=[0.0])
    assert bends_in_prior(Conditional.of(Factors(model))) == []


def test_a_symmetry_that_leads_elsewhere_is_found_although_no_chain_went_there():
    positions = np.random.default_rng(2).normal([-3.0, 4.0, 0.0], 0.1, size=(4, 100, 3))

    def logp(v):
        return -0.5 * ((np.sort(v[:2]) - [-3, 4]) ** 2).sum() - 0.5 * v[2] ** 2

    found = modes(layout(mu=2, other=1), logp, positions, np.zeros((4, 100)))
    separating = [row for row in found["symmetries"] if row["separates"]]
    assert found["places"] == 1 and [row["names"] for row in separating] == [["mu"]]


def test_a_symmetry_within_one_place_separates_nothing():
    positions = np.random.default_rng(3).normal(size=(4, 100, 4))
    found = modes(layout(x=4), lambda v: -0.5 * v @ v, positions, np.zeros((4, 100)))
    assert found["symmetries"] and not any(row["separates"] for row in found["symmetries"])


def test_chains_in_different_places_are_counted():
    positions = np.random.default_rng(4).normal(size=(4, 100, 2))
    positions[2:, :, 0] += 50
    found = modes(layout(a=1, b=1), lambda v: float(v[0]), positions, np.zeros((4, 100)))
    assert found["places"] == 2 and found["variables"][0]["name"] == "a"


@pytest.mark.parametrize(("half_depth", "valley"), [(0.0, 0.0), (12.5, 12.5)])
def test_a_valley_tells_places_from_a_ridge(half_depth, valley):
    """Two halves of a ridge of one height, or two normals of width 1 at 0 and 10, which meet 5 widths from each."""
    rng = np.random.default_rng(6)
    positions = rng.normal(0, 1e-3, size=(4, 100, 2))
    positions[2:, :, 0] += 10

    def logp(v):
        from_nearest = min(abs(v[0]), abs(v[0] - 10))
        return -half_depth * (from_nearest / 5) ** 2 - 0.5 * v[1] ** 2

    found = modes(layout(a=1, b=1), logp, positions, np.zeros((4, 100)))
    assert found["places"] == 2 and found["valley"] == pytest.approx(valley, abs=0.1)
    assert modes(layout(a=1, b=1), logp, positions[:2], np.zeros((2, 100)))["valley"] is None


def along(model):
    density = Conditional.of(Factors(model))
    positions = np.random.default_rng(5).normal(1, 1, size=(4, 200, density.layout.size))
    good = [p for p in positions.reshape(-1, density.layout.size) if np.isfinite(density.totals(p)).all()]
    return {row["name"]: row for row in cliffs(density, positions, np.array(good[:20]))["factors"]}


def test_a_density_that_ends_is_a_cliff():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 2, shape=2)
        pm.Potential("keep", pm.math.switch(pm.math.all(a > 0), 0.0, -np.inf))
    found = along(model)["keep"]
    assert found["n_cliff"] >= 2 and found["to"] == "-inf" and found["lost"] == 0


def test_a_jump_is_a_cliff():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 2, shape=2)
        pm.Potential("step", pm.math.switch(a[0] > 1.5, -8.0, 0.0))
    found = along(model)["step"]
    assert found["n_cliff"] >= 2 and abs(found["jump"]) == pytest.approx(8)


def test_a_matrix_that_loses_its_root_says_why_its_factor_ends():
    x = np.arange(12.0)[:, None]
    with pm.Model() as model:
        length = pm.Normal("length", 0, 2)
        near = pm.math.exp(-0.5 * (x - x.T) ** 2 / pm.math.exp(length) ** 2)
        pm.MvNormal("y", 0, cov=near, observed=np.zeros(12))
        pm.Potential("keep", pm.math.switch(length > 0.5, 0.0, -np.inf))
    found = along(model)
    assert found["y"]["to"] == "-inf" and found["y"]["matrix"]["size"] == 12
    assert "matrix" not in found["keep"] and "where" not in found["keep"]


def test_a_pole_and_a_steep_wall_are_none():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 2)
        pm.Potential("pole", 50 * pm.math.log(pm.math.switch(a > 0, a, 0.0)))
        pm.Potential("wall", -pm.math.exp(4 * a))
    assert not any(row["n_cliff"] for row in along(model).values())
