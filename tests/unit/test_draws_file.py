"""``draws.nc`` as people open it: the run that was judged is ``posterior``, and ArviZ says of it what the record says."""

import datetime

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr
from in_process import started

from faultline.core.sections.record import Record
from faultline.engine.draws import completed, write_draws
from faultline.engine.samplers.base import labels
from faultline.experiments import sampling
from faultline.experiments.ablation import Ablation

pytestmark = pytest.mark.slow

SHORT = {"nuts": "blackjax", "chains": 2, "tune": 50, "draws": 20, "target_accept": 0.8}
Y = np.array([0.3, -1.2, 0.8])


def model() -> pm.Model:
    with pm.Model(coords={"school": ["a", "b", "c"]}) as built:
        scale = pm.HalfNormal("scale", 1)
        share = pm.Dirichlet("share", [1.0, 1.0, 1.0], dims="school")
        pm.Normal("y", share, scale, observed=Y, dims="school")
    return built


def test_the_judged_run_is_the_posterior_and_its_rhat_is_the_record_s(tmp_path):
    """A first run of 2 x 20 draws decides nothing and is sampled on: 2 x 60 are judged."""
    asked = {
        **SHORT,
        "confirm": {"tune": 60, "draws": 60},
        "extended": {"chains": 2, "tune": 60, "draws": 60},
    }
    worker, subject = started(tmp_path, model(), group="group_3", kind="sampling", sampler=asked)
    sampling.measure(worker, subject)
    record = Record.of(worker.record.content)
    with xr.open_datatree(tmp_path / "draws.nc") as draws:
        draws.load()
    judged = record.judged_run
    assert judged is record.sampling_extended
    assert draws["posterior"].sizes["draw"] == 60 and draws["first_run/posterior"].sizes["draw"] == 20
    assert draws["sample_stats"].sizes["draw"] == 60
    assert list(draws["posterior"]["share"].coords["school"].values) == ["a", "b", "c"]
    np.testing.assert_array_equal(draws["observed_data"]["y"], Y)
    rhat = az.rhat(draws["posterior"].to_dataset())
    for row in judged.variables:
        assert float(rhat[row["name"]].max()) == pytest.approx(row["rhat_max"], abs=1e-6), row["name"]


def test_a_model_taken_apart_has_its_draws_in_its_own_units(tmp_path):
    worker, subject = started(tmp_path, model(), kind="apart")
    apart = Ablation(worker, subject, 30.0)
    draws = completed(apart.run(), subject.model, apart.layout)
    scale, share = draws["posterior"]["scale"].values, draws["posterior"]["share"].values
    np.testing.assert_allclose(np.log(scale), draws["unconstrained/posterior"]["scale"].values, rtol=1e-8)
    np.testing.assert_allclose(share.sum(axis=-1), 1.0)
    assert draws["posterior"]["share"].dims == ("chain", "draw", "school")
    np.testing.assert_array_equal(draws["observed_data"]["y"], Y)
    rows = {row["name"]: row for row in worker.record.content["apart"]["base"]["variables"]}
    rhat = az.rhat(draws["unconstrained/posterior"].to_dataset())  # the space in which fits are compared
    for name in ("scale", "share"):
        assert float(rhat[name].max()) == pytest.approx(rows[name]["rhat_max"], abs=1e-6)


@pytest.mark.parametrize(
    "values",
    [
        pd.period_range("2020-01", periods=3, freq="M"),
        pd.interval_range(0, 3),
        [datetime.date(2020, 1, day) for day in (1, 2, 3)],
        pd.date_range("2020-01-01", periods=3, tz="UTC"),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]),
    ],
)
def test_coordinates_that_netcdf_does_not_know_are_written_as_words(tmp_path, values):
    posterior = xr.Dataset(
        {"x": (("chain", "draw", "c"), np.zeros((1, 2, 3)))}, coords={"c": ("c", labels(values))}
    )
    raw = xr.Dataset(
        {"x": (("chain", "draw", "c"), np.zeros((1, 2, 3)))},
        coords={"c": np.array([*values, None], dtype=object)[:3]},
    )
    for name, dataset in (("plain", posterior), ("raw", raw)):
        write_draws(xr.DataTree.from_dict({"posterior": dataset}), tmp_path / f"{name}.nc")
        with xr.open_datatree(tmp_path / f"{name}.nc", engine="h5netcdf") as found:
            assert [str(at) for at in found["posterior"]["c"].values] == [str(value) for value in values]
