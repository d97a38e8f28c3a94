"""What one element of a variable is called, and where its coordinates may be used."""

import datetime

import numpy as np
import pandas as pd
import pymc as pm
import pymc.dims as pmd
import pytest
import xarray as xr
from markdown_it import MarkdownIt

from faultline.engine.layout import Layout
from faultline.engine.names import LONGEST, Axis, axes, axes_of_draws, element_of, place
from faultline.probes.convergence import variables
from faultline.probes.logp import log_probability
from faultline.report.markdown import code, table

COUNTIES = ("AITKIN", "ANOKA", "BECKER")


def called(labels, i, dim="county"):
    return element_of({"name": "a", **place((Axis(dim, labels),), [i])})


def test_a_label_where_there_is_one_and_the_index_where_it_says_as_much():
    assert called(COUNTIES, 1) == "a[county=ANOKA]"
    assert called((1990, 1991), 1, "year") == "a[year=1991]"
    assert called(range(3), 2) == called(None, 2) == "a[2]"
    assert element_of({"name": "a", **place((), [3, 1])}) == "a[3, 1]"
    assert element_of({"name": "tau", **place((), [])}) == "tau"
    grid = (Axis("county", COUNTIES), Axis("floor", None), Axis("sex", "mf"))
    assert element_of({"name": "b", **place(grid, [0, 1, 1])}) == "b[county=AITKIN, floor=1, sex=f]"
    assert element_of({"name": "b", **place(grid, [0])}) == "b[county=AITKIN]"
    assert place(grid[1:], [0]) == {"index": [0]}


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (("1, floor=2", "b"), "'1, floor=2'"),
        (("x]", "b"), "'x]'"),
        (('say "no"', "b"), "'say \"no\"'"),
        (("two\n lines", "b"), "two lines"),
        (("`tick`", "b"), "\"'tick'\""),
        (("", "b"), "''"),
        (("left\u202eright", "b"), "'left\\u202eright'"),
        ((0.1 + 0.2, 1.0), "0.3"),
        ((True, False), "True"),
        ((np.datetime64("2020-02-01", "ns"), None), "2020-02-01"),
        ((np.datetime64("NaT", "ns"), None), "NaT"),
        (tuple(pd.date_range("2020-02-01", periods=2)), "2020-02-01"),
        ((datetime.datetime(2020, 2, 1, 12), None), "2020-02-01 12:00:00"),
        ((("AITKIN", 1), ("AITKIN", 2)), "\"('AITKIN', 1)\""),
    ],
)
def test_labels_of_any_kind_are_one_line_and_one_label(labels, shown):
    assert called(labels, 0) == f"a[county={shown}]"


def test_labels_that_read_the_same_have_their_index():
    assert called(("x", "y", "x"), 2) == "a[county=x (index 2)]" != called(("x", "y", "x"), 0)
    assert called(("x", "y", "x"), 1) == "a[county=y]"
    assert called((1, "1"), 1) == "a[county=1 (index 1)]"
    long = [f"{'z' * 100}{i}{'z' * 100}" for i in range(2)]
    assert called(long, 0) != called(long, 1)
    assert len(called(long, 0)) < LONGEST + 30


@pytest.mark.parametrize("label", ["a|b", "a\\|b", "|", "<b>", "$x$", "*x*"])
def test_a_label_stays_inside_its_cell(label):
    name = called((label, "c"), 0)
    html = MarkdownIt().enable("table").render(table(["component", "gradient"], [[code(name), "1"]]))
    assert html.count("<td") == 2 and html.count("<code>a[county=") == 1 and "<b>" not in html


@pytest.fixture(scope="module")
def model() -> pm.Model:
    ordered = pm.distributions.transforms.ordered
    with pm.Model(coords={"county": COUNTIES, "floor": ("low", "high")}) as model:
        model.add_coord("week", length=3)
        pm.Normal("a", dims="county")
        pm.HalfNormal("b", dims=("county", "floor"))
        pm.Uniform("share", dims="county")
        pm.Normal("weekly", dims="week")
        pm.Normal("cut", [0, 1, 2], dims="county", transform=ordered, initval=[0, 1, 2])
        pm.Dirichlet("parts", np.ones(3), dims="county")
        pm.ZeroSumNormal("off", dims="county")
        pmd.HalfNormal("scale", dims=("county",))
        pm.Normal("plain", shape=3)
        pm.Deterministic("twice", 2 * model["a"], dims="county")
    return model


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a", "a[county=ANOKA]"),
        ("b", "b[county=AITKIN, floor=high]"),
        ("share", "share[county=ANOKA]"),
        ("scale", "scale[county=ANOKA]"),
        ("weekly", "weekly[1]"),
        ("cut", "cut[1]"),
        ("parts", "parts[1]"),
        ("off", "off[1]"),
        ("plain", "plain[1]"),
    ],
)
def test_the_element_of_an_unconstrained_value_is_the_variable_s_or_has_an_index(model, name, shown):
    block = next(block for block in Layout.of(model).blocks if block.name == name)
    assert element_of({"name": name, **block.place(block.start + 1)}) == shown


def test_draws_have_the_labels_in_the_variables_own_units(model):
    draws = np.random.default_rng(0).normal(size=(4, 50, 3))
    draws[0, :, 1] += 5
    posterior = xr.Dataset(dict.fromkeys(("parts", "twice", "plain"), (("chain", "draw", "i"), draws)))
    found = [element_of(row, before="rhat_worst_") for row in variables(posterior, model)]
    assert found == ["parts[county=ANOKA]", "twice[county=ANOKA]", "plain[1]"]
    assert "rhat_worst_labels" not in variables(posterior)[0]


def test_dims_that_do_not_fit_an_array_name_nothing(model):
    assert axes(model, "a", (4,)) == axes(model, "a", (3, 3)) == axes(model, "none", (3,)) == ()
    assert [axis.dim for axis in axes(model, "b", (3,))] == ["county"]
    drawn = xr.DataArray(np.zeros((1, 1, 2)), dims=("chain", "draw", "site"), coords={"site": ["p", "q"]})
    assert place(axes_of_draws(drawn, 2), [1]) == {"index": [1], "labels": ["site=q"]}


def test_terms_data_and_potentials_have_them_too():
    with pm.Model(coords={"county": COUNTIES}) as model:
        x = pm.Data("x", [0.0, np.inf, 1.0], dims="county")
        a = pm.Normal("a", dims="county")
        pm.Normal("y", a, observed=[0.0, 1.0, np.inf], dims="county")
        pm.Potential("soft", -(a**2) * x, dims="county")
    terms = {row["name"]: row for row in log_probability(model, pairs=False)["terms"]}
    assert terms["y"]["bad"][0]["labels"] == terms["y"]["data"][0]["labels"] == ["county=BECKER"]
    assert terms["soft"]["bad"][0]["labels"] == terms["soft"]["data"][0]["labels"] == ["county=ANOKA"]
