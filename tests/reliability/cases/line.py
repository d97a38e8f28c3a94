"""A model whose log-probability tells which file it is, and which waits and counts as the environment says.

Environment variables are in no key, so a test can interfere without asking for another measurement.
"""

import os
import time

import pymc as pm

LEVEL = 1.0


def build() -> pm.Model:
    if count := os.environ.get("TEST_COUNT"):
        with open(count, "a") as file:
            file.write(f"{LEVEL}\n")
    while os.environ.get("TEST_BURN"):
        pass
    if os.environ.get("TEST_EAT"):
        eaten = [bytearray(b"1" * 2**26) for _ in range(60)]
        time.sleep(len(eaten) * 10)
    time.sleep(float(os.environ.get("TEST_WAIT", 0)))
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1)
        pm.Normal("level", x, 1, observed=LEVEL)
    return model
