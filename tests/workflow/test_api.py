"""The call: a live model is diagnosed in processes of its own, and the answer is that of the command's pages."""

import json
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest
import xarray as xr
from live import Y, funnel

import faultline
from faultline import api
from faultline.core.errors import InputError
from faultline.core.record import read_json, write_json
from faultline.engine.draws import write_draws
from faultline.probes.given_draws import read_draws
from faultline.targets.given import GROUPS, write_given
from faultline.targets.pickled import lives_here


@pytest.mark.slow
def test_what_the_model_cannot_do_is_a_finding_and_a_mistake_is_one_sentence(tmp_path):
    def broken():
        raise ValueError("no data today")

    with pytest.raises(InputError, match="no data today") as caught:
        faultline.diagnose(broken, path=tmp_path, progressbar=False)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_draws_alone_are_judged_and_nothing_is_sampled(tmp_path):
    rng = np.random.default_rng(1)
    draws = {"x": rng.normal(size=(4, 600, 2)), "y": rng.normal(size=(4, 600)) + np.arange(4)[:, None]}
    found = faultline.diagnose(idata=draws, path=tmp_path, progressbar=False)
    assert found.outcome == "fail" and found.part == () and found.how_sure == "undecided"
    assert [row["kind"] for row in found.groups] == [
        "draws"
    ] and "Give the model as well" in found.next_steps[0]
    assert found.idata["posterior"]["y"].shape == (4, 600)
    record = read_json(found.folder / "results" / "results_group_1_draws_as_given.json")
    assert record["asked"]["sampler"] is None and record["sampling"]["n_draws"] == 2400


def test_mistakes_are_said_before_anything_runs(tmp_path):
    with pytest.raises(InputError, match="draws alone take no data; give the model as well"):
        faultline.diagnose(idata={"x": np.zeros((2, 5))}, data=Y)
    with pytest.raises(InputError, match="draws are no model; give them as idata=..."):
        faultline.diagnose(xr.DataTree(), path=tmp_path / "draws")
    with pytest.raises(InputError, match="for a model in a file, data is the path of a data file"):
        faultline.diagnose("model.py", data=Y)
    with pytest.raises(InputError, match="these draws cannot be converted by arviz"):
        faultline.diagnose(idata=3)
    with pytest.raises(InputError, match="there is no model; give one, or call diagnose inside"):
        faultline.diagnose()
    with pytest.raises(InputError, match="takes no data; give the function that builds it"):
        faultline.diagnose(funnel(Y), data=Y)
    with pytest.raises(InputError, match="as_yours is .*; give numbers, text, lists or mappings of them"):
        faultline.diagnose("model.py", as_yours={"step": object()})
    with pytest.raises(InputError, match="has no summary; run the diagnosis first"):
        faultline.load(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name / "results").mkdir(parents=True)
        (tmp_path / name / "results" / "summary.json").write_text("{}")
    with pytest.raises(InputError, match=r"has several suites \(a, b\); give one of them"):
        faultline.load(tmp_path)


@pytest.fixture
def passed_on(monkeypatch, tmp_path):
    """What a call passes on: the command after ``diagnose``, its environment, and whether its progress is shown."""
    calls = []
    write_json(tmp_path / "suite" / "results" / "summary.json", {"answer": {}, "outcome": "pass"})

    def run(command, environment, show):
        calls.append((command[command.index("diagnose") + 1 :], environment, show))
        return tmp_path / "suite"

    monkeypatch.setattr(api, "_run", run)
    monkeypatch.setattr(api.tempfile, "mkdtemp", lambda prefix: str(tmp_path / f"{prefix}new"))
    monkeypatch.delenv("FAULTLINE_STORE", raising=False)
    return calls


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, []),
        ({"data": "y.csv"}, ["--data", "y.csv"]),
        ({"data": Path("y.csv"), "random_seed": 0}, ["--data", "y.csv", "--set", "seed=0"]),
        ({"cores": 2, "minutes": 0.5}, ["--cores", "2", "--minutes", "0.5"]),
        # 0 is a mistake, and no run without a limit.
        ({"cores": 0, "minutes": 0}, ["--cores", "0", "--minutes", "0"]),
        (
            {"as_yours": {"tune": np.int64(0), "initvals": {"mu": np.zeros(2)}}},
            ["--set", 'as_yours={"tune": 0, "initvals": {"mu": [0.0, 0.0]}}'],
        ),
        ({"as_yours": {}}, ["--set", "as_yours={}"]),
        (
            {
                "settings": {
                    "sampler.draws": 500,
                    "variants": "repaired",
                    "groups.sizes": [20, 40],
                    "groups.max_T": None,
                }
            },
            [
                "--set",
                "sampler.draws=500",
                "--set",
                "variants=repaired",
                "--set",
                "groups.sizes=[20, 40]",
                "--set",
                "groups.max_T=null",
            ],
        ),
    ],
)
def test_what_a_call_asks_for_reaches_the_command(passed_on, asked, words):
    assert faultline.diagnose(Path("models.py"), **asked).outcome == "pass"
    [(command, environment, show)] = passed_on
    assert command == ["models.py", *words, "--json"] and show is True
    assert environment["FAULTLINE_SUITES"] == "faultline-results" and "FAULTLINE_STORE" not in environment


