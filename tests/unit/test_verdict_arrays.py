"""Arrays that stages hand over, from the figures that a record has of them: what breaks a contract, and what is worth a remark."""

import pytest

from faultline.core.sections.pipeline import ArrayContract, PipelineRun
from faultline.core.sections.record import Record
from faultline.criteria.data_contract import kept, nonfinite, pairs, repeats
from faultline.findings.data_contract import between, checks, unlike


def array(**changes):
    """A sound table of 30 rows."""
    sound = {"dtype": "float64", "shape": [30, 2], "size": 60, "n_repeated": 0, "n_nonfinite": 0}
    return {**sound, "min": -2.0, "max": 2.0, "constant": False, **changes}


def pipeline(*seeds, contract=None, shared=None) -> PipelineRun:
    """``seeds``: of each, stage -> its arrays, or what else the record says of it."""
    runs = []
    for seed, stages in enumerate(seeds, start=1):
        rows = [
            {"name": stage, **(left if "error" in left or "needs" in left else {"arrays": left})}
            for stage, left in stages.items()
        ]
        runs.append({"seed": seed, "stages": rows, "shared_rows": shared or {}})
    return PipelineRun.of({"runs": runs, "contract": contract or {}})


def found(*seeds, **about):
    return {check.name: check for check in checks(Record(pipeline=pipeline(*seeds, **about)))}


# --- what is asked


def held(row, **asked):
    run = pipeline({"split": {"x": row}}).runs[0]
    return kept(run, {"split.x": ArrayContract.of(asked)})["split.x"]


@pytest.mark.parametrize(
    ("row", "asked", "broken"),
    [
        # What is not asked for breaks nothing.
        (array(n_nonfinite=1, n_nan=1, first_nonfinite=[0, 1]), {"dtype": "float64"}, []),
        (array(n_repeated=3), {"finite": True}, []),
        (array(constant=True, min=1.0), {"finite": True}, []),
        (
            array(n_nonfinite=3, n_nan=1, first_nonfinite=[0, 1]),
            {"finite": True},
            ["3 of 60 values are not finite (1 NaN), the first at [0, 1]"],
        ),
        (array(n_repeated=3), {"distinct": True}, ["3 of 30 rows repeat an earlier one"]),
        (array(), {"distinct": True, "varies": True, "finite": True}, []),
        # Limits belong to what is allowed.
        (array(), {"min": -2, "max": 2}, []),
        (array(), {"min": -1}, ["at least -1 is asked for, and its values are -2 to 2"]),
        (array(), {"max": 1}, ["at most 1 is asked for, and its values are -2 to 2"]),
        (
            array(),
            {"min": 0, "max": 5},
            ["at least 0 and at most 5 is asked for, and its values are -2 to 2"],
        ),
        # NaN is beyond no limit.
        (array(n_nonfinite=2, n_nan=2, first_nonfinite=[3, 0]), {"max": 2}, []),
        (
            array(n_nonfinite=2, n_nan=1, first_nonfinite=[3, 0]),
            {"max": 2},
            ["at most 2 is asked for, and 2 of 60 values are not finite (1 NaN), the first at [3, 0]"],
        ),
        ({"dtype": "<U3", "shape": [4], "size": 4}, {"dtype": "str"}, []),
        (
            {"dtype": "<U3", "shape": [4], "size": 4},
            {"dtype": "float64"},
            ["dtype float64 is asked for, and it is <U3"],
        ),
        (array(), {"dtype": "str"}, ["dtype str is asked for, and it is float64"]),
        (array(), {"shape": []}, ["shape scalar is asked for, and it is 30 × 2"]),
        (array(shape=[30, 3], size=90), {"shape": ["n", 2]}, ["shape n × 2 is asked for, and it is 30 × 3"]),
    ],
)
def test_an_array_breaks_what_is_asked_of_it_and_nothing_else(row, asked, broken):
    answer = held(row, **asked)
    assert answer.broken == broken and answer.holds is not bool(broken)


@pytest.mark.parametrize(
    ("row", "asked", "unknown"),
    [
        (array(n_repeated=None), {"distinct": True}, "it is too large to look for rows that repeat"),
        (
            {"dtype": "<U3", "shape": [4], "size": 4},
            {"min": 0},
            "values of type <U3 have no range that is measured",
        ),
        (array(dtype="complex128"), {"max": 1}, "values of type complex128 have no range that is measured"),
    ],
)
def test_what_was_not_measured_of_an_array_is_not_known(row, asked, unknown):
    answer = held(row, **asked)
    assert answer.unknown == [unknown] and answer.holds is None


