"""Small studies of trials, and runs of them as their errors say."""

from __future__ import annotations

import math

from faultline.core.configuration import changed, configuration
from faultline.core.record import validate
from faultline.criteria.trials.runs import Criterion, Raised, Reading, Run, Study, Toggle
from faultline.criteria.trials.wanted import asked, wanted
from faultline.diagnosis.trials.judging import judged
from faultline.plan.trials import as_json

ERROR = Criterion("fit.error", better="lower", margin=0.02)
FINITE = Criterion("fit.finite")
TOGGLES = (Toggle("a", ("bad", "good")), Toggle("b", ("bad", "good")), Toggle("c", ("x", "y")))
FAILING = configuration({"a": "bad", "b": "bad", "c": "x"})
REPAIRED = configuration({"a": "good", "b": "good", "c": "x"})
SHARED = {1: 0.001, 2: -0.002, 3: 0.0015}
"""What a seed does to every configuration alike."""


MORE = {
    "toggles": (*TOGGLES, Toggle("d", ("bad", "good"))),
    "failing": changed(FAILING, {"d": "bad"}),
    "repaired": changed(REPAIRED, {"d": "good"}),
    "criteria": (FINITE, ERROR),
}


def study(**other) -> Study:
    about = {"criteria": (ERROR,), "screening": 0, "fresh": (1, 2, 3), "toggles": TOGGLES}
    return Study(**{"failing": FAILING, "repaired": REPAIRED, **about, **other})


def run(error, seed, larger=False, limit=0.1, **more) -> Run:
    """A run whose error has a limit of 0.1, or that raises where the error is None or the name of an exception."""
    if error is None or isinstance(error, str):
        raised = Raised(error, "fit", f"{error} of seed {seed}")
        return Run(seed, {}, f"raised {seed}", raised=True, larger=larger, error=raised)
    value = error + SHARED.get(seed, 0.0)
    finite, digest = math.isfinite(value), f"{value}"
    readings = {
        "fit.error": Reading(finite and value <= limit, value if finite else None, digest, finite),
        "fit.finite": Reading(finite, None, digest, finite),
        **more,
    }
    return Run(seed, readings, digest, larger=larger)


def answered(asking: Study, error, rounds=8, limit=0.1):
    """All runs that are asked for, where ``error`` gives the error of choices, seed and budget."""
    results: dict = {}
    for _ in range(rounds):
        before = asked(asking, results)
        missing = wanted(asking, results)
        if not missing:
            return results
        for want in missing:
            for seed in want.seeds:
                value = error(dict(want.configuration), seed, want.larger)
                made = value if isinstance(value, Run) else run(value, seed, want.larger, limit)
                results.setdefault(want.configuration, []).append(made)
        after = {(w.configuration, w.larger): set(w.seeds) for w in asked(asking, results)}
        assert all(set(w.seeds) <= after[w.configuration, w.larger] for w in before)
    raise AssertionError("it never has enough")


def rows_of(results) -> list[dict]:
    """These runs as measurements, which ``trials.json`` is made of."""
    return [
        {
            "configuration": dict(which),
            "larger": larger,
            "request": "0" * 32,
            "error": None,
            "runs": [
                {
                    "seed": each.seed,
                    "digest": each.digest,
                    "raised": each.raised,
                    "error": vars(each.error) if each.raised else None,
                    "readings": {name: vars(reading) for name, reading in each.readings.items()},
                }
                for each in runs
                if each.larger == larger
            ],
        }
        for which, runs in results.items()
        for larger in (False, True)
    ]


def told(study: Study, rows) -> dict:
    """What ``trials.json`` says of these measurements; it fits its schema."""
    found = judged(as_json(study), rows)
    assert validate(found, "trials") == []
    return found
