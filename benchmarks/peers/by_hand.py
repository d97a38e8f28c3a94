"""The gimbal model as it stands in NumPy and numba: log-probability and gradient, written and differentiated by hand.

Loops over frames, every value touched once or twice, nothing allocated but the gradient. float64 and no fast-math.
The hidden states (two or more) are summed out by the forward-backward algorithm with scaled probabilities.
"""

from __future__ import annotations

import math

import numpy as np

from faultline.cases.gimbal.geometry import MIN_DEPTH
from peers.problem import Problem
from peers.states_by_hand import LOG_2PI, SMALL, chain, compiled, pull, pull_back


class ByHand:
    """``(vector) -> (logp, gradient)`` of a `Problem`, over the unconstrained vector in the order of ``Layout``."""

    def __init__(self, problem: Problem):
        T, K = problem.pixels.shape[:2]
        S = problem.n_states
        names = ("eta2_root", "rho", "sigma2", "obs_sigma")
        shapes, rates = (
            np.concatenate([np.ravel(problem.gammas[name][i]) for name in names]) for i in range(2)
        )
        self._gammas = (shapes, rates, float((shapes * np.log(rates)).sum() - _log_gamma(shapes)))
        self._data = (problem.pixels, problem.cameras, problem.root, problem.outlier)
        self._tree = (problem.parents, _parents_first(problem.parents))
        self._switches = (problem.use_mixture, problem.use_directional_hmm)
        self._states = (np.empty((T, S)), np.empty((T, S)), np.empty((S, S)), np.empty((S, S)))
        self._joints = (
            np.empty((T, K)),
            np.empty((K, 3)),
            np.empty((K, 3)),
            np.empty((S, K, 3)),
            np.empty((S, K, 3)),
        )
        self._size = problem.size

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = np.empty(self._size)
        logp = _density(
            vector, gradient, self._data, self._tree, self._switches, self._gammas, self._states, self._joints
        )
        return logp, gradient


@compiled
def _density(vector, gradient, data, tree, switches, gammas, states, joints):
    """The whole log-probability; fills ``gradient``. Parts of both vectors are taken apart as views."""
    use_mixture, use_hmm = switches
    T, K = data[0].shape[:2]
    S = states[0].shape[1]
    n = K - 1
    eps = 4
    raw = eps + 3 * (T - 1)
    rho = raw + 3 * n * T
    sigma2 = rho + n
    length = sigma2 + n
    obs = length + n * T
    odds = obs + 1
    mu = odds + use_mixture
    kappa = mu + 3 * S * K
    logits = kappa + S * K

    logp = gammas[2] + _gamma_priors(vector, gradient, (0, rho, sigma2, obs), n, gammas)
    toward = joints[3]
    toward[:] = 0.0
    logp += _unit_directions(vector[raw:rho], gradient[raw:rho], joints[0])
    if use_hmm:
        pull(vector[mu:kappa], vector[kappa:logits], toward)
        if S > 1:
            logp += chain(gradient[raw:rho], vector[logits:], gradient[logits:], toward, states)
    scale = (vector[0], vector[obs], vector[odds] if use_mixture else 0.0)
    paths = (vector[1:raw], vector[raw:rho], vector[length:obs], vector[rho:sigma2], vector[sigma2:length])
    slopes = (
        gradient[1:raw],
        gradient[raw:rho],
        gradient[length:obs],
        gradient[rho:sigma2],
        gradient[sigma2:length],
    )
    value, by_eta, by_sigma, by_odds = _frames(paths, slopes, scale, data, tree, switches, states[0], joints)
    logp += value
    gradient[0] += by_eta
    gradient[obs] += by_sigma
    if use_mixture:
        gradient[odds] = by_odds - vector[odds] / 25
        logp += -(vector[odds] ** 2) / 50 - math.log(5.0) - LOG_2PI / 2
    if use_hmm:
        logp += pull_back(
            vector[mu:kappa],
            vector[kappa:logits],
            gradient[mu:kappa],
            gradient[kappa:logits],
            joints[4],
            S == 1,
        )
    return logp


