"""Ladders that were run once, for tests to copy and change."""

import pytest
from harness import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The toy model's ladder, all of it made. Not to be changed: copy it."""
    project = Project.new(tmp_path_factory.mktemp("toy") / "project")
    project.snakemake("report_summary")
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished ladder that a test may change."""
    return finished.copy(tmp_path / "project")


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Project:
    """The project with nothing made; for dry runs only."""
    return Project.new(tmp_path_factory.mktemp("fresh") / "project")
