"""Indices that leave their array, and negative ones among others."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest

from faultline.engine.backend import PLAIN
from faultline.engine.factors import Factors
from faultline.probes.indices import indices


def found(model):
    return indices(Factors(model, backend=PLAIN))


def groups(index, n=4):
    with pm.Model() as model:
        spread = pm.HalfNormal("spread")
        effect = pm.Normal("effect", shape=n)
        pm.Normal("y", (spread * effect)[index], 1.0, observed=np.zeros(len(np.asarray(index))))
    return model


def test_groups_that_are_counted_from_one():
    [row] = found(groups(np.array([1, 2, 3, 4, 4])))
    assert row["factors"] == ["y"] and row["variables"] == ["spread", "effect"] and row["index"] is None
    assert (row["size"], row["n"], row["n_outside"], row["n_negative"]) == (4, 5, 2, 0)
    assert (row["smallest"], row["largest"]) == (1, 4)


@pytest.mark.parametrize("index", [[0, 1, 2, 3], [3, 3, 3, 3], [-1, -2, -3, -4]])
def test_indices_that_are_within(index):
    assert found(groups(np.array(index))) == []


def test_negative_beside_others():
    [row] = found(groups(np.array([0, -1, 2, -1])))
    assert (row["n_outside"], row["n_negative"]) == (0, 2)
    [row] = found(groups(np.array([0, -5])))
    assert (row["n_outside"], row["n_negative"]) == (1, 1)


def test_two_axes_masks_slices_and_data_that_change():
    with pm.Model() as model:
        row, column = pm.Data("row", np.array([0, 1, 5])), pm.Data("column", np.array([2, 0, 1]))
        table = pm.Normal("table", shape=(2, 3))
        pm.Normal("cells", table[row, column], 1.0, observed=np.zeros(3))
        pm.Normal("rest", table[:, [0, 2]][np.array([True, False])], 1.0, observed=np.zeros((1, 2)))
    [wrong] = found(model)
    assert (wrong["index"], wrong["size"], wrong["n_outside"], wrong["factors"]) == ("row", 2, 1, ["cells"])
    with model:
        pm.set_data({"row": np.array([0, 1, 1])})
    assert found(model) == []


def test_an_index_that_a_discrete_variable_decides_is_read_at_the_start():
    with pm.Model() as model:
        where = pm.Categorical("where", p=np.full(3, 1 / 3), shape=2, initval=[0, 2])
        pm.Normal("y", pm.Normal("level", shape=3)[where], 1.0, observed=np.zeros(2))
        pm.Normal("z", pm.Normal("other", shape=2)[where], 1.0, observed=np.zeros(2))
    [row] = found(model)
    assert row["factors"] == ["z"] and (row["n_outside"], row["size"]) == (1, 2)


def test_one_index_of_several_terms_is_one_row():
    with pm.Model() as model:
        effect = pm.Normal("effect", shape=2)[np.array([0, 2])]
        pm.Normal("y", effect, 1.0, observed=np.zeros(2))
        pm.Potential("soft", -(effect**2).sum())
    [row] = found(model)
    assert row["factors"] == ["y", "soft"]


def test_a_size_or_an_index_that_cannot_be_computed_says_nothing():
    with pm.Model() as model:
        inner = pm.Data("inner", np.array([0, 9]))[np.array([0, 5])]
        pm.Normal("y", pm.Normal("effect", shape=2)[inner], 1.0, observed=np.zeros(2))
    assert found(model) == []


def test_the_plain_factors_share_graphs_and_agree():
    factors = Factors(groups(np.array([0, 1])))
    plain = factors.plain()
    assert plain.graphs is factors.graphs and plain.layout is factors.layout and plain.backend == PLAIN
    at = factors.layout.vector()
    np.testing.assert_allclose(plain.totals(at), factors.totals(at), rtol=1e-12)


def test_a_loop_over_an_index_is_left_to_the_evaluation():
    with pm.Model() as model:
        effect = pm.Normal("effect", shape=2)
        path = pytensor.scan(
            lambda i, effect: effect[i],
            sequences=[pt.as_tensor([0, 3])],
            non_sequences=[effect],
            return_updates=False,
        )
        pm.Potential("y", -(path**2).sum())
    assert found(model) == []
    with pytest.raises(IndexError):
        factors = Factors(model).plain()
        factors.totals(factors.layout.vector())
