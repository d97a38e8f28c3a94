"""Whose error it is: the user's model's, or Faultline's own; and what of it is shown."""

from __future__ import annotations

import errno
import os
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from faultline import cli
from faultline.core import errors
from faultline.core.errors import (
    FAULTLINE,
    InputError,
    InternalError,
    is_internal,
    owner,
    place,
    told,
    trace_of,
)

PLACES = {"user": "/home/me/model.py", "faultline": str(FAULTLINE / "probes" / "logp.py")}


def raised(*frames: str, error: Exception | None = None) -> Exception:
    """An exception that came through frames of files of these names, the outermost first."""
    call = "raise error"
    scope: dict = {"error": error or KeyError("x")}
    for file in reversed(frames):
        name = Path(file).parts[-2] if "site-packages" in file else "theirs"
        within = {**scope, "__name__": name}
        exec(compile(f"def f():\n    {call}", file, "exec"), within)
        scope, call = {"g": within["f"]}, "g()"
    with pytest.raises(Exception) as caught:
        within["f"]()
    return caught.value


def library(name: str) -> str:
    return f"{sysconfig.get_path('purelib')}/{name}/core.py"


@pytest.mark.parametrize(
    ("frames", "internal"),
    [
        (["faultline", "user"], False),
        (["faultline", "user", "pandas"], False),
        (["faultline", "pytensor", "user"], False),
        (["faultline", "pytensor", "numpy"], False),
        (["faultline", "jax"], False),
        (["user", "faultline"], True),
        (["user", "faultline", "numpy"], True),
        (["user", "pytensor", "faultline"], True),
        (["faultline", "xarray", "pandas"], True),
        (["faultline"], True),
    ],
)
def test_the_innermost_frame_that_is_no_library_s_decides(frames, internal):
    error = raised(*(PLACES.get(name) or library(name) for name in frames))
    assert is_internal(error, [Path("/home/me")]) is internal


def test_what_is_raised_on_purpose_or_by_the_machine_is_not_internal():
    class Planned(Exception):
        __module__ = "faultline.run.worker"

    for error in (Planned(), MemoryError(), OSError(errno.ENOSPC, "No space left")):
        assert not is_internal(raised(PLACES["faultline"], error=error), [])
    assert is_internal(raised(PLACES["faultline"], error=FileNotFoundError(2, "gone")), [])


def test_a_folder_inside_another_decides():
    checkout = FAULTLINE.parents[1]  # a model that stands beside the sources has them in its folder
    assert owner(str(checkout / "model.py"), [checkout]) == "user"
    assert owner(PLACES["faultline"], [checkout]) == "faultline"
    assert owner(np.__file__, [Path(np.__file__).parents[4]]) == ""
    assert owner(os.__file__, [Path("/")]) == ""
    bundled = FAULTLINE / "cases" / "gimbal"
    assert owner(str(bundled / "model.py"), [bundled]) == "user"
    assert owner("<string>", [Path("/")]) == ""


def test_where_an_error_is_says_the_user_s_line():
    error = raised(PLACES["faultline"], PLACES["user"], library("numpy"))
    assert place(error, [Path("/home/me")]) == "model.py line 2, in f"
    assert told(error, [Path("/home/me")]) == "model.py line 2, in f: KeyError: 'x'"
    assert len(told(raised("/x.py", error=ValueError("y" * 10**6)), [])) < 300


def test_a_traceback_is_bounded():
    assert len(trace_of(raised(*["/x.py"] * 400, error=ValueError("y" * 10**7)))) < 25_000


def failing(error):
    def stage() -> int:
        raise error

    return stage


def test_a_mistake_ends_with_one_sentence_and_exit_code_1(capsys):
    assert cli.run(failing(InputError("a is b;\nc."))) == 1
    assert capsys.readouterr().err == "error: a is b; c.\n"
    assert cli.run(failing(OSError(errno.EROFS, "Read-only file system", "/x/y"))) == 1
    assert capsys.readouterr().err.startswith(
        "error: /x/y cannot be read or written (Read-only file system);"
    )


@pytest.mark.parametrize("error", [KeyError("slip"), InternalError("Traceback ...\nKeyError: 'slip'\n")])
def test_anything_else_is_an_error_inside_faultline(error, capsys):
    assert cli.run(failing(error)) == 70
    *before, last = capsys.readouterr().err.splitlines()
    assert any("Traceback" in line for line in before)
    assert last.startswith(
        "error: an error inside Faultline, which says nothing about the model (KeyError: 'slip');"
    )


def test_libraries_that_run_graphs_are_installed():
    import importlib.util

    assert all(importlib.util.find_spec(name) for name in errors.RUNS_GRAPHS)
