"""One finished project, copied for each test."""

import pytest
from line import Line


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Line:
    """Group 1 made once. Not to be changed: copy it."""
    project = Line.made(tmp_path_factory.mktemp("line") / "project")
    project.run()
    assert project.shown() == (1.0, 123) and project.measured() == 1
    (project.root / "count").unlink()
    return project


@pytest.fixture
def project(finished, tmp_path) -> Line:
    """A copy that a test may change; its count begins at 0."""
    return finished.copy(tmp_path / "project")
