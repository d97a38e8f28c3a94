"""Hidden Markov prior over poses: each state prefers its own bone directions.

Log densities only, on PyTensor tensors; ``model.build`` adds the variables. S states, K rows of directions, T frames.
"""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt

# Below this kappa the closed form loses digits and three terms of the series are exact to 1e-14.
_SERIES_BELOW = 0.02


def log_emission(U, mu, kappa, *, normalised: bool):
    """(T, S): sum over k of kappa_sk (mu_sk . u_tk), for ``U`` (T, K, 3), ``mu`` (S, K, 3), ``kappa`` (S, K).

    ``normalised`` makes each state a density of the directions, a product of von Mises-Fisher distributions. Without
    it a larger kappa always fits better.
    """
    agreement = (U[:, None] * (kappa[..., None] * mu)).sum(axis=(-1, -2))
    return agreement + log_vmf_normaliser(kappa).sum(axis=-1) if normalised else agreement


def log_vmf_normaliser(kappa):
    """log(kappa / (4 pi sinh kappa)): what makes exp(kappa mu . u) a density on the sphere (von Mises-Fisher)."""
    series = -(kappa**2) / 6 + kappa**4 / 180
    safe = pt.maximum(kappa, _SERIES_BELOW)  # the branch not taken must keep a finite gradient
    closed = pt.log(2 * safe) - safe - pt.log1p(-pt.exp(-2 * safe))
    return pt.where(kappa < _SERIES_BELOW, series, closed) - np.log(4 * np.pi)


def log_marginal(log_emission, init_logits, trans_logits):
    """Log density of all frames, the states summed out; the logits (S,) and (S, S) become probabilities by row."""
    log_initial = pt.special.log_softmax(init_logits, axis=-1)
    return log_forward(log_initial, pt.special.log_softmax(trans_logits, axis=-1), log_emission)


def log_forward(log_initial, log_transition, emission):
    """Log marginal density of a hidden Markov model, the states summed out.

    ``log_initial`` (S,), ``log_transition`` (S, S) with rows that sum to one, ``emission`` (T, S). The transition
    matrices are multiplied pairwise in log space: about log2(T) levels in the graph instead of a loop over frames.
    """
    start = log_initial + emission[0]
    matrices = log_transition[None] + emission[1:, None, :]
    n = emission.type.shape[0] - 1
    while n > 1:
        paired = _log_matmul(matrices[0 : n - 1 : 2], matrices[1:n:2])
        matrices = pt.concatenate([paired, matrices[n - 1 :]]) if n % 2 else paired
        n = (n + 1) // 2
    end = start if n == 0 else pt.logsumexp(start[:, None] + matrices[0], axis=0)
    return pt.logsumexp(end)


def _log_matmul(a, b):
    """log(exp(a) @ exp(b)) for stacks of (S, S) matrices."""
    return pt.logsumexp(a[..., :, :, None] + b[..., None, :, :], axis=-2)
