"""What may be left out of a file: every piece leaves a text that can be parsed, and says what it should."""

import ast

import numpy as np
import pytest

from faultline.remedies import shorter
from faultline.remedies.source import Source

TEXT = """
import numpy as np
import pymc as pm


@decorated
def scaled(x, by=2):  # a remark
    return x * by


def build(kind="wide"):
    if kind == "wide":
        sd = 10
        low = 1
    else:
        sd = 1
    while sd > 100:
        sd -= 1
    with pm.Model(coords={"a": [1], "b": [2]}, name="") as model:
        mu = pm.Normal("mu", 0, 5 if kind == "wide" else 1, dims="a"); tau = pm.HalfNormal("tau", 1)
        pm.Normal("y", scaled(mu) + tau * (mu - 3), sd, observed=[1.0])
    return model
"""


@pytest.fixture
def source():
    return Source(TEXT)


def texts(source, edits):
    return [source.edited([edit]) for edit in edits]


def test_what_is_left_after_a_removal_can_be_parsed(source):
    left = texts(source, shorter.removals(source))
    for text in left:
        ast.parse(text)
    assert any("decorated" not in text and "def scaled" not in text for text in left)
    assert any('"tau"' not in text and '"mu", 0' in text for text in left)
    assert any('dims="a"' not in text and '"mu"' in text for text in left)
    assert any('"b": [2]' not in text and '"a": [1]' in text for text in left)
    assert not any("while" in text and "sd -= 1" not in text for text in left)
    assert all("return model" in text or "def build" not in text for text in left)


def test_a_choice_of_build_becomes_one_of_its_sides(source):
    left = texts(source, shorter.unwrapped(source, ["kind"]))
    assert any("    sd = 10\n    low = 1\n    while" in text for text in left)
    assert any("(5)" in text for text in left) and any("    sd = 1\n    while" in text for text in left)
    assert list(shorter.unwrapped(source, ["other"])) == []


def test_a_variable_becomes_its_median_unless_it_is_kept(source):
    medians = {"mu": np.array([1.23456]), "tau": np.array(0.0123456), "gone": np.array(1.0)}
    left = texts(source, shorter.values(source, medians, ["gone"]))
    assert any("mu = np.array([1.23]);" in text for text in left) and any(
        "tau = 0.0123\n" in text for text in left
    )
    assert len(texts(source, shorter.values(source, medians, ["mu"]))) == 1


def test_sides_of_an_operation_and_what_a_function_is_given(source):
    left = texts(source, shorter.operands(source, "build"))
    assert any('"y", scaled(mu), sd' in text for text in left) and any(
        '"y", mu + tau' in text for text in left
    )
    assert any('"y", tau * (mu - 3), sd' in text for text in left)
    assert not any("return x\n" in text for text in left)  # not within the model


def test_data_are_written_where_they_are_short():
    source = Source("import numpy as np\nx = np.loadtxt('x.csv')\n")
    found = texts(source, shorter.literals(source, {"x": np.array([1, 2])}, 5))
    assert found == ["import numpy as np\nx = np.array([1, 2])\n"]
    assert list(shorter.literals(source, {"x": np.arange(6)}, 5)) == []


def test_comments_go_but_not_those_in_strings():
    assert shorter.without_comments('# a\nx = """\n# b\n\n\n\n"""\n\n\n\ny = 1  # c\n') == (
        'x = """\n# b\n\n\n\n"""\n\n\ny = 1  # c\n'
    )
