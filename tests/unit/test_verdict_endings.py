"""How a group ended, and that a slow compile, a limit or a signal is no crash; and the form of every verdict."""

import json
import math

import pytest
from verdict_records import LADDER, divergent, failing, gradient, judged, logp, measured, run, verdict

from faultline.core import record as records
from faultline.core.sections.record import Record
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.next_steps import next_steps
from faultline.diagnosis.rules import SLOW_COMPILE_SECONDS, judge
from faultline.diagnosis.suspects import Suspect
from faultline.experiments import EXPERIMENTS, experiment
from faultline.findings.finding import SCORE_UNDECIDED


def ended(kind, stage="sample", number=3, message="no reason given", **more):
    record = measured(
        number, error={"stage": stage, "type": kind, "message": message, "traceback": "", **more}
    )
    for section in ("sampling", "sampling_extended", "logp", "gradient"):
        record.pop(section, None)
    return record


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"kind": "TimeLimit", "stage": "compile"}, "TIMEOUT"),
        ({"kind": "MemoryLimit"}, "OUT_OF_MEMORY"),
        ({"kind": "MemoryError"}, "OUT_OF_MEMORY"),
        ({"kind": "Killed", "signal": "SIGKILL"}, "KILLED"),
        ({"kind": "Killed", "signal": "SIGTERM"}, "INTERRUPTED"),
        ({"kind": "Interrupted"}, "INTERRUPTED"),
        ({"kind": "KeyboardInterrupt"}, "INTERRUPTED"),
        ({"kind": "Killed", "signal": "SIGSEGV"}, "CRASH"),
        ({"kind": "RecursionError"}, "RECURSION"),
        ({"kind": "SamplingError"}, "CRASH"),
    ],
)
def test_each_way_to_end_has_its_own_status(error, status):
    found = verdict(ended(**error))
    assert (found["outcome"], found["status"], found["cause_class"], found["component"]) == (
        "error",
        status,
        None,
        None,
    )


@pytest.mark.parametrize("kind", ["TimeLimit", "MemoryLimit", "Killed"])
def test_the_settings_of_size_are_named_only_where_the_case_cuts_its_data(kind):
    record = ended(kind, signal="SIGKILL")
    assert "use less data (groups.max_T, groups.max_K)" in verdict(record)["next_action"]
    record["asked"] |= {"max_T": None}
    advice = verdict(record)["next_action"]
    assert "make the model smaller" in advice and "max_T" not in advice


@pytest.mark.parametrize(("stands", "advice"), [(False, "the same command again"), (True, "again=true")])
def test_an_accident_is_tried_once_more_and_then_asked_for(stands, advice):
    """ "Run this group again" would run nothing: an accident that came twice stands."""
    found = verdict(
        ended("Killed", signal="SIGKILL", accident="signal SIGKILL came from outside", stands=stands)
    )
    assert advice in found["next_action"] and "SIGKILL came from outside" in found["next_action"]


def test_a_time_limit_in_the_compilation_is_said_to_be_slow_and_no_crash():
    found = verdict(ended("TimeLimit", stage="compile", number=2))
    assert "slowness, not a crash" in found["interpretation"] and "limits.compile" in found["next_action"]


def test_an_exception_is_quoted_in_one_paragraph():
    found = verdict(ended("ValueError", message="shapes\n(3,) and (4,)\n\ndo not match"))
    assert "ValueError in stage sample: shapes (3,) and (4,) do not match." in found["interpretation"]


def test_a_slow_compile_is_a_status_and_no_failure():
    """Seed 001: 44.73 s to compile and 2.06 s to evaluate looked like a crash."""
    graph = {"n_nodes": 90, "by_factor": [{"name": "y", "n_nodes": 70}, {"name": "tau", "n_nodes": 20}]}
    record = measured(2, timings={"compile": 44.73, "first": 2.06})
    record["model"]["graph"] = graph
    found = verdict(record)
    assert (found["outcome"], found["status"]) == ("pass", "SLOW_COMPILE")
    for words in (
        "44.73 s to compile",
        "2.06 s to evaluate",
        "`y` with 70 nodes",
        "neither a hang nor a crash",
    ):
        assert words in found["interpretation"]
    assert "try the sampler next" in found["next_action"]


def test_a_compilation_without_end_still_says_what_the_gradient_is():
    error = {"stage": "compile", "type": "TimeLimit", "message": "took longer than 300 s", "traceback": ""}
    gradient = {"n": 5, "n_nan": 0, "n_inf": 0}
    record = {**measured(2, error=error, timings={"first_gradient": 0.9}), "gradient": gradient}
    sentence = "Evaluated without compiling, the gradient at the start "
    assert sentence + "is finite." in verdict(record)["interpretation"]
    record["gradient"] = gradient | {"n_nan": 2}
    assert sentence + "has 2 of 5 elements that are not finite." in verdict(record)["interpretation"]
    record["timings"] = {}
    assert sentence not in verdict(record)["interpretation"]


def test_a_compile_inside_the_first_call_counts():
    limit = SLOW_COMPILE_SECONDS
    assert verdict(measured(2, timings={"compile": 1.0, "first": limit}))["status"] == "SLOW_COMPILE"
    assert verdict(measured(2, timings={"compile": 0.0, "first": limit}))["status"] == "OK"
    sampled = verdict(measured(3, timings={"compile": 1.0, "compile_sampler": limit}))
    assert (
        sampled["status"] == "SLOW_COMPILE" and "20 s to compile for the sampler" in sampled["interpretation"]
    )
    assert "compil" not in sampled["next_action"]


