"""Running NUTS: one form for every run, limits that keep the draws, sampling on."""

import time

import models
import numpy as np
import pytest
import xarray as xr

from faultline.core.record import CONFIRM, EXTENDED
from faultline.engine.backend import PLAIN, SAMPLE
from faultline.engine.samplers import NAMES, prepare
from faultline.probes import sampling
from faultline.probes.convergence import summarise_draws
from faultline.probes.sampling import sample, sample_with_extension, write_draws

SHORT = {"nuts": "pymc", "chains": 2, "tune": 200, "draws": 150}


@pytest.fixture(scope="module")
def schools():
    model, told = models.eight_schools(centered=False), []
    prepared = prepare(model, SHORT, backend=PLAIN)
    run = sample(prepared, SHORT, seed=3, deterministics=["theta"], progress=lambda *at: told.append(at))
    return model, run, told


def test_a_run_has_every_figure(schools):
    model, run, told = schools
    found = summarise_draws(run, model, selected=("mu", "theta", "absent"))
    assert run.complete and (found["chains"], found["n_draws"]) == (2, 300)
    assert [row["name"] for row in found["variables"]] == ["mu", "tau", "z"]
    assert 1 <= found["max_rhat"] < 1.2 and 20 < found["min_ess"] < 400
    assert found["max_rhat"] == max(row["rhat_max"] for row in found["variables"])
    assert 0 < found["mean_step_size"] < 2 and found["treedepth_statistic"] == "reached_max_treedepth"
    assert len(found["ebfmi"]) == len(found["chains_logp"]) == 2 and found["min_ebfmi"] == min(found["ebfmi"])
    assert (found["n_undefined"], found["n_nonfinite"]) == (0, 0)
    assert found["selected"]["names"] == ["mu", "theta"] and found["selected"]["max_rhat"] >= 1
    assert told[-1][:2] == (700, 2) and told[-1][2] == found["divergences"]


def test_draws_hold_what_was_asked_for_and_survive_a_file(schools, tmp_path):
    _, run, _ = schools
    write_draws(run.draws, tmp_path / "deep" / "draws.nc")
    with xr.open_datatree(tmp_path / "deep" / "draws.nc") as read:
        posterior = read["posterior"].to_dataset()
        assert list(posterior) == ["mu", "tau", "z", "theta"]
        expected = posterior["mu"] + posterior["tau"] * posterior["z"]
        np.testing.assert_allclose(posterior["theta"], expected.transpose(*posterior["theta"].dims))
        assert read["sample_stats"]["diverging"].dtype == bool
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["draws.nc"]


def test_no_draws_still_make_a_file(tmp_path):
    write_draws(None, tmp_path / "draws.nc")
    with xr.open_datatree(tmp_path / "draws.nc") as read:
        assert list(read.children) == []


def test_a_time_limit_keeps_the_draws_made():
    prepared = prepare(models.eight_schools(centered=False), SHORT, backend=PLAIN)
    asked = {**SHORT, "tune": 20, "draws": 100_000}
    run = sample(prepared, asked, seed=1, seconds=1.5)
    found = summarise_draws(run, prepared.model)
    assert not found["complete"] and 0 < found["n_draws"] < 200_000 and found["seconds"] < 20


def test_a_time_limit_before_the_first_draw_leaves_none():
    prepared = prepare(models.eight_schools(), SHORT, backend=PLAIN)
    run = sample(prepared, {**SHORT, "tune": 100_000}, seed=1, seconds=0.2)
    found = summarise_draws(run, prepared.model)
    assert run.draws is None and found["n_draws"] == 0 and not found["complete"] and "max_rhat" not in found


def test_divergences_are_located_where_trajectories_break():
    model = models.walled()
    run = sample(prepare(model, SHORT, backend=PLAIN), {**SHORT, "draws": 400}, seed=5)
    found = summarise_draws(run, model)
    assert found["divergences"] == int(run.draws["sample_stats"]["diverging"].sum()) > 20
    positions = found["divergence_positions"]
    assert positions["n"] == found["divergences"]
    first, second = positions["variables"]
    assert (
        (first["name"], first["index"]) == ("x", [])
        and first["shift"] > 0.3
        and first["p"] < 0.05 < second["p"]
    )
    assert second["name"] == "z" and len(second["index"]) == 1
    assert run.draws["divergences"].sizes["divergence"] == 2 * 99


@pytest.mark.parametrize("nuts", ["pymc", "blackjax"])
def test_a_start_without_a_finite_logp_raises(nuts):
    asked = {**SHORT, "nuts": nuts}
    with pytest.raises(Exception, match="Initial evaluation"):
        sample(prepare(models.impossible_datum(), asked, backend=PLAIN), asked, seed=1)


