"""One of five farms sent its heights in centimetres, the others in metres: its level misses the prior by far."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["height", "level"], "cause_class": "b"}

rng = np.random.default_rng(91)
FARMS, N_EACH = 5, 30
farm = np.repeat(np.arange(FARMS), N_EACH)
metres = rng.normal(1.6, 0.1, FARMS)[farm] + rng.normal(0, 0.12, farm.size)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    height = np.where((farm == 3) & (written == "faulty"), 100 * metres, metres)
    with pm.Model(coords={"farm": ["a", "b", "c", "d", "e"]}) as model:
        level = pm.Normal("level", 1.6, 0.3, dims="farm")
        scatter = pm.HalfNormal("scatter", 0.3, dims="farm")
        pm.Normal("height", level[farm], scatter[farm], observed=height)
    return model
