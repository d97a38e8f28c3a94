"""Choice among five brands by 150 households, two or three purchases each; every brand has its own intercept."""

import numpy as np
import pymc as pm
import pymc.dims as pmd

ANSWER = None

rng = np.random.default_rng(71)
homes, brands = 150, 5
home = np.repeat(np.arange(homes), rng.integers(2, 4, homes))
n = len(home)
price = rng.normal(0, 1, (n, brands))
taste = rng.normal(0, 0.7, (homes, brands)) + np.array([0.8, 0.2, 0.0, -0.5, -1.0])
choice = (taste[home] - 0.9 * price + rng.gumbel(size=(n, brands))).argmax(axis=1)


def build() -> pm.Model:
    coords = {"home": np.arange(homes), "brand": list("VWXYZ"), "purchase": np.arange(n)}
    with pm.Model(coords=coords) as model:
        prices = pmd.Data("prices", price, dims=("purchase", "brand"))
        who = pmd.Data("who", home, dims="purchase")
        liking = pmd.Normal("liking", 0, 1.5, dims="brand")
        b_price = pmd.Normal("b_price", 0, 1)
        spread = pmd.HalfNormal("spread", 1)
        z = pmd.Normal("z", 0, 1, dims=("home", "brand"))
        taste_of = liking + spread * z
        score = taste_of.isel(home=who) + b_price * prices
        pmd.Categorical(
            "choice", logit_p=score, core_dims="brand", observed=pmd.as_xtensor(choice, dims="purchase")
        )
    return model
