"""How sure an answer may be: only a counterexample makes it high."""

import math

import pytest
from verdict_records import failing, gradient, judged, logp, measured, own, sized

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.criteria import thresholds as limit
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.sureness import EXACT, sureness
from faultline.diagnosis.suspects import Suspect, evidence, rank
from faultline.findings.density import PRIOR_COSTS
from faultline.findings.finding import SCORE_EXPLAINS, SCORE_FOUND


def groups_of(records):
    return Groups(Record.of(judged(record)) for record in records)


def sure(*records):
    groups = groups_of(records)
    accused = [suspect for suspect in rank(groups) if suspect.by != "remark"]
    return sureness(groups, accused, [])[0]


def suspect(check, *, cause=None, score=SCORE_EXPLAINS, by="measured", threshold=0.0, record=None):
    record = Record.of(record or judged(measured(1)))
    found = Check(check, 1.0, threshold, "<=", False, cause_class=cause or EXACT.get(check), names=("y",))
    about = (evidence(record, found.as_dict()),)
    return Suspect(("y",), score, found.cause_class, by, record, about)


def of(accused, *records):
    return sureness(groups_of(records or (failing(3),)), [accused], [])[0]


@pytest.mark.parametrize("check", sorted(set(EXACT) - {"density_normalised", "finite_terms"}))
def test_a_counterexample_that_explains_the_failure_is_sure(check):
    assert of(suspect(check)) == "high"
    assert of(suspect(check, score=SCORE_FOUND)) == "medium", "what fails may have another reason"
    assert of(suspect(check, score=SCORE_FOUND), measured(3)) == "high", "nothing else fails"


@pytest.mark.parametrize("check", ["bends", "holding", "modes", "cliffs", "prior_agrees", "posterior_exists"])
@pytest.mark.parametrize("by", ["apart", "measured", "ladder"])
def test_what_holding_and_leaving_out_show_is_never_high(check, by):
    assert of(suspect(check, cause="a", by=by), *map(measured, (1, 2, 3))) == "medium"


def test_a_counterexample_of_the_case_s_own_is_one_where_the_case_declares_it():
    record = failing(4) | own(hmm_micro={"max_relative_error": 0.5}, mixture={"uniform_logp": math.inf})
    assert of(suspect("hmm_gradient_error", cause="c"), record) == "high"
    assert of(suspect("uniform_logp_finite", cause="c"), record) == "medium"
    assert of(suspect("hmm_gradient_error", cause="c"), failing(4)) == "medium"


def test_another_class_than_the_counterexample_shows_is_not_sure():
    assert of(suspect("finite_difference_error", cause="b")) == "medium"


def test_an_integral_must_have_been_measured():
    measured_it, inferred = limit.INTEGRAL_CHANGES, PRIOR_COSTS
    assert of(suspect("density_normalised", by="apart", threshold=measured_it)) == "high"
    assert of(suspect("density_normalised", by="apart", threshold=inferred)) == "medium"


@pytest.mark.parametrize(
    ("term", "answer"),
    [
        ({"name": "y", "value": math.nan, "n_nan": 1, "bad": [{"datum": math.nan}]}, "high"),
        ({"name": "theta", "value": -math.inf, "n_inf": 1}, "high"),
        ({"name": "y", "value": -math.inf, "n_inf": 1}, "medium"),
        ({"name": "y", "value": math.nan, "n_nan": 1}, "medium"),
    ],
    ids=["a datum", "a start outside its prior", "a likelihood of 0", "arithmetic"],
)
def test_a_term_that_is_not_finite_is_sure_where_the_value_at_fault_is_seen(term, answer):
    record = measured(1, logp=logp(total=math.nan, terms=[term]))
    record["model"] |= {"free_rvs": [{"name": "theta"}], "observed": ["y"]}
    assert sure(record, measured(2, gradient=gradient()), failing(3)) == answer


def test_a_pass_is_medium_at_most():
    assert sure(measured(1), measured(2), measured(3)) == "medium"
    assert sure(measured(3)) == "low"


def test_of_the_size_ladder_only_an_answer_that_is_a_size_needs_the_sizes_to_end():
    """A part of the model is isolated as well where a size came to no end."""
    beside = [measured(3), failing(4), sized(80, 500, outcome="error")]
    found = suspect("outcome", by="ladder", record=judged(beside[1]))
    ended = of(found, *beside[:2])
    assert of(found, *beside) == ended