def test_an_array_that_has_no_values_is_within_any_limits():
    empty = {"dtype": "float64", "shape": [0, 2], "size": 0}
    assert held(empty, min=0, distinct=True, varies=True, finite=True).holds is True
    nothing_finite = array(n_nonfinite=60, n_nan=60, first_nonfinite=[0, 0])
    del nothing_finite["min"], nothing_finite["max"]
    assert held(nothing_finite, min=0).holds is True


def test_a_length_is_that_of_the_first_array_in_the_order_of_the_stages():
    run = pipeline({"split": {"x": array()}, "fit": {"w": array(shape=[29, 29])}}).runs[0]
    contract = {"fit.w": {"shape": ["n", "n"]}, "later.z": {"shape": ["n"]}, "split.x": {"shape": ["n", "p"]}}
    rows = kept(run, {name: ArrayContract.of(asked) for name, asked in contract.items()})
    assert rows["split.x"].holds is True
    assert rows["fit.w"].broken == [
        "shape n × n (n is 30 in split.x, n is 30 in split.x) is asked for, and it is 29 × 29"
    ]
    assert rows["later.z"].unknown == ["stage later left nothing"]


def test_an_array_that_is_not_square_is_told_without_its_own_name():
    assert held(array(), shape=["n", "n"]).broken == ["shape n × n (n is 30) is asked for, and it is 30 × 2"]


def test_how_many_values_are_not_finite_in_words():
    row = {"size": 1000, "first_nonfinite": [4]}
    assert nonfinite({**row, "n_nonfinite": 1, "n_nan": 1}) == "1 of 1,000 values is NaN, the first at [4]"
    assert nonfinite({**row, "n_nonfinite": 2}) == "2 of 1,000 values are infinite, the first at [4]"
    assert repeats({"shape": [9], "n_repeated": 1}) == "1 of 9 values repeats an earlier one"
    assert repeats({"shape": [9, 2], "n_repeated": 2}) == "2 of 9 rows repeat an earlier one"


def test_a_twin_for_testing_must_be_there():
    assert pairs(["x_train", "x_valid", "y_train", "z_test"]) == [("x_train", "x_valid")]


# --- the check of a contract

ASKED = {"split.x": {"max": 2}}


def test_a_contract_that_every_seed_keeps_is_said_to_be_kept():
    check = found({"split": {"x": array()}}, {"split": {"x": array()}}, contract=ASKED)["contract_kept"]
    assert check.passed is True and check.note == "split.x is as its contract asks"


def test_a_contract_that_every_seed_breaks_needs_no_count_and_accuses_the_stage():
    high = {"split": {"x": array(max=9.0)}}
    check = found(high, high, contract=ASKED)["contract_kept"]
    assert check.names == ("split",) and check.role == "fault"
    assert check.note == "split.x: at most 2 is asked for, and its values are -2 to 9"
    check = found({"split": {"x": array()}}, high, contract=ASKED)["contract_kept"]
    assert check.note == "split.x: at most 2 is asked for, and its values are -2 to 9 (with 1 of 2 seeds)"


def test_a_contract_is_not_known_where_a_stage_did_not_run_and_no_seed_breaks_it():
    raised = {"split": {"error": {"type": "ValueError", "message": "", "where": ""}}}
    check = found(raised, {"split": {"x": array()}}, contract=ASKED)["contract_kept"]
    assert check.passed is None
    assert check.note == "split.x: not known, because stage split left nothing"
    check = found(raised, {"split": {"x": array(max=9.0)}}, contract=ASKED)["contract_kept"]
    assert check.passed is False


# --- remarks


def test_the_first_array_that_is_not_finite_is_a_remark_with_its_place():
    broken = array(n_nonfinite=1, n_nan=1, first_nonfinite=[3, 0])
    check = found({"split": {"x": array(), "y": broken}})["arrays_finite"]
    assert (check.passed, check.role, check.names) == (False, "remark", ("split",))
    assert check.note == (
        "the first array with values that are not finite is split.y: 1 of 60 values is NaN, the first at [3, 0]"
    )
    check = found({"split": {"x": array()}})["arrays_finite"]
    assert check.passed is True and check.note == "every array that a stage leaves is finite"


