"""The mistakes of tests/mistakes.yaml that are found before anything runs."""

import shlex

import pytest
from mistakes import check, each, lay_out

from faultline import __main__ as commands
from faultline.cli import engine
from faultline.core.record import SUITES


@each("at_once")
def test_a_mistake_is_found_before_anything_runs(mistake, tmp_path, monkeypatch, capfd):
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_SUITES", SUITES)
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(engine.Engine, "run", lambda self: pytest.fail("a run began"))
    try:
        code = commands.main(shlex.split(mistake["command"])[1:])
    except SystemExit as end:  # argparse
        code = end.code
    out, err = capfd.readouterr()
    assert out == ""
    check(mistake, code, err)
