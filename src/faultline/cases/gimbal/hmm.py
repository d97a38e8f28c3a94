"""Hidden Markov prior over poses: each state prefers its own bone directions.

Log densities only, on PyTensor tensors; ``model.build`` adds the variables. S states, K rows of directions, T frames.
"""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad

# Below this kappa the closed form loses digits and three terms of the series are exact to 1e-14.
_SERIES_BELOW = 0.02


def log_emission(U, mu, kappa, *, normalised: bool):
    """(T, S): sum over k of kappa_sk (mu_sk . u_tk), for ``U`` (T, K, 3), ``mu`` (S, K, 3), ``kappa`` (S, K).

    ``normalised`` makes each state a density of the directions, a product of von Mises-Fisher distributions. Without
    it a larger kappa always fits better.
    """
    preferred = (kappa[..., None] * mu).transpose(0, 2, 1)[..., None]
    agreement = (preferred * U.T).sum(axis=(1, 2)).T
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

    ``log_initial`` (S,), ``log_transition`` (S, S) with rows that sum to one, ``emission`` (T, S). The matrices of the
    frames are multiplied pairwise: about log2(T) levels in the graph instead of a loop over frames.

    A matrix is a ``form`` (S, S, n) times the exponential of a ``size`` (S, n) by columns. The rows of a product have
    seen the same frames and differ by their first transition alone. So the forms stay within the ratios of the
    transitions however unlikely a frame is, and need no logarithms. Frames run last, for long strides in memory.
    """
    T, S = emission.type.shape
    scale = disconnected_grad(log_transition.max(axis=0))
    transition = form = pt.exp(log_transition - scale)[..., None]
    size = emission[1:].T + scale[:, None]
    n = T - 1
    while n > 1:
        if n % 2:  # a frame more, of which nothing is known
            size = pt.concatenate([size, scale[:, None]], axis=1)
            form = form if form is transition else pt.concatenate([form, transition], axis=2)
        n = (n + 1) // 2
        before, after = _pairs(size, (S, n))
        forms = (form, form) if form is transition else _pairs(form, (S, S, n))
        form, size = _product(forms, before, after)
    log_last = log_initial + emission[0]
    if n:
        weight, scale = _scaled(log_last)
        log_last = size[:, 0] + pt.log((weight[:, None] * form[..., 0]).sum(axis=0)) + scale
    return pt.logsumexp(log_last)


def _pairs(x, shape):
    """The elements 0, 2, 4, ... and 1, 3, 5, ... of the last axis, each of ``shape``."""
    return [part.reshape(shape) for part in pt.split(x.reshape((*shape, 2)), [1, 1], axis=-1)]


def _product(forms, before, after):
    """Form and size of each product of two matrices, from the forms of both and the sizes of either.

    Whatever is divided out of the form enters the size, so that its gradient is none.
    """
    weight, scale = _scaled(before)
    product = ((forms[0] * weight)[:, :, None] * forms[1]).sum(axis=1)
    total = disconnected_grad(product.sum(axis=0))
    return product / total, after + scale + pt.log(total)


def _scaled(log_weight):
    """Weights with 1 as the largest along the first axis, and the log of what they were divided by."""
    scale = disconnected_grad(log_weight.max(axis=0))
    return pt.exp(log_weight - scale), scale
