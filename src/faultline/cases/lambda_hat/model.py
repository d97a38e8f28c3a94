"""Case ``lambda_hat``: the stages, thin, and what is declared of them. The defaults are the configuration that failed.

The numerics are in the modules beside this one: targets, family, step, estimate, analysis; checks has the oracles, reference
the same target as a PyMC model; declared says what has to hold, and what the authors believe.
"""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp

from faultline.cases.lambda_hat import analysis, checks, estimate, fitting, targets
from faultline.cases.lambda_hat.declared import CRITERIA, HYPOTHESES, ORACLES  # noqa: F401  read, and never run
from faultline.cases.lambda_hat.family import Parameters
from faultline.cases.lambda_hat.step import Settings

TARGET = "pipeline"

# H is I, diag(1..d), or has eigenvalues in [1, 3] and a random basis; M components of rank r; steps as the tests have them.
SCENARIOS = {
    "quad_d6": {
        "target": "identity",
        "d": 6,
        "n": 30,
        "M": 2,
        "r": 2,
        "steps": 200,
        "batch": 16,
        "draws": 100,
    },
    "quad_d8": {"target": "linear", "d": 8, "n": 50, "M": 2, "r": 2, "steps": 300, "batch": 16, "draws": 500},
    "quad_d10": {
        "target": "linear",
        "d": 10,
        "n": 100,
        "M": 3,
        "r": 3,
        "steps": 500,
        "batch": 32,
        "draws": 1000,
    },
    "quad_rand": {
        "target": "bounded",
        "d": 8,
        "n": 100,
        "M": 3,
        "r": 3,
        "steps": 500,
        "batch": 32,
        "draws": 1000,
    },
    "linreg": {
        "target": "regression",
        "d": 6,
        "n": 100,
        "M": 2,
        "r": 2,
        "steps": 500,
        "batch": 100,
        "draws": 1000,
    },
    "mlp_tiny": {"target": "network", "n": 100, "M": 8, "r": 2, "steps": 500, "batch": 100, "draws": 1000},
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
CONTROLS = {
    "authors_view": ("ridge", "max_norm", "precision", "matmul", "gamma", "lr", "spectrum", "data", "loss")
}
# A loss that ignores the data returns the same for all of them; the columns of A reach a norm of 3 on no other target.
TRIED_IN = {"data": {"choices": {"loss": "uses_data"}}, "max_norm": {"scenario": "mlp_tiny"}}

# Toggles that several stages read.
LogQOffset = Literal["callers", "own"]
EntropyPath = Literal["target_only", "target_and_log_q"]
AlphaDirection = Literal["ascent", "negated"]
TraceDiagonal = Literal["factors", "factors_and_diagonal"]
ElboSign = Literal["plus", "minus"]
SamplingClip = Literal["draw_only", "draw_and_gradient"]
LossSignature = Literal["separate", "pair"]
LossReduction = Literal["mean", "sum"]
Ridge = Literal["1e-6", "1e-5", "1e-4"]
Matmul = Literal["default", "highest"]
Precision = Literal["float32", "float64"]
Spectrum = Literal["diagonal", "bounded"]
DataOf = Literal["zeros", "noise", "real"]
LossOf = Literal["ignores_data", "uses_data"]
Gamma = Literal["0.001", "0.1", "1"]


def target(
    run,
    *,
    spectrum: Spectrum = "diagonal",
    data: DataOf = "zeros",
    loss: LossOf = "ignores_data",
    gamma: Gamma = "1",
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
    log_q_offset: LogQOffset = "callers",
    entropy_path: EntropyPath = "target_only",
    alpha_direction: AlphaDirection = "ascent",
    elbo_sign: ElboSign = "plus",
    sampling_clip: SamplingClip = "draw_only",
    loss_signature: LossSignature = "separate",
    steps: Literal["tests", "5000"] = "tests",
    lr: Literal["0.01", "0.005", "0.001"] = "0.01",
    ridge: Ridge = "1e-6",
    max_norm: Literal["10", "3"] = "10",
    matmul: Matmul = "default",
    precision: Precision = "float32",
    rho_start: Literal["0", "5"] = "0",
):
    """The variational fit: one draw a step, Adam."""
    settings = Settings(
        log_q_offset, entropy_path, alpha_direction, elbo_sign, sampling_clip, float(ridge), matmul
    )
    number = run.scenario["steps"] if steps == "tests" else int(steps)
    with jax.enable_x64(precision == "float64"):
        keys = tuple(jax.random.key(run.number(name)) for name in ("start", "steps"))
        arrays, facts = fitting.fitted(
            run.scan,
            target,
            run.scenario,
            settings,
            keys,
            jnp.dtype(precision),
            loss_signature=loss_signature,
            steps=number,
            lr=float(lr),
            max_norm=float(max_norm),
            rho=float(rho_start),
        )
    return run.output(arrays=arrays, facts=facts)


def evaluate(
    target,
    fit,
    run,
    *,
    trace_diagonal: TraceDiagonal = "factors",
    loss_reduction: LossReduction = "mean",
):
    """lambda by Monte Carlo and with the control variate, and the ELBO of the fitted family, beside what is known."""
    with jax.enable_x64(fit.rho.dtype == "float64"):
        key, draws = jax.random.key(run.number("draws")), run.scenario["draws"]
        with_diagonal = trace_diagonal == "factors_and_diagonal"
        v, facts = estimate.evaluated(target, fit, key, draws, with_diagonal, loss_reduction)
    return run.output(arrays={"v": v}, facts=facts)


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


def reference(target, run):
    """The same target sampled by NUTS, and fitted by ADVI and full-rank ADVI."""
    from faultline.cases.lambda_hat import reference as pymc_model  # imports PyMC, which no other stage needs

    known = target.facts
    made = pymc_model.model(
        known["kind"], target.X, target.Y, target.w_star, target.H, known["n_beta"], known["gamma"]
    )
    seed = run.number("draws")
    return run.output(facts=pymc_model.lambdas(made, known["loss_at_optimum"], known["n_beta"], seed))


def compare(evaluate, reference, run):
    """The fit beside NUTS: their lambdas, how far apart they are, and that as a share of NUTS's."""
    fitted, sampled = evaluate.facts, reference.facts
    return run.output(
        facts=estimate.compared(
            fitted["lambda_cv"], fitted["lambda_cv_se"], sampled["nuts_lambda"], sampled["nuts_lambda_se"]
        )
    )


def check_step(
    run,
    *,
    log_q_offset: LogQOffset = "callers",
    entropy_path: EntropyPath = "target_only",
    alpha_direction: AlphaDirection = "ascent",
    elbo_sign: ElboSign = "plus",
    sampling_clip: SamplingClip = "draw_only",
    loss_signature: LossSignature = "separate",
    ridge: Ridge = "1e-6",
    matmul: Matmul = "default",
    precision: Precision = "float32",
):
    """log q and the logged ELBO of a step against SciPy, its gradient against finite differences, its call of the loss."""
    settings = Settings(
        log_q_offset, entropy_path, alpha_direction, elbo_sign, sampling_clip, float(ridge), matmul
    )
    with jax.enable_x64(precision == "float64"):
        found = checks.log_q_errors(settings, jnp.dtype(precision), run.rng)
        found |= checks.gradient_errors(settings, jnp.dtype(precision), run.rng)
    found["call"] = checks.call_error(loss_signature)
    return run.output(facts={f"{name}_error": value for name, value in found.items()})


def check_estimate(
    run,
    *,
    trace_diagonal: TraceDiagonal = "factors",
    loss_reduction: LossReduction = "mean",
    precision: Precision = "float32",
):
    """The trace and the loss of the estimate against dense matrices and a mean."""
    dtype = jnp.dtype(precision)
    with jax.enable_x64(precision == "float64"):
        facts = {
            "trace_error": checks.trace_error(trace_diagonal == "factors_and_diagonal", dtype),
            "loss_error": checks.loss_error(loss_reduction, dtype, run.rng),
        }
    return run.output(facts=facts)


def check_analysis(target, fit, analyse, run):
    """The reported lambda against that of the fitted family with dense matrices; None where the loss is no quadratic."""
    exact = None
    if target.facts["lambda"] is not None:
        exact = checks.lambda_of(Parameters(fit.rho, fit.A, fit.alpha), target.H, target.facts["n_beta"])
    return run.output(facts={"llc_error": estimate.relative_error(analyse.facts["llc_mean"], exact)})


def build(
    *,
    scenario: Literal["quad_d6", "quad_d8", "quad_d10", "quad_rand", "linreg", "mlp_tiny"] = "quad_d6",
    spectrum: Spectrum = "diagonal",
    data: DataOf = "zeros",
    loss: LossOf = "ignores_data",
    gamma: Gamma = "1",
):
    """The target as a PyMC model."""
    from faultline.cases.lambda_hat import reference as pymc_model

    made = targets.make_target(SCENARIOS[scenario], spectrum, data, loss)
    n_beta = targets.inverse_temperature(len(made["X"]))
    return pymc_model.model(
        made["kind"], made["X"], made["Y"], made["w_star"], made["H"], n_beta, float(gamma)
    )
