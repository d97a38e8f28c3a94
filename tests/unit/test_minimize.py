"""What is said of a search for the shortest version, by what it left."""

import pytest

from faultline.cli import minimize
from faultline.core.errors import InputError

RUN = {"fails": True, "error": None, "divergences": 40, "n_draws": 4000, "max_rhat": 1.02}
FINE = {**RUN, "fails": False, "divergences": 0, "max_rhat": 1.0}


class Made:
    """A store in which the search has been made."""

    def __init__(self, **record):
        self.record = {"error": None, **record}

    def ask(self, request, label):
        return "key"

    def read_json(self, key, name):
        return self.record


@pytest.fixture(autouse=True)
def made(monkeypatch):
    monkeypatch.setattr("faultline.jobs.stages.make", lambda store, key: 0)


def said(tmp_path, **record):
    with pytest.raises(InputError) as mistake:
        minimize.measured(Made(**record), {}, tmp_path / "model.py")
    return str(mistake.value)


def test_runs_that_do_not_fail_for_certain_are_not_called_passes(tmp_path):
    assert "none of 1 longer runs of model.py fails for certain" in said(
        tmp_path, shortest={"before": [FINE]}
    )


def test_an_end_by_an_error_is_told_with_what_to_do(tmp_path):
    error = {"type": "TimeLimit", "message": "the limit\nof 60 s"}
    sentence = said(tmp_path, shortest={"before": [RUN]}, error=error)
    assert "ended with TimeLimit: the limit of 60 s" in sentence and "--minutes" in sentence


def test_a_version_that_fails_by_chance_is_refused(tmp_path):
    found = {"text": "x", "after": [FINE, FINE]}
    assert "with none of 2 fresh ones" in said(tmp_path, shortest=found)
    kept = minimize.measured(Made(shortest={**found, "after": [FINE, RUN]}), {}, tmp_path / "model.py")
    assert kept["shortest"]["text"] == "x"


def test_figures_of_the_fresh_runs_in_one_sentence():
    assert minimize.told([RUN, FINE, {**RUN, "divergences": 80}]) == (
        "2 of 3 fresh runs fail: 0 to 2 % of the draws diverge, and the largest R-hat is 1 to 1.02."
    )
    broken = {**RUN, "error": "no start\nis finite"}
    assert minimize.told([broken]) == "1 of 1 fresh runs fail: no start is finite"
