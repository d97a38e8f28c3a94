"""Full disks, folders that cannot be written to, and a cache that is no use: no false result, and the next command goes on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.reliability


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 64 kB, where mounting one is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_no_result_and_with_room_the_next_command_completes(project, small_disk):
    store = small_disk / "store"
    project.run("--config", "seed=7", fails=True, FAULTLINE_STORE=str(store))
    assert project.record()["asked"]["seed"] == 123
    subprocess.run(["mount", "-o", "remount,size=100m", small_disk], check=True)
    project.run("--config", "seed=7", FAULTLINE_STORE=str(store))
    assert project.record()["asked"]["seed"] == 7 and project.record()["error"] is None


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_suite_that_cannot_be_written_to_is_no_result(project):
    project.suite.chmod(0o555)
    for folder in project.suite.rglob("*/"):
        folder.chmod(0o555)
    project.run("--config", "seed=7", fails=True)
    for folder in [project.suite, *project.suite.rglob("*/")]:
        folder.chmod(0o755)
    project.run("--config", "seed=7")
    assert project.shown() == (1.0, 7)


def test_a_file_where_the_suite_should_be_is_no_result(project):
    plots = project.suite / "plots"
    shutil.rmtree(plots)
    plots.write_text("in the way")
    project.run("--config", "seed=7", fails=True)
    plots.unlink()
    project.run("--config", "seed=7")
    assert (project.shown(), project.measured()) == ((1.0, 7), 1)


@pytest.mark.parametrize("cache", ["a file", "with, a comma", "/proc/nowhere"])
def test_a_cache_that_is_no_use_changes_no_result(project, tmp_path, cache):
    path = Path(cache) if cache.startswith("/") else tmp_path / cache
    if cache == "a file":
        path.write_text("no folder")
    project.run("--config", "seed=7", FAULTLINE_CACHE=str(path))
    assert (project.shown(), project.record()["error"]) == ((1.0, 7), None)
