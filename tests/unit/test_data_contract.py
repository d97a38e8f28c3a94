"""What stages hand over: arrays held against what a case asks of them, and remarks that fail nothing."""

import ast
from dataclasses import replace

import numpy as np
import pytest

from faultline.core.errors import InputError
from faultline.core.sections.pipeline import ArrayContract, PipelineRun
from faultline.core.sections.record import Record
from faultline.criteria.data_contract import kept, pairs
from faultline.criteria.trials.readings import of_pipeline
from faultline.diagnosis.rules import judge
from faultline.experiments.array_summary import shared_rows, summary
from faultline.findings.data_contract import between
from faultline.findings.pipeline import checks
from faultline.report.sections import data_contract
from faultline.targets import pipeline_literals
from faultline.targets.pipeline import read_pipeline

STAGES = [{"name": name, "inputs": [], "toggles": [], "line": 1} for name in ("split", "fit")]
SOUND = np.random.default_rng(1).normal(size=(30, 2))


def pipeline(*seeds, contract=None) -> PipelineRun:
    """``seeds``: of each, stage -> array -> values."""
    runs = []
    for seed, stages in enumerate(seeds, start=1):
        shared = {}
        for stage, arrays in stages.items():
            for train, test in pairs(arrays):
                if (rows := shared_rows(arrays[train], arrays[test])) is not None:
                    shared[f"{stage}.{test}"] = rows
        rows = [
            {
                "name": stage,
                "content": "x",
                "arrays": {name: summary(values, True) for name, values in arrays.items()},
            }
            for stage, arrays in stages.items()
        ]
        runs.append({"seed": seed, "stages": rows, "shared_rows": shared})
    return PipelineRun.of({"stages": STAGES, "runs": runs, "contract": contract or {}})


def judged(*seeds, contract=None) -> dict:
    found = pipeline(*seeds, contract=contract)
    return judge(Record.of({"kind": "pipeline", "group": "group_1_stages", "pipeline": found}))


def remarks(verdict: dict) -> dict[str, bool]:
    return {check["name"]: check["passed"] for check in verdict["checks"] if check["role"] == "remark"}


# --- what a case asks for


@pytest.mark.parametrize(
    ("values", "asked", "broken"),
    [
        (np.float32([1, 2]), {"dtype": "float64"}, "dtype float64 is asked for, and it is float32"),
        (np.float64([1, 2]), {"dtype": "float64"}, None),
        (np.array(["a", "bc"]), {"dtype": "str"}, None),
        (np.zeros((3, 2)), {"shape": ["n", 2]}, None),
        (np.zeros((3, 2)), {"shape": ["n", 3]}, "shape n × 3 is asked for, and it is 3 × 2"),
        (np.zeros(3), {"shape": ["n", 1]}, "shape n × 1 is asked for, and it is 3"),
        (np.zeros((3, 2)), {"shape": ["n", "n"]}, "shape n × n (n is 3) is asked for, and it is 3 × 2"),
        (np.float64(1.0), {"shape": []}, None),
        (np.array([1.0, np.nan]), {"finite": True}, "1 of 2 values is NaN, the first at [1]"),
        (np.array([1, 2]), {"finite": True}, None),
        (
            np.array([0.0, 1.5]),
            {"min": 0, "max": 1},
            "at least 0 and at most 1 is asked for, and its values are 0 to 1.5",
        ),
        (np.array([-0.5, 1.0]), {"min": 0}, "at least 0 is asked for, and its values are -0.5 to 1"),
        (np.array([0.0, np.nan, 1.0]), {"min": 0, "max": 1}, None),
        (np.array([0.0, np.inf]), {"max": 1}, "at most 1 is asked for, and 1 of 2 values is infinite"),
        (np.zeros(0), {"min": 0, "varies": True, "distinct": True, "finite": True}, None),
        (np.full(4, 7.0), {"varies": True}, "every value is 7"),
        (np.array([[1, 2], [3, 4], [1, 2]]), {"distinct": True}, "1 of 3 rows repeats an earlier one"),
        (np.array([0.0, -0.0]), {"distinct": True}, "1 of 2 values repeats an earlier one"),
    ],
)
def test_an_array_is_held_against_what_is_asked_of_it(values, asked, broken):
    found = pipeline({"split": {"x": values}}).runs[0]
    held = kept(found, {"split.x": ArrayContract.of(asked)})["split.x"]
    assert held.holds is (broken is None) and "; ".join(held.broken).startswith(broken or "")


