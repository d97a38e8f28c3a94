"""Accidental N x N broadcasting."""

import models
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.shapes import shapes

N = 7
X, Y = np.linspace(0, 1, N), np.linspace(2, 3, N) ** 2


def log_density(value, mean, sd):
    return -(((value - mean) / sd) ** 2) / 2 - pt.log(sd)


def found(build):
    with pm.Model() as model:
        build(pm.Normal("a"), pm.HalfNormal("s"))
    return shapes(Factors(model, backend=PLAIN))


@pytest.mark.parametrize("wrap", [np.asarray, lambda x: pm.Data("x", x)])
def test_a_column_beside_a_row(wrap):
    def observed(a, s):
        column = wrap(X)[:, None]
        pm.CustomDist("y", a, s, logp=lambda y, a, s: log_density(y, a * column, s), observed=Y)

    def potential(a, s):
        pm.Potential("y", -(((Y - a * wrap(X)[:, None]) / s) ** 2).sum())

    got = found(observed)
    assert got["factors"] == [
        {"name": "y", "elements": N * N, "shape": [N, N], "data_size": N, "data_shape": [N]}
    ]
    [*rows] = (found(build)["outer"] for build in (observed, potential))
    for [row] in rows:
        assert row["name"] == "y" and row["n"] == N and row["where"] == "Sub" and row["reads_data"]


def test_the_repair():
    got = found(lambda a, s: pm.Normal("y", (a * X[:, None])[:, 0], s, observed=Y))
    assert got["factors"][0]["elements"] == N and got["outer"] == []
    got = found(lambda a, s: pm.Potential("p", pm.logp(pm.Normal.dist(a * X, s), Y).sum()))
    assert got == {"factors": [], "outer": []}


def test_all_pairs_on_purpose():
    def pairwise(a, s):
        x = pm.Normal("x", shape=N)
        pm.Potential("p", pt.exp(-((x[:, None] - x[None, :]) ** 2) / s).sum())
        pm.Normal("y", x, s, observed=Y)

    def kernel(a, s):
        cov = s * pt.exp(-((X[:, None] - Y[None, :]) ** 2)) + pt.eye(N)
        pm.MvNormal("y", np.zeros(N), cov=cov @ cov.T, observed=Y)

    def basis(a, s):
        weights = pm.Normal("w", shape=N)
        mean = (weights * pt.exp(-((X[:, None] - np.linspace(0, 1, N) ** 3) ** 2))).sum(axis=1)
        pm.Normal("y", mean, s, observed=Y)

    def crossed(a, s):
        rows, columns = pm.Normal("r", shape=N), pm.Normal("c", shape=N)
        pm.Normal("offset", a, s, observed=Y)
        pm.Normal("y", rows[:, None] + columns, s, observed=np.outer(X, Y))

    def kde(a, s):
        centres = pm.Normal("c", shape=N)
        pm.Potential("p", pt.logsumexp(-((Y[:, None] - centres) ** 2) / s, axis=1).sum())

    for build in (pairwise, kernel, basis, crossed, kde):
        assert found(build)["outer"] == [], build.__name__


def test_any_model():
    for name in ("eight_schools", "correlated", "with_discrete", "with_op"):
        got = shapes(Factors(getattr(models, name)(), backend=PLAIN))
        assert got["outer"] == [] and all(row["elements"] <= row["data_size"] for row in got["factors"])
    with pm.Model() as nothing:
        pm.Normal("z")
    assert shapes(Factors(nothing, backend=PLAIN)) == {"factors": [], "outer": []}
