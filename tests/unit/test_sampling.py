"""A group that samples: how long it may draw, and what its report says of it."""

from types import SimpleNamespace

import numpy as np
import pymc as pm
import pytest
import report_samples as samples
from in_process import quadratic, started

from faultline.core.errors import TimeLimit
from faultline.core.sections.record import Record
from faultline.diagnosis.rules import judge
from faultline.experiments import sampling, seeded_runs
from faultline.report.sections.sampling import section


@pytest.mark.parametrize("scale, seconds", [(1.0, None), (0.5, sampling.WRONG_GRADIENT_SECONDS)])
def test_a_sampler_that_would_follow_a_wrong_gradient_gets_little_time(tmp_path, monkeypatch, scale, seconds):
    given = []
    failing = {"complete": True, "divergences": 50, "n_draws": 200, "chains": 2}

    def nothing(model, sampler, decide, *, run_seconds, **_):
        given.append((run_seconds, decide(failing) is not None))
        return {"timings": {"compile": 0.0}, "backend": {"sample": "JAX", "fallbacks": []}}

    monkeypatch.setattr(sampling, "sample_with_extension", nothing)
    worker, subject = started(
        tmp_path, quadratic(scale), group="group_3", kind="sampling", sampler={"extended": {}}
    )
    sampling.measure(worker, subject)
    assert given == [(seconds, seconds is None)]  # and of its draws, more are not wanted
    assert worker.record.content["gradient"]["adds_up"] is (seconds is None)


@pytest.mark.parametrize("more, stage", [({}, "sample"), ({"sampling_extended": {}}, "sample_extended")])
def test_a_run_that_its_time_ended_is_named(tmp_path, monkeypatch, more, stage):
    worker, subject = started(
        tmp_path, quadratic(1.0), group="group_3", kind="sampling", sampler={"extended": {}}
    )

    def slow(*_, on_stage, **__):
        on_stage("statistics")
        monkeypatch.setattr(worker, "seconds_left", lambda: 0.0)
        return {"timings": {"compile": 0.0}, "backend": {"sample": "JAX", "fallbacks": []}, **more}

    monkeypatch.setattr(sampling, "sample_with_extension", slow)
    with pytest.raises(TimeLimit, match=f"ended stage {stage} early"):
        sampling.measure(worker, subject)
    assert worker.at == stage


def test_a_run_that_ends_before_its_first_draw_is_ended_by_its_limit(tmp_path, monkeypatch):
    """One of several seeds, as trials and changes have them: there are no draws to read."""
    worker, subject = started(tmp_path, quadratic(1.0), seeds=[1, 2], sampler={})
    monkeypatch.setattr(seeded_runs, "look_at_start", lambda *_: None)
    monkeypatch.setattr(seeded_runs, "compiled", lambda *_, **__: None)
    monkeypatch.setattr(seeded_runs, "longer_runs", lambda asked: {})
    monkeypatch.setattr(seeded_runs, "_run", lambda *_: (SimpleNamespace(draws=None), {}))
    monkeypatch.setattr(worker, "seconds_left", lambda: 0.0)
    with pytest.raises(TimeLimit, match="ended stage sample early"):
        seeded_runs.run_all(worker, subject, keep=lambda draws: draws["posterior"])


@pytest.mark.parametrize(
    "adds_up, words",
    [(False, "not that of the log-probability, so it was given little time"), (True, "it was interrupted")],
)
def test_the_report_says_why_a_run_is_not_complete(adds_up, words):
    record = samples.sampling_record(3)
    record["gradient"] = {"adds_up": adds_up}
    record["sampling"]["complete"] = False
    assert words in section(Record.of(record), {})


def test_draws_far_out_in_a_prior_are_in_the_record_the_verdict_and_the_report(tmp_path):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        pm.Normal("y", mu, 0.1, observed=np.full(20, 50.0))
    sampler = {"nuts": "blackjax", "chains": 2, "tune": 200, "draws": 100}
    worker, subject = started(tmp_path, model, group="group_3", kind="sampling", sampler=sampler)
    worker.keep(kind="sampling", error=None, asked={"components": {"use_part": True}})
    sampling.measure(worker, subject)
    record = worker.record.content
    run = record["sampling"]
    assert run["start_logp"] == pytest.approx(model.compile_logp(mode="FAST_COMPILE")(model.initial_point()))
    assert len(run["chains_logp_end"]) == 2 and min(row["moves"] for row in run["chains_movement"]) > 0.3
    (row,) = run["priors"]
    assert row["name"] == "mu" and row["log10_tail"] < -100
    # Twenty data of precision 100 and a prior of precision 1.
    assert row["posterior_mean"] == pytest.approx(50 * 2000 / 2001, abs=0.02)
    assert row["posterior_sd"] == pytest.approx(2001**-0.5, rel=0.3) and row["prior_sd"] == pytest.approx(
        1, rel=0.2
    )
    assert "mu at 49.9" in judge(record)["verdict"]["interpretation"]
    assert "The draws against their priors" in section(Record.of(record), {})


def test_a_stage_that_is_entered_twice_keeps_the_seconds_of_both(tmp_path, monkeypatch):
    worker, _ = started(tmp_path, quadratic(1.0))
    clock = iter([0.0, 2.0, 10.0, 13.0])
    monkeypatch.setattr("faultline.core.recorder.time.perf_counter", lambda: next(clock))
    for _ in range(2):
        with worker.stage("group_probes"):
            pass
    assert worker.record.content["timings"]["group_probes"] == 5.0
