"""A model whose log-probability tells which file it is, and which waits and counts as the environment says.

An environment variable that a model names is in its key. This file names none of them in full, so a test can interfere
without asking for another measurement.
"""

import os
import time

import pymc as pm

LEVEL = 1.0


def told(what: str) -> str | None:
    return os.environ.get(f"TEST_{what}")


def build() -> pm.Model:
    if count := told("COUNT"):
        with open(count, "a") as file:
            file.write(f"{LEVEL}\n")
    while told("BURN"):
        pass
    if told("EAT"):
        eaten = [bytearray(b"1" * 2**26) for _ in range(60)]
        time.sleep(len(eaten) * 10)
    time.sleep(float(told("WAIT") or 0))
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1)
        pm.Normal("level", x, 1, observed=LEVEL)
    return model
