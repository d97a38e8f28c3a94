"""Click-through of a shop's newsletter in 36 customer segments with tens of thousands of mails each:
segment logits around a mean, and a lift of the new layout."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["offset", "mean_logit", "spread"], "cause_class": "a"}

rng = np.random.default_rng(4711)
SEGMENTS = 36
mails = rng.integers(30_000, 90_000, size=(SEGMENTS, 2))
eta = -2.6 + 0.6 * rng.normal(size=(SEGMENTS, 1)) + np.array([0, 0.08])
clicks = rng.binomial(mails, 1 / (1 + np.exp(-eta)))


def segment_logits(written):
    mean_logit = pm.Normal("mean_logit", -2, 1.5)
    spread = pm.HalfNormal("spread", 1)
    if written == "repaired":
        return pm.Normal("segment_logit", mean_logit, spread, dims="segment")
    offset = pm.Normal("offset", dims="segment")
    return pm.Deterministic("segment_logit", mean_logit + spread * offset, dims="segment")


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"segment": np.arange(SEGMENTS), "layout": ["old", "new"]}
    with pm.Model(coords=coords) as model:
        base = segment_logits(written)
        lift = pm.Normal("lift", 0, 0.5)
        logit_p = base[:, None] + lift * np.array([0.0, 1.0])[None, :]
        pm.Binomial("clicks", n=mails, logit_p=logit_p, observed=clicks, dims=("segment", "layout"))
    return model
