"""Models that end, crash, hang or do harm: a finding in the report, or one sentence and exit 1; nothing of theirs is left running."""

import pytest

pytestmark = pytest.mark.reliability

HEAD = """
import ctypes, os, re, resource, shutil, signal, subprocess, sys, threading, time
from pathlib import Path
import pymc as pm

def build():
    with open(os.environ["TEST_COUNT"], "a") as file:
        file.write("1\\n")
    class Own(BaseException): pass
    def forever(): return forever()
    made = [path for path in Path("tests/diagnostics/.store/running").rglob("*") if path.is_file()]
"""
TAIL = """
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1)
        pm.Normal("level", x, 1, observed=1.0)
    return model
"""
ENDS = {
    "os._exit(7)": "Exit",
    "sys.exit(3)": "SystemExit",
    "raise Own('no')": "Own",
    "forever()": "RecursionError",
    "ctypes.string_at(0)": "Killed",
    "os.abort()": "Killed",
    "raise ValueError('x' * 200_000_000)": "ValueError",
    "subprocess.Popen([sys.executable, '-c', 'x = bytearray(b\"1\") * 4_000_000_000; input()'], start_new_session=True).wait()": "MemoryLimit",
    "bytearray(100_000_000_000)": "MemoryError",
}
GOES_ON = [
    "os.environ.clear()",
    "os.chdir('/')",
    "os.closerange(3, 200)",
    "signal.signal(signal.SIGALRM, lambda *_: None)",
    "threading.Thread(target=time.sleep, args=(600,)).start()",
    "os.fork() or os._exit(0)",
    "os.fork()",
    "subprocess.Popen(['sleep', '600'], start_new_session=True)",
    "[print('x' * 1_000_000) for _ in range(1000)]",
]
BURNS = [
    "re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "7 ** (7 ** 12)",
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); exec('while True: pass')",
]


def hostile(project, body: str) -> None:
    (project.root / "model.py").write_text(f"{HEAD}    {body}\n{TAIL}")


@pytest.mark.parametrize("body", ENDS)
def test_how_a_model_ends_is_a_finding_that_stands(project, body):
    hostile(project, body)
    project.configure({"limits": {"memory_mb": 2000}})
    project.run()
    error = project.record()["error"]
    assert error["type"] == ENDS[body] and "accident" not in error
    assert len(error["message"]) < 20_000 and not project.processes()
    assert "Nothing to be done" in project.run() and project.measured() == 1


@pytest.mark.parametrize("body", GOES_ON)
def test_what_a_model_does_besides_changes_no_answer_and_leaves_nothing_running(project, body):
    hostile(project, body)
    project.run()
    assert project.record()["error"] is None and project.record()["verdict"]["outcome"] == "pass"
    assert not project.processes() and not project.processes("sleep")
    assert max(path.stat().st_size for path in project.store.rglob("*") if path.is_file()) < 20_000_000


@pytest.mark.parametrize("body", BURNS)
def test_a_model_that_never_returns_is_ended_at_its_limit(project, body):
    hostile(project, body)
    project.configure({"limits": {"total": 30, "compile": 25}})
    project.run()
    error = project.record()["error"]
    assert error["type"] == "TimeLimit" and not project.processes()
    assert "accident" in error or "Nothing to be done" in project.run()


def test_a_model_that_kills_its_own_group_is_tried_once_more_and_then_stands(project):
    hostile(project, "os.killpg(0, signal.SIGKILL)")
    for attempt in (1, 2):
        project.run()
        error = project.record()["error"]
        assert (error["type"], error["stands"]) == ("Killed", attempt == 2)
    assert "Nothing to be done" in project.run() and project.measured() == 2


@pytest.mark.parametrize(
    "body",
    [
        "[path.unlink() for path in made]; os._exit(0)",
        "shutil.rmtree('tests/diagnostics/.store/running'); os._exit(0)",
        "[path.write_bytes(b'\\xff{[garbage') for path in made]; os._exit(0)",
        "[path.open('ab').write(b'\\xff{[garbage\\n{\"stage\": 5}\\n[1]\\n') for path in made]",
    ],
)
def test_a_model_that_harms_its_own_measurement_costs_no_more_than_that(project, body):
    kept = (project.root / "model.py").read_text()
    hostile(project, body)
    project.run(fails=None)
    (project.root / "model.py").write_text(kept)
    project.run()
    assert project.shown() == (1.0, 123) and not project.processes()
