"""A level measured over T frames: small enough to sample in a second, and its data can be cut to fewer frames."""

import numpy as np
import pymc as pm


class Frames:
    """The first frames of a series."""

    def __init__(self, y):
        self.y = y

    def describe(self) -> dict:
        return {"T": len(self.y)}


def load_dataset(path, max_T=None, max_K=None) -> Frames:
    with np.load(path) as archive:
        return Frames(archive["y"][:max_T])


def build(dataset, *, use_offset: bool = True) -> pm.Model:
    with pm.Model() as model:
        level = pm.Normal("level", 0, 1)
        if use_offset:
            level = level + pm.Normal("offset", 0, 0.1)
        pm.Normal("y", level, 1, observed=dataset.y)
    return model
