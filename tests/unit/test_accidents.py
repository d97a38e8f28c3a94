"""What came from outside is told from what the model did."""

import errno
import signal

import pytest

from faultline.run.accidents import BUSY, cause, oom_kills
from faultline.run.watch import Watch

LIMIT, KILLED, RAISED = ({"type": kind} for kind in ("TimeLimit", "Killed", "OSError"))


@pytest.mark.parametrize(
    ("error", "exit_code", "out_of_memory", "cpu", "outside"),
    [
        (LIMIT, None, False, 100 * BUSY - 1, "processor time"),
        (LIMIT, None, False, 100 * BUSY, None),
        (KILLED, -signal.SIGKILL, False, 0.0, "SIGKILL came from outside"),
        (KILLED, -signal.SIGTERM, False, 0.0, "SIGTERM came from outside"),
        (KILLED, -signal.SIGKILL, True, 0.0, None),
        (KILLED, -signal.SIGSEGV, False, 0.0, None),
        ({"type": "Exit"}, 3, False, 0.0, None),
        ({**RAISED, "errno": errno.ENOSPC}, None, False, 0.0, "disk was full"),
        ({**RAISED, "errno": errno.ENOENT}, None, False, 0.0, None),
        ({"type": "MemoryLimit"}, None, False, 0.0, None),
    ],
)
def test_what_came_from_outside(error, exit_code, out_of_memory, cpu, outside):
    found = cause(error, exit_code, out_of_memory, cpu, elapsed=100.0)
    assert found is None if outside is None else outside in found


def test_the_kernel_is_asked():
    assert oom_kills() >= 0


def test_what_the_kernel_killed_for_want_of_memory_is_no_accident_and_says_what_it_needs(
    tmp_path, monkeypatch
):
    (tmp_path / "worker.log").write_text("")
    watch = Watch({}, "give it less data", tmp_path, [], "group 1", str, forked=False)
    watch.stage = "sample"
    monkeypatch.setattr("faultline.run.watch.oom_kills", lambda: watch.oom_kills + 1)
    error = watch._died(-signal.SIGKILL)
    assert error["type"] == "MemoryLimit" and "signal" not in error
    assert "give it less data, or give the machine" in error["message"] and watch.accident(error) is None
