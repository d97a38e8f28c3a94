"""Ladders that were run once, for tests to copy and change."""

import fcntl

import pytest
from harness import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id) -> Project:
    """The toy model's ladder, all of it made, once for all processes that test. Not to be changed: copy it."""
    place = tmp_path_factory.getbasetemp()
    place = (place if worker_id == "master" else place.parent) / "toy"
    place.mkdir(exist_ok=True)
    with open(place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "made").exists():
            Project.new(place / "project").snakemake("report_summary")
            (place / "made").touch()
    return Project(place / "project")


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished ladder that a test may change."""
    return finished.copy(tmp_path / "project")


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Project:
    """The project with nothing made; for dry runs only."""
    return Project.new(tmp_path_factory.mktemp("fresh") / "project")
