"""Three kinds of cells told apart by their fluorescence, kinds summed out, centres kept in order."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(4104)
CELLS = 420
kind = rng.choice(3, CELLS, p=[0.4, 0.35, 0.25])
light = rng.normal(np.array([12_000, 21_000, 33_000])[kind], np.array([2_200, 2_600, 2_400])[kind])
wash = rng.gamma(5, 2, (30, 2)).sum(axis=1)


def build() -> pm.Model:
    with pm.Model(coords={"kind": ["small", "middle", "large"]}) as model:
        fraction = pm.Dirichlet("fraction", np.full(3, 3.0), dims="kind")
        centre = pm.Normal(
            "centre",
            [12_000, 20_000, 32_000],
            4_000,
            dims="kind",
            transform=pm.distributions.transforms.ordered,
            initval=np.array([10_000.0, 20_000.0, 30_000.0]),
        )
        width = pm.LogNormal("width", np.log(2_500), 0.15, dims="kind")
        pm.NormalMixture("fluorescence", w=fraction, mu=centre, sigma=width, observed=light)

        rinse = pm.Gamma("rinse", 3, 0.15)
        shape = pm.Gamma("shape", 3, 0.3)
        pm.Gamma("wash_time", alpha=shape, beta=shape / rinse, observed=wash)
    return model
