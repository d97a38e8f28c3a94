"""Imperfect antibody tests: the data say little about the test itself, its prior says the rest."""

import numpy as np
import pymc as pm

ANSWER = None

rng = np.random.default_rng(4110)
DISTRICTS = ["harbour", "old_town", "hills", "airport", "river"]
carriers = np.array([0.08, 0.15, 0.22, 0.12, 0.3])
tested = np.array([300, 240, 410, 180, 260])
positives = rng.binomial(tested, 0.85 * carriers + 0.03 * (1 - carriers))
wait = rng.gamma(3, 4, 90)


def build() -> pm.Model:
    with pm.Model(coords={"district": DISTRICTS}) as model:
        sensitivity = pm.Beta("sensitivity", 17, 3)
        false_alarm = pm.Uniform("false_alarm", 0, 0.08)
        average = pm.Normal("average", -2, 1)
        between = pm.HalfNormal("between", 0.7)
        unit = pm.Normal("unit", 0, 1, dims="district")
        share = pm.Deterministic("share", pm.math.invlogit(average + between * unit), dims="district")
        read = pm.Deterministic("read", sensitivity * share + false_alarm * (1 - share), dims="district")
        pm.Binomial("positive", tested, read, observed=positives, dims="district")

        # The desk and the laboratory are never timed apart: a contract says how they share the time.
        desk = pm.Gamma("desk", 9, 2)
        laboratory = pm.Gamma("laboratory", 16, 2)
        regularity = pm.Gamma("regularity", 2, 0.5)
        total = pm.Deterministic("total", desk + laboratory)
        pm.Gamma("wait", alpha=regularity, beta=regularity / total, observed=wait)
    return model
