"""Nothing outlives its run, whoever is killed; and no two runs write in one place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from measure_toys import BUILD, ENVIRONMENT, MEASURED, command, measured, processes_in, run, start, wait_for

from faultline.core.errors import InputError
from faultline.core.locks import only_one
from faultline.core.record import read_json
from faultline.run import logs

# A model that hangs beside a process of its own, as a sampler hangs beside its chains.
HANGS = """
import os, subprocess, time

def build():
    if os.path.exists("mended"):
        raise ValueError("mended")
    subprocess.Popen(["sleep", "60"])
    open("hanging", "w").close()
    time.sleep(60)
"""


# Neither its session nor, for the second, its parent is the worker's; the third is not known to the shell that starts it.
ESCAPES = """
import os, subprocess, sys, time

def build():
    nap = [sys.executable, "-c", "import time; hold = bytearray(400_000_000); time.sleep(60)"]
    subprocess.Popen(nap, start_new_session=True)
    subprocess.run(["setsid", "-f", *nap])
    subprocess.run(["sh", "-c", "setsid sleep 60 >&- 2>&- &"])
    time.sleep(1.5)
    open("hanging", "w").close()
    END
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows who adopts an orphan")


@linux
def test_what_leaves_the_session_of_its_worker_counts_for_memory_and_ends_with_it(tmp_path):
    done = run(tmp_path, ESCAPES.replace("END", "time.sleep(60)"), "--limit_memory_mb", "700")
    assert done.returncode == 0, done.stderr
    error = measured(tmp_path)["error"]
    assert (error["stage"], error["type"]) == ("build", "MemoryLimit")
    assert not processes_in(tmp_path)


@linux
@pytest.mark.parametrize("end", ["raise ValueError", "os._exit(0)", "os.kill(os.getpid(), 9)", "os.setsid()"])
def test_what_leaves_the_session_ends_however_its_worker_ends(tmp_path, end):
    assert run(tmp_path, ESCAPES.replace("END", end)).returncode == 0
    assert not processes_in(tmp_path)


@linux
@pytest.mark.parametrize("groups", ["1", "1 2"])
def test_the_guard_ends_what_left_the_session_when_the_supervisor_is_killed(tmp_path, groups):
    supervisor = start(
        tmp_path, ESCAPES.replace("END", "time.sleep(60)"), "--group", *groups.split(), log=tmp_path / "log"
    )
    assert wait_for((tmp_path / "hanging").exists), (tmp_path / "log").read_text()
    assert len(processes_in(tmp_path)) >= 6
    supervisor.kill()
    supervisor.wait()
    assert wait_for(lambda: not processes_in(tmp_path), 10), processes_in(tmp_path)


def test_a_log_does_not_grow_for_ever(tmp_path):
    source = (
        "import os\n\ndef build():\n    print('begins')\n    for _ in range(300): os.write(1, b'x' * 1_000_000)\n"
        "    print('ends', flush=True)\n    import time; time.sleep(2)\n    raise ValueError('said')"
    )
    done = run(tmp_path, source)
    assert done.returncode == 0, done.stderr
    assert measured(tmp_path)["error"]["message"] == "said"
    texts = [log.read_text() for log in tmp_path.rglob("output.log")]
    assert texts and all(len(text) <= logs.BYTES for text in texts)
    [text] = {text for text in texts if text.startswith("begins")}
    assert "ends" in text and "a part is left out here" in text


@pytest.mark.parametrize(
    "written", ["no json\\n", "[1]\\n", '{"stage": 3}\\n', '{"peak_mb": "x"}\\n', "[" * 9999 + "\\n", "\\xff"]
)
def test_what_a_model_writes_among_the_events_is_left_alone(tmp_path, written):
    source = (
        "import pathlib\n\ndef build():\n    [events] = pathlib.Path.cwd().rglob('events.jsonl')\n"
        f"    with open(events, 'ab') as file: file.write({written!r}.encode('latin-1').decode('unicode_escape').encode('latin-1'))\n"
        "    raise ValueError('said')"
    )
    done = run(tmp_path, source)
    assert done.returncode == 0, done.stderr
    assert measured(tmp_path)["error"]["message"] == "said"


@pytest.fixture
def hanging(tmp_path):
    """A supervisor whose worker hangs in build, with a grandchild."""
    supervisor = start(tmp_path, HANGS, log=tmp_path / "log")
    assert wait_for((tmp_path / "hanging").exists), (tmp_path / "log").read_text()
    assert len(processes_in(tmp_path)) >= 4  # supervisor, guard, worker, the worker's child
    yield tmp_path, supervisor
    supervisor.kill()
    supervisor.wait()


def test_killing_the_supervisor_ends_its_worker_and_all_it_started(hanging):
    folder, supervisor = hanging
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    assert wait_for(lambda: not processes_in(folder), 20), processes_in(folder)
    (folder / "mended").touch()
    assert run(folder, HANGS, "--run_id", "next").returncode == 0
    assert measured(folder)["error"]["message"] == "mended"


def test_a_supervisor_that_is_told_to_stop_says_so_and_fails(hanging):
    folder, supervisor = hanging
    supervisor.terminate()
    assert supervisor.wait(10) == 128 + signal.SIGTERM
    assert not (folder / MEASURED.format(BUILD)).exists()
    (left,) = (folder / "tests/diagnostics/.store/running").glob("*/measured.json")
    error = read_json(left)["error"]
    assert (error["stage"], error["type"]) == ("build", "Interrupted")
    assert not processes_in(folder)


def test_killing_snakemake_ends_the_group_and_leaves_no_record(tmp_path):
    measuring = [*command(tmp_path, HANGS), "--stage", "measure"]
    snakemake = tmp_path / "snakemake"
    snakemake.write_text(f"import subprocess\nsubprocess.run({measuring!r})\n")
    process = subprocess.Popen([sys.executable, str(snakemake)], cwd=tmp_path, env=ENVIRONMENT)
    try:
        assert wait_for((tmp_path / "hanging").exists)
    finally:
        process.kill()
    # Not reaped yet, as when the one who killed it is busy: a zombie counts as dead.
    assert wait_for(lambda: not processes_in(tmp_path), 20), processes_in(tmp_path)
    process.wait()
    assert not (tmp_path / MEASURED.format(BUILD)).exists()


def test_two_runs_of_one_group_do_not_mix(tmp_path):
    with (
        only_one(tmp_path / "run"),
        pytest.raises(InputError, match="another process is using"),
        only_one(tmp_path / "run", patience=0),
    ):
        pass
    with only_one(tmp_path / "run", patience=0):
        pass
