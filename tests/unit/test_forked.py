"""Several groups in one command: each a fork of its own, with an end of its own."""

from __future__ import annotations

import os
import signal

from measure_toys import LINE, measured, processes_in, run, start, wait_for

GRADIENT = "group_2_gradient_sanity"


def test_the_second_group_imports_nothing_and_measures_the_same(tmp_path):
    (tmp_path / "alone").mkdir()
    (tmp_path / "both").mkdir()
    assert run(tmp_path / "alone", LINE, group="2").returncode == 0
    done = run(tmp_path / "both", LINE, group="1 2")
    assert done.returncode == 0, done.stderr
    assert measured(tmp_path / "both")["error"] is None
    alone, both = measured(tmp_path / "alone", GRADIENT), measured(tmp_path / "both", GRADIENT)
    assert both["timings"]["import"] < alone["timings"]["import"] / 5
    assert both["gradient"] == alone["gradient"] and both["logp"] == alone["logp"]
    assert both["backend"] == alone["backend"]


ENDINGS = [
    ("raise ValueError", "ValueError"),
    ("import os; os._exit(0)", "Exit"),
    ("import os; os.kill(os.getpid(), 9)", "Killed"),
    ("import ctypes; ctypes.string_at(0)", "Killed"),
    ("hold = []\n        while True: hold.append(bytearray(20_000_000))", "MemoryLimit"),
    ("import ctypes; ctypes.PyDLL(None).sleep(60)", "TimeLimit"),
]


def test_the_end_of_one_is_not_that_of_the_next(tmp_path):
    """One command; the first group that builds the model ends in the first way, the next in the next, the last is sound."""
    turns = "".join(f"    if turn == {n}:\n        {body}\n" for n, (body, _) in enumerate(ENDINGS))
    source = LINE.replace(
        "def build():\n",
        "def build(*, a: bool = True, b: bool = True, c: bool = True):\n"
        "    from pathlib import Path\n"
        "    turn = int(Path('turn').read_text()) if Path('turn').exists() else 0\n"
        f"    Path('turn').write_text(str(turn + 1))\n{turns}",
    )
    limits = ["--limit_memory_mb", "600", "--limit_total", "10"]
    done = run(tmp_path, source, *limits, group="1 3 4 5 6 7 2")
    assert done.returncode == 0, done.stderr
    results = tmp_path / "tests/diagnostics/toy/results"
    for number, (body, kind) in zip((1, 3, 4, 5, 6, 7), ENDINGS, strict=True):
        (path,) = results.glob(f"measured_group_{number}_*.json")
        error = measured(tmp_path, path.stem.removeprefix("measured_"))["error"]
        assert (error["stage"], error["type"]) == ("build", kind), body
        if kind in ("Killed", "ValueError", "TimeLimit"):
            assert "toy.py" in error["traceback"] or error["signal"] == "SIGKILL"
    assert measured(tmp_path, GRADIENT)["error"] is None
    assert not processes_in(tmp_path)


def test_a_model_finds_what_stands_in_the_working_directory(tmp_path):
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "__init__.py").write_text("SLOPE = 3.0")
    source = LINE.replace("def build():", "import beside\n\ndef build():").replace(
        '"slope", 0', '"slope", beside.SLOPE'
    )
    assert run(tmp_path, source, group="1 2").returncode == 0
    assert measured(tmp_path)["error"] is None


def test_killing_the_supervisor_ends_forks_too(tmp_path):
    hangs = "import time\n\ndef build():\n    open('hanging', 'w').close()\n    time.sleep(60)\n"
    supervisor = start(tmp_path, hangs, "--group", "1", "2", log=tmp_path / "log")
    assert wait_for((tmp_path / "hanging").exists), (tmp_path / "log").read_text()
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    assert wait_for(lambda: not processes_in(tmp_path), 20), processes_in(tmp_path)
