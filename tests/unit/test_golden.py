"""Judging and writing give the same bytes for the same measured records: tests/golden/render.py says how to renew them."""

import json
import re
import sys
import typing
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))

import render
from test_advice import made

from faultline.core.sections.record import Record
from faultline.core.sections.section import Section


@pytest.mark.parametrize("name", render.names())
def test_what_measured_records_give_is_as_it_was(name):
    expected = (render.EXPECTED / f"{name}.txt").read_text()
    assert render.expectation(render.texts(name)) == expected


def test_what_a_check_is_called_stands_in_tables_only():
    names = {name for name in made() if "_" in name}
    prose = {
        line
        for path in render.EXPECTED.iterdir()
        for page in re.findall(r"={20} report_\w+\.md\n(.*?)(?=={20} )", path.read_text(), re.DOTALL)
        for line in page.splitlines()
        if not line.startswith("|")
    }
    assert len(prose) > 1000
    assert [line for line in prose if names & set(re.findall(r"\w+", line))] == []


def test_every_suite_is_expected_and_none_else():
    assert render.names() and render.names() == sorted(path.stem for path in render.EXPECTED.iterdir())


def test_every_key_that_is_measured_has_its_field_in_a_section():
    """Otherwise a reader would take what a probe found for not measured."""

    def is_section(hint):
        return isinstance(hint, type) and issubclass(hint, Section)

    def unknown(kind, content, where):
        hints = typing.get_type_hints(kind)
        for key, value in content.items():
            hint = hints.get(key)
            if hint is None:
                yield f"{where}.{key}"
            elif is_section(hint) and value:
                yield from unknown(hint, value, f"{where}.{key}")
            elif typing.get_origin(hint) is tuple and is_section(typing.get_args(hint)[0]):
                for row in value or ():
                    yield from unknown(typing.get_args(hint)[0], row, f"{where}.{key}")

    found = {
        key
        for path in render.MEASURED.glob("*.json")
        for record in json.loads(path.read_text()).values()
        for key in unknown(Record, record, "record")
    }
    assert found == {"record.schema_version", "record.mixture", "record.hmm_micro"}
