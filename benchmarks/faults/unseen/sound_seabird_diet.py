"""Diet of a seabird from carbon and nitrogen isotopes in 24 feathers: shares of three prey whose signatures are known
with error; two of the prey are hard to tell apart."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(987)
PREY = ["krill", "sandeel", "squid"]
SIGNATURE = np.array([[-24.0, 5.5], [-20.5, 9.8], [-19.6, 10.6]])
SIG_SD = np.array([[0.3, 0.3], [0.3, 0.3], [0.3, 0.3]])
ENRICHMENT = np.array([0.8, 2.4])
feathers = (np.array([0.3, 0.45, 0.25]) @ SIGNATURE + ENRICHMENT + rng.normal(0, 0.6, (24, 2))).round(2)


def build() -> pm.Model:
    with pm.Model(coords={"prey": PREY, "isotope": ["C", "N"], "feather": np.arange(24)}) as diet:
        share = pm.Dirichlet("share", a=np.full(3, 4.0), dims="prey")
        source = pm.Normal("source", SIGNATURE, SIG_SD, dims=("prey", "isotope"))
        spread = pm.HalfNormal("spread", 1.0, dims="isotope")
        blend = pm.Deterministic("blend", pt.dot(share, source) + ENRICHMENT, dims="isotope")
        pm.Normal("feathers", blend, spread, observed=feathers, dims=("feather", "isotope"))
    return diet
