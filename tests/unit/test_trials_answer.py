"""What trials say together: sets that cure, and sets that only seem to."""

import math
from dataclasses import asdict

import pytest
from trial_toys import MORE, answered, study

from faultline.diagnosis.trials.answer import headlines
from faultline.diagnosis.trials.judging import judged
from faultline.plan.trials import as_json
from faultline.report.trials_page import markdown


def judgment(error, **other):
    """The content of trials.json after all runs that are asked for."""
    asking = study(**{**MORE, **other})
    rows = [
        {
            "configuration": dict(which),
            "larger": larger,
            "request": "",
            "error": None,
            "runs": [
                {key: value for key, value in asdict(run).items() if key != "larger"}
                for run in runs
                if run.larger == larger
            ],
        }
        for which, runs in answered(asking, error, rounds=30).items()
        for larger in (False, True)
    ]
    return judged(as_json(asking), [row for row in rows if row["runs"]])


def both_needed(choices, seed, larger):
    return math.nan if "bad" in (choices["a"], choices["b"]) else 0.01


def test_a_set_that_cures_is_told_and_what_is_not_in_it_is_ruled_out():
    found = judgment(both_needed, larger=True)
    said = " ".join(headlines(found))
    assert "Together, `a` at `good` and `b` at `good` cure it" in said
    row = next(row for row in found["sets"] if row["criterion"] == "fit.finite")
    assert (row["of"], row["label"], row["unique"]) == ("repairs", "cures alone", True)
    assert "There is no other such set." in markdown(found)


def test_a_set_that_only_delays_is_no_cure():
    def error(choices, seed, larger):
        return math.nan if larger and choices["d"] == "bad" else both_needed(choices, seed, larger)

    found = judgment(error, larger=True)
    row = next(row for row in found["sets"] if row["criterion"] == "fit.finite")
    assert (row["outcome"], row["label"]) == ("found", "delays")
    assert "cure it" not in " ".join(headlines(found))
    assert "The larger budget does not show the same: delays." in markdown(found)


@pytest.mark.parametrize("cause", ["a", "d"])
def test_faults_that_break_only_together_are_on_the_page(cause):
    def error(choices, seed, larger):
        return 0.5 if (choices[cause], choices["b"]) == ("bad", "bad") else 0.01

    found = judgment(error)
    assert [(row["of"], row["changes"]) for row in found["sets"]] == [("faults", {cause: "bad", "b": "bad"})]
    assert "no single choice breaks these criteria, and all together do" in markdown(found)
