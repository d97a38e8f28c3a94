"""Step 4: its graph is counted part by part, and its words follow its figures."""

import pytest
from gimbal_samples import config

from faultline.cases.gimbal.dataset import load_dataset
from faultline.cases.gimbal.generate import simulate, write
from faultline.cases.gimbal.step_4 import compiling
from faultline.cases.gimbal.step_4 import report as step_4
from faultline.engine.factors import Factors
from faultline.plan.ladder import groups
from faultline.probes.graph_cost import graph_size
from faultline.targets.case import read_signature
from faultline.targets.loading import load_case


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "small.npz"
    write(path, simulate(config(T=5)))
    dataset, case = load_dataset(path), load_case("gimbal")
    return lambda variants, **on: case.build(
        dataset,
        {"use_mixture": False, "use_directional_hmm": False, **on},
        case.signature.choose_variants(variants),
    )


def counts(model):
    return dict(
        zip(step_4_parts(), (row["n_nodes"] for row in compiling.likelihood_nodes(model)), strict=True)
    )


def step_4_parts():
    return "directions", "skeleton", "projection", "reads", "normalizing"


def test_every_node_of_the_likelihood_is_in_one_part(build):
    model = build({}, use_mixture=True)
    found = counts(model)
    by_term = {row["name"]: row["n_nodes"] for row in graph_size(Factors(model))["by_factor"]}
    # The sampler's log of obs_sigma is led back to it by one more.
    assert sum(found.values()) == by_term["y_obs"] - 1 and min(found.values()) > 0


def test_each_part_follows_what_is_written_another_way(build):
    plain, mixed = counts(build({})), counts(build({}, use_mixture=True))
    assert {part for part in plain if plain[part] != mixed[part]} == {"reads", "normalizing"}
    tangent = counts(build({"directions": "tangent"}))
    assert {part for part in plain if plain[part] != tangent[part]} == {"directions"}
    with_states = counts(build({}, use_directional_hmm=True))
    assert with_states == plain


def row(components, cpu, **seconds):
    parts = [{"part": name, "n_nodes": 10 + i} for i, name in enumerate(compiling.PARTS)]
    return {
        "components": components,
        "n_values": 2313,
        "compile_cpu_seconds": cpu,
        "seconds": {"import": 1.0, "build": 1.0, "graph": 1.0, "compile": 5.0, "first": 0.1, **seconds},
        "peak_mb": 500.0,
        "likelihood": parts,
        "terms": [{"name": "y_obs", "n_nodes": 60}],
    }


def compiled(*cpu):
    return [
        row(on, value)
        for on, value in zip(step_4.configurations(read_signature("gimbal").components), cpu, strict=True)
    ]


def found(**changes):
    done = {"status": "PASS", "seconds": 6.0}
    step_5 = {"draws": 20, "chains": 2, "completed": True, "seconds": 7.5, "error": None}
    step_5 |= {"n_draws": 40, "divergences": 2, "max_rhat": 3.95, "min_ess": 3.0}
    steps = dict.fromkeys(("model_build", "initial_point", "gradient_compile", "gradient_eval"), done)
    config = {"use_mixture": True, "use_directional_hmm": False, "dataset": "a/K6.npz"}
    return {
        "date": "today",
        "status": "OK",
        "config": config,
        **{"T": 100, "n_free_rvs": 17, "first_gradient": 2.0, "n_gradient_elements": 2313},
        **{
            "gradient_all_finite": True,
            "outcome": "pass",
            "next_action": "Mend it.",
            "interpretation": "Fine.",
        },
        "compiling": compiled(5.7, 4.8, 5.6, 5.9),
        "step5": step_5,
        "published": {"compile": 44.73, "n_values": 2313},
        "next_group": "group_3_sampling_baseline_minimal",
        **steps,
        **changes,
    }


def test_configurations_are_none_each_alone_and_all():
    assert [tuple(on.values()) for on in step_4.configurations({"a": True, "b": False})] == [
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    ]


def test_a_component_is_called_slow_by_cpu_seconds_alone():
    waiting = compiled(5.7, 4.8, 5.6, 5.9)
    waiting[2]["seconds"]["compile"] = 500.0
    assert step_4.compiling_said(waiting).startswith(
        "No component makes the gradient slow to compile: at most 1.04 times"
    )
    said = step_4.compiling_said(compiled(5.0, 5.0, 40.0, 41.0))
    assert "`use_directional_hmm` alone 8.0 times, all 8.2 times" in said


def test_the_report_has_the_figures_and_a_conclusion():
    text = step_4.report(found(), "step_4_test_gradients")
    for said in (
        "it is neither a hang, nor a crash, nor slow",
        "500 MB of memory at the peak",
        "2 divergences in 40 draws and a largest R-hat of 3.95",
        "go on with `group_3_sampling_baseline_minimal` (`python scripts/run_group.py --group 3 --dataset_name K6",
        "| none | 2,313 | 6.1 | 5.7 | 8 | 500 |",
    ):
        assert said in text
    slow = {"gradient_compile": {"status": "PASS", "seconds": 44.7}}
    assert "the machine was busy" in step_4.conclusion(found(**slow), passed=True)
    slow["compiling"] = compiled(30.0, 31.0, 32.0, 33.0)
    assert "it is slow, neither a hang nor a crash" in step_4.conclusion(found(**slow), passed=True)
    failed = step_4.report(found(gradient_compile={"status": "FAIL", "seconds": None}), "x")
    assert "**Status:** FAILED" in failed and "Mend it." in failed and "neither a hang" not in failed


def test_advice_names_a_group_that_exists():
    off = {"use_mixture": True, "use_directional_hmm": False}
    ladder = groups(read_signature("gimbal"), off)
    assert step_4.next_group(ladder, 3) == "group_6_sampling_full_truncated"
    assert step_4.next_group(ladder, 7) is None
    assert "next" not in step_4.advice(found(next_group=None), passed=True).replace("next_group", "")
