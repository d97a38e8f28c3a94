"""No sentence of a verdict or a summary breaks off: nothing follows a colon, a name is missing, a list is empty.

Whatever a record lacks: every part of sound, failing and broken records is taken away, emptied or made unknown in turn.
"""

import copy
import math
import re
from collections.abc import Iterator
from typing import Any

import apart_samples
import pytest
from verdict_records import divergent, failing, gradient, judged, logp, measured, run

from faultline.diagnosis.rules import judge
from faultline.diagnosis.summarise import summarise
from faultline.report.sections import overview

BROKEN_OFF = re.compile(r":\s*([.;,)]|$)|\(\s*\)|``|\band\s*\.|\bof\s*[.:]|\s\.(\s|$)")


def texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from texts(value)


def paths(content: Any, at: tuple = ()) -> Iterator[tuple]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield (*at, key)
            yield from paths(value, (*at, key))
    elif isinstance(content, list) and content:
        yield from paths(content[0], (*at, 0))


def without(record: dict, path: tuple, put: Any) -> dict:
    changed = copy.deepcopy(record)
    *above, last = path
    inner = changed
    for key in above:
        inner = inner[key]
    inner[last] = put
    return changed


ERRORS = [
    {"type": "TimeLimit", "message": "too long", "stage": "sample"},
    {"type": "MemoryLimit", "message": "", "stage": "base"},
    {"type": "ValueError", "message": "", "stage": "logp", "where": "model.py:3"},
    {"type": "RecursionError", "message": "deep", "stage": "compile"},
    {"type": "Crash", "message": "gone", "stage": "draw", "signal": "SIGKILL"},
]


def endings(record: dict) -> Iterator[dict]:
    for error in ERRORS:
        yield {**copy.deepcopy(record), "error": error}


def apart_records() -> Iterator[dict]:
    made = (
        apart_samples.funnel,
        apart_samples.places,
        apart_samples.symmetric,
        apart_samples.cliff_and_ridge,
        apart_samples.no_density,
    )
    yield from (make() for make in made)
    undecided = apart_samples.funnel()
    undecided["apart"] = {"base": {**apart_samples.fit(200.0), "max_rhat": 1.013, "n_draws": 4000}}
    yield undecided
    nothing = apart_samples.funnel()
    nothing["apart"] = {
        "base": {"n_draws": 0},
        "skipped": [{"what": "everything else", "reason": "no draw was made in time"}],
    }
    yield nothing


RECORDS = {
    "build": lambda: [measured(1), measured(1, logp=logp(total=math.nan))],
    "gradient": lambda: [measured(2), measured(2, gradient=gradient(n_nan=3))],
    "sampling": lambda: [measured(3), failing(3), measured(3, sampling_extended=run(max_rhat=1.013))],
    "short": lambda: [measured(6, sampling=divergent()), measured(7)],
    "apart": lambda: list(apart_records()),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_no_sentence_breaks_off_whatever_is_missing(kind):
    broken = set()
    for record in RECORDS[kind]():
        record = {key: value for key, value in record.items() if key not in ("checks", "verdict")}
        changed = [record, *endings(record)]
        for path in paths(record):
            if path[0] in (
                "group",
                "number",
                "kind",
                "title",
                "run_id",
                "timestamp",
                "asked",
                "schema_version",
            ):
                continue
            puts = (None, [], {}, math.nan)
            value = record
            for key in path:
                value = value[key]
            like = [put for put in puts if put is None or type(put) is type(value)]
            changed += [without(record, path, put) for put in like]
        for other in changed:
            try:
                verdict = judge(other)["verdict"]
                summary = summarise([{**other, **judge(other)}])
            except (TypeError, KeyError, AttributeError, ValueError, IndexError):
                continue  # no record that a worker writes
            summary.pop("case"), summary.pop("dataset")
            said = [*texts(verdict), *texts(summary)]
            broken |= {text for text in said if BROKEN_OFF.search(text)}
    assert broken == set()


def test_a_run_that_neither_passes_nor_fails_asks_for_more_draws():
    *_, undecided, nothing = apart_records()
    verdict = judge(undecided)["verdict"]
    assert verdict["outcome"] == "inconclusive" and "More draws are needed" in verdict["next_action"]
    verdict = judge(nothing)["verdict"]
    assert verdict["outcome"] == "inconclusive" and "no draw was made in time" in verdict["next_action"]


def test_what_nothing_is_known_of_is_no_pass():
    record = apart_samples.funnel()
    record["apart"] = {"base": {"n_draws": 0}}
    assert judge(record)["verdict"]["outcome"] == "inconclusive"


def test_pages_of_models_that_are_sound_or_undecided_do_not_say_that_they_are_wrong():
    sound = summarise([judged(measured(n)) for n in (1, 2, 3)])
    undecided = summarise([judged(measured(3, sampling_extended=run(max_rhat=1.013)))])
    for summary in sound, undecided, summarise([]):
        assert "wrong" not in overview.title({**summary, "case": "x/model.py"})