@compiled
def _gamma_priors(vector, gradient, starts, n, gammas):
    """Gamma priors with their Jacobians, but for the constant: shape * w - rate * exp(w)."""
    shapes, rates, _ = gammas
    logp = 0.0
    i = 0
    for part in range(4):
        for j in range(n if part in (1, 2) else 1):
            w = vector[starts[part] + j]
            scaled = rates[i] * math.exp(w)
            logp += shapes[i] * w - scaled
            gradient[starts[part] + j] = shapes[i] - scaled
            i += 1
    return logp


@compiled
def _unit_directions(raw, unit, inverse):
    """Directions of ``raw`` (K-1, T, 3, flat) into ``unit``, their inverse lengths into (T, K); the prior of ``raw``."""
    T, K = inverse.shape
    total = 0.0
    for k in range(1, K):
        for t in range(T):
            at = 3 * ((k - 1) * T + t)
            square = raw[at] ** 2 + raw[at + 1] ** 2 + raw[at + 2] ** 2
            scale = 1 / math.sqrt(square + SMALL)
            total += square
            inverse[t, k] = scale
            unit[at], unit[at + 1], unit[at + 2] = raw[at] * scale, raw[at + 1] * scale, raw[at + 2] * scale
    return -total / 2 - 1.5 * T * (K - 1) * LOG_2PI


