"""Milk yield, cell counts and conceptions of the same farms: three data sets that share the farm's management."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(4101)
FARMS, COWS, TESTS = 14, 260, 150
care = rng.normal(0, 1.5, FARMS)
cow_farm, cow_breed = rng.integers(0, FARMS, COWS), rng.integers(0, 3, COWS)
lactation = rng.integers(1, 6, COWS)
litres = 26 + care[cow_farm] + np.array([3, -2, -1])[cow_breed] + 0.6 * lactation + rng.normal(0, 3, COWS)
test_farm, age = rng.integers(0, FARMS, TESTS), rng.normal(0, 1, TESTS)
cells_per_drop = rng.poisson(rng.gamma(4, np.exp(3 - 0.15 * care[test_farm] + 0.2 * age) / 4))
served = rng.integers(20, 60, FARMS)
pregnant = rng.binomial(served, 1 / (1 + np.exp(0.4 - 0.2 * care)))


def build() -> pm.Model:
    coords = {"farm": np.arange(FARMS), "breed": ["holstein", "jersey", "brown"], "cow": np.arange(COWS)}
    with pm.Model(coords=coords) as model:
        farm_of_cow = pm.Data("farm_of_cow", cow_farm, dims="cow")
        care_sd = pm.HalfNormal("care_sd", 2)
        care_unit = pm.ZeroSumNormal("care_unit", dims="farm")
        management = pm.Deterministic("management", care_sd * care_unit, dims="farm")

        herd_level = pm.Normal("herd_level", 25, 5)
        breed_gap = pm.ZeroSumNormal("breed_gap", sigma=3, dims="breed")
        per_lactation = pm.Normal("per_lactation", 0, 1)
        cow_sd = pm.HalfStudentT("cow_sd", nu=4, sigma=4)
        mean_yield = herd_level + management[farm_of_cow] + breed_gap[cow_breed] + per_lactation * lactation
        pm.Normal("milk", mean_yield, cow_sd, observed=litres, dims="cow")

        cell_level = pm.Normal("cell_level", 3, 1)
        cells_per_care = pm.Normal("cells_per_care", 0, 0.3)
        cells_per_age = pm.Normal("cells_per_age", 0, 0.5)
        dispersion = pm.Gamma("dispersion", 2, 0.3)
        log_cells = cell_level + cells_per_care * management[test_farm] + cells_per_age * age
        pm.NegativeBinomial("cells", mu=pm.math.exp(log_cells), alpha=dispersion, observed=cells_per_drop)
        heat = pm.Normal("heat", 0, 1)
        heat_per_care = pm.Normal("heat_per_care", 0, 0.5)
        odds = pm.Deterministic("odds", heat + heat_per_care * management, dims="farm")
        pm.Binomial("conceived", served, logit_p=odds, observed=pregnant, dims="farm")
    return model
