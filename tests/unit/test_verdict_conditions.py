"""Conditions of single rules, each turned round once: what a whole ladder would only show by luck."""

import pytest
from verdict_records import judged, logp, measured, run

from faultline.core.sections.ablation import Ablation
from faultline.core.sections.record import Record
from faultline.criteria.thresholds import RHAT_MAX
from faultline.diagnosis import groups
from faultline.findings import ablation_effects, build, discrete, ridge, structure

POTENTIAL = {
    "name": "fit",
    "function": "sqrt(x)",
    "variable": "x",
    "argument": "value",
    "jacobian_elsewhere": False,
    "normalised_over_variable": False,
    "normalised_over_function": True,
    "symmetric": False,
    "own_prior": "proper",
}


@pytest.mark.parametrize(
    ("row", "lacks"),
    [
        ({}, True),
        ({"jacobian_elsewhere": True}, False),
        ({"argument": "parameter"}, False),
        ({"argument": "other"}, False),
        ({"normalised_over_variable": True}, False),
        ({"normalised_over_function": False}, False),
        ({"symmetric": True}, False),
        ({"symmetric": True, "own_prior": "flat"}, True),
        ({"argument": "other", "own_prior": "flat"}, True),
    ],
)
def test_a_potential_lacks_its_jacobian(row, lacks):
    record = {**measured(1), "probes": {"densities": {"potentials": [{**POTENTIAL, **row}]}}}
    assert [check.name for check in structure.densities(Record.of(record))] == ["change_of_variables"] * lacks


@pytest.mark.parametrize(("impossible", "said"), [("y", False), ("z", True)])
def test_a_datum_that_is_no_number_is_said_once(impossible, said):
    array = {
        "array": "y",
        "observed": True,
        "index": [3],
        "kind": "missing",
        "value": None,
        "n": 1,
        "size": 5,
    }
    terms = [
        term | ({"data": [array], "value": None, "n_nan": 1} if term["name"] == "y" else {})
        for term in logp()["terms"]
    ]
    support = [{"name": impossible, "n": 1, "elements": [{"index": [3], "datum": -1.0}]}]
    record = {
        **measured(1, logp=logp(terms=terms, n_nan=1, total=None)),
        "probes": {"data": {"support": support}},
    }
    names = [check.name for check in build.checks(Record.of(record))]
    assert "data_finite" in names and ("data_in_support" in names) is said


def test_only_the_divergences_of_an_overruled_run_lose_their_weight():
    sampled = measured(3, sampling_extended=run(divergences=15, divergent_share=15 / 4000))
    record = Record.of(judged(sampled))
    roles = {check["name"]: check["role"] for check in record.checks}
    now = {check["name"]: check["role"] for check in groups._undecided(record).checks}
    assert now == roles | {"divergences_too_many": "standard"}


def row(name, rhat):
    return {"name": name, "size": 1, "rhat_max": rhat}


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([row("k", RHAT_MAX + 0.5), row("z", 1.0)], ("k",)),
        ([row("k", RHAT_MAX), row("z", 1.0)], ("k", "z")),
        ([row("k", None), row("mu", 3.0)], ("k", "z")),
    ],
)
def test_the_discrete_variables_whose_chains_disagree_are_named(rows, named):
    whole = run(max_rhat=1.3, variables=rows)
    apart = Ablation.of({"discrete": ["k", "z"], "whole": whole, "discrete_held": [run()]})
    [finding] = discrete.steps(apart)
    assert finding.names == named


@pytest.mark.parametrize(("share", "names"), [(0.15, ["mu", "theta"]), (0.14, ["mu"])])
def test_what_has_a_seventh_of_a_direction_spans_it(share, names):
    row = {"share": [{"name": "mu", "share": 0.8}, {"name": "theta", "share": share}]}
    assert ridge._spanning(row) == names == ridge._moving(row)


@pytest.mark.parametrize(("violated", "checks"), [(0.05, []), (0.06, [False])])
def test_a_parameter_leaves_its_domain_in_more_than_one_draw_in_twenty(violated, checks):
    row = {
        "factor": "y",
        "requires": "sigma > 0",
        "violated": violated,
        "variables": ["sigma"],
        "names": ["sigma"],
    }
    record = Record.of({**measured(1), "probes": {"domains": [row]}})
    assert [check.passed for check in structure.domains(record)] == checks


@pytest.mark.parametrize(
    ("together", "said"),
    [(1.5, "take 1.5 CPU seconds"), (None, "take more than"), (1e4, "take more than")],
)
def test_the_cost_of_a_graph_in_words(together, said):
    costliest = {"name": "y", "cpu_seconds": 0.5}
    graph = {"costliest": costliest, "cpu_seconds": together, "n_nodes": 10, "by_factor": [{}, {}]}
    record = Record.of(measured(1, model={**measured(1)["model"], "graph": graph}))
    [check] = structure.graph_cost(record.model)
    assert said in check.note


@pytest.mark.parametrize(
    ("changes", "prior", "far"),
    [
        ({}, [-1.0, 0.0, 1.0], True),
        ({"settled": False}, [-1.0, 0.0, 1.0], False),
        ({"gain": 2.0}, [-1.0, 0.0, 1.0], False),
        ({}, [-2.0, 0.0, 2.0], False),  # 25 widths of the prior
        ({"without": [85.0, 100.0, 115.0]}, [-1.0, 0.0, 1.0], True),  # 3.3 widths of where the rest puts it
        ({"without": [80.0, 100.0, 120.0]}, [-1.0, 0.0, 1.0], False),  # 2.5
        ({}, [0.0, 0.0, 0.0], False),
    ],
)
def test_a_variable_is_where_its_prior_never_expected_it(changes, prior, far):
    row = {
        "name": "mu",
        "size": 1,
        "gain": 5.0,
        "gain_in_data": 0.0,
        "settled": True,
        "without": [99.0, 100.0, 101.0],
    }
    row |= changes
    apart = Ablation.of({"relaxed": [row], "conflict": [{"name": "mu", "prior": prior}]})
    assert ablation_effects.elsewhere(apart, row) is far
