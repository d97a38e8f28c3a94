"""The house: which room may import which, and no circle of modules."""

from graphlib import TopologicalSorter
from pathlib import Path

from structure import imports, room

from faultline.targets.bundled import CASES

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "faultline"
FLOORS = (
    ("",),  # faultline itself: its version
    ("core",),
    ("store", "criteria"),
    ("engine",),
    ("targets",),
    ("probes", "remedies"),
    ("experiments", "findings"),
    ("plan", "run", "diagnosis"),
    ("report", "cases"),
    ("jobs", "diagnosed"),
    ("cli", "api"),
    ("__main__",),
)
"""From the ground up: a room imports its own modules and those of floors below."""

FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}


def test_no_import_runs_upward_or_to_a_neighbor():
    wrong = [
        f"{module} imports {other}"
        for module, others in imports(PACKAGE).items()
        for other in others
        if room(other) != room(module) and FLOOR[room(other)] >= FLOOR[room(module)]
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle():
    assert len(list(TopologicalSorter(imports(PACKAGE)).static_order())) == len(imports(PACKAGE))


def test_a_bundled_case_is_named_in_one_place():
    elsewhere = [path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] != "cases"]
    named = [path for path in elsewhere if any(case in path.read_text() for case in CASES)]
    assert named == [PACKAGE / "targets" / "bundled.py"]


def test_the_root_stays_small():
    assert {room(module) for module in imports(PACKAGE)} == set(FLOOR)
    assert len(FLOOR) <= 20
