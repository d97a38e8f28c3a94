"""Which parts of a model another choice of a variant changes."""

import numpy as np
import pymc as pm

from faultline.criteria.remedies import VARIANT, Asked, Remedy
from faultline.plan.remedies import trial
from faultline.plan.trial import Trial
from faultline.remedies.variants import candidates, touched

Y = np.array([1.0, 2.0, 4.0])
CHOICES = {
    "written": ("centered", "raw", "broken"),
    "likelihood": ("normal", "wide"),
    "start": ("far", "near"),
}
CHOSEN = {name: choices[0] for name, choices in CHOICES.items()}


def build(chosen):
    if chosen["written"] == "broken":
        raise ValueError("these do not go together")
    with pm.Model() as model:
        tau = pm.HalfNormal("tau", 1.0, initval=1.0 if chosen["start"] == "far" else 0.5)
        if chosen["written"] == "centered":
            theta = pm.Normal("theta", 0, tau, shape=3)
        else:
            theta = pm.Deterministic("theta", tau * pm.Normal("theta_raw", shape=3))
        pm.Normal("y", theta, 1.0 if chosen["likelihood"] == "normal" else 2.0, observed=Y)
    return model


def test_each_choice_names_what_it_changes_and_one_that_cannot_be_built_is_none():
    found = candidates(build(CHOSEN), CHOICES, CHOSEN, build, lambda chosen: "adapt_diag")
    assert [(row["kind"], row["variant"], row["choice"], row["names"]) for row in found] == [
        (VARIANT, "written", "raw", ["theta"]),
        (VARIANT, "likelihood", "wide", ["y"]),
        (VARIANT, "start", "near", ["tau"]),
    ]


def test_another_way_to_start_touches_all_that_is_started():
    def start(chosen):
        return "adapt_diag" if chosen["start"] == "near" else "jitter+adapt_diag"

    def same(chosen):
        return build(CHOSEN)

    found = candidates(build(CHOSEN), {"start": CHOICES["start"]}, CHOSEN, same, start)
    assert [row["names"] for row in found] == [["tau", "theta"]]


def test_a_choice_that_changes_nothing_is_no_change():
    assert touched(build(CHOSEN), build(CHOSEN)) == []
    assert candidates(build(CHOSEN), {"written": ("centered", "centered")}, CHOSEN, build, str) == []


def test_a_trial_builds_the_model_with_the_choice_and_rewrites_the_rest():
    own = {"kind": VARIANT, "names": ["theta"], "variant": "written", "choice": "raw"}
    rewrite = {"kind": "ordered", "names": ["mu"]}
    asked = trial(Asked(Remedy.of([own, rewrite])), Trial("sampling", {}), seed=1, seconds=60.0)
    assert asked.change.variants == {"written": "raw"} and asked.change.rewritten == (rewrite,)
