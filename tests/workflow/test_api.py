"""The call: a live model is diagnosed in processes of its own, and the answer is that of the command's pages."""

import numpy as np
import pytest
from live import Y, funnel

import faultline
from faultline.core.errors import InputError
from faultline.core.record import read_json


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
    with pytest.raises(InputError, match="give either a model or draws"):
        faultline.diagnose(funnel(Y), idata={})
    with pytest.raises(InputError, match="these draws cannot be converted by arviz"):
        faultline.diagnose(idata=3)
    with pytest.raises(InputError, match="there is no model; give one, or call diagnose inside"):
        faultline.diagnose()
    with pytest.raises(InputError, match="takes no data; give the function that builds it"):
        faultline.diagnose(funnel(Y), data=Y)
    with pytest.raises(InputError, match="has no summary; run the diagnosis first"):
        faultline.load(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name / "results").mkdir(parents=True)
        (tmp_path / name / "results" / "summary.json").write_text("{}")
    with pytest.raises(InputError, match=r"has several suites \(a, b\); give one of them"):
        faultline.load(tmp_path)


def test_importing_faultline_imports_nothing_heavy():
    assert set(faultline.__all__) == {"Diagnosis", "diagnose", "load"}
    with pytest.raises(AttributeError, match="has no attribute 'diagnos'"):
        faultline.diagnos  # noqa: B018
