"""A model may be called like a library: it works, and so does every other model in its folder."""

from __future__ import annotations

import pytest
from measure_toys import LINE, measured, run

NAMES = (
    *(
        "random",
        "statistics",
        "types",
        "calendar",
        "secrets",
        "enum",
        "typing",
        "abc",
        "re",
        "json",
        "logging",
    ),
    *("numpy", "pymc", "pandas", "jax", "blackjax", "xarray", "arviz", "yaml", "psutil", "faultline"),
)
HELPED = LINE.replace(
    "def build():", "import random\n\nimport helper_beside\n\nrandom.random()\n\ndef build():"
)


@pytest.fixture
def crowded(tmp_path):
    """A folder of models that are called like libraries, each of which says so if a library imports it."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(LINE + f"\nopen('ran', 'a').write({name!r})\n")
    (tmp_path / "helper_beside.py").write_text("import statistics\n\nMEAN = statistics.mean([1.0, 2.0])\n")
    return tmp_path


def test_the_models_beside_it_do_not_notice(crowded):
    for group in ("1", "1 2"):  # a process of its own, and forks
        done = run(crowded, HELPED, group=group)
        assert done.returncode == 0, done.stderr
        assert measured(crowded)["error"] is None
    assert not (crowded / "ran").exists()


@pytest.mark.parametrize("name", ["random", "numpy", "types"])
def test_it_is_measured_itself(crowded, name):
    done = run(crowded, HELPED, "--case", f"{name}.py")
    assert done.returncode == 0, done.stderr
    record = measured(crowded)
    assert record["error"] is None and record["model"]["n_free_rvs"] == 1
    assert (crowded / "ran").read_text() == name