WRITING = 0.5  # seconds that the test's files take


def test_sampling_on_and_stopping():
    model, kept, stages = models.eight_schools(centered=False), [], []
    sampler = {**SHORT, "tune": 20, "draws": 20, "extended": {"chains": 4, "tune": 30, "draws": 25}}

    def run(decide):
        return sample_with_extension(
            model,
            sampler,
            decide,
            seed=1,
            seconds=60,
            backend=PLAIN,
            on_stage=stages.append,
            keep=write,
        )

    def write(key, record, draws):
        time.sleep(WRITING)
        kept.append((key, record["n_draws"], draws is not None))

    found = run(lambda record: (EXTENDED, "too few draws"))
    assert found["sampling_extended"]["reason"] == "too few draws"
    assert kept == [("sampling", 40, True), ("sampling_extended", 100, True)]
    assert set(found["timings"]) == {"compile", "sample", "sample_extended", "statistics"}
    assert found["timings"]["statistics"] >= 2 * WRITING  # of both runs
    assert found["backend"] == {"sample": PLAIN, "fallbacks": []}
    assert stages == ["compile", "sample", "statistics", "sample_extended", "statistics"]
    assert "sampling_extended" not in run(lambda record: None)


CONFIRMING = {**SHORT, "tune": 20, "draws": 20, "confirm": {"tune": 30, "draws": 25}}


def confirmed(wishes, sampler=CONFIRMING, **changes):
    """What runs, by what each of them is wanted for."""
    asked, told = iter(wishes), []
    found = sample_with_extension(
        models.eight_schools(centered=False),
        {**sampler, "extended": {"chains": 4, "tune": 20, "draws": 30}},
        lambda record: next(asked),
        **{"seed": 1, "seconds": 60, "backend": PLAIN, **changes},
        progress=lambda done, total, divergences: told.append((done, total)),
    )
    return found, told


def test_a_failure_is_confirmed_by_the_same_chains_tuned_for_longer():
    found, told = confirmed([(CONFIRM, "chains apart"), (CONFIRM, "still apart")])
    longer = found["sampling_extended"]
    assert (longer["wanted"], longer["reason"]) == (CONFIRM, "chains apart")
    assert (longer["chains"], longer["tune"], longer["n_draws"]) == (2, 30, 50)
    assert (80, 80) in told and told[-1] == (110, 110)


def test_what_confirming_leaves_undecided_is_sampled_on():
    found, _ = confirmed([(CONFIRM, "chains apart"), *[(EXTENDED, "few draws")] * 2])
    longer = found["sampling_extended"]
    assert (longer["wanted"], longer["reason"], longer["n_draws"]) == (EXTENDED, "few draws", 120)
    assert found["timings"]["sample_extended"] > longer["seconds"] > 0  # of both longer runs


def test_an_extended_run_is_confirmed_by_nothing():
    found, _ = confirmed([(EXTENDED, "few draws"), (CONFIRM, "chains apart")])
    assert found["sampling_extended"]["wanted"] == EXTENDED


def test_a_failure_is_not_confirmed_where_that_takes_most_of_the_time_left(monkeypatch):
    monkeypatch.setattr(sampling, "CONFIRMS_WITHIN", 0.0)
    found, _ = confirmed([(CONFIRM, "chains apart")])
    assert "sampling_extended" not in found
    spared = found["sampling"]["unconfirmed"]
    assert spared["seconds"] == pytest.approx(found["sampling"]["seconds"] * 55 / 40)
    assert 0 < spared["left"] < 60


def test_a_run_with_no_more_draws_confirms_nothing():
    sampler = {**CONFIRMING, "confirm": {"tune": 900, "draws": 20}}
    found, _ = confirmed([(CONFIRM, "chains apart")], sampler)
    assert "sampling_extended" not in found and "unconfirmed" not in found["sampling"]


def test_a_run_may_have_less_time_than_both_together():
    sampler = {**SHORT, "tune": 20, "draws": 100_000, "extended": {"chains": 4, "tune": 30, "draws": 25}}
    model = models.eight_schools(centered=False)
    found = sample_with_extension(
        model, sampler, lambda record: None, seed=1, seconds=60, run_seconds=1.5, backend=PLAIN
    )
    assert found["sampling"]["complete"] is False and found["timings"]["sample"] < 20


def test_start_values_and_data_containers_do_no_harm():
    model = models.latent_path()
    found = sample(
        prepare(model, SHORT, backend=PLAIN),
        {**SHORT, "tune": 50, "draws": 20},
        seed=1,
        deterministics=["path"],
    )
    assert list(found.draws["posterior"].to_dataset()) == ["scale", "steps", "noise", "path"]


