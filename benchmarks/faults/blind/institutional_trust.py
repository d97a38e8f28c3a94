"""Trust in parliament on a five-point scale in a survey of twelve countries: ordered logit with age, sex and country effects."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["age_slope", "trust"], "cause_class": "b"}

rng = np.random.default_rng(4105)
n, n_countries = 600, 12
country = rng.integers(0, n_countries, n)
age_years = rng.integers(18, 86, n).astype(float)
female = rng.binomial(1, 0.52, n)
eta = 0.45 * (age_years - 45) / 10 + 0.2 * female + rng.normal(0, 0.6, n_countries)[country]
noise = rng.logistic(0, 1, n)
answer = np.digitize(eta + noise, [-2.0, -0.7, 0.6, 2.0])
refused = rng.random(n) < 0.05
age_years[refused] = 999.0


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    keep = np.ones(n, dtype=bool) if written == "faulty" else age_years < 120
    coords = {"country": np.arange(n_countries), "respondent": np.flatnonzero(keep), "cut": np.arange(4)}
    with pm.Model(coords=coords) as model:
        age = pm.Data("age", age_years[keep], dims="respondent")
        c = pm.Data("country_id", country[keep], dims="respondent")
        sex = pm.Data("female", female[keep], dims="respondent")
        age_slope = pm.Normal("age_slope", 0.0, 0.5)
        female_effect = pm.Normal("female_effect", 0.0, 0.5)
        country_sd = pm.HalfNormal("country_sd", 1.0)
        country_effect = pm.ZeroSumNormal("country_effect", country_sd, dims="country")
        cutpoints = pm.Normal(
            "cutpoints",
            0.0,
            2.0,
            dims="cut",
            transform=pm.distributions.transforms.ordered,
            initval=np.array([-2.0, -0.7, 0.7, 2.0]),
        )
        eta = age_slope * (age - 45.0) / 10.0 + female_effect * sex + country_effect[c]
        pm.OrderedLogistic(
            "trust", eta=eta, cutpoints=cutpoints, observed=answer[keep], dims="respondent", compute_p=False
        )
    return model
