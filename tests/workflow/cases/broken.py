"""A model whose components each break in their own way; without them it is sound."""

import os
import signal
import time

import numpy as np
import pymc as pm

LABELS = {"fail": "fail", "undefined": "undefined", "hang": "hang", "die": "die"}


def build(*, fail: bool = True, undefined: bool = True, hang: bool = True, die: bool = True) -> pm.Model:
    if fail:
        raise ValueError("this component cannot be built")
    if hang:
        time.sleep(3600)
    if die:
        os.kill(os.getpid(), signal.SIGKILL)
    with pm.Model() as model:
        level = pm.Normal("level", 0, 1)
        pm.Normal("y", level, 1, observed=np.zeros(5))
        if undefined:
            pm.Potential("hole", level * np.nan)
    return model
