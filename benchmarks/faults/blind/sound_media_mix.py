"""Weekly revenue (euros) on three advertising channels with geometric carry-over and saturation, trend and season,
and a budget office's estimate of the total share of revenue due to advertising."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = None

rng = np.random.default_rng(4110)
n_weeks, n_channels, n_lags = 130, 3, 9
spend = (
    rng.gamma(1.5, 1.0, (n_weeks, n_channels))
    * np.array([40_000.0, 9_000.0, 1_500.0])
    * (rng.random((n_weeks, n_channels)) < 0.7)
)
true_keep = np.array([0.6, 0.3, 0.45])
true_half = np.array([60_000.0, 10_000.0, 2_500.0])
true_gain = np.array([260_000.0, 150_000.0, 90_000.0])
lagged = np.stack(
    [np.vstack([np.zeros((k, n_channels)), spend[: n_weeks - k]]) for k in range(n_lags)]
)  # lag, week, channel
stock = (true_keep[None, None, :] ** np.arange(n_lags)[:, None, None] * lagged).sum(0)
week = np.arange(n_weeks)
year = 2 * np.pi * week / 52
season = np.column_stack([np.sin(year), np.cos(year)])
revenue = (
    900_000
    + 1_000 * (week - 65)
    + season @ [60_000, -30_000]
    + (true_gain * stock / (stock + true_half)).sum(1)
    + rng.normal(0, 18_000, n_weeks)
)
typical = np.array([spend[spend[:, k] > 0, k].mean() for k in range(n_channels)])


def build() -> pm.Model:
    coords = {"week": week, "channel": ["tv", "search", "radio"], "wave": ["sin", "cos"]}
    with pm.Model(coords=coords) as model:
        base = pm.Normal("base", 1_000_000.0, 300_000.0)
        trend = pm.Normal("trend", 0.0, 2_000.0)
        seasonal = pm.Normal("seasonal", 0.0, 100_000.0, dims="wave")
        retention = pm.Beta("retention", 3.0, 3.0, dims="channel")
        half_point = pm.LogNormal("half_point", np.log(typical * 1.2), 0.4, dims="channel")
        gain = pm.HalfNormal("gain", 250_000.0, dims="channel")
        adstock = (retention[None, None, :] ** np.arange(n_lags)[:, None, None] * lagged).sum(axis=0)
        by_channel = gain * adstock / (adstock + half_point)
        noise = pm.HalfNormal("noise", 50_000.0)
        mu = base + trend * (week - 65) + pt.dot(season, seasonal) + by_channel.sum(axis=1)
        share = by_channel.sum() / mu.sum()
        pm.Potential("finance_estimate", pm.logp(pm.Normal.dist(0.22, 0.05), share))
        pm.Normal("revenue", mu, noise, observed=revenue, dims="week")
    return model
