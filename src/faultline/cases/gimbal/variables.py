"""Building blocks of the model: data that compiled code does not depend on, and priors given by mode and sd."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pymc as pm

_MIN_MODE = 0.01  # no data-driven prior mode lies below this

Start = Mapping[str, np.ndarray]  # initial values by the name of the free variable


def data(name: str, values: np.ndarray):
    """A shared array of fixed shape: the code compiled for one dataset serves another one of that size."""
    return pm.Data(name, values, shape=values.shape)


def gamma(name: str, mode: np.ndarray | float, sd: np.ndarray | float, start: Start):
    """Gamma prior given by mode and standard deviation; shape and rate are data, lest they become part of the code."""
    rate = np.asarray((mode + np.sqrt(mode**2 + 4 * sd**2)) / (2 * sd**2))
    alpha, beta = data(f"{name}_alpha", 1 + mode * rate), data(f"{name}_beta", rate)
    return pm.Gamma(name, alpha=alpha, beta=beta, shape=np.shape(mode), initval=start[name])


def gamma_of_scale(name: str, estimate: np.ndarray | float, start: Start):
    """The prior of everything estimated from the data: mode and standard deviation are the estimate itself."""
    mode = np.maximum(_MIN_MODE, estimate)
    return gamma(name, mode, mode, start)
