"""The diet of seals from two isotopes, shares that sum to one; prey lengths with a free Box-Cox power beside."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4112)
SOURCE = np.array([[-21.0, 9.5], [-18.5, 13.0], [-16.0, 10.5], [-19.5, 11.5]])
seals = rng.normal(np.array([0.4, 0.2, 0.3, 0.1]) @ SOURCE + [0.8, 3.4], [0.5, 0.6], (35, 2))
lengths = (1 + 0.5 * rng.normal(5.0, 1.2, 120)) ** 2  # decimetres: normal under the power 0.5


def build() -> pm.Model:
    coords = {"prey": ["herring", "cod", "crab", "squid"], "isotope": ["carbon", "nitrogen"]}
    with pm.Model(coords=coords) as model:
        diet = pm.Dirichlet("diet", np.array([2.0, 2.0, 2.0, 1.0]), dims="prey")
        source = pm.Normal("source", SOURCE, 0.4, dims=("prey", "isotope"))
        shift = pm.Normal("shift", [0.5, 3.0], 0.5, dims="isotope")
        scatter = pm.HalfNormal("scatter", 1, dims="isotope")
        tissue = pm.Deterministic("tissue", pm.math.dot(diet, source) + shift, dims="isotope")
        pm.Normal("seal", tissue, scatter, observed=seals)

        power = pm.TruncatedNormal("power", 0.5, 0.3, lower=0.05)
        middle = pm.Normal("middle", 12, 3)
        spread = pm.LogNormal("spread", 0.5, 0.7)
        typical = (middle**power - 1) / power
        scaled = (lengths**power - 1) / power
        density = pm.logp(pm.Normal.dist(typical, spread * middle ** (power - 1)), scaled)
        pm.Potential("prey_length", (density + (power - 1) * pt.log(lengths)).sum())
    return model
