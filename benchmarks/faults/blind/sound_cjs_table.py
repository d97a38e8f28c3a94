"""Cormack-Jolly-Seber with survival and recapture by year, from the table of first recaptures (m-array)."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(29)
K = 7
released = np.array([60, 55, 64, 58, 61, 57])
phi_true, p_true = np.full(K - 1, 0.72), np.full(K - 1, 0.45)
table = np.zeros((K - 1, K), dtype=int)
for i in range(K - 1):
    cell = np.zeros(K)
    for j in range(i, K - 1):
        cell[j] = np.prod(phi_true[i : j + 1]) * np.prod(1 - p_true[i:j]) * p_true[j]
    cell[-1] = 1 - cell[:-1].sum()
    table[i] = rng.multinomial(released[i], cell)
upper = np.triu(np.ones((K - 1, K - 1)))


def build() -> pm.Model:
    with pm.Model() as model:
        phi = pm.Uniform("phi", 0, 1, shape=K - 1)
        p = pm.Uniform("p", 0, 1, shape=K - 1)
        stay = pt.concatenate([pt.zeros(1), pt.cumsum(pt.log(phi * (1 - p)))])
        log_cell = stay[None, :-1] - stay[:-1, None] + pt.log(phi * p)[None, :]
        cell = upper * pt.exp(log_cell * upper)
        never = 1 - cell.sum(axis=1)
        pm.Potential("recaptured", pt.sum(table[:, :-1] * upper * log_cell))
        pm.Potential("never_again", pt.sum(table[:, -1] * pt.log(never)))
    return model