@pytest.mark.parametrize("model", ["models.py", funnel(Y)], ids=["file", "live"])
def test_draws_go_beside_a_model(passed_on, tmp_path, model):
    faultline.diagnose(model, idata={"x": np.zeros((2, 5))}, path=tmp_path, as_yours={})
    [(command, _, _)] = passed_on
    of_model = "models.py" if model == "models.py" else str(tmp_path / "model.pkl")
    assert command == [of_model, "--idata", str(tmp_path / "draws.nc"), "--set", "as_yours={}", "--json"]


@pytest.mark.parametrize(
    ("asked", "file"),
    [
        ({"model": funnel(Y)}, "model.pkl"),
        ({"model": funnel, "data": Y}, "model.pkl"),
        ({"idata": {"x": np.zeros((2, 5))}}, "draws.nc"),
    ],
    ids=["model", "function", "draws"],
)
@pytest.mark.parametrize("path", ["mine", None])
def test_what_is_live_goes_through_a_file_in_its_own_folder(passed_on, tmp_path, asked, file, path):
    folder = tmp_path / (path or "faultline-new")
    faultline.diagnose(**asked, path=path and folder, progressbar=False)
    [(command, environment, show)] = passed_on
    assert command == [str(folder / file), "--quiet", "--json"] and show is False
    assert (folder / file).is_file() and (folder / ".store" / ".gitignore").read_text() == "*\n"
    assert environment["FAULTLINE_SUITES"] == str(folder)
    assert environment["FAULTLINE_STORE"] == str(folder / ".store")


def test_a_model_comes_from_its_with_block(passed_on, tmp_path):
    with funnel(Y):
        faultline.diagnose(path=tmp_path)
    assert passed_on[0][0][0] == str(tmp_path / "model.pkl")


def ends(code: int, said: str, answer: str = "") -> list[str]:
    """A command that says and prints this, and ends with this code."""
    source = f"import sys; print({answer!r}, end=''); print({said!r}, file=sys.stderr); sys.exit({code})"
    return [sys.executable, "-c", source]


@pytest.mark.parametrize(
    ("code", "said", "answer", "error", "sentence"),
    [
        (70, "Traceback\n \nerror: KeyError: 3", "", RuntimeError, "Traceback\nerror: KeyError: 3"),
        (1, "a warning\nerror: no data today\n", "", InputError, "no data today"),
        (2, "Usage: faultline\n\nError: no such option.", "", InputError, "no such option."),
        (1, "", "", InputError, "the command ended without a word"),
        (0, "The time is used up", '{"outcome": null}', TimeoutError, "The time is used up"),
    ],
)
def test_how_the_command_ends_is_how_the_call_ends(code, said, answer, error, sentence):
    with pytest.raises(error) as caught:
        api._run(ends(code, said, answer), {}, show=False)
    assert type(caught.value) is error and str(caught.value) == sentence


@pytest.mark.parametrize("show", [True, False])
def test_the_folder_is_what_the_command_says_and_progress_is_shown_on_request(show, capsys):
    answer = json.dumps({"outcome": "pass", "folder": "results/mine"})
    assert api._run(ends(0, "group 1: measured", answer), {}, show) == Path("results/mine")
    assert capsys.readouterr().err == ("group 1: measured\n" if show else "")


