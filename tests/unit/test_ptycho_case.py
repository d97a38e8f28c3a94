"""The case ``ptycho`` as a whole: what fails, what passes, and what is declared of it."""

import numpy as np
import pytest
from ptycho_runs import SIGNATURE, STAGES, SYSTEM, through

from faultline.cases.ptycho import model, running
from faultline.core.sections.pipeline import Wanted

pytestmark = [pytest.mark.slow, pytest.mark.long]
REPAIRABLE = (
    "gs1_ideal",
    "gs1_custom",
    "gs2_ideal",
    "gs2_custom",
    "gs1_phase",
    "two_by_two",
    "dose_1e4",
    "dose_1e6",
)


def holds(made, declared):
    """Figure -> whether it holds."""
    found = {}
    for figure, about in declared.items():
        stage, _, name = figure.partition(".")
        values = made[stage].facts.get(name)
        wanted = Wanted.of(about)
        if wanted.finite:
            found[figure] = made[stage].facts["nan_count"] == 0
        elif not np.isfinite(values):
            found[figure] = False
        elif wanted.at_most is not None:
            found[figure] = values <= wanted.at_most
        elif wanted.at_least is not None:
            found[figure] = values >= wanted.at_least
        else:
            found[figure] = values == wanted.equals
    return found


def test_the_defaults_are_the_failing_preset():
    assert SIGNATURE.choose_variants("as_it_stood") == SIGNATURE.choose_variants({})
    assert SIGNATURE.choose_variants("repaired") == SIGNATURE.repaired
    assert next(iter(SIGNATURE.scenarios)) == "gs1_ideal"


def test_the_scenarios_are_those_of_the_authors_divided_by_eight():
    about = {
        name: tuple(
            model.SCENARIOS[name][key] * factor
            for key, factor in (("images", 8), ("groups", 8), ("neighbor_count", 1))
        )
        for name in ("gs1_ideal", "gs2_ideal")
    }
    assert about == {"gs1_ideal": (512, 256, 4), "gs2_ideal": (256, 128, 4)}
    assert all(each["before"] in model.SCENARIOS for each in model.SCENARIOS.values())


def test_no_oracle_names_a_choice():
    """An oracle is one computation, held to one limit on every choice."""
    words = " ".join(model.ORACLES)
    assert not any(
        choice in words
        for variant in SIGNATURE.variants.values()
        for choice in variant.choices
        if len(choice) > 5
    )


@pytest.mark.parametrize("scenario", ["gs1_ideal", "gs1_custom", "two_by_two"])
def test_as_it_stood_has_the_wrong_amplitude_and_no_nan(scenario):
    made = through(*SYSTEM, "inspect", scenario=scenario, preset="as_it_stood")
    found = holds(made, model.CRITERIA)
    assert found["train.loss"] and not found["compare.ratio_error"] and not found["stitch.kept"]
    assert not found["inspect.structure"]
    assert not 0.97 < made["compare"].facts["ratio"] < 1.03
    assert made["compare"].facts["phase"] == "n/a"


@pytest.mark.parametrize("seed", [43, 44, 45])
def test_a_factor_of_twelve_is_reproduced(seed):
    found = through(*SYSTEM, preset="factor_of_twelve", seed=seed)["compare"].facts
    assert 1 / found["ratio"] == pytest.approx(12, abs=1)


@pytest.mark.parametrize("scenario", REPAIRABLE)
def test_repaired_holds_in_every_scenario_with_light_enough(scenario):
    made = through(*STAGES, scenario=scenario)
    assert holds(made, model.CRITERIA) == dict.fromkeys(model.CRITERIA, True)
    assert holds(made, model.ORACLES) == dict.fromkeys(model.ORACLES, True)
    assert 0.97 < made["compare"].facts["ratio"] < 1.03 and made["compare"].facts["pearson"] > 0.98


def test_a_weak_phase_is_found():
    found = through(*SYSTEM, scenario="gs1_phase")["compare"].facts["phase"]
    assert found["pearson"] > 0.9


@pytest.mark.parametrize("gridsize", ["1", "2"])
def test_nan_comes_where_the_probe_lies_between_pixels_whatever_the_gridsize(gridsize):
    asked = {"preset": "as_it_stood", "gridsize": gridsize, "epochs": "2000_steps"}
    seeds = (43, 44, 45)
    finite = {
        center: [
            through(*SYSTEM[:4], **asked, seed=seed, probe_center=center)["train"].facts["finite"]
            for seed in seeds
        ]
        for center in ("pixel", "half_pixel")
    }
    assert finite == {"pixel": [1, 1, 1], "half_pixel": [0, 0, 0]}


@pytest.mark.parametrize(
    "loss, term, function, expression",
    [("nll", "loss", "of_pixel", "jnp.log("), ("mae", "gradient", "predicted", "jnp.sqrt(")],
)
def test_the_first_bad_value_is_of_one_pixel_whose_amplitude_is_exactly_zero(
    loss, term, function, expression
):
    choices = {"probe_center": "half_pixel", "loss": loss, "epochs": "2000_steps"}
    run = running.through(SYSTEM[:4], choices=choices, seed=44, explain=True)[1]["train"]
    operation = run.first_bad["cause"]["operation"]
    assert run.first_bad["term"] == term
    assert operation["place"]["function"] == function and expression in operation["place"]["expression"]
    zero = next(each for each in operation["inputs"] if each["decisive"])
    assert zero["values"]["low"] == 0 and zero["values"]["n_zero"] >= 1
