"""Small gimbal datasets for tests, and a compiled log-probability with its gradient."""

import copy

import numpy as np
from pymc.blocking import DictToArrayBijection

from faultline.cases.gimbal.dataset import Dataset, load_dataset
from faultline.cases.gimbal.generate import level_config, simulate, write


def config(T=6, seed=7, **observation):
    """The configuration of L00 with fewer frames and another observation."""
    changed = copy.deepcopy(level_config("v0.2.1_L00_minimal"))
    changed["meta"] |= {"T": T, "seed": seed}
    changed["dataset_spec"]["observation"] |= observation
    return changed


def two_states(T=8):
    """A configuration whose skeleton switches between two poses."""
    changed = config(T=T)
    spec = changed["dataset_spec"]
    spec["states"] = {"num_states": 2, "transition_matrix": [[0.6, 0.4], [0.4, 0.6]]}
    bones = spec["motion"]["per_state_params"]
    bones["1"] = {**bones["0"], "mu": [[0, 0.5, 0.8], [0.9, 0.3, 0], [-0.9, 0.3, 0]], "omega": 8.0}
    spec["motion"]["root_params"]["per_state"]["1"] = {"mu": [0, 0, 100]}
    return changed


def dataset(tmp_path, changed=None, **options) -> Dataset:
    """The dataset of a configuration (default: ``config(**options)``), written and loaded again."""
    path = tmp_path / "small.npz"
    write(path, simulate(changed or config(**options)))
    return load_dataset(path)


class Density:
    """Log-probability and gradient of a model as functions of its unconstrained vector, compiled by JAX."""

    def __init__(self, model):
        self.model = model
        self._function = model.logp_dlogp_function(ravel_inputs=True, mode="JAX")
        self._function.set_extra_values({})

    def vector(self, point=None):
        return DictToArrayBijection.map(self.model.initial_point() if point is None else point).data

    def __call__(self, vector):
        logp, gradient = self._function(vector)
        return float(logp), np.asarray(gradient)

    def at(self, **values):
        """Log-probability at the initial point with some unconstrained values replaced."""
        return self(self.vector(self.model.initial_point() | values))[0]
