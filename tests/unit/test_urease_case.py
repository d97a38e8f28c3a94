"""The case ``urease`` as a whole: what fails, what passes, and what is declared of it."""

import itertools

import numpy as np
import pytest
from urease_runs import FEATURES, SIGNATURE, STAGES, SYSTEM, through

from faultline.cases.urease import audit, declared, model
from faultline.core.sections.pipeline import Wanted

long = [pytest.mark.slow, pytest.mark.long]
FRESH = (43, 44, 45)


def holds(made, figure, about):
    stage, _, name = figure.partition(".")
    value, wanted = made[stage].facts.get(name), Wanted.of(about)
    if wanted.finite:
        return made[stage].facts["finite"] == 1
    if value is None:
        return None
    if wanted.at_most is not None:
        return value <= wanted.at_most
    return value >= wanted.at_least if wanted.at_least is not None else value == wanted.equals


def test_the_defaults_are_what_was_audited():
    assert SIGNATURE.choose_variants("as_audited") == SIGNATURE.choose_variants({})
    assert SIGNATURE.choose_variants("repaired") == SIGNATURE.repaired
    audited = SIGNATURE.choose_variants({})
    known = {
        "padding": "edge",
        "time": "global_z",
        "dt_channel": "off",
        "ph_scale": "global_z",
        "head": "linear",
    }
    known |= {"uncertainty": "nll", "logvar": "free", "constant_input": "normalised", "split_seed": "none"}
    known |= {"powder": "by_itself", "evaluation_prefix": "bare"}
    assert {name: audited[name] for name in known} == known
    assert model.SCENARIOS["uniform"]["prefix"] == 30


def test_every_item_of_the_audit_is_a_hypothesis():
    names = [row["name"].partition(",")[0] for row in audit.HYPOTHESES]
    items = [
        f"{letter}{number}"
        for letter, last in zip("ABCDEFGHI", (5, 4, 4, 3, 5, 4, 3, 3, 4), strict=True)
        for number in range(1, last + 1)
    ]
    assert set(items) <= set(names)
    assert [name for name in names if name.startswith("cause")] == [f"cause {n}" for n in range(1, 11)]
    assert sum(name.startswith("experiment") for name in names) == 7
    assert sum(name.startswith("fix") for name in names) == 8
    causes = [row["severity"] for row in audit.HYPOTHESES if row["name"].startswith("cause")]
    assert [causes.count(each) for each in ("CRITICAL", "HIGH", "MEDIUM", "LOW")] == [2, 2, 4, 2]


def test_the_fixes_come_one_after_another_in_the_given_order():
    ladder = [row["changes"] for row in audit.HYPOTHESES if row["name"].startswith("fix")]
    assert [len(changes) for changes in ladder] == list(range(1, 9))
    assert all(one.items() <= other.items() for one, other in itertools.pairwise(ladder))
    order = ["time", "padding", "logvar", "clipping", "dt_channel", "split_seed", "batch_norm", "dropout"]
    assert list(ladder[-1]) == order


def test_no_oracle_names_a_choice():
    words = " ".join(declared.ORACLES)
    choices = {
        choice for variant in SIGNATURE.variants.values() for choice in variant.choices if len(choice) > 5
    }
    assert not any(choice in words for choice in choices)


def test_every_oracle_that_trains_nothing_holds_in_the_repaired_configuration():
    stages = (*FEATURES, "check_simulator", "check_head", "check_loss", "check_chain")
    made = through(*stages, preset="repaired")
    found = {
        figure: holds(made, figure, about)
        for figure, about in declared.ORACLES.items()
        if figure.partition(".")[0] in stages
    }
    assert found == dict.fromkeys(found, True) and len(found) > 10


@pytest.fixture(scope="module")
def audited():
    return [through(*SYSTEM[:5], seed=seed) for seed in FRESH]


@pytest.fixture(scope="module")
def repaired():
    return [through(*STAGES, preset="repaired", seed=seed) for seed in FRESH]


class TestPresets:
    pytestmark = long

    def test_as_audited_has_values_out_of_range_and_errors_far_beyond_those_of_training(self, audited):
        assert max(made["evaluate"].facts["out_of_range"] for made in audited) > 0
        assert np.mean([made["evaluate"].facts["mae_ratio"] for made in audited]) > 0.3

    def test_as_committed_is_no_better_than_the_prior_mean(self):
        found = [through(*SYSTEM[:5], preset="as_committed", seed=seed)["evaluate"].facts for seed in FRESH]
        assert np.mean([each["mae_ratio"] for each in found]) > 0.6

    def test_repaired_is_better_than_the_prior_mean_covers_and_stays_in_range(self, repaired):
        found = [made["evaluate"].facts for made in repaired]
        assert np.mean([each["mae_ratio"] for each in found]) <= 0.6
        assert 0.80 <= np.mean([each["coverage"] for each in found]) <= 0.97
        assert all(each["out_of_range"] == 0 for each in found)

    def test_repaired_holds(self, repaired):
        for made in repaired:
            limits = {**declared.CRITERIA, **declared.ORACLES}
            assert {figure: holds(made, figure, about) for figure, about in limits.items()} == dict.fromkeys(
                limits, True
            )

    def test_the_gap_to_the_mechanistic_reference_is_reported_by_prefix(self, repaired):
        for made in repaired:
            reference = made["reference"].facts
            ratios = [reference[f"prefix_{prefix}s"]["k_d_sd_ratio"] for prefix in (10, 30, 60)]
            assert ratios == sorted(ratios, reverse=True) and ratios[0] > 0.9 and ratios[2] < 0.7
            assert made["forecast"].facts["gap_E0"] > 0
            assert made["forecast"].facts["fit_prefix_difference"] == 0


@pytest.mark.slow
@pytest.mark.long
def test_an_input_that_is_constant_in_training_breaks_the_network_where_it_changes():
    found = {
        how: through(*SYSTEM[:5], preset="repaired", scenario="volume", constant_input=how)["evaluate"].facts[
            "mae_ratio"
        ]
        for how in ("normalised", "dropped")
    }
    assert found["dropped"] < 0.3 < 1 < found["normalised"]


@pytest.mark.slow
@pytest.mark.long
def test_a_scale_for_each_sequence_takes_cadences_away():
    found = {
        how: through(*SYSTEM[:5], preset="repaired", scenario="mixed", time=how)["evaluate"].facts[
            "mae_ratio"
        ]
        for how in ("global_z", "per_sequence_z")
    }
    assert found["global_z"] + 0.2 < found["per_sequence_z"]