def test_draws_are_written_without_what_netcdf_cannot_hold(tmp_path):
    levels = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["place", "year"])
    drawn = xr.Dataset({"x": (("chain", "draw", "cell"), np.zeros((2, 5, 4)))})
    drawn = drawn.assign_coords(xr.Coordinates.from_pandas_multiindex(levels, "cell"))
    drawn.attrs = {"inference_library": "nutpie", "tuning_steps": np.int64(500), "sampling_time": 2.5}
    drawn.attrs |= {"version": None, "settings": {"a": 1}, "tuned": True}
    drawn["x"].attrs = {"units": None}
    tree = xr.DataTree.from_dict({"posterior": drawn, "prior": drawn, "sample_stats": drawn[[]]})
    found = read_draws(write_given(tree, tmp_path / "draws.nc"))
    assert found["posterior"]["x"].shape == (2, 5, 4) and set(found.children) == set(GROUPS)
    kept = {"inference_library": "nutpie", "tuning_steps": 500, "sampling_time": 2.5}
    assert found["posterior"].attrs == kept


def test_draws_that_are_given_twice_are_one_file(tmp_path):
    """ArviZ notes when it converted them."""
    files = [write_given({"x": np.zeros((2, 5))}, tmp_path / name).read_bytes() for name in ("a.nc", "b.nc")]
    assert files[0] == files[1]


@pytest.mark.slow
@pytest.mark.long
def test_a_model_that_cannot_be_pickled_is_measured_in_this_process(tmp_path, recwarn):
    """Its density holds a lock. Here it stays, unguarded, and all of its groups are judged as those of any other model."""
    before = sys.path[:], pytensor.config.floatX, pytensor.config.cxx
    lock = threading.Lock()

    def locked(value, mu):
        with lock:
            return -((value - mu) ** 2) / 2

    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        pm.CustomDist("y", mu, logp=locked, observed=np.random.default_rng(0).normal(1, 1, 30))
    draws = {"mu": np.random.default_rng(1).normal(1, 0.2, (4, 500))}
    found = faultline.diagnose(
        model, idata=draws, path=tmp_path, progressbar=False, settings={"sampler.tune": 200}
    )
    said = [str(row.message) for row in recwarn if "cannot be pickled" in str(row.message)]
    assert len(said) == 1 and "nothing ends it if it hangs, fills the memory or crashes" in said[0]
    assert [row["kind"] for row in found.groups] == ["build", "gradient", "sampling", "apart", "draws"]
    assert all(row["outcome"] in ("pass", "inconclusive", "fail") for row in found.groups)
    record = read_json(found.folder / "results" / "results_group_3_sampling_baseline_minimal.json")
    assert record["asked"]["sampler"]["tune"] == 200 and record["sampling"]["n_draws"]
    assert (sys.path, pytensor.config.floatX, pytensor.config.cxx) == before
    assert not lives_here(str(tmp_path / "model.pkl"))


def test_the_draws_of_a_diagnosis_are_those_of_the_last_group_that_sampled_the_model(tmp_path):
    kinds = {"a": "sampling", "b": "draws", "c": "sampling", "d": "frozen", "e": "sampling"}
    for at, name in enumerate("abcd"):
        place = tmp_path / "debug_outputs" / name / "draws.nc"
        place.parent.mkdir(parents=True)
        drawn = xr.Dataset({"x": (("chain", "draw"), np.full((1, 1), at))})
        write_draws(xr.DataTree.from_dict({"divergences" if name == "c" else "posterior": drawn}), place)
    rows = [{"group": name, "kind": kind} for name, kind in kinds.items()]
    assert faultline.Diagnosis(tmp_path, {"groups": rows}).idata["posterior"]["x"].item() == 0
    # Those that were given, where none were made.
    assert faultline.Diagnosis(tmp_path, {"groups": rows[1:]}).idata["posterior"]["x"].item() == 1
    assert faultline.Diagnosis(tmp_path, {"groups": rows[2:]}).idata is None


def test_importing_faultline_imports_nothing_heavy():
    assert set(faultline.__all__) == {"Diagnosis", "diagnose", "load"}
    with pytest.raises(AttributeError, match="has no attribute 'diagnos'"):
        faultline.diagnos  # noqa: B018
