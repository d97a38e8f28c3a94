"""A live model goes through a file, and comes out as it was."""

import json
import subprocess
import sys

import pymc as pm
import pytest

from faultline.core.errors import InputError
from faultline.targets.case import read_signature
from faultline.targets.loading import load_case
from faultline.targets.observed_data import coerced
from faultline.targets.pickled import kept_here, lives_here, write_model


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


def test_a_pickled_function_s_model_remembers_the_data_it_was_given(tmp_path):
    def counts():
        with pm.Model() as model:
            pm.Poisson("y", pm.Exponential("rate", 1), observed=[1.0, 2.75])
        return model

    write_model(counts, tmp_path / "model.pkl")
    [row] = coerced(load_case(str(tmp_path / "model.pkl")).build(None, {}, {}))
    assert (row["name"], row["given"], row["kept"]) == ("y", 2.75, 2)


def test_modules_are_found_where_they_were_and_the_reader_s_own_come_first(tmp_path, monkeypatch):
    for folder in ("there", "here"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "both_have_it.py").write_text(f"WHERE = {folder!r}")
    (tmp_path / "there" / "only_there.py").write_text("WHERE = 'there'")

    def make():
        import both_have_it
        import only_there

        with pm.Model() as model:
            pm.Normal(f"{both_have_it.WHERE}_{only_there.WHERE}")
        return model

    before = list(sys.path)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "there"), *before])
    write_model(make, tmp_path / "model.pkl")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "here"), *before])
    model = load_case(str(tmp_path / "model.pkl")).build(None, {}, {})
    assert [rv.name for rv in model.free_RVs] == ["here_there"]
    for name in ("both_have_it", "only_there"):
        monkeypatch.delitem(sys.modules, name)


def test_modules_in_the_current_folder_are_found(tmp_path, monkeypatch):
    def make():
        import beside_the_reader

        with pm.Model() as model:
            pm.Normal(beside_the_reader.NAME)
        return model

    monkeypatch.setattr(sys, "path", list(sys.path))
    write_model(make, tmp_path / "model.pkl")
    (tmp_path / "beside_the_reader.py").write_text("NAME = 'x'")
    monkeypatch.chdir(tmp_path)
    model = load_case("model.pkl").build(None, {}, {})
    assert [rv.name for rv in model.free_RVs] == ["x"]
    monkeypatch.delitem(sys.modules, "beside_the_reader")


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


def test_a_model_that_is_kept_here_is_found_by_its_file_and_by_nobody_else(tmp_path):
    path = tmp_path / "model.pkl"
    contents = set()
    for _ in range(2):
        with kept_here(schools(), path):
            assert lives_here(str(path))
            assert load_case(str(path)).build(None, {}, {}).named_vars.keys() == schools().named_vars.keys()
            contents.add(path.read_bytes())
    assert len(contents) == 2 and not lives_here(str(path))
    with pytest.raises(InputError, match="the process that had it has ended or is another"):
        load_case(str(path))


READER = """
import json
import sys
from faultline.targets.pickled import read_model
from pathlib import Path
model = read_model(Path(sys.argv[1]))
print(json.dumps({name: float(value) for name, value in model.point_logps().items()}))
"""


def with_custom_distributions() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        pm.CustomDist("y", mu, logp=lambda y, mu: -((y - mu) ** 2) / 2, observed=[1.0, 2.0])
        pm.CustomDist("z", mu, dist=lambda mu, size: pm.Normal.dist(mu, 1, size=size), observed=[1.0])
    return model


@pytest.mark.parametrize(
    "given", [with_custom_distributions(), with_custom_distributions], ids=["model", "function"]
)
def test_a_custom_distribution_has_its_log_probability_where_it_is_read(tmp_path, given):
    """In another process, where PyMC knows nothing of it."""
    write_model(given, tmp_path / "model.pkl")
    command = [sys.executable, "-c", READER, str(tmp_path / "model.pkl")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = {name: float(value) for name, value in with_custom_distributions().point_logps().items()}
    assert json.loads(done.stdout) == pytest.approx(expected)
