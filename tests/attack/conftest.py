"""Attacks use the toys and the sample records of the unit tests."""

import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "unit")]
set_hypothesis_home_dir(tempfile.mkdtemp())  # nothing of it stays


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The one folder that may be written to, and the current one."""
    place = tmp_path_factory.mktemp("attacked")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        yield place
