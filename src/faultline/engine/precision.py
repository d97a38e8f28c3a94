"""A model is diagnosed in double precision, whatever it or its environment asks for.

In single precision a derivative by differences is noise and a log-probability of a large data set has no digits left:
nothing could be judged. What is wrong with a model in double precision is wrong with it in single precision, too.
"""

from __future__ import annotations

import os

DOUBLE = "float64"
ASKED = "FAULTLINE_FLOATX"
"""Environment variable of a worker: the precision that PYTENSOR_FLAGS asked for, where that is another."""


def keep_double() -> list[str]:
    """From now on ``pytensor.config.floatX`` stays float64 in this process.

    Returns a list of the precisions that are asked for instead, by the environment and, from now on, by whoever sets one.
    """
    from pytensor import config

    asked = list(filter(None, [os.environ.get(ASKED)]))

    def apply(value: object) -> str:
        if value != DOUBLE and value not in asked:
            asked.append(str(value))
        return DOUBLE

    type(config).floatX._apply = apply
    config.floatX = DOUBLE
    return asked
