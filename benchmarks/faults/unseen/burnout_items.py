"""Burnout questionnaire: 36 nurses answer six items on a standardized continuous scale; one latent trait per nurse,
with a loading and an error scale for every item."""

from typing import Literal

import numpy as np
import pymc as pm

ITEMS = ["tired", "detached", "irritable", "doubt", "sleepless", "listless"]
ANSWER = {
    "names": [
        "burnout",
        "loading_tired",
        "loading_detached",
        "loading_irritable",
        "loading_doubt",
        "loading_sleepless",
        "loading_listless",
    ],
    "cause_class": "a",
}

rng = np.random.default_rng(640)
N_NURSES = 36
trait = rng.normal(size=N_NURSES)
answers = {
    item: lam * trait + 0.6 * rng.normal(size=N_NURSES)
    for item, lam in zip(ITEMS, [0.9, 0.7, 0.8, 0.6, 0.75, 1.0], strict=True)
}


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"nurse": range(N_NURSES)}) as model:
        burnout = pm.Normal("burnout", 0, 1, dims="nurse")
        for item in ITEMS:
            if written == "faulty":
                loading = pm.Normal(f"loading_{item}", 0, 1)
            else:
                loading = pm.HalfNormal(f"loading_{item}", 1)
            error = pm.Gamma(f"error_{item}", 4, 6)
            pm.Normal(item, loading * burnout, error, observed=answers[item], dims="nurse")
    return model
