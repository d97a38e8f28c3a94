"""A fish stock stepped through 100 seasons in a Python loop: the graph holds every step."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

ANSWER = {"names": ["graph", "survey"], "cause_class": "d"}

SEASONS = 100
rng = np.random.default_rng(81)
landed = 0.04 + 0.02 * np.sin(np.arange(SEASONS) / 9)


def season(landed, stock, growth):
    """The next season's stock, as a share of what the bay can hold: ()."""
    return stock + growth * stock * (1 - stock) - landed


stock, stocks = 0.9, []
for caught in landed:
    stock = season(caught, stock, 0.3)
    stocks.append(stock)
survey = np.array(stocks) * rng.lognormal(0, 0.05, SEASONS)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        growth = pm.TruncatedNormal("growth", 0.35, 0.1, lower=0.25)
        if written == "faulty":
            steps = [pt.as_tensor(0.9)]
            for caught in landed:
                steps.append(season(caught, steps[-1], growth))
            stock = pt.stack(steps[1:])
        else:
            stock = pytensor.scan(
                season, [landed], [pt.as_tensor(0.9)], non_sequences=[growth], return_updates=False
            )
        error = pm.HalfNormal("error", 0.2)
        pm.LogNormal("survey", pt.log(pm.Deterministic("stock", stock)), error, observed=survey)
    return model
