"""Judging and writing give the same bytes for the same measured records: tests/golden/render.py says how to renew them."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

import render


@pytest.mark.parametrize("name", render.names())
def test_what_measured_records_give_is_as_it_was(name):
    expected = (render.EXPECTED / f"{name}.txt").read_text()
    assert render.expectation(render.texts(name)) == expected


def test_every_suite_is_expected_and_none_else():
    assert render.names() and render.names() == sorted(path.stem for path in render.EXPECTED.iterdir())
