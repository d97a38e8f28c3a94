"""What a graph costs is told in CPU seconds, term by term; how many operations it has decides nothing."""

import time

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from verdict_records import check, measured

from faultline.criteria import thresholds
from faultline.engine.factors import Factors
from faultline.probes.graph_cost import cpu_limit, graph_cost, graph_size


def written_out(steps):
    y = np.random.default_rng(1).normal(size=steps)
    with pm.Model() as model:
        keep, level = pm.Beta("keep", 4, 4), pm.Normal("first", 0, 1)
        levels = []
        for seen in y:
            levels.append(level)
            level = keep * level + (1 - keep) * seen
        pm.Normal("demand", pt.stack(levels), pm.HalfNormal("sigma", 1), observed=y)
    return model


def many_terms(n):
    y = np.random.default_rng(1).normal(size=n)
    with pm.Model() as model:
        for i in range(n):
            pm.Normal(f"y_{i}", pm.Normal(f"b_{i}", 0, 1), 1, observed=y[i])
    return model


def test_a_loop_written_out_is_named_and_its_timing_ends_at_the_limit(monkeypatch):
    monkeypatch.setattr("faultline.probes.graph_cost.GRAPH_TERM_SECONDS", 0.5)
    found = graph_cost(Factors(written_out(60)))
    assert found["costliest"]["name"] == "demand" and found["cpu_seconds"] is None
    assert 0.5 < found["costliest"]["cpu_seconds"] < 3


def test_many_cheap_terms_are_timed_and_pass():
    found = graph_cost(Factors(many_terms(80)))
    assert found["n_nodes"] > thresholds.GRAPH_NODES and len(found["by_factor"]) == 160
    assert found["costliest"]["cpu_seconds"] < thresholds.GRAPH_TERM_SECONDS / 2
    assert found["cpu_seconds"] < thresholds.GRAPH_SECONDS / 4
    record = measured(1)
    record["model"]["graph"] = found
    assert check(record, "graph_cost")["passed"] is True


def test_a_small_graph_is_not_timed():
    factors = Factors(many_terms(2))
    assert graph_cost(factors) == graph_size(factors)


def test_waiting_costs_no_cpu_seconds():
    with cpu_limit(0.2):
        time.sleep(0.5)


@pytest.mark.parametrize(
    ("graph", "names"),
    [
        ({"costliest": {"name": "y", "cpu_seconds": 3.3}, "cpu_seconds": None}, ["y"]),
        ({"costliest": {"name": "y", "cpu_seconds": 0.1}, "cpu_seconds": 66.0}, ["graph"]),
    ],
)
def test_only_seconds_beyond_a_limit_fail(graph, names):
    record = measured(1)
    record["model"]["graph"] = {"n_nodes": 9000, "depth": 300, "by_factor": [], **graph}
    found = check(record, "graph_cost")
    assert (found["passed"], found["names"], found["cause_class"]) == (False, names, "d")
    record["model"]["graph"] |= {"costliest": {"name": "y", "cpu_seconds": 2.9}, "cpu_seconds": 59.0}
    assert check(record, "graph_cost")["passed"] is True
