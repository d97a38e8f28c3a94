"""The hidden states of ``by_hand``: the forward-backward algorithm, and what the states add to the gradient."""

from __future__ import annotations

import math

from numba import njit

# Not cached on disk: the cache does not tell code compiled with NUMBA_OPT=1 from other code.
compiled = njit(error_model="numpy")
LOG_2PI = math.log(2 * math.pi)
SMALL = 1e-8  # as in faultline.cases.gimbal.sphere


@compiled
def pull(mu_raw, log_kappa, toward):
    """kappa * mu into ``toward`` (S, K, 3)."""
    S, K, _ = toward.shape
    for s in range(S):
        for k in range(K):
            at = 3 * (s * K + k)
            square = mu_raw[at] ** 2 + mu_raw[at + 1] ** 2 + mu_raw[at + 2] ** 2
            scale = math.exp(log_kappa[s * K + k]) / math.sqrt(square + SMALL)
            for i in range(3):
                toward[s, k, i] = mu_raw[at + i] * scale


@compiled
def pull_back(mu_raw, log_kappa, by_mu, by_kappa, found, alone):
    """Priors and gradients of states, from the expected sums of directions ``found`` (S, K, 3).

    With one state (``alone``) the log density of the directions is added here: it needs nothing but these sums.
    """
    S, K, _ = found.shape
    logp = S * K * (math.log(2.0 / 5.0) - 2 * LOG_2PI)
    for s in range(S):
        for k in range(K):
            at = 3 * (s * K + k)
            square = mu_raw[at] ** 2 + mu_raw[at + 1] ** 2 + mu_raw[at + 2] ** 2
            scale = 1 / math.sqrt(square + SMALL)
            kappa = math.exp(log_kappa[s * K + k])
            along = 0.0
            for i in range(3):
                along += found[s, k, i] * mu_raw[at + i] * scale
            for i in range(3):
                sideways = found[s, k, i] - along * mu_raw[at + i] * scale
                by_mu[at + i] = kappa * scale * sideways - mu_raw[at + i]
            by_kappa[s * K + k] = kappa * along - kappa**2 / 25 + 1
            logp += log_kappa[s * K + k] - kappa**2 / 50 - square / 2 + (kappa * along if alone else 0.0)
    return logp


@compiled
def chain(unit, logits, by_logits, toward, states):
    """Log density of the directions, states summed out; the states' probabilities (T, S) into ``states[0]``."""
    weight, emission, transition, counts = states
    T, S = weight.shape
    n = toward.shape[1] - 1
    logp = -(S + S * S) * LOG_2PI / 2
    for i in range(S + S * S):
        logp -= logits[i] ** 2 / 2
    for s in range(S):
        _softmax(logits[S + s * S : S + (s + 1) * S], transition[s])
    _softmax(logits[:S], by_logits[:S])
    counts[:] = 0.0

    for t in range(T):  # forward: filtered probabilities into ``weight``
        largest = -math.inf
        for s in range(S):
            agreement = 0.0
            for k in range(n):
                at = 3 * (k * T + t)
                for i in range(3):
                    agreement += unit[at + i] * toward[s, k + 1, i]
            emission[t, s] = agreement
            largest = max(largest, agreement)
        total = 0.0
        for s in range(S):
            before = by_logits[s]
            if t > 0:
                before = 0.0
                for r in range(S):
                    before += weight[t - 1, r] * transition[r, s]
            emission[t, s] = math.exp(emission[t, s] - largest)
            weight[t, s] = before * emission[t, s]
            total += weight[t, s]
        logp += largest + math.log(total)
        for s in range(S):
            weight[t, s] /= total
            emission[t, s] /= total

    for t in range(
        T - 2, -1, -1
    ):  # backward: emission[t + 1] holds that of all later frames, weight becomes smoothed
        for s in range(S):
            ahead = 0.0
            for r in range(S):
                ahead += transition[s, r] * emission[t + 1, r]
            for r in range(S):
                counts[s, r] += weight[t, s] * transition[s, r] * emission[t + 1, r]
            weight[t, s] *= ahead
            emission[t, s] *= ahead

    for s in range(S):
        by_logits[s] = weight[0, s] - by_logits[s] - logits[s]
        left = counts[s].sum()
        for r in range(S):
            at = S + s * S + r
            by_logits[at] = counts[s, r] - transition[s, r] * left - logits[at]
    return logp


@compiled
def _softmax(logits, probabilities):
    largest = logits.max()
    total = 0.0
    for s in range(len(logits)):
        probabilities[s] = math.exp(logits[s] - largest)
        total += probabilities[s]
    for s in range(len(logits)):
        probabilities[s] /= total
