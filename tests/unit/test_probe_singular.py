"""Starts at singular points, and directions."""

import models
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.backend import PLAIN
from faultline.probes.factors import Factors
from faultline.probes.singular import singular


def measure(model):
    return singular(Factors(model, backend=PLAIN))


def direction(shape, axis=-1, floor=0.0, **prior):
    """Directions of vectors along an axis, held against data of that shape."""
    with pm.Model() as model:
        u = pm.Normal("u", shape=shape, **prior)
        spread = pm.HalfNormal("spread")
        norm = pt.sqrt((u**2).sum(axis=axis, keepdims=True) + floor)
        pm.Normal("y", u / norm, spread, observed=np.random.default_rng(1).normal(size=shape))
    return model


@pytest.mark.parametrize(
    ("shape", "axis", "n"), [((3,), -1, 1), ((4, 3), -1, 4), ((2, 5), 0, 5), ((2, 3), None, 1)]
)
def test_a_direction_from_zero(shape, axis, n):
    got = measure(direction(shape, axis))
    assert not got["start"]["finite"]
    [row] = got["variables"]
    assert row["name"] == "u" and row["start_nonfinite"] == row["nearby_finite"] == ["y"]
    radial = row["radial"]
    assert radial["factors"] == ["y"] and radial["n"] == n and radial["n"] * radial["size"] == np.prod(shape)
    assert radial["axis"] == (None if axis is None else axis % len(shape))
    assert radial["max_relative_radial_slope"] < 1e-8


def test_away_from_zero_only_the_length_is_free():
    got = measure(direction((3,), initval=np.ones(3)))
    assert got["start"]["finite"] and got["variables"][0]["start_nonfinite"] == []
    assert got["variables"][0]["radial"]["axis"] == 0


def test_a_tiny_floor_hides_the_start_and_not_the_length():
    got = measure(direction((3,), floor=1e-8))
    assert got["start"]["finite"] and got["variables"][0]["radial"]["n"] == 1


def test_the_repair_holds_the_length():
    with pm.Model() as model:
        u = pm.Normal("u", shape=3, initval=np.ones(3))
        norm = pt.sqrt((u**2).sum())
        pm.Normal("y", u / norm, 1.0, observed=[1.0, 0.0, 0.0])
        pm.Potential("length", -50 * (norm - 1) ** 2)
    assert measure(model) == {"start": {"finite": True}, "variables": []}


def test_a_length_at_zero_is_singular_and_read():
    [row] = measure(models.norm_at_zero())["variables"]
    assert row == {"name": "x", "start_nonfinite": ["y"], "nearby_finite": ["y"], "radial": None}


def test_a_saturated_factor_is_not_flat_along_rays_alone():
    with pm.Model() as model:
        x = pm.Normal("x", shape=3)
        pm.Potential("outliers", pt.logaddexp(-0.5 * (200 * x - 150.0) ** 2, -10.0))
    assert measure(model)["variables"] == []


@pytest.mark.parametrize("name", ["eight_schools", "kinked", "with_discrete", "with_op", "latent_path"])
def test_sound_models(name):
    assert measure(getattr(models, name)()) == {"start": {"finite": True}, "variables": []}


def test_a_factor_that_is_never_finite_is_not_the_start():
    rows = measure(models.impossible_datum())["variables"]
    assert all(row["nearby_finite"] == [] for row in rows)


def test_nothing_continuous_and_nothing_at_all():
    nothing = {"start": {"finite": True}, "variables": []}
    assert measure(pm.Model()) == nothing
    with pm.Model() as model:
        pm.Poisson("k", 3)
    assert measure(model) == nothing
