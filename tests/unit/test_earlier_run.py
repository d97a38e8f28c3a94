"""A run that passed is taken over when the model is taken apart: only where it is that model's, and where no mode was missed."""

from dataclasses import asdict, replace

import numpy as np
import pymc as pm
import pytest
from in_process import started
from measure_toys import LINE, measured, run

from faultline.core.record import read_json
from faultline.core.sections.record import Record
from faultline.engine.density import logp_and_gradient
from faultline.experiments import sampling
from faultline.experiments.ablation import Ablation
from faultline.experiments.earlier_run import as_fit, in_one_place, passed_run
from faultline.findings.ablation import checks
from faultline.plan.config import Sampler

pytestmark = pytest.mark.slow


def bounded(shift: float = 0.0) -> pm.Model:
    """A variable without a transform, one on its logarithm, and one between bounds of which the second moves."""
    with pm.Model() as model:
        mu = pm.Normal("mu", shift, 1, shape=2)
        scale = pm.HalfNormal("scale", 1)
        share = pm.Uniform("share", 0, scale)
        pm.Normal("y", mu[0] + share, scale, observed=[0.3, -0.2, 0.9])
    return model


def two_modes(start: float) -> pm.Model:
    with pm.Model() as model:
        x = pm.Normal("x", 0, 20, initval=start)
        pm.Potential("fit", -((x**2 - 100) ** 2))
    return model


def after_sampling(folder, model, sampled, **spec):
    """A worker and a subject that may take over what ``sampled`` left."""
    sampler = asdict(Sampler())
    (folder / "first").mkdir()
    worker, subject = started(folder / "first", sampled, kind="sampling", sampler=sampler)
    worker.keep(error=None)
    sampling.measure(worker, subject)
    left = {name: str(folder / "first" / name) for name in ("measured.json", "draws.nc")}
    return started(folder, model, reads={"sampled": left}, **spec)


def test_taking_apart_by_hand_samples_the_model_first_and_once(tmp_path):
    done = run(tmp_path, LINE, group="4")
    assert done.returncode == 0, done.stderr
    assert "group 3: measured" in done.stdout and "group 4: measured" in done.stdout
    record = measured(tmp_path, "group_4_taken_apart")
    assert record["apart"]["base"]["sampled_before"]
    assert "group 3: measured" not in run(tmp_path, LINE, "--again", group="4").stdout


def test_what_passed_is_not_sampled_again(tmp_path):
    worker, subject = after_sampling(tmp_path, bounded(), bounded())
    apart = Ablation(worker, subject, 120.0)
    draws = apart.run()
    figures, before = passed_run(worker.spec)
    base = worker.record.content["apart"]["base"]
    assert base["sampled_before"] and base["n_draws"] == figures["n_draws"] == 4000
    assert base["divergences"] == figures["divergences"] and base["seconds"] == figures["seconds"]
    (check,) = (c for c in checks(Record.of(worker.record.content)) if c.name == "samples_well")
    assert check.passed is True and "sampled by an earlier group, passes" in check.note
    posterior = before["posterior"].to_dataset()
    np.testing.assert_array_equal(draws["posterior"]["scale"], posterior["scale"])
    # Closed forms of the transforms: a logarithm, and the logit within bounds.
    moved = draws["unconstrained/posterior"].to_dataset()
    np.testing.assert_array_equal(moved["mu"], posterior["mu"])
    np.testing.assert_allclose(moved["scale"], np.log(posterior["scale"]))
    inside = posterior["share"] / posterior["scale"]
    np.testing.assert_allclose(moved["share"], np.log(inside / (1 - inside)), atol=1e-8)


def test_the_draws_of_another_density_are_not_taken(tmp_path):
    worker, subject = after_sampling(tmp_path, bounded(shift=0.1), bounded())
    run = passed_run(worker.spec)
    assert as_fit(run, subject.model, logp_and_gradient(subject.model)) is None
    assert as_fit(run, bounded(), logp_and_gradient(bounded())) is not None


def test_a_run_that_did_not_pass_is_not_taken(tmp_path):
    worker, _ = after_sampling(tmp_path, two_modes(0.0), two_modes(0.0))
    assert worker.spec["reads"] and passed_run(worker.spec) is None


def test_a_mode_that_the_chains_missed_is_found_by_others(tmp_path):
    """Every chain of the first run begins, and stays, in one of two modes; from zero they go to both."""
    worker, subject = after_sampling(tmp_path, two_modes(0.0), two_modes(10.0))
    run = passed_run(worker.spec)
    fit = as_fit(run, subject.model, logp_and_gradient(subject.model))
    assert fit is not None and (fit.positions > 0).all()
    assert in_one_place(fit, replace(fit, positions=fit.positions[:, :20]))
    assert not in_one_place(fit, replace(fit, positions=-fit.positions[:, :20]))
    apart = Ablation(worker, subject, 120.0)
    apart.run()
    found = worker.record.content["apart"]
    assert "sampled_before" not in found["base"] and found["modes"]["places"] == 2


def test_a_model_with_discrete_variables_that_passed_is_not_sampled_again(tmp_path):
    with pm.Model() as model:
        k = pm.Bernoulli("k", 0.3)
        pm.Normal("x", k, 1)
    worker, subject = after_sampling(tmp_path, model, model)
    draws = Ablation(worker, subject, 120.0).run()
    found = worker.record.content["apart"]
    assert found["whole"]["sampled_before"] and found["conflict"] and set(draws["posterior"]) == {"k", "x"}
    assert not {"whole", "compile_whole"} & set(worker.record.content["timings"])
    assert read_json(worker.spec["reads"]["sampled"]["measured.json"])["sampling"]["n_draws"]