def same_record(nuts):
    """A run of a model that breaks at a wall, and what every sampler must say of it."""
    model, told = models.walled(), []
    asked = {**SHORT, "nuts": nuts}
    run = sample(prepare(model, asked, backend=PLAIN), asked, seed=1, progress=lambda *at: told.append(at))
    found = summarise_draws(run, model)
    assert (found["nuts"], found["n_draws"], found["init"]) == (
        nuts,
        300,
        "jitter+adapt_diag",
    ) and run.complete
    assert found["divergences"] > 20
    assert found["divergence_positions"]["variables"][0]["name"] == "x"
    assert len(found["chains_logp"]) == 2 and found["min_ebfmi"] > 0 and found["n_steps_mean"] >= 1
    assert 0 < found["mean_step_size"] < 5 and 0 <= found["max_treedepth_fraction"] < 0.5
    assert told[-1] == (700, 2, found["divergences"]) or nuts == "nutpie"
    return found


@pytest.mark.parametrize("nuts", ["blackjax", "numpyro"])
def test_samplers_inside_xla_give_the_same_record(nuts):
    assert same_record(nuts)["treedepth_statistic"] == "reached_max_treedepth"


@pytest.mark.slow
def test_nutpie_gives_the_same_record():
    assert same_record("nutpie")["treedepth_statistic"] == "maxdepth_reached"


@pytest.mark.parametrize(
    "nuts", [pytest.param(n, marks=pytest.mark.slow if n == "nutpie" else ()) for n in NAMES]
)
def test_a_known_posterior_is_recovered(nuts):
    """Scales from 0.1 to 10 and a correlation: means, variances and energies of a Gaussian."""
    model, sd = models.gaussian()
    asked = {"nuts": nuts, "chains": 4, "tune": 400, "draws": 500}
    run = sample(prepare(model, asked, backend=PLAIN), asked, seed=2)
    found = summarise_draws(run, model)
    assert found["divergences"] == 0 and found["max_rhat"] < 1.02 and found["min_ess"] > 400
    assert 0.8 < found["min_ebfmi"] < 1.4
    x = run.draws["posterior"]["x"].values.reshape(-1, len(sd))
    np.testing.assert_allclose(x.std(axis=0), sd, rtol=0.12)
    assert np.abs(x.mean(axis=0) / sd).max() < 0.15
    assert np.corrcoef(x[:, :2].T)[0, 1] == pytest.approx(0.8, abs=0.06)
    lp = run.draws["sample_stats"]["lp" if nuts != "nutpie" else "logp"].values
    assert lp.mean() == pytest.approx(models.gaussian_logp_mean(sd), abs=0.15)


@pytest.mark.parametrize("nuts", ["blackjax", "numpyro"])
def test_inside_xla_a_time_limit_leaves_chains_of_one_length(nuts):
    model = models.eight_schools(centered=False)
    asked = {"nuts": nuts, "chains": 4, "tune": 20, "draws": 1_000_000}
    run = sample(prepare(model, asked), asked, seed=1, seconds=1.5)
    assert not run.complete and run.draws["posterior"].sizes["chain"] == 4 and run.seconds < 20
    asked = {**asked, "tune": 1_000_000}
    assert sample(prepare(model, asked), asked, seed=1, seconds=0.2).draws is None


def test_inside_xla_a_run_is_the_same_for_the_same_seed():
    model = models.eight_schools(centered=False)
    asked = {**SHORT, "nuts": "blackjax"}
    prepared = prepare(model, asked)
    runs = [sample(prepared, {**asked, "cores": cores}, seed=1).draws for cores in (1, 2)]
    xr.testing.assert_equal(*(run["posterior"].to_dataset() for run in runs))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (models.with_op_of_unknown_shape, "JAX cannot run this model"),
        (models.with_discrete, "continuous variables only"),
    ],
)
def test_what_cannot_run_inside_xla_is_sampled_by_pymc_and_says_why(model, reason):
    prepared = prepare(model(), {**SHORT, "nuts": "blackjax"}, backend=PLAIN)
    assert (prepared.nuts, prepared.backend) == ("pymc", PLAIN)
    assert reason in prepared.fallbacks[0]["reason"] and prepared.fallbacks[0]["backend"] == "blackjax"


@pytest.mark.slow
def test_numba_runs_are_the_same_for_the_same_seed():
    model = models.latent_path()
    prepared = prepare(model, SHORT, backend=SAMPLE)
    assert (prepared.backend, prepared.fallbacks) == (SAMPLE, [])
    first, second = (sample(prepared, {**SHORT, "tune": 50, "draws": 50}, seed=1) for _ in range(2))
    assert first.complete
    xr.testing.assert_equal(first.draws["posterior"].to_dataset(), second.draws["posterior"].to_dataset())
