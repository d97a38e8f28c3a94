"""Finishing orders of motor races: Plackett-Luce likelihood with drivers' skill, an extra in wet races and the starting position."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4112)
n_drivers, n_races = 14, 24
skill_true = rng.normal(0, 0.9, n_drivers)
wet_true = rng.normal(0, 0.6, n_drivers)
wet = rng.binomial(1, 0.4, n_races)
grid = np.argsort(np.argsort(-(skill_true + rng.gumbel(0, 1, (n_races, n_drivers))), axis=1), axis=1)
start = (grid - grid.mean()) / n_drivers
worth = skill_true + wet[:, None] * wet_true - 2.0 * start
order = np.argsort(-(worth + rng.gumbel(0, 1, worth.shape)), axis=1)  # driver in each place
start_by_place = np.take_along_axis(start, order, axis=1)
still_running = np.triu(np.ones((n_drivers, n_drivers)))[None]  # place, rivals not yet home


def build() -> pm.Model:
    with pm.Model(coords={"driver": np.arange(n_drivers), "race": np.arange(n_races)}) as model:
        skill_sd = pm.HalfCauchy("skill_sd", 1.0)
        skill = pm.ZeroSumNormal("skill", skill_sd, dims="driver")
        wet_sd = pm.HalfNormal("wet_sd", 0.7)
        wet_offset = pm.ZeroSumNormal("wet_offset", 1.0, dims="driver")
        start_slope = pm.Flat("start_slope")
        eta = skill[order] + wet[:, None] * (wet_sd * wet_offset)[order] + start_slope * start_by_place
        rivals = pt.switch(still_running > 0, eta[:, None, :], -np.inf)
        pm.Potential("finishing_order", (eta - pt.logsumexp(rivals, axis=2)).sum(axis=1), dims="race")
    return model