def test_what_cannot_be_held_against_a_limit_is_not_known():
    found = pipeline({"split": {"x": np.array([1j, 2j])}}).runs[0]
    assert kept(found, {"split.x": ArrayContract.of({"min": 0})})["split.x"].holds is None
    assert kept(found, {"fit.x": ArrayContract.of({"min": 0})})["fit.x"].holds is None


def test_a_length_is_the_same_in_all_arrays_and_the_later_stage_is_blamed():
    contract = {"fit.w": {"shape": ["n"]}, "split.x": {"shape": ["n", 2]}}
    verdict = judged({"split": {"x": SOUND}, "fit": {"w": np.zeros(29)}}, contract=contract)
    guilty = [check for check in verdict["checks"] if check["passed"] is False]
    assert [check["note"] for check in guilty] == [
        "fit.w: shape n (n is 30 in split.x) is asked for, and it is 29"
    ]
    assert verdict["verdict"]["outcome"] == "fail" and verdict["verdict"]["component"] == "fit"


def test_an_array_that_is_not_there_breaks_its_contract():
    verdict = judged({"split": {"x": SOUND}}, contract={"split.y": {"finite": True}})
    assert verdict["verdict"]["interpretation"].startswith(
        "This group fails: the pipeline. split.y: there is no such array; split leaves x."
    )


def test_one_seed_that_breaks_the_contract_is_enough():
    contract = {"split.x": {"max": 1}}
    seeds = [{"split": {"x": np.array([value])}} for value in (0.5, 2.0, 0.5)]
    check = judged(*seeds, contract=contract)["checks"][1]
    assert check["passed"] is False and check["note"].endswith("(with 1 of 3 seeds)")


def test_trials_read_the_contract_as_criteria():
    found = pipeline({"split": {"x": np.array([2.0])}}, contract={"split.x": {"max": 1}})
    (row,) = of_pipeline(found)
    assert row["readings"]["contract of split.x"] == {
        "passed": False,
        "value": None,
        "digest": "x",
        "finite": True,
    }


# --- what is worth a remark, and never more


ODD = {
    "a constant": {"x": np.ones(20)},
    "rows that repeat": {"x": np.repeat(SOUND, 2, axis=0)},
    "values that are missing on purpose": {"x": np.where(SOUND > 1, np.nan, SOUND)},
    "testing at another scale": {"x_train": SOUND, "x_test": 255 * SOUND},
    "rows of both": {"x_train": SOUND, "x_test": SOUND[:10]},
}


@pytest.mark.parametrize("arrays", ODD.values(), ids=list(ODD))
def test_what_no_contract_forbids_fails_nothing(arrays):
    assert judged({"split": arrays}, {"split": arrays})["verdict"]["outcome"] == "pass"


def test_a_sound_split_has_no_remark():
    labels = np.repeat([0, 1], 15)
    arrays = {"x_train": SOUND[:20], "x_test": SOUND[20:], "y_train": labels[:20], "y_test": labels[20:]}
    arrays |= {"t_train": np.arange(100), "t_test": np.arange(100, 120)}
    verdict = judged({"split": arrays}, {"split": {**arrays, "t_train": np.arange(90)}})
    assert (
        set(remarks(verdict).values()) == {True}
        and "Worth knowing" not in verdict["verdict"]["interpretation"]
    )


@pytest.mark.parametrize(
    ("test", "note"),
    [
        (
            SOUND.astype("float32"),
            "split.x_test is not like its twin for training: dtype float32, not float64",
        ),
        (SOUND[:, :1], "shape 30 × 1, not … × 2"),
        (255 * SOUND, "in magnitude, not"),
        (SOUND[:7], "7 of 7 rows of split.x_test are in split.x_train, too"),
    ],
)
def test_arrays_for_testing_that_are_not_like_those_for_training_are_told(test, note):
    verdict = judged({"split": {"x_train": SOUND, "x_test": test}})
    assert note in verdict["verdict"]["interpretation"].partition("Worth knowing: ")[2]


