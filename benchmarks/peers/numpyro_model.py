"""The gimbal model as it stands in NumPyro: vectorised, as its documentation recommends."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax.scipy.special import logsumexp
from numpyro.infer.util import initialize_model

from faultline.cases.gimbal.geometry import MIN_DEPTH, ancestor_matrix
from peers.problem import Problem

_SMALL = 1e-8  # as in faultline.cases.gimbal.sphere


def model(problem: Problem, pixels, seen) -> None:
    """``pixels`` (T, K, C, 2) without NaN, ``seen`` (T, K, C)."""
    T, K = seen.shape[:2]

    def gamma(site: str):
        shape, rate = (jnp.asarray(value) for value in problem.gammas[site])
        return numpyro.sample(site, dist.Gamma(shape, rate).to_event(shape.ndim))

    def normal(site: str, shape: tuple[int, ...], location=0.0, scale=1.0):
        return numpyro.sample(site, dist.Normal(location, scale).expand(shape).to_event(len(shape)))

    eta2, rho, sigma2, obs_sigma = (gamma(site) for site in ("eta2_root", "rho", "sigma2", "obs_sigma"))
    first = normal("x0_root", (3,), problem.root)
    steps = normal("eps_root", (T - 1, 3), 0.0, jnp.sqrt(eta2))
    root = jnp.concatenate([first[None], first + jnp.cumsum(steps, axis=0)])
    u = _unit(normal("raw_u", (K - 1, T, 3)))
    length = normal("length", (K - 1, T), rho[:, None], jnp.sqrt(sigma2)[:, None])
    ancestors = jnp.asarray(ancestor_matrix(problem.parents)[:, 1:])
    x = root[:, None] + jnp.einsum("kj,jti->tki", ancestors, length[..., None] * u)

    h = jnp.einsum("cij,tkj->tkci", problem.cameras[:, :, :3], x) + problem.cameras[:, :, 3]
    predicted = h[..., :2] / jnp.maximum(h[..., 2:], MIN_DEPTH)
    terms = dist.Normal(predicted, obs_sigma).to_event(1).log_prob(pixels)
    if problem.use_mixture:
        logodds = numpyro.sample("logodds_inlier", dist.Normal(0.0, 5.0))
        inlier, outlier = jax.nn.log_sigmoid(logodds), jax.nn.log_sigmoid(-logodds)
        terms = jnp.logaddexp(inlier + terms, outlier + problem.outlier)
    log_obs_t = jnp.where(seen, terms, 0.0).sum(axis=(1, 2))
    numpyro.factor("y_obs", log_obs_t.sum())
    if problem.use_directional_hmm:
        numpyro.factor("dir_hmm_potential", _hidden_states(problem.n_states, u, log_obs_t))


def _hidden_states(n_states: int, u, log_obs_t):
    """Log density of all frames, the states summed out; ``u`` (K-1, T, 3)."""
    K = len(u) + 1
    mu_raw = numpyro.sample("dir_hmm_mu_raw", dist.Normal().expand((n_states, K, 3)).to_event(3))
    kappa = numpyro.sample("dir_hmm_kappa", dist.HalfNormal(5.0).expand((n_states, K)).to_event(2))
    toward = (kappa[..., None] * _unit(mu_raw))[:, 1:]  # the root has no direction
    emission = jnp.einsum("kti,ski->ts", u, toward) + log_obs_t[:, None]
    if n_states == 1:
        return emission.sum()
    init = jax.nn.log_softmax(numpyro.sample("init_logits", dist.Normal().expand((n_states,)).to_event(1)))
    logits = numpyro.sample("trans_logits", dist.Normal().expand((n_states, n_states)).to_event(2))
    transition = jax.nn.log_softmax(logits, axis=-1)

    def step(before, now):
        return logsumexp(before[:, None] + transition, axis=0) + now, None

    last, _ = jax.lax.scan(step, init + emission[0], emission[1:])
    return logsumexp(last)


def _unit(raw):
    return raw / jnp.sqrt((raw**2).sum(axis=-1, keepdims=True) + _SMALL)


def density(problem: Problem) -> tuple[Callable, tuple]:
    """Pure ``function(vector, *data) -> (logp, gradient)`` over the vector of ``Layout``, and the data."""
    numpyro.enable_x64()
    data = (jnp.asarray(np.nan_to_num(problem.pixels)), jnp.asarray(~np.isnan(problem.pixels).any(axis=-1)))
    # The potential of these data as arguments, not as constants of the code.
    made = initialize_model(
        jax.random.PRNGKey(0), model, dynamic_args=True, model_args=(problem, *data), validate_grad=False
    )
    potential = made.potential_fn
    ordered = [(site, place.shape) for site, place in problem.places.items()]

    def logp(vector, *data):
        values, stop = {}, 0
        for site, shape in ordered:
            start, stop = stop, stop + int(np.prod(shape, dtype=int))
            values[site] = vector[start:stop].reshape(shape)
        return -potential(problem, *data)(values)

    return jax.value_and_grad(logp), data
