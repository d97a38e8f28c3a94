"""What a model costs is a finding and stands; what the machine did to it is an accident, tried once more and then left."""

import pytest

pytestmark = pytest.mark.reliability


def test_running_out_of_memory_is_a_finding_and_is_not_measured_again(project):
    project.configure({"limits": {"memory_mb": 1500}})
    project.run(TEST_EAT="1")
    assert project.record()["error"]["type"] == "MemoryLimit"
    assert "Nothing to be done" in project.run() and project.measured() == 1


def test_a_limit_that_is_reached_while_computing_is_a_finding(project):
    """The model takes the processor from the first second on; importing the libraries does so too."""
    project.configure({"limits": {"total": 60, "compile": 50}})
    project.run(TEST_BURN="1")
    error = project.record()["error"]
    assert error["type"] == "TimeLimit"
    if "accident" in error:  # as it should be on a machine that gives it less than half of a core
        pytest.skip("this machine is too busy to tell")
    assert "Nothing to be done" in project.run() and project.measured() == 1


def test_a_limit_that_is_reached_asleep_is_an_accident_that_is_tried_once_more(project):
    project.configure({"limits": {"total": 60, "compile": 50}})
    for attempt in (1, 2):
        project.run(TEST_WAIT="100")
        error = project.record()["error"]
        assert error["type"] == "TimeLimit" and "of processor time in" in error["accident"]
        advice = project.record()["verdict"]["next_action"]
        assert ("again=true" if attempt == 2 else "the same command again") in advice
    assert "Nothing to be done" in project.run() and project.measured() == 2
    report = next(project.suite.glob("report_group_1_*sanity.md")).read_text()
    assert "again=true" in report
