"""A live model goes through a file, and comes out as it was."""

import sys

import pymc as pm
import pytest

from faultline.core.errors import InputError
from faultline.targets.case import read_signature
from faultline.targets.loading import load_case
from faultline.targets.pickled import write_model


def schools() -> pm.Model:
    with pm.Model(coords={"school": ["A", "B"]}) as model:
        mu = pm.Normal("mu", 0, 5)
        theta = pm.Normal("theta", mu, pm.HalfNormal("tau", 5), dims="school")
        pm.Normal("y", theta, 1, observed=[1.0, 2.0], dims="school")
    return model


@pytest.mark.parametrize("given", [schools(), schools], ids=["model", "function"])
def test_a_model_and_what_makes_one_come_back(tmp_path, given):
    path = tmp_path / "model.pkl"
    write_model(given, path)
    signature = read_signature(str(path))
    assert (signature.data, signature.components, signature.sources) == (None, {}, [path])
    model = load_case(str(path)).build(None, {}, {})
    assert [rv.name for rv in model.free_RVs] == ["mu", "tau", "theta"]
    assert model.compile_logp()(model.initial_point()) == schools().compile_logp()(schools().initial_point())
    assert model.coords["school"] == ("A", "B") and list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_pickled_is_said(tmp_path):
    with pytest.raises(InputError, match=r"the model cannot be pickled \(TypeError: cannot pickle") as caught:
        write_model(sys._getframe(), tmp_path / "model.pkl")
    assert "\n" not in str(caught.value) and not (tmp_path / "model.part").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no pickle", "cannot be unpickled: "),
        (b"", "cannot be unpickled: EOFError"),
        (None, "there is no such file"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "model.pkl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        load_case(str(path))


def test_another_object_is_no_model(tmp_path):
    write_model({"a": 1}, tmp_path / "model.pkl")
    with pytest.raises(InputError, match="model is a dict; it must be a pm.Model or a Bambi model"):
        load_case(str(tmp_path / "model.pkl")).build(None, {}, {})
