"""The benchmark of planted faults: its answers name parts of its models, and its score counts what it says."""

import importlib.util
from dataclasses import replace

import pytest

from benchmarks.faults.corpus import runs
from benchmarks.faults.score import Said, macro_f1, stability, table

FAULTY = [run for run in runs() if run.answer]
SOUND = [run for run in runs() if not run.answer and not run.twin]


def test_there_are_enough_of_each():
    assert len(FAULTY) >= 30 and len(SOUND) >= 15
    assert {run.answer["cause_class"] for run in FAULTY} == set("abcdhs")
    assert len([run for run in runs() if run.twin]) == len(FAULTY)
    assert {run.model for run in runs("quick")} < {run.model for run in runs()}


@pytest.mark.parametrize(
    "run", [*FAULTY, *(run for run in runs("blind") if run.answer)], ids=lambda run: run.model
)
def test_an_answer_names_parts_of_its_model(run):
    spec = importlib.util.spec_from_file_location(run.model, run.path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.build()
    answers = [run.answer, *run.answer.get("also", [])]
    names = {name for answer in answers for name in answer["names"]}
    assert names <= set(model.named_vars)


def said(names, cause, run=None):
    return Said(run or next(r for r in FAULTY if r.model == "schools_centered"), 1, names, cause)


def test_either_end_of_a_pair_counts_and_a_wrong_name_does_not():
    assert said([["tau"]], "a").right(1) and said([["theta", "mu"]], "a").right(1)
    assert not said([["mu"]], "a").right(1)
    assert said([["mu"], ["tau"]], "a").right(3) and not said([["mu"], ["tau"]], "a").right(1)


def test_of_two_faults_the_one_that_comes_first_decides_the_class():
    two = next(run for run in FAULTY if run.answer.get("also"))
    other = two.answer["also"][0]
    assert said([other["names"]], "b", two).truth == other["cause_class"]
    assert said([], None, two).truth == two.answer["cause_class"]


def test_a_run_broken_from_outside_is_right_by_its_cause():
    run = next(run for run in FAULTY if run.interrupt)
    assert said([["run"]], "h", run).right(1) and not said([], None, run).right(1)


def test_false_alarms_cost_precision():
    right, alarm = said([["tau"]], "a"), said([["x"]], "a", SOUND[0])
    assert macro_f1([right]) == 1.0 and macro_f1([right, alarm]) == pytest.approx(2 / 3)
    assert alarm.alarm and not said([], None, SOUND[0]).alarm


def test_sure_and_wrong_is_counted():
    def sure(names, cause, run=None, how="high"):
        return replace(said(names, cause, run), sure=how)

    assert not sure([["tau"]], "a").wrongly_sure, "the right part and the right class"
    assert sure([["tau"]], "c").wrongly_sure and sure([["mu"]], "a").wrongly_sure
    assert sure([], None).wrongly_sure, "a fault that passes"
    assert sure([["x"]], "a", SOUND[0]).wrongly_sure and not sure([], None, SOUND[0]).wrongly_sure
    assert not sure([["mu"]], "a", how="medium").wrongly_sure
    header, _, row = table({"Faultline": [sure([["tau"]], "a"), sure([["mu"]], "a")]})
    column = [cell.strip() for cell in header.split("|")].index('"high" and wrong')
    assert [cell.strip() for cell in row.split("|")][column] == "1 of 2"


def test_stability_is_the_share_with_one_first_suspect():
    same = [said([["tau", "theta"]], "a"), said([["theta", "tau"]], "a")]
    assert "1 of 1" in stability(same)[-1]
    assert "0 of 1" in stability([same[0], said([["mu"]], "a")])[-1]
    assert stability(same[:1]) == []
