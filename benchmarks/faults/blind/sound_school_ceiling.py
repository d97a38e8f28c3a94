"""Test scores of pupils in schools with a ceiling at 50 points: censored multilevel regression on prior attainment,
school intercepts and slopes drawn around the district's means."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(4111)
n_schools = 16
per_school = rng.integers(35, 80, n_schools)
school = np.repeat(np.arange(n_schools), per_school)
n = school.size
prior_score = rng.normal(0, 1, n)
level = 42 + rng.normal(0, 4, n_schools)
slope = 4 + rng.normal(0, 1.5, n_schools)
latent = level[school] + slope[school] * prior_score + rng.normal(0, 5, n)
score = np.minimum(latent, 50.0)


def build() -> pm.Model:
    coords = {"school": np.arange(n_schools), "pupil": np.arange(n)}
    with pm.Model(coords=coords) as model:
        district_level = pm.Normal("district_level", 35.0, 20.0)
        district_slope = pm.Normal("district_slope", 0.0, 10.0)
        between_level = pm.HalfCauchy("between_level", 5.0)
        between_slope = pm.HalfCauchy("between_slope", 2.5)
        school_level = pm.Normal("school_level", district_level, between_level, dims="school")
        school_slope = pm.Normal("school_slope", district_slope, between_slope, dims="school")
        within = pm.HalfCauchy("within", 10.0)
        mu = school_level[school] + school_slope[school] * prior_score
        pm.Censored("score", pm.Normal.dist(mu, within), lower=None, upper=50.0, observed=score, dims="pupil")
    return model
