"""Stochastic volatility of weekly index returns: log volatility is a stationary first-order autoregression, returns are Student t."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4109)
n_weeks = 120
h = np.zeros(n_weeks)
for t in range(1, n_weeks):
    h[t] = 0.93 * h[t - 1] + 0.25 * rng.normal()
returns = 0.02 * np.exp(h / 2) * rng.standard_t(8, n_weeks)
lag = np.arange(n_weeks)[:, None] - np.arange(n_weeks)[None, :]


def build() -> pm.Model:
    with pm.Model(coords={"week": np.arange(n_weeks)}) as model:
        persistence = pm.Beta("persistence", 30.0, 4.0)
        spread = pm.LogNormal("spread", np.log(0.7), 0.25)  # stationary sd of log volatility
        log_level = pm.Normal("log_level", np.log(0.02), 0.7)
        shock = pm.Normal("shock", 0.0, 1.0, dims="week")
        scale = pt.concatenate([pt.ones(1), pt.sqrt(1 - persistence**2) * pt.ones(n_weeks - 1)])
        weights = pt.switch(lag >= 0, persistence ** np.maximum(lag, 0), 0.0)
        log_vol = pm.Deterministic("log_vol", spread * pt.dot(weights, scale * shock), dims="week")
        tail = pm.Gamma("tail", 4.0, 0.4)
        pm.StudentT(
            "index_return",
            nu=tail + 2,
            mu=0.0,
            sigma=pt.exp(log_level + log_vol / 2),
            observed=returns,
            dims="week",
        )
    return model
