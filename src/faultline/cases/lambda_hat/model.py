"""Case ``lambda_hat``: the stages, thin, and what is declared of them. The defaults are the configuration that failed.

The numerics are in the modules beside this one: targets, family, step, estimate, analysis; checks has the oracles, reference
the same target as a PyMC model.
"""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp

from faultline.cases.lambda_hat import analysis, estimate, fitting, losses, targets
from faultline.cases.lambda_hat.family import Parameters
from faultline.cases.lambda_hat.step import Settings

TARGET = "pipeline"

SCENARIOS = {
    "quad_d6": {
        "kind": "quadratic",
        "eigenvalues": "ones",
        "dimensions": 6,
        "n": 30,
        "components": 2,
        "rank": 2,
        "steps": 200,
        "batch": 16,
        "draws": 100,
        "elbo_gap": 0.05,
        "data_seed": 456,
    },
    "quad_d8": {
        "kind": "quadratic",
        "eigenvalues": "linear",
        "dimensions": 8,
        "n": 50,
        "components": 2,
        "rank": 2,
        "steps": 300,
        "batch": 16,
        "draws": 500,
        "elbo_gap": 0.05,
        "data_seed": 123,
    },
    "quad_d10": {
        "kind": "quadratic",
        "eigenvalues": "linear",
        "dimensions": 10,
        "n": 100,
        "components": 3,
        "rank": 3,
        "steps": 500,
        "batch": 32,
        "draws": 1000,
        "elbo_gap": 0.05,
        "data_seed": 42,
    },
    "quad_rand": {
        "kind": "quadratic",
        "eigenvalues": "bounded",
        "dimensions": 8,
        "n": 100,
        "components": 3,
        "rank": 3,
        "steps": 500,
        "batch": 32,
        "draws": 1000,
        "elbo_gap": 0.08,
        "data_seed": 42,
    },
    "linreg": {
        "kind": "linear_regression",
        "dimensions": 6,
        "n": 100,
        "components": 2,
        "rank": 2,
        "steps": 500,
        "batch": 100,
        "draws": 1000,
        "elbo_gap": 0.05,
        "data_seed": 42,
    },
    "mlp_tiny": {
        "kind": "network",
        "n": 100,
        "components": 8,
        "rank": 2,
        "steps": 500,
        "batch": 100,
        "draws": 1000,
        "elbo_gap": 0.05,
        "data_seed": 42,
    },
}

PRESETS = {
    "as_the_tests_ran": {},
    "authors_view": {"gamma": "0.001"},
    "repaired": {
        "log_q_offset": "own",
        "entropy_path": "target_and_log_q",
        "alpha_direction": "negated",
        "trace_diagonal": "factors_and_diagonal",
        "elbo_sign": "minus",
        "analysis_source": "work",
        "sampling_clip": "draw_and_gradient",
        "steps": "5000",
    },
}
REPAIRED = "repaired"
BUDGET = {"steps": "5000"}

CRITERIA = {
    "fit.elbo": {"finite": True, "words": "the ELBO of every step"},
    "evaluate.lambda_error": {
        "at_most": 0.03,
        "words": "the error of lambda by control variate, relative to the closed form",
        "margin": 0.003,
    },
}


def target(
    run,
    *,
    spectrum: Literal["diagonal", "bounded"] = "diagonal",
    data: Literal["zeros", "noise", "real"] = "zeros",
    loss: Literal["ignores_data", "uses_data"] = "ignores_data",
    gamma: Literal["0.001", "0.1", "1"] = "1",
):
    """Loss, data, Hessian and optimum, in float64, and what is known in closed form."""
    made = targets.make_target(run.scenario, spectrum, data, loss)
    n_beta = targets.inverse_temperature(len(made["X"]))
    facts = targets.facts_of(made, n_beta, float(gamma), run.rng)
    return run.output(arrays={name: made[name] for name in ("X", "Y", "w_star", "H")}, facts=facts)


