"""What only this case can measure: the mixture, the hidden-state term on a tiny example, and recovery of the truth.

Plain numbers come back; nothing is judged here.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from pytensor.graph.traversal import ancestors
from scipy.special import expit

from faultline.cases.gimbal import hmm, observation
from faultline.cases.gimbal.dataset import Dataset
from faultline.cases.gimbal.geometry import unit
from faultline.cases.gimbal.initialise import estimate
from faultline.cases.gimbal.sphere import normalise
from faultline.engine.backend import compile_function

_STEP = 1e-5  # for central differences of values of order one: truncation and rounding both stay near 1e-10
_SEED = 0


def group_probes(group: str, model: pm.Model, dataset: Dataset, draws, evaluate) -> dict[str, dict]:
    """Extra record sections for the components that ``model`` has: ``mixture`` and ``hmm_micro``.

    Asked before sampling, and again with the draws: then only for what the draws add.

    Parameters
    ----------
    draws
        Posterior draws (an xarray Dataset, or a DataTree with a ``posterior`` group), or None before sampling.
    evaluate
        ``evaluate(model, variables) -> list of arrays``: values of model variables at the initial point.
    """
    found = {}
    if "logodds_inlier" in model.named_vars:
        found["mixture"] = (
            mixture_facts(model, dataset, evaluate) if draws is None else inlier_posterior(draws)
        )
    if "dir_hmm_kappa" in model.named_vars and draws is None:
        with_root = model["dir_hmm_kappa"].type.shape[1] == dataset.n_joints
        found["hmm_micro"] = hmm_micro(normalised=not with_root)
    return found


def mixture_facts(model: pm.Model, dataset: Dataset, evaluate) -> dict:
    """The mixture at the start: its two densities, the inlier probability, and what a missing point contributes.

    The contribution of missing points is read off the model's own terms, twice: at the points that are missing, and
    at all points with every one of them declared missing. It comes with the largest gradient such a point leaves.
    """
    terms = next(v for v in ancestors([model["log_obs_t"]]) if v.name == observation.POINT_TERMS)
    seen, *branches = terms.owner.inputs
    nowhere = terms.owner.clone_with_new_inputs([pt.zeros_like(seen), *branches]).out
    observed = np.nan_to_num(dataset.y_2d)
    normal = observation.normal_logp(
        np.moveaxis(observed, -1, 0), pt.moveaxis(model["y_pred"], -1, 0), model["obs_sigma"]
    )
    gradient = pytensor.grad(nowhere.sum(), model["obs_sigma"], disconnected_inputs="ignore")
    wanted = [terms, nowhere, gradient, normal, "logodds_inlier"]
    at_points, at_none, left_over, normal, logodds = evaluate(model, wanted)
    missing = ~dataset.seen.transpose(0, 2, 1)
    normal = normal[dataset.seen]
    return {
        "uniform_logp": observation.uniform_logp(dataset.image_size),
        "normal_logp": {"min": normal.min(), "median": np.median(normal), "max": normal.max()},
        "inlier_initial": {"logodds": logodds, "probability": expit(logodds)},
        "n_missing": missing.sum(),
        "invalid_contribution_max_abs": np.abs(np.concatenate([at_points[missing], at_none.ravel()])).max(),
        "invalid_gradient_max_abs": np.abs(left_over).max(),
    }


def inlier_posterior(draws) -> dict:
    """Where the draws put the share of inliers."""
    logodds = _posterior(draws)["logodds_inlier"].values
    found = {"min": logodds.min(), "median": np.median(logodds), "max": logodds.max()}
    return {
        "inlier_posterior": {
            "logodds": found,
            "probability": {name: expit(value) for name, value in found.items()},
        }
    }


def hmm_micro(normalised: bool, T: int = 5, K: int = 2, S: int = 2) -> dict:
    """Log density and gradient of the hidden-state term on a tiny synthetic example, against central differences.

    The error of a parameter is its largest absolute one, relative to its largest gradient element.
    """
    rng = np.random.default_rng(_SEED)
    values = {
        "U": unit(rng.standard_normal((T, K, 3))),
        "dir_hmm_mu_raw": rng.standard_normal((S, K, 3)),
        "dir_hmm_kappa": rng.uniform(0.5, 5.0, (S, K)),
        "init_logits": rng.standard_normal(S),
        "trans_logits": rng.standard_normal((S, S)),
    }
    inputs = [pt.tensor(name, shape=value.shape, dtype="float64") for name, value in values.items()]
    U, mu_raw, kappa, initial, transition = inputs
    logp = hmm.log_marginal(
        hmm.log_emission(U, normalise(mu_raw.T).T, kappa, normalised=normalised), initial, transition
    )
    function = compile_function(inputs, [logp, *pytensor.grad(logp, inputs)])
    point = list(values.values())
    density, *gradients = function(*point)
    errors = {}
    for i, (name, analytic) in enumerate(zip(values, gradients, strict=True)):
        numeric = np.empty_like(point[i])
        for index in np.ndindex(numeric.shape):
            either = []
            for step in (_STEP, -_STEP):
                moved = [value.copy() for value in point]
                moved[i][index] += step
                either.append(float(function(*moved)[0]))
            numeric[index] = (either[0] - either[1]) / (2 * _STEP)
        errors[name] = {
            "gradient_l2": np.linalg.norm(analytic),
            "relative_error": np.abs(analytic - numeric).max() / np.abs(analytic).max(),
        }
    return {
        "T": T,
        "K": K,
        "S": S,
        "emission": "normalised" if normalised else "unnormalised",
        "logp": density,
        "gradients": errors,
        "max_relative_error": max(error["relative_error"] for error in errors.values()),
    }


def recovery(dataset: Dataset, draws) -> dict | None:
    """How well the draws of ``x_all`` recover the true positions, or None where there is no truth to compare with.

    ``rmse_x`` is the error of the posterior mean and ``rmse_x_initial`` that of the initial estimate, both in world
    units; ``coverage_90`` is the share of the ``n`` true coordinates inside their equal-tailed 90 % intervals.
    """
    posterior = _posterior(draws)
    if dataset.x_true is None or "x_all" not in posterior:
        return None
    x = posterior["x_all"].stack(sample=("chain", "draw"))
    low, high = x.quantile([0.05, 0.95], dim="sample").values
    truth = dataset.x_true
    return {
        "rmse_x": _rms(x.mean("sample").values - truth),
        "rmse_x_initial": _rms(estimate(dataset).x - truth),
        "coverage_90": float(((low <= truth) & (truth <= high)).mean()),
        "n": truth.size,
    }


def _posterior(draws):
    """The draws themselves, or the posterior group of a tree."""
    return draws["posterior"].dataset if "posterior" in getattr(draws, "children", ()) else draws


def _rms(error: np.ndarray) -> float:
    return float(np.sqrt(np.mean(error**2)))
