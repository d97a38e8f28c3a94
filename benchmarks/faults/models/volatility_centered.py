"""Log-volatility of daily returns as a centered AR(1): it shrinks and grows with its innovation scale."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["log_vol", "innovation"], "cause_class": "a"}

rng = np.random.default_rng(39)
T, RHO = 80, 0.9
returns = np.exp(-0.5 + 0.05 * np.sin(np.arange(T) / 8)) * rng.normal(0, 1, T)
lag = np.arange(T)[:, None] - np.arange(T)
decay = np.where(lag >= 0, RHO ** np.clip(lag, 0, None), 0.0)  # what an innovation still weighs later: (T, T)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"day": np.arange(T)}) as model:
        level = pm.Normal("level", 0, 1)
        innovation = pm.HalfNormal("innovation", 0.1)
        if written == "faulty":
            start = pm.Normal.dist(0, innovation)
            log_vol = pm.AR("log_vol", [RHO], sigma=innovation, init_dist=start, dims="day")
        else:
            shock = pm.Normal("shock", 0, 1, dims="day")
            log_vol = pm.Deterministic("log_vol", innovation * pm.math.dot(decay, shock), dims="day")
        pm.Normal("returns", 0, pm.math.exp(level + log_vol), observed=returns, dims="day")
    return model