def fit(
    target,
    run,
    *,
    log_q_offset: Literal["callers", "own"] = "callers",
    entropy_path: Literal["target_only", "target_and_log_q"] = "target_only",
    alpha_direction: Literal["ascent", "negated"] = "ascent",
    elbo_sign: Literal["plus", "minus"] = "plus",
    sampling_clip: Literal["draw_only", "draw_and_gradient"] = "draw_only",
    loss_signature: Literal["separate", "pair"] = "separate",
    steps: Literal["tests", "5000"] = "tests",
    lr: Literal["0.01", "0.005", "0.001"] = "0.01",
    ridge: Literal["1e-6", "1e-5", "1e-4"] = "1e-6",
    max_norm: Literal["10", "3"] = "10",
    matmul: Literal["default", "highest"] = "default",
    precision: Literal["float32", "float64"] = "float32",
    rho_start: Literal["0", "5"] = "0",
):
    """The variational fit: one draw a step, Adam."""
    settings = Settings(
        log_q_offset=log_q_offset,
        entropy_path=entropy_path,
        alpha_direction=alpha_direction,
        elbo_sign=elbo_sign,
        sampling_clip=sampling_clip,
        loss_signature=loss_signature,
        batch=run.scenario["batch"],
        lr=float(lr),
        ridge=float(ridge),
        max_norm=float(max_norm),
        matmul=matmul,
    )
    number = run.scenario["steps"] if steps == "tests" else int(steps)
    with jax.enable_x64(precision == "float64"):
        keys = [jax.random.key(run.number(name)) for name in ("start", "steps")]
        dtype = jnp.dtype(precision)
        parameters, traces = fitting.fit(
            run.scan, target, run.scenario, settings, number, float(rho_start), dtype, keys
        )
        facts = fitting.facts_of(traces) | {
            "type_asked": precision,
            "type_got": str(parameters.rho.dtype),
            "other_types": fitting.other_types(dtype, parameters, traces),
        }
    return run.output(arrays=traces | parameters._asdict(), facts=facts)


def evaluate(
    target,
    fit,
    run,
    *,
    trace_diagonal: Literal["factors", "factors_and_diagonal"] = "factors",
    loss_reduction: Literal["mean", "sum"] = "mean",
):
    """lambda by Monte Carlo and with the control variate, and the ELBO of the fitted family, beside what is known."""
    dtype = fit.rho.dtype
    with jax.enable_x64(dtype == "float64"):
        parameters = Parameters(*(jnp.asarray(each) for each in (fit.rho, fit.A, fit.alpha)))
        made, point = fitting.on_device(target, dtype), fitting.loss_of(target, dtype)
        v = estimate.draws_of(jax.random.key(run.number("draws")), parameters, run.scenario["draws"])
        reduced, factor = (
            (losses.total(point), len(target.X)) if loss_reduction == "sum" else (losses.mean(point), 1)
        )
        H = factor * jnp.asarray(target.H, dtype)
        found = estimate.lambdas(v, reduced, H, parameters, made, trace_diagonal == "factors_and_diagonal")
        found |= estimate.evidence(v, parameters, losses.mean(point), made)
    return run.output(
        arrays={"v": v}, facts=found | estimate.errors(found, fit.facts, target.facts, run.scenario)
    )


def analyse(target, fit, evaluate, run, *, analysis_source: Literal["trace", "work"] = "trace"):
    """What is reported of the fit."""
    known, found = target.facts, evaluate.facts
    facts = analysis.summary(
        analysis_source,
        fit.Ln_batch,
        found["Ln_wstar"],
        known["n_beta"],
        found["lambda_cv"],
        found["lambda_cv_se"],
        fit.facts["total_fge"],
    )
    return run.output(
        facts=facts | {"llc_error": estimate.relative_error(facts["llc_mean"], known["lambda"])}
    )
