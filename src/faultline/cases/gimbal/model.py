"""Case ``gimbal``: the model under test. ``build`` as it stands is the configuration that failed.

Joint log-probability, gradient and sampling are PyMC's: ``build`` only states the model. Where to find what:
projection and mixture in ``observation``, skeleton priors in ``kinematics``, hidden states in ``hmm``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pymc as pm

from faultline.cases.gimbal import hmm, kinematics, observation, sphere
from faultline.cases.gimbal.dataset import Dataset, load_dataset
from faultline.cases.gimbal.initialise import Estimate, estimate
from faultline.cases.gimbal.probes import group_probes, recovery
from faultline.cases.gimbal.root import root_path
from faultline.cases.gimbal.starting import States, cluster_states, skeleton_values

__all__ = ["build", "group_probes", "initial", "load_dataset", "recovery", "start", "truth"]

LATENTS = {"x": ("x_all",), "U": ("U",), "lengths": ("lengths",)}
SELECTED = ("eta2_root", "rho", "sigma2", "obs_sigma", "logodds_inlier", "dir_hmm_kappa")
LABELS = {"use_mixture": "mixture", "use_directional_hmm": "hmm"}
PRESETS = {
    "repaired": {
        "root": "positions",
        "directions": "tangent",
        "lengths": "noncentered",
        "start": "estimate",
        "likelihood": "once",
        "emission": "normalised",
    }
}
REPAIRED = "repaired"
# Of the sections that group_probes measures. The limit of a gradient is that of Faultline's own finite differences.
CHECKS = {
    "mixture": {
        "title": "Mixture checks",
        "where": "the mixture's arithmetic, its masking and how its probability is parameterised",
        "checks": {
            "uniform_logp_finite": {
                "value": "uniform_logp",
                "finite": True,
                "cause": "c",
                "words": "log-density of the uniform part",
            },
            "invalid_contribution": {
                "value": "invalid_contribution_max_abs",
                "equals": 0,
                "cause": "c",
                "words": "largest contribution of an invalid observation",
            },
            "invalid_gradient": {
                "value": "invalid_gradient_max_abs",
                "equals": 0,
                "cause": "c",
                "words": "largest gradient of an invalid observation",
            },
        },
    },
    "hmm_micro": {
        "title": "Micro check of the hidden-state term (tiny synthetic data)",
        "where": "the gradients of the hidden-state term and its transitions",
        "checks": {
            "hmm_gradient_error": {
                "value": "max_relative_error",
                "at_most": 0.01,
                "exact": True,
                "cause": "c",
                "words": "relative error of the hidden-state term's gradient on a tiny synthetic example",
            },
        },
    },
}
# Published by the model's authors (PyMC 5.26.1, PyTensor 2.35.1).
REFERENCE = {
    "group_1_build_only_sanity": {
        "published_at": "L00, T 1800, K 4",
        "n_free_rvs": 15,
        "n_values": 27025,
        "y_obs": -124220.62,
        "dir_hmm_potential": -124220.62,
    },
    "group_2_gradient_sanity": {
        "published_at": "l2: L00, T 1800, K 4; compile, first and n_values: T 100, K 6",
        "l2": 1.5e8,
        "compile": 44.73,
        "first": 2.06,
        "n_values": 2313,
    },
    "group_3_sampling_baseline_minimal": {
        "divergences": 48,
        "n_draws": 200,
        "mean_step_size": 0.0031,
        "max_treedepth_fraction": 0.895,
        "max_rhat": 1.31,
        "min_ess": 5,
    },
    "group_4_sampling_mixture_only": {"divergences": 0, "n_draws": 200, "max_rhat": 2.55, "min_ess": 3},
    "group_5_sampling_hmm_only": {"divergences": 66, "n_draws": 200, "max_rhat": 1.07},
    "group_6_sampling_full_truncated": {"divergences": 0, "max_rhat": 1.23, "seconds": 149},
    "sampling_size_200": {"divergent_share": 0.5, "max_rhat": 2.6, "seconds": 440},
}


def build(
    dataset: Dataset,
    *,
    use_mixture: bool = True,
    use_directional_hmm: bool = True,
    root: Literal["increments", "positions"] = "increments",
    directions: Literal["normalised", "tangent"] = "normalised",
    lengths: Literal["centered", "noncentered"] = "centered",
    start: Literal["jitter", "estimate"] = "jitter",
    likelihood: Literal["twice", "once"] = "twice",
    emission: Literal["unnormalised", "normalised"] = "unnormalised",
) -> pm.Model:
    """The hierarchical pose model on ``dataset``; T frames, K joints, C cameras, S states.

    The defaults are the failing configuration. ``root``, ``directions`` and ``lengths`` choose coordinates: their
    repairs have the same posterior. ``start`` chooses where sampling begins: ``jitter`` at the initial estimate with
    PyMC's jitter (the states at PyMC's default), ``estimate`` at the initial estimate itself, states included.
    ``likelihood`` and ``emission`` choose what the hidden states add: the log density of the pixels once more or not,
    and whether a state is a density of the directions. That repair also leaves out the row of the root.

    Everything observed depends on the skeleton through ``x_all`` (T, K, 3) and ``U`` (T, K, 3) alone, so that
    ``pm.do`` on these two freezes it.
    """
    guess = estimate(dataset)
    values = skeleton_values(guess)
    normalised = emission == "normalised"
    with pm.Model() as model:
        x_root = root_path(guess, root, values)
        U = kinematics.directions(guess, directions, values)
        bones = kinematics.bone_lengths(guess, lengths, values)
        x_all = kinematics.positions(x_root, U, bones, dataset.parents)
        pixels = observation.projection(x_all, dataset.camera_proj)
        log_obs_t = observation.log_observations(pixels, dataset, use_mixture, values)
        pm.Potential("y_obs", log_obs_t.sum())
        if use_directional_hmm:
            # The root has no direction. As it stands the model gives it parameters all the same.
            rows = slice(1 if normalised else 0, None)
            states = cluster_states(guess.u[:, rows], dataset.n_states)
            log_emission = _log_emission(U[:, rows], states, directions, normalised, start == "estimate")
            if likelihood == "twice":
                log_emission = log_emission + log_obs_t[:, None]
            pm.Potential("dir_hmm_potential", _log_marginal(log_emission, dataset.n_states))
    return model


def _log_emission(U, states: States, directions: str, normalised: bool, started: bool):
    """(T, S) log emission of the directions of ``U`` (T, K, 3), one row of parameters for each of them."""
    if directions == "tangent":
        v = sphere.tangent("dir_hmm_mu_tangent", states.kappa.shape)
        mu = sphere.from_tangent(v.T, states.mu.T, "dir_hmm_mu").T
    else:
        initval = states.mu if started else None
        raw = pm.Normal("dir_hmm_mu_raw", 0.0, 1.0, shape=states.mu.shape, initval=initval)
        mu = sphere.normalise(raw.T).T
    initval = states.kappa if started else None
    kappa = pm.HalfNormal("dir_hmm_kappa", 5.0, shape=states.kappa.shape, initval=initval)
    return hmm.log_emission(U, pm.Deterministic("dir_hmm_mu", mu), kappa, normalised=normalised)


def _log_marginal(log_emission, n_states: int):
    """Log density of all frames with the hidden states summed out; one state needs no chain."""
    if n_states == 1:
        return log_emission.sum()
    init_logits = pm.Normal("init_logits", 0.0, 1.0, shape=n_states)
    trans_logits = pm.Normal("trans_logits", 0.0, 1.0, shape=(n_states, n_states))
    return hmm.log_marginal(log_emission, init_logits, trans_logits)


def start(components: dict[str, bool], variants: dict[str, str]) -> dict[str, str]:
    """How the sampler starts: ``start="estimate"`` gives good initial values, which jitter would spoil."""
    return {"init": "adapt_diag" if variants["start"] == "estimate" else "jitter+adapt_diag"}


def initial(dataset: Dataset) -> dict[str, np.ndarray]:
    """The latents at the initial estimate, by model name, for freezing."""
    guess: Estimate = estimate(dataset)
    return {"x_all": guess.x, "U": guess.u, "lengths": guess.lengths}


def truth(dataset: Dataset) -> dict[str, np.ndarray] | None:
    """The latents as they were simulated, by model name, or None where the dataset does not say."""
    if dataset.x_true is None or dataset.u_true is None:
        return None
    bones = dataset.x_true[:, 1:] - dataset.x_true[:, dataset.parents[1:]]
    return {"x_all": dataset.x_true, "U": dataset.u_true, "lengths": np.linalg.norm(bones, axis=-1)}
