"""Overdispersed counts of four kinds in 40 samples."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(224)
SAMPLES = 40
pollen = np.stack([rng.multinomial(80, p) for p in rng.dirichlet([6.0, 3.0, 2.0, 1.0], SAMPLES)])


def build() -> pm.Model:
    with pm.Model(coords={"kind": ["pine", "birch", "grass", "other"]}) as model:
        share = pm.Dirichlet("share", np.ones(4), dims="kind")
        concentration = pm.LogNormal("concentration", 2, 1)
        pm.DirichletMultinomial("pollen", 80, concentration * share, observed=pollen)
    return model
