"""A file that the model reads by itself belongs to what is asked, whether it is there or not."""

import pytest

pytestmark = pytest.mark.reliability

READS = """
import numpy as np
_build = build


def build():
    global LEVEL
    LEVEL = {}
    return _build()
"""


def test_a_changed_file_that_the_model_reads_is_measured_again_and_only_then(project):
    (project.root / "level.csv").write_text("2.0\n")
    project.edit("model.py", READS.format('float(np.loadtxt("level.csv"))'))
    project.run()
    assert (project.shown(), project.measured()) == ((2.0, 123), 1)
    assert "Nothing to be done" in project.run()
    (project.root / "level.csv").write_text("3.0\n")
    project.run()
    assert (project.shown(), project.measured()) == ((3.0, 123), 2)
    assert "Nothing to be done" in project.run()
    (project.root / "level.csv").write_text("2.0\n")
    project.run()
    assert (project.shown(), project.measured()) == ((2.0, 123), 2)
    for note in (project.store / "notes").glob("*.json"):
        note.write_text("{")
    (project.root / "level.csv").write_text("3.0\n")
    project.run()
    assert (project.shown(), project.measured()) == ((3.0, 123), 2)


@pytest.mark.parametrize(
    ("reads", "without"),
    [
        ('float(np.loadtxt("level.csv"))', "FileNotFoundError"),
        ('float(open("level.csv").read()) if __import__("os").path.exists("level.csv") else 4.0', None),
    ],
)
def test_a_missing_file_that_is_there_later_is_measured_again(project, reads, without):
    project.edit("model.py", READS.format(reads))
    project.run()
    error = project.record()["error"]
    assert (error and error["type"]) == without
    assert "Nothing to be done" in project.run()
    (project.root / "level.csv").write_text("2.0\n")
    project.run()
    assert (project.shown(), project.measured()) == ((2.0, 123), 1 if without else 2)


def test_a_file_that_changes_while_it_is_used_is_not_published(project):
    """The model changes only its date, as another program might its content: what it was is no longer known."""
    (project.root / "level.csv").write_text("2.0\n")
    project.edit("model.py", READS.format('float(np.loadtxt("level.csv")); os.utime("level.csv", (1, 1))'))
    before = project.record()
    assert "level.csv changed while the model was measured" in project.run(fails=True)
    assert project.record() == before


def test_a_link_that_leads_elsewhere_and_another_file_in_a_folder_are_measured_again(project):
    for level in (2, 3, 4):
        (project.root / f"{level}.csv").write_text(f"{level}.0\n")
    (project.root / "data").mkdir()
    (project.root / "data" / "a.csv").symlink_to("../2.csv")
    read = 'max(float(np.loadtxt(path)) for path in __import__("pathlib").Path("data").glob("*.csv"))'
    project.edit("model.py", READS.format(read))
    project.run()
    assert (project.shown(), project.measured()) == ((2.0, 123), 1)
    assert "Nothing to be done" in project.run()
    (project.root / "data" / "a.csv").unlink()
    (project.root / "data" / "a.csv").symlink_to("../3.csv")
    project.run()
    assert (project.shown(), project.measured()) == ((3.0, 123), 2)
    (project.root / "data" / "b.csv").symlink_to("../4.csv")
    project.run()
    assert (project.shown(), project.measured()) == ((4.0, 123), 3)
    assert "Nothing to be done" in project.run()