def test_a_time_limit_while_sampling_on_is_inconclusive_and_keeps_the_short_run():
    record = measured(
        3, error={"stage": "sample_extended", "type": "TimeLimit", "message": "900 s", "traceback": ""}
    )
    del record["sampling_extended"]
    found = verdict(record)
    assert (found["outcome"], found["status"]) == ("inconclusive", "TIMEOUT")
    assert "Raise the limit" in found["next_action"]


def test_a_time_limit_that_leaves_too_few_draws_is_inconclusive():
    record = failing(3, run(False, n_draws=120, complete=False))
    record["error"] = {"stage": "sample", "type": "TimeLimit", "message": "900 s", "traceback": ""}
    assert (verdict(record)["outcome"], verdict(record)["status"]) == ("inconclusive", "TIMEOUT")


def test_a_crash_while_sampling_on_is_an_error():
    error = {"stage": "sample_extended", "type": "ValueError", "message": "no", "traceback": ""}
    assert verdict(measured(3, error=error))["outcome"] == "error"


def test_a_time_limit_before_any_draw_is_an_error():
    assert verdict(ended("TimeLimit", stage="sample"))["outcome"] == "error"


@pytest.mark.parametrize(
    "record",
    [
        failing(3, divergent()),
        measured(1, logp=logp(total=-math.inf)),
        measured(2, gradient=gradient(n_nan=1)),
    ],
)
def test_a_fault_that_was_measured_stands_whatever_happened_afterwards(record):
    record["error"] = {"stage": "later", "type": "TimeLimit", "message": "", "traceback": ""}
    assert verdict(record)["outcome"] == "fail"


@pytest.mark.parametrize("number", LADDER)
def test_a_group_that_measured_nothing_was_not_run(number):
    record = ended("x", number=number)
    record["error"] = None
    if number == 1:
        del record["model"]
    assert verdict(record)["outcome"] == "not_run"


def test_a_group_that_ended_before_its_run_has_no_checks_of_a_run():
    assert judge(ended("TimeLimit"))["checks"] == []


def test_a_model_without_its_log_probability_is_not_decided():
    record = measured(1)
    del record["logp"]
    assert verdict(record)["outcome"] == "inconclusive"


def test_nothing_left_to_sample_is_said():
    record = ended("x", number=7)
    record.update(error=None, model={"n_values": 0})
    assert "Freeze fewer" in verdict(record)["next_action"]


def test_a_group_is_judged_by_its_own_record():
    record = measured(4)
    assert judge(record, [failing(3)]) == judge(record)


EVERY = [
    *(measured(number) for number in LADDER),
    failing(3),
    failing(4),
    failing(7),
    measured(3, sampling_extended=run(max_rhat=1.05)),
    measured(1, logp=logp(total=math.nan, terms=[{"name": "y", "value": -math.inf}])),
    measured(2, gradient=gradient(n_inf=2, n_nan=None)),
    ended("TimeLimit", stage="compile"),
    ended("ValueError", message="a\n\nb"),
]


@pytest.mark.parametrize("record", EVERY)
def test_every_verdict_is_two_paragraphs_and_fits_the_schema(record):
    whole = {**record, **judge(record)}
    for key in ("interpretation", "next_action"):
        text = whole["verdict"][key]
        assert text == " ".join(text.split()) and text.endswith(".")
    assert records.validate(whole) == []
    json.dumps(judge(record), allow_nan=False)


def test_the_schema_refuses_what_no_reader_expects():
    sound = {**measured(1), **judge(measured(1))}
    assert records.validate({**sound, "surprise": 1})
    assert records.validate({**sound, "kind": "other"})
    assert records.validate({key: value for key, value in sound.items() if key != "checks"})
    sound["verdict"] = {**sound["verdict"], "outcome": "probably"}
    assert records.validate(sound)


def test_a_kind_of_group_is_in_the_list_of_experiments_and_in_the_schema_or_unknown():
    for known in EXPERIMENTS:
        assert records.validate({**measured(1), "kind": known.kind}) == []
    for asks in experiment, lambda kind: judge({**measured(1), "kind": kind}):
        with pytest.raises(LookupError):
            asks("dreaming")


def test_the_schema_takes_figures_that_are_not_finite():
    assert records.validate(measured(1, logp=logp(total=-math.inf))) == []
    assert records.validate(measured(3, sampling_extended=run(max_rhat=math.nan, min_ess=None))) == []


def test_what_to_do_where_nothing_is_decided_names_what_was_not_measured():
    found = verdict(measured(2, gradient=gradient(finite_differences={"factors": []})))
    assert found["outcome"] == "inconclusive"
    said = "the gradient was not compared with finite differences"
    assert found["next_action"] == f"Find out why this was not measured: {said}."


@pytest.mark.parametrize(
    ("records", "first"),
    [
        ([measured(1), ended("TimeLimit", number=4)], "group_4_sampling_a_only (TIMEOUT)"),
        ([measured(1), measured(3)], "the ladder"),
    ],
)
def test_a_mere_suspicion_sends_to_the_groups_that_came_to_no_end(records, first):
    groups = Groups(Record.of(judged(record)) for record in records)
    accused = Suspect(("y",), SCORE_UNDECIDED, "a", "ladder", groups.records[-1], ())
    [said] = next_steps(groups, [accused], [])
    assert said == f"Finish or repeat {first}: without it `y` is only a suspicion."