def test_an_array_that_is_not_finite_is_told_unless_its_stage_has_logged_where():
    arrays = {"split": {"x": np.array([1.0, np.nan])}}
    assert remarks(judged(arrays))["arrays_finite"] is False
    found = pipeline(arrays)
    stage = replace(found.runs[0].stages[0], first_bad={"step": 3, "term": "loss"}, history={"terms": {}})
    logged = replace(found, runs=(replace(found.runs[0], stages=(stage,)),))
    names = {check.name: check.passed for check in checks(Record.of({"pipeline": logged}))}
    assert "arrays_finite" not in names and names["terms_finite"] is False


def test_rows_of_both_are_no_leak_where_rows_repeat_anyway():
    coded = np.array([[0.0, 1.0], [1.0, 0.0]] * 10)
    verdict = judged({"split": {"x_train": coded, "x_test": coded[:4]}})
    assert remarks(verdict)["test_rows_unseen"] is True


def test_a_type_that_differs_over_the_seeds_is_told_and_a_number_of_rows_is_not():
    seeds = [{"split": {"x": SOUND[:n]}} for n in (20, 25)]
    assert remarks(judged(*seeds))["arrays_steady"] is True
    assert "20, 25 rows with the seeds" in data_contract.section(pipeline(*seeds))
    other = {"split": {"x": SOUND.astype("float32")}}
    assert (
        "split.x is float64, 20 × 2 with seed 1 and float32, 30 × 2 with seed 2"
        in (judged(seeds[0], other)["verdict"]["interpretation"])
    )


def test_a_pipeline_without_arrays_has_no_remarks_on_them():
    assert remarks(judged({"split": {}})) == {}


def test_pairs_are_names_that_differ_by_train_and_test():
    names = ("x_train", "x_test", "X_val", "constraint", "trainY", "testY", "Train", "Test")
    assert pairs(names) == [("x_train", "x_test"), ("trainY", "testY"), ("Train", "Test")]


def test_configurations_are_compared():
    first, other = (
        pipeline({"split": {"x": SOUND, "y": SOUND}}),
        pipeline({"split": {"x": SOUND.astype("float32")}}),
    )
    assert between(first, first) == []
    assert between(first, other) == [
        ("split.x", "float64, 30 × 2", "float32, 30 × 2"),
        ("split.y", "float64, 30 × 2", "no such array"),
    ]


def test_the_page_says_what_is_asked_and_what_is_odd():
    arrays = {"x_train": np.c_[SOUND, np.ones(30)], "x_test": SOUND, "good": np.array([True, False])}
    page = data_contract.section(
        pipeline({"split": arrays}, contract={"split.good": {"dtype": "bool", "shape": ["n"]}})
    )
    for said in ("1 constant column: 2", "bool, n", "False and True", "shape 30 × 2, not … × 3"):
        assert said in page


# --- the literal


@pytest.mark.parametrize(
    ("contract", "sentence"),
    [
        ({"split": {"finite": True}}, "must be a stage and an array of it"),
        ({"load.x": {"finite": True}}, "the stages are split"),
        ({"split.x": {}}, "asks for nothing"),
        ({"split.x": {"dtype": "float"}}, "dtype must be one of float16"),
        ({"split.x": {"shape": 3}}, "shape must be a list with a length or a name for each axis"),
        ({"split.x": {"shape": ["n", -1]}}, "not ['n', -1]"),
        ({"split.x": {"shape": ["n+1"]}}, "not ['n+1']"),
        ({"split.x": {"finite": False}}, "finite must be True, or left out, not False"),
        ({"split.x": {"min": 1, "max": 0}}, "min is 1, which is more than max"),
        ({"split.x": {"minimum": 1}}, "has the unknown key 'minimum'"),
        ({"split.x": 3}, "must be a mapping"),
    ],
)
def test_a_mistake_in_the_contract_is_one_sentence(contract, sentence):
    found = read_pipeline("pipe.py", ast.parse("def split(run):\n    pass"))
    with pytest.raises(InputError) as mistake:
        pipeline_literals.verify("pipe.py", found, {"CONTRACT": contract})
    assert sentence in str(mistake.value) and len(str(mistake.value)) <= 400


def test_a_contract_that_can_be_held_is_taken():
    found = read_pipeline("pipe.py", ast.parse("def split(run):\n    pass"))
    contract = {
        "split.x": {"dtype": "float32", "shape": ("n", 2), "max": -1, "finite": True, "distinct": True}
    }
    pipeline_literals.verify("pipe.py", found, {"CONTRACT": contract})
