"""The gimbal model as it stands, written joint by joint as those who first ran it did, for PyTensor's C backend.

One variable and one chain of Ops per joint and per camera, a scan over the frames for the hidden states, data as
constants. The posterior is that of ``faultline.cases.gimbal``; only the graph differs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

from faultline.cases.gimbal.geometry import MIN_DEPTH
from peers.problem import Problem

_SMALL = 1e-8  # as in faultline.cases.gimbal.sphere


def build(problem: Problem) -> pm.Model:
    """Free variables have the names and the order of the case's, so that both vectors are the same."""
    T, K = problem.pixels.shape[:2]
    seen = ~np.isnan(problem.pixels).any(axis=-1)
    with pm.Model() as model:
        eta2 = _gamma(problem, "eta2_root")
        first = pm.Normal("x0_root", problem.root, 1.0, shape=3)
        steps = pm.Normal("eps_root", 0.0, pt.sqrt(eta2), shape=(T - 1, 3))
        root = pt.concatenate([first[None, :], first[None, :] + pt.cumsum(steps, axis=0)], axis=0)
        x = [pm.Deterministic("x_root", root)]
        raw = [pm.Normal(f"raw_u_{k}", 0.0, 1.0, shape=(T, 3)) for k in range(1, K)]
        u = [pm.Deterministic(f"u_{k}", _unit(raw[k - 1])) for k in range(1, K)]
        rho, sigma2 = _gamma(problem, "rho"), _gamma(problem, "sigma2")
        for k in range(1, K):
            length = pm.Normal(f"length_{k}", rho[k - 1], pt.sqrt(sigma2[k - 1]), shape=T)
            x.append(pm.Deterministic(f"x_{k}", x[problem.parents[k]] + length[:, None] * u[k - 1]))
        x_all = pm.Deterministic("x_all", pt.stack(x, axis=1))
        U = pm.Deterministic("U", pt.stack([pt.zeros((T, 3)), *u], axis=1))

        y_pred = pm.Deterministic("y_pred", pt.stack([_project(x_all, P) for P in problem.cameras], axis=0))
        obs_sigma = _gamma(problem, "obs_sigma")
        observed = np.nan_to_num(problem.pixels).transpose(2, 0, 1, 3)
        terms = pm.logp(pm.Normal.dist(y_pred, obs_sigma), observed).sum(axis=-1)
        if problem.use_mixture:
            logodds = pm.Normal("logodds_inlier", 0.0, 5.0)
            inlier = pm.Deterministic("inlier_prob", pm.math.sigmoid(logodds))
            terms = pt.logaddexp(pt.log(inlier) + terms, pt.log1p(-inlier) + problem.outlier)
        terms = pt.switch(seen.transpose(2, 0, 1), terms, 0.0)
        log_obs_t = pm.Deterministic("log_obs_t", terms.sum(axis=(0, 2)))
        pm.Potential("y_obs", log_obs_t.sum())
        if problem.use_directional_hmm:
            _hidden_states(problem.n_states, U, log_obs_t)
    return model


def logp_and_gradient(model: pm.Model, mode: Any = "CVM") -> Any:
    """Function of the point, a dictionary by value name: log-probability and gradients; compiled with C unless told."""
    logp, values = model.logp(), model.continuous_value_vars
    outputs = [logp, *pytensor.grad(logp, values)]
    return model.compile_fn(outputs, inputs=values, mode=mode, on_unused_input="ignore")


def _gamma(problem: Problem, site: str):
    shape, rate = problem.gammas[site]
    return pm.Gamma(site, alpha=shape, beta=rate, shape=np.shape(shape))


def _unit(raw):
    return raw / pt.sqrt((raw**2).sum(axis=-1, keepdims=True) + _SMALL)


def _project(x_all, P: np.ndarray):
    """Pixels (T, K, 2) in one camera."""
    h = pt.dot(x_all, P[:, :3].T) + P[:, 3]
    depth = pt.maximum(h[:, :, 2], MIN_DEPTH)
    return pt.stack([h[:, :, 0] / depth, h[:, :, 1] / depth], axis=-1)


def _hidden_states(n_states: int, U, log_obs_t) -> None:
    K = U.type.shape[1]
    mu_raw = pm.Normal("dir_hmm_mu_raw", 0.0, 1.0, shape=(n_states, K, 3))
    mu = pm.Deterministic("dir_hmm_mu", _unit(mu_raw))
    kappa = pm.HalfNormal("dir_hmm_kappa", 5.0, shape=(n_states, K))
    agreement = (U[:, None, :, :] * mu[None, :, :, :]).sum(axis=-1)
    emission = (kappa[None, :, :] * agreement).sum(axis=-1) + log_obs_t[:, None]
    init, transition = pt.zeros(n_states), pt.zeros((n_states, n_states))
    if n_states > 1:  # with one state they would touch nothing
        init = pt.special.log_softmax(pm.Normal("init_logits", 0.0, 1.0, shape=n_states))
        logits = pm.Normal("trans_logits", 0.0, 1.0, shape=(n_states, n_states))
        transition = pt.special.log_softmax(logits, axis=-1)

    def step(now, before, transition):
        return now + pt.logsumexp(before[:, None] + transition, axis=0)

    forward = pytensor.scan(
        step,
        sequences=[emission[1:]],
        outputs_info=[init + emission[0]],
        non_sequences=[transition],
        return_updates=False,
    )
    pm.Potential("dir_hmm_potential", pt.logsumexp(forward[-1]))
