"""Taking apart: where the fits under conditions start."""

from types import SimpleNamespace

import numpy as np
import pytest

from faultline.apart import Apart


@pytest.mark.parametrize(
    ("chains", "order"),
    [([0, 0, 0, 0, 4, 0], [0, 4, 1, 2, 3, 5]), ([0, 1, 0, 1], [0, 1, 2, 3]), (None, [0, 1, 2, 3])],
)
def test_the_first_starts_stand_for_every_place(chains, order):
    apart = Apart.__new__(Apart)
    found = {"modes": {"chains": chains}} if chains else {}
    apart.worker = SimpleNamespace(record=SimpleNamespace(content={"apart": found}))
    n = len(order)
    base = SimpleNamespace(positions=np.arange(3 * n).reshape(n, 3, 1), lp=np.zeros((n, 3)))
    assert apart._starts(base)[:, 0].tolist() == [3 * chain + 2 for chain in order]