@pytest.mark.parametrize(
    ("other", "steady"),
    [
        (array(shape=[29, 2], size=58), True),  # how many rows there are may depend on random numbers
        (array(dtype="float32"), False),
        (array(shape=[30, 3], size=90), False),
        (array(shape=[30], size=30), False),
    ],
)
def test_types_and_widths_are_the_same_with_every_seed(other, steady):
    check = found({"split": {"x": array()}}, {"split": {"x": array()}}, {"split": {"x": other}})[
        "arrays_steady"
    ]
    assert check.passed is steady and check.role == "remark"
    if not steady:
        assert check.note.startswith("split.x is float64, 30 × 2 with seed 1 and ")
        assert check.note.endswith(" with seed 3") and check.names == ("split",)


def test_an_array_that_another_seed_does_not_leave_is_not_compared():
    check = found({"split": {"x": array()}}, {"split": {"y": array(dtype="int64")}})["arrays_steady"]
    assert check.passed is True


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (array(), []),
        (array(shape=[5, 2], size=10), []),
        (array(dtype="float32"), ["dtype float32, not float64"]),
        (array(shape=[30], size=30), ["shape 30, not … × 2"]),
        (array(shape=[30, 3], size=90), ["shape 30 × 3, not … × 2"]),
        # Ten times as large is still what a series does that goes on.
        (array(max=20.0), []),
        (array(max=21.0), ["values up to 21 in magnitude, not 2"]),
        (array(min=-21.0), ["values up to 21 in magnitude, not 2"]),
        (array(min=-0.1, max=0.1), ["values up to 0.1 in magnitude, not 2"]),
        # Of few values the largest says nothing.
        (array(shape=[4, 2], size=8, max=500.0), []),
        (array(shape=[5, 2], size=10, max=500.0), ["values up to 500 in magnitude, not 2"]),
    ],
)
def test_what_makes_an_array_for_testing_unlike_its_twin(test, said):
    assert unlike(array(), test) == said


def test_arrays_without_a_range_are_of_no_scale():
    words = {"dtype": "float64", "shape": [30, 2], "size": 60}
    assert unlike(array(), words) == [] and unlike(words, array()) == []


def test_pairs_for_training_and_testing_are_told_to_be_alike_and_unlike():
    arrays = {"x_train": array(), "x_test": array(), "y_train": array(), "y_test": array(max=500.0)}
    check = found({"split": arrays})["test_like_train"]
    assert check.note == (
        "split.y_test is not like its twin for training: values up to 500 in magnitude, not 2"
    )
    assert (check.passed, check.names, check.role) == (False, ("split",), "remark")
    check = found({"split": {"x_train": array(), "x_test": array()}})["test_like_train"]
    assert check.passed is True and check.names == ()
    assert check.note == "the arrays for training and for testing are of the same types, shapes and scales"
    assert "test_like_train" not in found({"split": {"x": array()}})


@pytest.mark.parametrize(
    ("train", "shared", "note"),
    [
        (array(), 4, "4 of 10 rows of split.x_test are in split.x_train, too"),
        (array(), 0, "no row for testing is among those for training"),
        # Where rows repeat within the training data they are no sign of a leak, and where that is not known they prove none.
        (array(n_repeated=5), 4, "no row for testing is among those for training"),
        (array(n_repeated=None), 4, "no row for testing is among those for training"),
    ],
)
def test_rows_for_testing_among_those_for_training(train, shared, note):
    arrays = {
        "x_train": train,
        "x_test": array(shape=[10, 2], size=20),
        "y_train": array(),
        "y_test": array(),
    }
    check = found({"split": arrays}, shared={"split.x_test": {"shared": shared, "rows": 10}})[
        "test_rows_unseen"
    ]
    leaks = note.startswith("4")
    assert check.note == note and check.passed is not leaks
    assert check.names == (("split",) if leaks else ())


def test_rows_that_were_not_compared_are_not_said_to_be_apart():
    assert "test_rows_unseen" not in found({"split": {"x_train": array(), "x_test": array()}})


# --- two configurations


def test_of_two_configurations_only_stages_that_ran_in_both_are_compared():
    first = pipeline({"split": {"x": array()}, "fit": {"w": array()}})
    raised = {"error": {"type": "ValueError", "message": "", "where": ""}}
    other = pipeline({"split": {"x": array(), "y": array(shape=[4], size=4)}, "fit": raised})
    assert between(first, other) == [("split.y", "no such array", "float64, 4")]
    assert between(other, first) == [("split.y", "float64, 4", "no such array")]
    assert between(first, pipeline()) == [] and between(pipeline(), first) == []
