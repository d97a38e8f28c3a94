"""Two faults: tank and pump rates seen only as a sum, and a pressure in pascal under a prior in bar."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {
    "names": ["tank", "pump"],
    "cause_class": "a",
    "also": [{"names": ["mean_pressure", "pressure"], "cause_class": "b"}],
}

rng = np.random.default_rng(102)
flow = rng.normal(12.0, 0.4, 80)
bar = rng.normal(2.1, 0.1, 60)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    faulty = written == "faulty"
    with pm.Model() as model:
        tank = pm.Normal("tank", 8, 3000 if faulty else 2)
        # Mended, the pump's rate is that of its test bench.
        pump = pm.Normal("pump", 4, 3000 if faulty else 0.1)
        total = pm.Deterministic("total", tank + pump)
        pm.Normal("flow", total, pm.HalfNormal("turbulence", 1), observed=flow)

        mean_pressure = pm.Normal("mean_pressure", 2, 1)
        gauge = pm.LogNormal("gauge", 0, 5)
        pm.Normal("pressure", mean_pressure, gauge, observed=1e5 * bar if faulty else bar)
    return model