@compiled
def _frames(paths, slopes, scale, data, tree, switches, weight, joints):
    """Everything that belongs to a frame: steps, lengths, pixels, and the gradient back to where it came from.

    Returns the log density and its gradients by log eta2_root, log obs_sigma and logodds_inlier.
    """
    walk, raw, length, log_rho, log_sigma2 = paths
    by_walk, by_raw, by_length, by_rho, by_sigma2 = slopes
    pixels, cameras, first, outlier = data
    parents, order = tree
    use_mixture, use_hmm = switches
    inverse, x, by_x, toward, found = joints
    T, K, C = pixels.shape[:3]
    S = weight.shape[1]
    found[:] = 0.0
    times = 2.0 if use_hmm else 1.0  # as it stands, the hidden states count the pixels once more

    stiffness = math.exp(-scale[0])
    precision = math.exp(-2 * scale[1])
    logit = scale[2]
    log_inlier = min(logit, 0.0) - math.log1p(math.exp(-abs(logit))) if use_mixture else 0.0
    log_outlier = log_inlier - logit + outlier
    log_normal = log_inlier - 2 * scale[1] - LOG_2PI
    pixel_logp, by_sigma, inliers = 0.0, 0.0, 0.0
    n_seen = 0

    root0, root1, root2 = 0.0, 0.0, 0.0
    steps = 0.0
    for t in range(T):
        if t > 0:
            steps += walk[3 * t] ** 2 + walk[3 * t + 1] ** 2 + walk[3 * t + 2] ** 2
        root0 += walk[3 * t]
        root1 += walk[3 * t + 1]
        root2 += walk[3 * t + 2]
        x[0, 0], x[0, 1], x[0, 2] = root0, root1, root2
        product = 1.0
        for j in range(K):
            k = order[j]
            if k > 0:
                at, bone = 3 * ((k - 1) * T + t), length[(k - 1) * T + t]
                for i in range(3):
                    x[k, i] = x[parents[k], i] + bone * by_raw[at + i]
            g0, g1, g2 = 0.0, 0.0, 0.0
            for c in range(C):
                y0, y1 = pixels[t, k, c, 0], pixels[t, k, c, 1]
                if math.isnan(y0) or math.isnan(y1):
                    continue
                P = cameras[c]
                h0 = P[0, 0] * x[k, 0] + P[0, 1] * x[k, 1] + P[0, 2] * x[k, 2] + P[0, 3]
                h1 = P[1, 0] * x[k, 0] + P[1, 1] * x[k, 1] + P[1, 2] * x[k, 2] + P[1, 3]
                depth = P[2, 0] * x[k, 0] + P[2, 1] * x[k, 1] + P[2, 2] * x[k, 2] + P[2, 3]
                near = 1 / max(depth, MIN_DEPTH)
                u, v = h0 * near, h1 * near
                d0, d1 = y0 - u, y1 - v
                square = (d0 * d0 + d1 * d1) * precision
                logp = log_normal - square / 2
                inlier = 1.0
                if use_mixture:
                    lead = logp - log_outlier
                    odds = math.exp(-abs(lead))
                    product *= 1 + odds
                    if lead > 0:
                        inlier = 1 / (1 + odds)
                    else:
                        inlier = odds / (1 + odds)
                        logp = log_outlier
                pixel_logp += logp
                inliers += inlier
                n_seen += 1
                by_sigma += inlier * (square - 2)
                b0, b1 = inlier * d0, inlier * d1
                back = -(b0 * u + b1 * v) if depth > MIN_DEPTH else 0.0
                g0 += near * (P[0, 0] * b0 + P[1, 0] * b1 + P[2, 0] * back)
                g1 += near * (P[0, 1] * b0 + P[1, 1] * b1 + P[2, 1] * back)
                g2 += near * (P[0, 2] * b0 + P[1, 2] * b1 + P[2, 2] * back)
            by_x[k, 0], by_x[k, 1], by_x[k, 2] = g0, g1, g2
        pixel_logp += math.log(product)  # one logarithm for the mixtures of a frame

        for j in range(K - 1, 0, -1):
            k = order[j]
            at, bone = 3 * ((k - 1) * T + t), length[(k - 1) * T + t]
            along = 0.0
            radial = 0.0
            for i in range(3):
                unit = by_raw[at + i]
                along += by_x[k, i] * unit
                by_x[parents[k], i] += by_x[k, i]
                slope = times * precision * bone * by_x[k, i]
                if use_hmm:
                    for s in range(S):
                        p = weight[t, s] if S > 1 else 1.0
                        slope += p * toward[s, k, i]
                        found[s, k, i] += p * unit
                by_x[k, i] = slope
                radial += slope * unit
            by_length[(k - 1) * T + t] = times * precision * along
            for i in range(3):
                by_raw[at + i] = (by_x[k, i] - radial * by_raw[at + i]) * inverse[t, k] - raw[at + i]
        for i in range(3):
            by_walk[3 * t + i] = times * precision * by_x[0, i]

    total = times * pixel_logp
    for t in range(T - 2, -1, -1):  # a step moves all later frames
        for i in range(3):
            by_walk[3 * t + i] += by_walk[3 * t + 3 + i]
    for t in range(3, 3 * T):
        by_walk[t] -= stiffness * walk[t]
    for i in range(3):
        total -= (walk[i] - first[i]) ** 2 / 2
        by_walk[i] -= walk[i] - first[i]
    total -= stiffness * steps / 2 + 1.5 * (T - 1) * (scale[0] + LOG_2PI) + 1.5 * LOG_2PI

    for k in range(K - 1):
        rho, inverse_variance = math.exp(log_rho[k]), math.exp(-log_sigma2[k])
        square, off = 0.0, 0.0
        for t in range(k * T, (k + 1) * T):
            d = length[t] - rho
            by_length[t] -= d * inverse_variance
            off += d
            square += d * d
        square *= inverse_variance
        total -= square / 2 + T * (log_sigma2[k] + LOG_2PI) / 2
        by_rho[k] += rho * off * inverse_variance
        by_sigma2[k] += (square - T) / 2

    by_odds = inliers - n_seen * math.exp(log_inlier)
    return total, (stiffness * steps - 3 * (T - 1)) / 2, times * by_sigma, times * by_odds


def _log_gamma(shapes: np.ndarray) -> float:
    return sum(math.lgamma(shape) for shape in shapes)


def _parents_first(parents: np.ndarray) -> np.ndarray:
    """The joints (K,) in an order in which each one's parent comes before it."""

    def depth(k: int) -> int:
        return 0 if parents[k] < 0 else 1 + depth(parents[k])

    return np.array(sorted(range(len(parents)), key=depth), dtype=np.int64)
