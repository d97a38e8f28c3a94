"""Limits that a verdict goes by, as the documentation states them, each from both sides."""

import pytest
from verdict_records import measured, run

from faultline.core.sections.ablation import Ablation
from faultline.core.sections.model import Logp
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.criteria.run_statistics import faults, read, standards
from faultline.findings import build, density, structure
from faultline.findings.outcome import set_apart


def passed(name, **changes):
    figures = read(run(variables=[], **changes))
    return next(check.passed for check in [*faults(figures), *standards(figures)] if check.name == name)


@pytest.mark.parametrize(
    ("name", "key", "holds", "breaks"),
    [
        ("max_rhat", "max_rhat", 1.01, 1.0101),
        ("min_ess", "min_ess", 400.0, 399.0),
        ("max_treedepth_fraction", "max_treedepth_fraction", 0.1, 0.11),
        ("chains", "chains", 2, 1),
        # Of 4000 draws, 9 show with a confidence of 97.5 % that more than one in a thousand diverges.
        ("divergences_benign", "divergences", 8, 9),
        ("divergences_too_many", "divergences", 14, 15),
        ("chains_together", "max_rhat", 1.2, 1.21),
        ("tree_depth_not_saturated", "max_treedepth_fraction", 0.5, 0.51),
        ("effective_share", "min_ess", 40.0, 39.0),
    ],
)
def test_a_long_run_at_a_limit_and_beyond(name, key, holds, breaks):
    assert (passed(name, **{key: holds}), passed(name, **{key: breaks})) == (True, False)


@pytest.mark.parametrize(
    ("name", "holds", "breaks"), [("min_ebfmi", 0.3, 0.29), ("energy_not_stuck", 0.2, 0.19)]
)
def test_the_energy_of_every_chain(name, holds, breaks):
    for energy, answer in ((holds, True), (breaks, False)):
        assert passed(name, min_ebfmi=energy, ebfmi=[energy, 0.9]) is answer


@pytest.mark.parametrize(
    ("spread", "points", "twice"), [(0.9e-9, 3, True), (1.1e-9, 3, False), (0.9e-9, 2, False)]
)
def test_terms_are_counted_twice_where_they_agree_to_rounding_at_three_points(spread, points, twice):
    pair = {"names": ["y", "extra"], "n_points": points, "max_spread": spread, "kind": "equal"}
    check = build._equal_terms(Logp.of({"equal_terms": [pair]}))
    assert check.passed is not twice


@pytest.mark.parametrize(
    ("alone", "together", "fails"),
    [(2.9, 59.0, False), (3.1, None, True), (2.9, 61.0, True), (3.1, 59.0, True)],
)
def test_a_graph_costs_three_seconds_for_a_term_and_a_minute_in_all(alone, together, fails):
    graph = {"costliest": {"name": "y", "cpu_seconds": alone}, "cpu_seconds": together, "by_factor": []}
    record = Record.of(measured(1, model={**measured(1)["model"], "graph": graph}))
    (check,) = structure.graph_cost(record.model)
    assert check.passed is not fails


@pytest.mark.parametrize(
    ("n", "p", "told"), [(10, 0.009, True), (9, 0.009, False), (10, 0.011, False), (10, None, False)]
)
def test_divergences_lie_apart_where_there_are_ten_and_chance_explains_it_once_in_a_hundred(n, p, told):
    row = {"name": "tau", "shift": 1.0, "ks": 0.9, "p": p}
    positions = {"n": n, "variables": [row]}
    assert set_apart(Run.of(run(divergence_positions=positions))) == [row] * told


def unnormalised(**found):
    return [finding.names for finding in density.unnormalised(Ablation.of(found))]


@pytest.mark.parametrize(("change", "wrong"), [(0.011, True), (0.009, False)])
def test_an_integral_over_the_data_changes_from_one_in_a_hundred(change, wrong):
    row = {"name": "y", "change": change, "variable": "mu"}
    assert unnormalised(custom_distributions=[row]) == [("y",)] * wrong
    # A term outside the sum is one that the density lacks as written and has inside.
    row = {"name": "y", "as_written": 0.4, "inside": change}
    assert unnormalised(outside_sums=[row]) == [("y",)] * (not wrong)
    cut = [{"name": "x", "change": change, "distribution": "Normal", "transform": "log"}]
    checks = structure.cut(Record.of({**measured(1), "probes": {"cut": cut}}))
    assert [check.passed for check in checks] == [False] * wrong


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, True),
        ({"uneven": 0.09}, False),
        ({"width": 0.09}, False),
        ({"over_function": 0.011}, False),
    ],
)
def test_a_density_of_a_function_of_the_data_at_its_limits(changes, wrong):
    row = {
        "name": "fit",
        "variables": ["power"],
        "over_function": 0.009,
        "slope": 1.2,
        "uneven": 0.11,
        "width": 0.11,
    }
    assert unnormalised(warped=[row | changes]) == [("fit",)] * wrong


@pytest.mark.parametrize(("rise", "found"), [(101.0, [("penalty",)]), (100.0, [])])
def test_a_density_that_rises_by_more_than_a_hundred_far_away(rise, found):
    row = {"variable": "mu", "rise": rise, "decades": 3, "factor": "penalty", "kind": "potential"}
    assert [finding.names for finding in density.unbounded(Ablation.of({"far": [row]}))] == found


@pytest.mark.parametrize(("kind", "cause"), [("observed", "b"), ("potential", "c"), ("free", "c")])
def test_a_density_that_rises_without_end_is_a_bug_unless_a_likelihood_does(kind, cause):
    row = {"variable": "mu", "rise": 1e6, "decades": 3, "factor": "y", "kind": kind}
    (finding,) = density.unbounded(Ablation.of({"far": [row]}))
    assert finding.cause_class == cause
